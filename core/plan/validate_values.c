/* SPDX-License-Identifier: MPL-2.0 */
/* Values of the version as a whole: replication mode (R17), end of life (R19), tags, times. */
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/end_of_life.h"
#include "model/names.h"
#include "plan/check.h"

/* Azure's limits on tags (Resource Manager, "Use tags to organize your Azure resources"). */
enum { TAGS_MAX = 49 /* one more is ours */, TAG_NAME_MAX = 512, TAG_VALUE_MAX = 256 };

static void check_end_of_life(struct acgp_check *c)
{
    const char *given = c->opts->end_of_life_date;
    struct acgp_end_of_life date;

    if (given == NULL)
        return;
    if (!acgp_end_of_life_parse(acgp_span(given), c->now_unix_s, &date)) {
        acgp_fault(c, "R19", "end_of_life_date",
                   "write a date like 2031-01-31, a time like 2031-01-31T12:00:00Z, or +180d",
                   "%s is no date, no RFC 3339 time and no number of days from now (1 to 36500)",
                   acgp_shown(given).text);
        return;
    }
    if (date.unix_s <= c->now_unix_s)
        acgp_fault(c, "R19", "end_of_life_date", "write a date that lies ahead, or +180d",
                   "%s lies in the past; the end of life must be in the future", acgp_shown(given).text);
    c->spec->end_of_life = acgp_check_copy(c, date.text);
    c->spec->end_of_life_relative = given[0] == '+';
}

/* The first place, or the version, that asks for more than one replica; an empty text: none. */
static struct acgp_text many_replicas(const struct acgp_publish_spec *s)
{
    for (size_t i = 0; i < s->place_count; i++) {
        if (s->places[i].replicas > 1)
            return acgp_text("%s.replicas", s->places[i].field);
    }
    return acgp_text("%s", s->replica_count > 1 ? "replica_count" : "");
}

/* A shallow copy lives in the home region alone, in one replica, for tests (Azure's limits of galleries). */
static void check_shallow(struct acgp_check *c)
{
    struct acgp_text replicas = many_replicas(c->spec);
    size_t copies = 0;

    for (size_t i = 0; i < c->spec->place_count; i++)
        copies += !c->spec->places[i].repeated;
    if (c->any_set)
        acgp_fault(c, "R17", "replication_mode", "use Full, or leave it out",
                   "Shallow is asked for together with disk encryption sets; the two do not go together");
    if (copies > 1)
        acgp_fault(c, "limits", "replication_mode", "use Full, or keep the home region alone",
                   "Shallow is asked for with %zu target regions and edge zones together; a shallow version "
                   "lives in its "
                   "home region alone",
                   copies);
    if (replicas.text[0] != '\0')
        acgp_fault(c, "limits", replicas.text, "use 1, or Full replication",
                   "a shallow version has one replica");
}

static void check_mode(struct acgp_check *c)
{
    c->spec->replication_mode =
        acgp_check_word(c, &acgp_words_replication_mode, "replication_mode", c->opts->replication_mode);
    if (acgp_equal(c->spec->replication_mode, ACGP_SHALLOW) && c->status == ACG_OK)
        check_shallow(c);
}

/* Why a tag's name cannot be; NULL: it can. */
static const char *tag_name_fault(const char *name)
{
    size_t characters = 0;

    if (!acgp_text_is_utf8(acgp_span(name), &characters))
        return "is no UTF-8 text";
    if (characters < 1 || characters > TAG_NAME_MAX)
        return "has no length from 1 to 512 characters";
    if (strpbrk(name, "<>%&\\?/") != NULL)
        return "holds one of < > % & \\ ? /, which tag names cannot";
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return "holds a control character, which tag names cannot";
    }
    return NULL;
}

static const char *tag_value_fault(const char *value)
{
    size_t characters = 0;

    if (value == NULL)
        return "is missing";
    if (!acgp_text_is_utf8(acgp_span(value), &characters))
        return "is no UTF-8 text";
    return characters > TAG_VALUE_MAX ? "is longer than 256 characters" : NULL;
}

static bool repeated_tag(const struct acg_publish_options *o, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (acgp_equal_nocase(o->tags[k].name, o->tags[i].name))
            return true;
    }
    return false;
}

static void check_tag(struct acgp_check *c, size_t i)
{
    const struct acg_tag *tag = &c->opts->tags[i];
    const char *name = tag->name != NULL ? tag->name : "";
    const char *name_fault = tag_name_fault(name);
    const char *value_fault = tag_value_fault(tag->value);

    if (name_fault != NULL)
        acgp_fault(c, "tags", "tags", "correct the tag's name", "the tag name %s %s", acgp_shown(name).text,
                   name_fault);
    else if (repeated_tag(c->opts, i))
        acgp_fault(c, "tags", "tags", "keep one of the two",
                   "the tag %s is named twice; Azure does not tell upper case from lower case in tag names",
                   acgp_shown(name).text);
    else if (acgp_equal_nocase(name, ACGP_KEY_TAG))
        acgp_fault(c, "tags", "tags", "leave it out",
                   "the tag " ACGP_KEY_TAG " is set by acg: it finds a publish again");
    if (value_fault != NULL)
        acgp_fault(c, "tags", "tags", "correct the tag's value", "the value of the tag %s %s",
                   acgp_shown(name).text, value_fault);
}

static void check_tags(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    if (o->tag_count > TAGS_MAX)
        acgp_fault(c, "tags", "tags", "leave some out",
                   "%zu tags are given; a resource holds at most %d, and one is " ACGP_KEY_TAG, o->tag_count,
                   TAGS_MAX + 1);
    c->spec->tags = acgp_check_alloc(c, o->tag_count, sizeof *c->spec->tags);
    if (c->spec->tags == NULL)
        return;
    c->spec->tag_count = o->tag_count;
    for (size_t i = 0; i < o->tag_count; i++) {
        check_tag(c, i);
        c->spec->tags[i].name = acgp_check_copy(c, o->tags[i].name);
        c->spec->tags[i].value = acgp_check_copy(c, o->tags[i].value);
    }
}

void acgp_check_values(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    c->spec->storage_type =
        acgp_check_word(c, &acgp_words_storage_type, "storage_account_type", o->storage_account_type);
    check_mode(c);
    check_end_of_life(c);
    check_tags(c);
    c->spec->exclude_from_latest = acgp_check_tristate(c, "exclude_from_latest", o->exclude_from_latest);
    c->spec->allow_deletion_of_replicated_locations = acgp_check_tristate(
        c, "allow_deletion_of_replicated_locations", o->allow_deletion_of_replicated_locations);
    acgp_check_watch(c);
}
