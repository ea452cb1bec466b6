/* SPDX-License-Identifier: MPL-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/region.h"
#include "report/report.h"
#include "setup/set_view.h"
#include "json/build.h"

struct list {
    size_t count;
    const char *subscription;
};

static int by_region_and_name(const void *a, const void *b)
{
    const struct acgp_set_view *const *x = a, *const *y = b;
    char rx[ACGP_REGION_MAX], ry[ACGP_REGION_MAX];
    const char *nx = (*x)->doc.name, *ny = (*y)->doc.name;

    acgp_set_view_region(*x, rx, sizeof rx);
    acgp_set_view_region(*y, ry, sizeof ry);
    int order = strcmp(rx, ry);
    if (order == 0)
        order = strcmp(nx != NULL ? nx : "", ny != NULL ? ny : "");
    return order != 0 ? order : strcmp((*x)->doc.id, (*y)->doc.id);
}

static size_t same_region(const struct acgp_set_view *const *order, size_t from, size_t count, char *out,
                          size_t size)
{
    size_t n = 0;

    acgp_set_view_region(order[from], out, size);
    for (; from + n < count; n++) {
        char region[ACGP_REGION_MAX];
        acgp_set_view_region(order[from + n], region, sizeof region);
        if (strcmp(region, out) != 0)
            break;
    }
    return n;
}

static json_t *list_json(const struct list *m, const struct acgp_set_view *const *order)
{
    json_t *regions = json_array();
    bool fine = regions != NULL;

    for (size_t i = 0, n = 0; fine && i < m->count; i += n) {
        char name[ACGP_REGION_MAX];
        json_t *sets = json_array();
        n = same_region(order, i, m->count, name, sizeof name);
        for (size_t k = i; k < i + n && fine; k++)
            fine = acgp_json_append(sets, acgp_set_view_json(order[k]));
        if (fine)
            fine = acgp_json_append(regions,
                                    json_pack("{s:s, s:o}", "name", name, "disk_encryption_sets", sets));
        else
            json_decref(sets);
    }
    if (fine)
        return json_pack("{s:s, s:o}", "subscription_id", m->subscription, "regions", regions);
    json_decref(regions);
    return NULL;
}

static void list_page(const struct list *m, const struct acgp_set_view *const *order, struct acgp_page *page)
{
    acgp_page_heading(page, "Disk encryption sets");
    for (size_t i = 0, n = 0; i < m->count; i += n) {
        char name[ACGP_REGION_MAX];
        n = same_region(order, i, m->count, name, sizeof name);
        acgp_page_heading(page, name);
        acgp_set_view_table(page, order + i, n);
    }
    if (m->count == 0)
        acgp_page_line(page, "There is none here.");
}

enum acg_status acgp_set_report(const struct acgp_set_view *views, size_t count, const char *subscription,
                                struct acg_report **out, struct acg_error *err)
{
    const struct acgp_set_view **order = acgp_alloc(count + 1, sizeof *order);
    struct list list = {count, subscription};
    struct acgp_page page = {0};
    json_t *json = NULL;

    if (order == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        order[i] = &views[i];
    if (subscription == NULL) {
        json = json_pack("{s:o}", "disk_encryption_set", acgp_set_view_json(order[0]));
        acgp_set_view_page(&page, order[0]);
    } else {
        qsort(order, count, sizeof *order, by_region_and_name);
        json = list_json(&list, order);
        list_page(&list, order, &page);
    }
    enum acg_status status = acgp_report_new("des", json, &page, out, err);
    acgp_page_done(&page);
    acgp_free(order);
    return status;
}
