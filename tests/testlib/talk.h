/* SPDX-License-Identifier: MPL-2.0 */
/** A conversation of a machine with Azure, written down as it goes: expect a request, give the
 * answer, let time pass, say how it ends. Every helper fails the test at the first step that does not fit. */
#ifndef ACG_TESTLIB_TALK_H
#define ACG_TESTLIB_TALK_H

#include <jansson.h>

#include "publish/publish.h"
#include "publish/removal.h"
#include "testlib/test.h"

enum { TALK_OPEN_MAX = 64, TALK_HEADERS_MAX = 8, TALK_NOW_UNIX_S = 1790000000 };

struct talk_request {
    uint32_t number;
    const struct acgp_request *message;
    bool fresh_token;
    int64_t until_ms;
};

struct acgp_preflight;

struct talk {
    struct acgp_work *m;
    const struct acgp_preflight
        *preflight;         /* of a publish: what it reads beside what it needs, healthy.h answers */
    const char *by_hand[4]; /* but not URLs that contain one of these */
    int64_t now_ms;
    struct talk_request open[TALK_OPEN_MAX];
    size_t open_count;
    struct talk_request current;                /* what was expected last */
    const char *header_names[TALK_HEADERS_MAX]; /* of the next answer */
    const char *header_values[TALK_HEADERS_MAX];
    size_t header_count;
    unsigned puts, gets; /* sent so far; without the reads of sets that are answered by themselves */
    bool answers_sets; /* reads of disk encryption sets after the PUT are for the report: set.json answers */
    char *last_put;    /* body of the last PUT */
    char *told;        /* every event so far, a line each: "kind text" */
    bool turn_by_hand, turn_asked; /* the test calls acgp_work_on_turn when it was asked for */
    bool over;                     /* DONE was returned */
    bool done_event;
    struct acg_error error; /* of the final event, and parts of its result */
    char state[32];
    bool proved, created;
    size_t regions;
    char *report, *report_text; /* JSON and text of the final event's report; NULL: none */
};

/** Begin with the options of tests/golden/<options>/options.json; the answers' files are those of
 * tests/unit/publish/data. */
struct talk talk_begin(void **state, const char *options);
/** The same with one option changed, its value written as JSON. */
struct talk talk_begin_with(void **state, const char *options, const char *option, const char *value);

/** With several: pairs of option and JSON value, ended by NULL. */
struct talk talk_begin_edited(void **state, const char *options, ...);

/** From now on the test answers requests whose URL contains this, also where a publish could go on without.
 */
void talk_by_hand(struct talk *t, const char *url_part);
/** The spec that talk_begin_with publishes; owned by caller. */
struct acgp_publish_spec *talk_spec(const char *options, const char *option, const char *value);

/** Begin with a machine of another kind, whose configuration must be talk_config(). @param w given. */
struct talk talk_begin_work(struct acgp_work *w);
const struct acgp_work_config *talk_config(void);

/** Begin to delete a version. */
struct talk talk_begin_removal(void **state, const char *version_id, const char *published_date);

/** A request of this method, whose URL contains this text, must have been sent and not been answered. */
void talk_expect(struct talk *t, const char *method, const char *url_part);
/** No request may be open. */
void talk_expect_silence(struct talk *t);

/** A header of the next answer. */
void talk_header(struct talk *t, const char *name, const char *value);
/** Answer the expected request with a file; edits are pairs of JSON pointer and JSON value ("-" removes),
 * ended by NULL. */
void talk_reply(struct talk *t, int status, const char *file);
void talk_reply_edited(struct talk *t, int status, const char *file, ...);
void talk_reply_text(struct talk *t, int status, const char *text);
/** The answer to a PUT that Azure accepts: 201 with its operation's URL. */
void talk_accept(struct talk *t);
void talk_lose_reply(struct talk *t);
void talk_fail(struct talk *t, enum acgp_failure_kind kind, enum acg_status status);

/** One of the answers' files, for a test that builds more out of it; owned by caller (json_decref). */
json_t *talk_load(const char *file);

/** Let time pass as the engine would: each timer fires when it is due. */
void talk_pass_ms(struct talk *t, int64_t ms);
void talk_cancel(struct talk *t);

/** The publish must have ended so, with one final event; requests that were open must have been abandoned.
 * Frees it. */
void talk_ends(struct talk *t, enum acg_status status);
/** Some event's text so far, or the final error's message, must contain this. */
void talk_told(struct talk *t, const char *text);
void talk_not_told(struct talk *t, const char *text);
/** Pull what waits in the queue. */
void talk_listen(struct talk *t);
/** Free what is left; the last line of each test. */
void talk_free(struct talk *t);

#endif
