/* SPDX-License-Identifier: MPL-2.0 */
/** A plan in a world that testlib/healthy.h answers, changed in some places. Helpers fail the test. */
#ifndef ACG_TEST_WORLD_H
#define ACG_TEST_WORLD_H

#include "testlib/test.h"

#include <acg/options.h>
#include <acg/report.h>

#include "work/work.h"

enum { WORLD_EDITS_MAX = 16, WORLD_TEXT_MAX = 65536, WORLD_NOW_UNIX_S = 1790000000 };

/** What answers differently: the URLs that contain this. */
struct world_edit {
    const char *url;
    const char *place; /* dots between names, numbers for elements; NULL: status answers */
    const char *value; /* JSON; "-": removed */
    int status;        /* of an answer with ARM's error; -1: no answer comes */
};

struct world {
    const char *options;                           /* of tests/golden/<options>/options.json */
    void (*change)(struct acg_publish_options *o); /* of them; what it names lives on; NULL: nothing */
    struct world_edit edits[WORLD_EDITS_MAX];
    size_t edit_count;

    struct acg_error error;     /* how it ended */
    size_t gets, urls;          /* sent; distinct ones among them */
    char found[WORLD_TEXT_MAX]; /* "error R3 FIELD: MESSAGE" lines */
    char rules[1024];           /* "error R3, unknown R16": distinct, in order */
    char *json, *text;          /* of the report; NULL: none */
    char asked[WORLD_TEXT_MAX]; /* the URLs, a line each */
};

void world_edit(struct world *w, const char *url, const char *place, const char *value);
void world_status(struct world *w, const char *url, int status);
/** Plan, to the end. */
void world_plan(struct world *w);
/** These findings and no others, as w->rules has them; "" for none. */
void world_finds(const struct world *w, const char *rules);
void world_done(struct world *w);

#endif
