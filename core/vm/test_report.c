/* SPDX-License-Identifier: MPL-2.0 */
/* What the test made, found and deleted; acg/vm.h lists the members. */
#include "base/alloc.h"
#include "vm/machine.h"
#include "json/build.h"

static bool put(json_t *o, const char *name, const char *text)
{
    return acgp_json_put(o, name, text != NULL && text[0] != '\0' ? json_string(text) : json_null());
}

static json_t *encryption(const char *type, const char *set, const char *secure)
{
    json_t *o = json_object();

    if (put(o, "encryption_type", type) && put(o, "disk_encryption_set_id", set) &&
        put(o, "secure_vm_disk_encryption_set_id", secure))
        return o;
    json_decref(o);
    return NULL;
}

static json_t *disk_object(const struct acgp_vm_test_machine *t, size_t i)
{
    const struct acgp_vm_disk *d = &t->plan.disks[i];
    const struct acgp_vm_check *c = &t->checks[i];
    const char *secure = d->os ? t->plan.secure_set_id : NULL;
    json_t *o = json_object();

    if (acgp_json_put(o, "disk", acgp_vm_disk_json(d)) && put(o, "disk_id", c->disk_id) &&
        acgp_json_put(o, "expected", encryption(c->type, d->set_id, secure)) &&
        acgp_json_put(o, "found",
                      c->read ? encryption(c->found_type, c->found_set, c->found_secure) : json_null()) &&
        acgp_json_put(o, "same", c->read ? json_boolean(c->same) : json_null()))
        return o;
    json_decref(o);
    return NULL;
}

static bool show_disk(const struct acgp_vm_test_machine *t, size_t i, struct acgp_page *page)
{
    const struct acgp_vm_disk *d = &t->plan.disks[i];
    const struct acgp_vm_check *c = &t->checks[i];
    char *name = acgp_vm_disk_name(d);
    const char *set = d->set_id != NULL ? d->set_id : d->os ? t->plan.secure_set_id : NULL;
    const char *found = c->found_set != NULL ? c->found_set : c->found_secure;
    const char *cells[] = {name,  c->type[0] != '\0' ? c->type : NULL,
                           set,   c->found_type,
                           found, !c->read ? "not read" : c->same ? "as asked" : "otherwise"};

    acgp_page_row(page, cells, sizeof cells / sizeof cells[0]);
    acgp_free(name);
    return name != NULL;
}

static bool put_disks(const struct acgp_vm_test_machine *t, json_t *o, struct acgp_page *page)
{
    static const char *const columns[] = {"Disk",       "Type asked", "Set asked",
                                          "Type found", "Set found",  "Result"};
    json_t *disks = json_array();
    bool fine = true;

    acgp_page_table(page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; fine && i < t->plan.disk_count; i++)
        fine = acgp_json_append(disks, disk_object(t, i)) && show_disk(t, i, page);
    return acgp_json_put(o, "disks", disks) && fine;
}

/* Ids that were made; of a run that makes nothing those that it would make. */
static bool put_resources(const struct acgp_vm_test_machine *t, json_t *o, struct acgp_page *page)
{
    json_t *list = json_array();
    bool fine = true;

    acgp_page_heading(page, t->create ? "Made" : "Would be made");
    for (int i = 0; fine && i < ACGP_ITEMS; i++) {
        if (t->create && !t->made[i])
            continue;
        fine = acgp_json_append(list, json_string(t->ids[i]));
        acgp_page_item(page, "%s: %s", acgp_vm_item_name((enum acgp_vm_item)i), t->ids[i]);
    }
    return acgp_json_put(o, "resources", list) && fine;
}

static bool put_head(const struct acgp_vm_test_machine *t, json_t *o)
{
    const char *size = t->vm_size != NULL ? t->vm_size : acgp_vm_plan_size(&t->plan);

    return put(o, "version_id", t->plan.version_id) && put(o, "region", t->plan.region) &&
           put(o, "subscription_id", t->plan.subscription) && put(o, "resource_group", t->group) &&
           put(o, "run_id", t->run_id) && acgp_json_put(o, "created", json_boolean(t->made[ACGP_ITEM_VM])) &&
           put(o, "vm_id", t->made[ACGP_ITEM_VM] ? t->ids[ACGP_ITEM_VM] : NULL) && put(o, "vm_size", size);
}

bool acgp_vm_test_report(struct acgp_vm_test_machine *t, bool left)
{
    struct acgp_page page = {0};
    json_t *o = json_object();
    bool fine = put_head(t, o);

    acgp_page_heading(&page, "A VM of an image version");
    acgp_page_line(&page, "%s", t->plan.version_id);
    acgp_page_line(&page, "%s, %s", t->plan.region, t->vm_size ? t->vm_size : acgp_vm_plan_size(&t->plan));
    fine = fine && put_disks(t, o, &page) && put_resources(t, o, &page);
    acgp_page_line(&page, "%s",
                   left         ? "Left in Azure: the resource group."
                   : t->deleted ? "Everything was deleted again."
                                : "Nothing was made.");
    fine = fine && acgp_json_put(o, "deleted", json_boolean(t->deleted)) &&
           put(o, "left", left ? t->ids[ACGP_ITEM_GROUP] : NULL);
    if (!fine) {
        json_decref(o);
        o = NULL;
    }
    fine = acgp_report_new("vm_test", o, &page, &t->report, NULL) == ACG_OK;
    acgp_page_done(&page);
    return fine;
}
