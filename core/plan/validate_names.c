/* SPDX-License-Identifier: MPL-2.0 */
/* Which version is to be made: the five names, or the one id that holds them; and its home region. */
#include <inttypes.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "model/region.h"
#include "plan/check.h"

/* One of the five. */
struct name_part {
    const char *field;
    const char *rule;
    const char *(*fault)(struct acg_span name);
    const char *given;
    struct acg_span in_id; /* the same part of gallery_image_version_id */
    char **spec;
};

enum { NAME_PARTS = 5 };

static const char id_form[] =
    "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/galleries/GALLERY/"
    "images/DEFINITION/versions/1.0.0";

static void parts_of(struct acgp_check *c, const struct acgp_resource_id *id,
                     struct name_part out[NAME_PARTS])
{
    const struct acg_publish_options *o = c->opts;
    struct acgp_publish_spec *s = c->spec;
    const struct name_part parts[NAME_PARTS] = {
        {"subscription_id", "names", acgp_name_fault_subscription, o->subscription_id, id->subscription,
         &s->subscription_id},
        {"resource_group", "names", acgp_name_fault_resource_group, o->resource_group, id->resource_group,
         &s->resource_group},
        {"gallery_name", "names", acgp_name_fault_gallery, o->gallery_name, id->name[0], &s->gallery},
        {"gallery_image_definition", "names", acgp_name_fault_definition, o->gallery_image_definition,
         id->name[1], &s->definition},
        {"gallery_image_version", "R20", acgp_name_fault_version, o->gallery_image_version, id->name[2],
         &s->version},
    };

    for (size_t i = 0; i < NAME_PARTS; i++)
        out[i] = parts[i];
}

static void judge(struct acgp_check *c, const struct name_part *part, const char *field, struct acg_span name)
{
    const char *fault = part->fault(name);
    char *copy = acgp_strndup(name.data, name.len);

    if (copy == NULL) {
        acgp_check_nomem(c);
        return;
    }
    if (fault == NULL) {
        *part->spec = copy;
        return;
    }
    acgp_fault(c, part->rule, field, "correct the name", "%s: %s", acgp_shown(copy).text, fault);
    acgp_free(copy);
}

static void from_names(struct acgp_check *c, const struct name_part parts[NAME_PARTS])
{
    for (size_t i = 0; i < NAME_PARTS; i++) {
        const struct name_part *p = &parts[i];

        if (p->given == NULL)
            acgp_fault(
                c, "config", p->field,
                acgp_text("set %s, or gallery_image_version_id, which holds all five names", p->field).text,
                "the name is missing");
        else
            judge(c, p, p->field, acgp_span(p->given));
    }
}

static void from_id(struct acgp_check *c, const struct name_part parts[NAME_PARTS])
{
    for (size_t i = 0; i < NAME_PARTS; i++) {
        const struct name_part *p = &parts[i];

        if (p->given != NULL && !acgp_span_equal_nocase(acgp_span(p->given), p->in_id))
            acgp_fault(c, "config", p->field, "leave one of the two out",
                       "%s contradicts gallery_image_version_id, which says '%.*s'",
                       acgp_shown(p->given).text, (int)p->in_id.len, p->in_id.data);
        judge(c, p, "gallery_image_version_id", p->in_id);
    }
}

/* "1.4.build" ends with the number of the build. @return owned by caller; NULL after a fault. */
static char *with_build_number(struct acgp_check *c, const char *given, size_t stem)
{
    struct acg_optional_int number = c->opts->build_number;
    char *name = NULL;

    if (!number.set) {
        acgp_fault(c, "config", "build_number", "give the number of the build, or write the whole version",
                   "the version %s ends with the build number, and none is given", given);
    } else if (number.value < 0 || number.value > INT32_MAX) {
        acgp_fault(c, "R20", "build_number", "give a number from 0 to 2147483647",
                   "%" PRId64 " cannot be a part of a version name", number.value);
    } else {
        name = acgp_printf("%.*s%" PRId64, (int)stem, given, number.value);
        if (name == NULL)
            acgp_check_nomem(c);
    }
    return name;
}

static void take_naming(struct acgp_check *c)
{
    struct acgp_publish_spec *s = c->spec;
    size_t stem = 0;

    s->naming = acgp_version_naming(acgp_span(s->version));
    if (acgp_version_ends_with_build(acgp_span(s->version), &stem))
        s->version_given = with_build_number(c, s->version, stem);
    else
        s->version_given = acgp_check_copy(c, s->version);
}

static void build_id(struct acgp_check *c)
{
    struct acgp_publish_spec *s = c->spec;

    c->completes = s->subscription_id != NULL && s->resource_group != NULL;
    if (!c->completes || s->gallery == NULL || s->definition == NULL || s->version == NULL)
        return;
    take_naming(c);
    if (s->version_given != NULL && !acgp_publish_spec_name(s, s->version_given))
        acgp_check_nomem(c);
}

static void check_location(struct acgp_check *c)
{
    const char *location = c->opts->location;
    char region[ACGP_REGION_MAX];

    if (location == NULL)
        return;
    if (acgp_region_normalise(acgp_span(location), region)) {
        c->spec->location = acgp_check_copy(c, region);
        return;
    }
    c->spec->location_faulty = true;
    acgp_fault(c, "names", "location", "write the region's name, for example westus2 or \"West US 2\"",
               "%s is not the name of a region: those have letters, digits and spaces",
               acgp_shown(location).text);
}

void acgp_check_names(struct acgp_check *c)
{
    const char *text = c->opts->gallery_image_version_id;
    struct acgp_resource_id id = {.kind = ACGP_RESOURCE_OTHER};
    struct name_part parts[NAME_PARTS];

    if (text == NULL) {
        parts_of(c, &id, parts);
        from_names(c, parts);
    } else if (acgp_resource_id_parse(acgp_span(text), &id) && id.kind == ACGP_RESOURCE_IMAGE_VERSION) {
        parts_of(c, &id, parts);
        from_id(c, parts);
    } else {
        acgp_fault(c, "names", "gallery_image_version_id", acgp_text("write %s", id_form).text,
                   "%s is not the id of a gallery image version", acgp_shown(text).text);
    }
    build_id(c);
    check_location(c);
}
