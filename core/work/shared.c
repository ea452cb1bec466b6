/* SPDX-License-Identifier: MPL-2.0 */
#include "work/shared.h"

#include <string.h>

#include "base/alloc.h"

/* FNV-1a: tells most URLs apart before their texts are compared. */
static uint64_t hash_of(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h;
}

static bool too_old(const struct acgp_shared_item *item, int64_t now_ms)
{
    return now_ms - item->asked_ms >= ACGP_SHARED_MS;
}

static void drop(struct acgp_shared *s, size_t i)
{
    acgp_free(s->items[i].url);
    json_decref(s->items[i].root);
    s->bytes -= s->items[i].bytes;
    s->count--;
    memmove(&s->items[i], &s->items[i + 1], (s->count - i) * sizeof s->items[0]);
}

static size_t place_of(const struct acgp_shared *s, const char *url)
{
    uint64_t hash = hash_of(url);
    size_t i = 0;

    while (i < s->count && (s->items[i].hash != hash || strcmp(s->items[i].url, url) != 0))
        i++;
    return i;
}

json_t *acgp_shared_find(const struct acgp_shared *s, const char *url, int64_t after_ms, int64_t now_ms,
                         int64_t *out_asked_ms)
{
    size_t i = place_of(s, url);

    if (i == s->count || s->items[i].asked_ms < after_ms || too_old(&s->items[i], now_ms))
        return NULL;
    *out_asked_ms = s->items[i].asked_ms;
    return s->items[i].root;
}

void acgp_shared_expire(struct acgp_shared *s, int64_t now_ms)
{
    for (size_t i = s->count; i-- > 0;)
        if (too_old(&s->items[i], now_ms))
            drop(s, i);
}

static void make_room(struct acgp_shared *s, size_t bytes)
{
    while (s->count > 0 && (s->count >= ACGP_SHARED_MAX || s->bytes + bytes > ACGP_SHARED_BYTES_MAX))
        drop(s, 0);
}

void acgp_shared_keep(struct acgp_shared *s, const char *url, int64_t asked_ms, json_t *root, int64_t now_ms)
{
    struct acgp_shared_item item = {.hash = hash_of(url), .asked_ms = asked_ms};
    size_t known = place_of(s, url);
    void *items = s->items;

    if (known < s->count && s->items[known].asked_ms > asked_ms)
        return;
    if (known < s->count)
        drop(s, known);
    acgp_shared_expire(s, now_ms);
    item.bytes = json_dumpb(root, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    if (item.bytes == 0 || item.bytes > ACGP_SHARED_ONE_MAX)
        return;
    make_room(s, item.bytes);
    item.url = acgp_strdup(url);
    if (item.url == NULL || !acgp_grow(&items, &s->capacity, s->count + 1, ACGP_SHARED_MAX, sizeof item)) {
        acgp_free(item.url);
        return;
    }
    s->items = items;
    item.root = json_incref(root);
    s->bytes += item.bytes;
    s->items[s->count++] = item;
}

void acgp_shared_done(struct acgp_shared *s)
{
    while (s->count > 0)
        drop(s, s->count - 1);
    acgp_free(s->items);
    *s = (struct acgp_shared){.count = 0};
}
