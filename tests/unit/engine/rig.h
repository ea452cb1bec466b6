/* SPDX-License-Identifier: MPL-2.0 */
/** A publisher on a transport that the test plays by hand, with a clock that stands still until it is turned.
 */
#ifndef ACG_TEST_RIG_H
#define ACG_TEST_RIG_H

#include "testlib/test.h"

#include "engine/publisher.h"

enum { RIG_TEXT_MAX = 4096, RIG_WRITES_MAX = 4, RIG_URL_MAX = 320 };

struct rig {
    struct acg_publisher *pub;
    struct acgp_transport *net; /* the fake one, owned by pub */
    struct acg_error err;
    bool over; /* a final event was pulled */
    struct acg_error outcome;
    size_t put;                                /* writes that rig_answer_any has seen, */
    char written[RIG_WRITES_MAX][RIG_URL_MAX]; /* and their URLs without query */
    const char *held; /* part of the URLs that the test answers itself; NULL: those of versions alone */
    char told[RIG_TEXT_MAX]; /* text of every event pulled so far */
};

/* What every test of a publish that goes well answers. */
extern const char RIG_TOKEN[], RIG_IMAGE_VERSION[], RIG_OPERATION_DONE[], RIG_NOT_FOUND[];

void rig_begin(struct rig *r);
/** The same with options of the publisher; NULL: defaults. */
void rig_begin_with(struct rig *r, const struct acg_publisher_options *opts);
/** The same with another login than a client secret. @param credential given. */
void rig_begin_as(struct rig *r, struct acg_credential *credential);
/** The same for tests that lose allocations. */
enum acg_status rig_try_begin(struct rig *r, const struct acg_publisher_options *opts);
void rig_end(struct rig *r);

/** Options of a publish of version NAME: one region, no keys. Borrowed texts. */
struct acg_publish_options rig_options(const char *version_id);
struct acg_publish *rig_submit(struct rig *r, const char *version_id);
/** From an image of one's own: publishes from one source wait for each other; and in another subscription,
 * which has limits of its own. */
struct acg_publish *rig_submit_from(struct rig *r, unsigned subscription, const char *image,
                                    const char *version);

/** acg_publisher_poll without waiting, until nothing of what a publish can do without waits for an answer. */
void rig_turn(struct rig *r);
void rig_pass_ms(struct rig *r, int64_t ms);
int64_t rig_now_ms(const struct rig *r);
/** Turn the clock alone. */
void rig_advance(struct rig *r, int64_t ms);
/** Pull all events. */
void rig_listen(struct rig *r);

/** A request of this method whose URL contains this text must be in flight; it is what the next answer
 * answers. */
void rig_expect(struct rig *r, const char *method, const char *url_part);
size_t rig_in_flight(const struct rig *r);
/** How many of them have this in their URL. */
size_t rig_in_flight_of(const struct rig *r, const char *url_part);
/** The token that the expected request carries; empty: none. */
const char *rig_bearer(const struct rig *r);
/** Has the expected request this further header, and this secret one? NULL: none. */
void rig_has_headers(const struct rig *r, const char *header, const char *key);
/** Body of the expected request: the form where there is one. */
const char *rig_body(const struct rig *r);
/** Header of the next answer. */
void rig_header(struct rig *r, const char *name, const char *value);
/** Answer, then turn. */
void rig_reply(struct rig *r, int status, const char *body);
void rig_fail(struct rig *r, enum acgp_failure_kind kind, enum acg_status status);
/** From now on so many starts succeed, then one fails without memory. -1: none fails. */
void rig_fail_start(struct rig *r, int after);

/** Answer some request in flight the way a service does with which all goes well; without memory the request
 * is lost.
 *  @return false: none was in flight. */
bool rig_answer_any(struct rig *r);
/** Answer everything of a publish that goes well, from the first GET to the read-back. */
void rig_publish_well(struct rig *r, const char *version);
void rig_token(struct rig *r, const char *token, int lifetime_s);

#endif
