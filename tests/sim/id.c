/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/id.h"

#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* The next non-empty segment, owned by the caller; NULL at the end or at an empty segment. */
static char *segment(const char **path)
{
    if (**path != '/')
        return NULL;
    const char *start = *path + 1;
    size_t n = strcspn(start, "/");
    if (!n)
        return NULL;
    *path = start + n;
    return sim_copy_n(start, n);
}

/* Consume "/keyword/value" when it is there. */
static bool keyed(const char **path, const char *keyword, char **value)
{
    const char *at = *path;
    char *word = segment(&at);
    bool matches = sim_same(word, keyword);
    free(word);
    if (!matches)
        return false;
    *value = segment(&at);
    if (*value)
        *path = at;
    return *value != NULL;
}

static bool parse_pairs(const char **path, struct sim_id *out)
{
    for (;;) {
        char *type = segment(path);
        if (!type)
            return true;
        char *name = segment(path);
        if (!name) {
            out->tail = type;
            return true;
        }
        if (out->depth == SIM_ID_DEPTH) {
            free(type);
            free(name);
            return false;
        }
        out->types[out->depth] = type;
        out->names[out->depth++] = name;
    }
}

bool sim_id_parse(const char *path, struct sim_id *out)
{
    *out = (struct sim_id){0};
    if (sim_same(path, "/subscriptions") || sim_same(path, "/subscriptions/")) {
        out->tail = sim_copy("subscriptions");
        return true;
    }
    bool ok = keyed(&path, "subscriptions", &out->subscription);
    if (ok)
        keyed(&path, "resourceGroups", &out->group);
    /* An old path, without its provider, that Packer 1.6.6 lists the operations of a deployment by. */
    if (out->group && sim_starts(path, "/deployments/"))
        out->provider = sim_copy("Microsoft.Resources");
    if (out->provider || keyed(&path, "providers", &out->provider))
        ok = parse_pairs(&path, out);
    else if (ok && *path)
        out->tail = segment(&path);
    if (ok && (*path == '\0' || strcmp(path, "/") == 0))
        return true;
    sim_id_done(out);
    return false;
}

void sim_id_done(struct sim_id *id)
{
    free(id->subscription);
    free(id->group);
    free(id->provider);
    free(id->tail);
    for (size_t i = 0; i < SIM_ID_DEPTH; i++) {
        free(id->types[i]);
        free(id->names[i]);
    }
    *id = (struct sim_id){0};
}

char *sim_id_type(const struct sim_id *id)
{
    struct sim_str s = {0};
    size_t own = id->depth; /* behind the last "providers", or at the start */
    while (own && !sim_same(id->types[own - 1], "providers"))
        own--;
    const char *provider = own ? id->names[own - 1] : id->provider;
    sim_str_text(&s, provider ? provider : "");
    for (size_t i = own; i < id->depth; i++) {
        sim_str_text(&s, "/");
        sim_str_text(&s, id->types[i]);
    }
    return s.data;
}

static void add(struct sim_str *s, const char *keyword, const char *value)
{
    if (!value)
        return;
    sim_str_text(s, "/");
    sim_str_text(s, keyword);
    sim_str_text(s, "/");
    sim_str_text(s, value);
}

char *sim_id_text(const struct sim_id *id, size_t n)
{
    struct sim_str s = {0};
    add(&s, "subscriptions", id->subscription);
    add(&s, "resourceGroups", id->group);
    if (n)
        add(&s, "providers", id->provider);
    for (size_t i = 0; i < n && i < id->depth; i++)
        add(&s, id->types[i], id->names[i]);
    return s.data ? s.data : sim_copy("");
}

bool sim_id_is(const struct sim_id *id, const char *type)
{
    if (id->tail || !id->depth)
        return false;
    char *mine = sim_id_type(id);
    bool same = sim_same(mine, type);
    free(mine);
    return same;
}

const char *sim_id_name(const struct sim_id *id)
{
    return id->depth ? id->names[id->depth - 1] : NULL;
}
