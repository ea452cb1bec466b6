/* SPDX-License-Identifier: MPL-2.0 */
/** The publisher inside: publish machines, the token cache and the transport, joined by one loop.
 *
 *  publisher.c  the public functions      attempts.c  requests on their way
 *  turn.c       one turn of everything    feed.c      events to the caller, one publish after the other
 *  flights.c    reads that several share  tokens.c    the token that requests need
 *  gate.c       when a request may leave, and who may use a source */
#ifndef ACGP_PUBLISHER_H
#define ACGP_PUBLISHER_H

#include <acg/publisher.h>

#include "auth/token_cache.h"
#include "engine/journal.h"
#include "engine/loop.h"
#include "engine/process.h"
#include "engine/transport.h"
#include "governor/governor.h"
#include "governor/turns.h"
#include "publish/publish.h"
#include "work/shared.h"

enum {
    ACGP_PUBLISHES_MAX =
        10000, /* more than a subscription's polling budget allows for (1200 polls in 3 minutes) */
    /* Requests that the transport has at a time: enough to fill two HTTP/2 connections with Azure's hundred
     * streams each. What libcurl itself lets wait costs some twenty KiB, and every end of another walks past
     * it. */
    ACGP_TRANSFERS_MAX = 256,
    ACGP_TRACES_MAX = 64 /* exchanges kept for a caller who does not pull; older ones are dropped */
};

struct acgp_flight;

/** One request of a publish, from its SEND to its outcome. */
struct acgp_attempt {
    struct acgp_ticket ticket; /* first: its place in the governor's line */
    struct acg_publisher *pub;
    struct acgp_attempt *held_prev, *held_next;       /* while it waits there and nobody was told */
    struct acgp_attempt *next;                        /* of the same publish */
    struct acgp_attempt *waiting_prev, *waiting_next; /* while it waits for a token, or for room */
    struct acg_publish *publish;                      /* NULL: the token request, or that of a flight */
    struct acgp_flight *carries;                      /* the flight whose request it is; NULL: none */
    struct acgp_flight *follows; /* the flight that it waits for; NULL: it is sent itself */
    struct acgp_attempt *following_prev, *following_next;
    uint32_t request;
    const struct acgp_request *message; /* lent by the machine */
    uint64_t refused;                   /* number of a token that must not be used again; 0: none */
    uint64_t token_number;              /* of the token it was sent with */
    int64_t begun_ms, until_ms;
    bool waiting, queued;           /* for a token; for room */
    bool held;                      /* in the governor's line, and nobody was told */
    bool prompt;                    /* until_ms holds although it has to wait */
    struct acgp_transfer *transfer; /* NULL: not started */
};

/** A read on its way that several wait for. */
struct acgp_flight {
    struct acgp_flight *next; /* of the publisher */
    struct acgp_attempt attempt;
    struct acgp_request message; /* owned: who asked first may be gone before it ends */
    void (*cut)(json_t *root);
    int64_t asked_ms;
    struct acgp_attempt *first; /* who began it, and has its failure; NULL: gone */
    struct acgp_attempt *followers, *followers_end;
};

/** One exchange, for ACG_EVENT_REQUEST. */
struct acgp_trace {
    struct acgp_trace *next;
    int64_t at_ms;
    char *text;
};

struct acg_publish {
    struct acgp_claim claim; /* first: what it needs for itself */
    struct acgp_client client;
    bool told_wait; /* that it waits, at told_wait_ms */
    int64_t told_wait_ms;
    struct acg_publisher *pub; /* NULL once the publisher was freed */
    struct acgp_work *machine;
    struct acg_publish *prev, *next; /* all of the publisher */
    struct acgp_timer timer;
    struct acgp_attempt *attempts;
    uint64_t refused; /* number of the token that was last answered with 401 */
    int64_t submitted_ms;
    bool done;                         /* the machine has finished */
    struct acgp_journal_file *journal; /* held for this run; NULL: none is */
    bool left;                         /* it ends here, and will be gone on with */

    bool due; /* the machine wants to be asked what is next */
    struct acg_publish *due_next;

    bool ready; /* an event can be pulled */
    struct acg_publish *ready_next;
    const struct acg_event *peeked; /* lent by the machine */
    struct acgp_trace *traces, **traces_end;
    size_t trace_count;
    uint32_t token_traced;    /* the token request that was told last */
    bool login_told;          /* how the login was made */
    uint64_t traced, dropped; /* traces so far; those of them that were dropped and not yet accounted for */
    uint64_t last_number;     /* of the last event given out */
};

struct acg_publisher {
    char *endpoint;
    bool trace;
    uint64_t random;
    struct acgp_loop loop;
    struct acgp_transport *transport;
    struct acgp_journal *journal; /* NULL: none is kept */
    struct acgp_token_cache *tokens;
    struct acgp_attempt token_attempt;
    struct acgp_timer token_timer;
    struct acgp_process *program; /* that a login runs; NULL: none */
    uint32_t program_attempt;     /* of the token cache */
    int64_t program_until_ms;
    struct acgp_attempt *waiting;           /* for a token */
    struct acgp_attempt *queue, *queue_end; /* for room; the longest first */
    size_t sent;                            /* on their way; a token request is not counted */
    struct acgp_flight *flights;
    struct acgp_shared shared;
    struct acgp_governor *governor;
    struct acgp_client sharing;           /* flights, before the governor */
    struct acgp_attempt *held, *held_end; /* in the governor's lines, oldest first; nobody was told */
    struct acgp_turns turns;
    bool turns_changed;
    int64_t turn_ms; /* the present of the last turn */
    struct acg_publish *publishes;
    size_t publish_count;
    struct acg_publish *due, *due_end;
    struct acg_publish *ready, *ready_end;
    struct acg_event event;         /* the one that is lent */
    struct acg_publish *lent;       /* whose event that is */
    struct acg_publish *lent_freed; /* the same, when its handle was let go of meanwhile */
    struct acgp_trace *lent_trace;
};

/** Make a publisher out of parts. As acg_publisher_new, and:
 *  @param transport given: freed with the publisher, also when this call fails.
 *  @param clock     copied.   @param seed for jitter and request ids. */
enum acg_status acgp_publisher_make(const struct acg_publisher_options *opts,
                                    struct acg_credential *credential, struct acgp_transport *transport,
                                    const struct acgp_clock *clock, uint64_t seed, struct acg_publisher **out,
                                    struct acg_error *err);

/** A resource manager endpoint without its last slashes. @param text NULL or empty: Azure's public cloud.
 *  @return owned by caller (acgp_free); NULL with err set: ACG_ERR_ARGUMENT or ACG_ERR_NOMEM. */
char *acgp_endpoint_new(const char *text, struct acg_error *err);

/** What a machine that begins now is made with. @param timeout_ms from now on. */
struct acgp_work_config acgp_publisher_work_config(struct acg_publisher *pub, int64_t timeout_ms);
/** Whether one more machine has room. @return ACG_OK | ACG_ERR_LIMIT. */
enum acg_status acgp_publisher_check_room(const struct acg_publisher *pub, struct acg_error *err);
/** Put a machine to work. @param machine given, also when this fails. @param out owned by caller
 * (acg_publish_free). @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_publisher_drive(struct acg_publisher *pub, struct acgp_work *machine,
                                     struct acg_publish **out, struct acg_error *err);
/** The spec of checked options. @return as acg_publish_check. */
enum acg_status acgp_publisher_spec(const struct acg_publisher *pub, const struct acg_publish_options *opts,
                                    struct acgp_publish_spec **out, struct acg_error *err);
/** Whether a publish or a plan may begin now: its source is named, and there is room. @param opts of a
 * version that was checked. @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_LIMIT. */
enum acg_status acgp_publisher_check_begin(const struct acg_publisher *pub,
                                           const struct acg_publish_options *opts, struct acg_error *err);
/** A declaration as a publish of the version that is to be read; its source may be left out, and its version
 * where version_id names it. As acgp_publisher_spec. */
enum acg_status acgp_publisher_declared(const struct acg_publisher *pub, const struct acg_publish_options *d,
                                        const char *version_id, struct acgp_publish_spec **out,
                                        struct acg_error *err);
/** The same of options that may begin now: the source is named, and there is room. @param out untouched on
 * failure. @return also ACG_ERR_LIMIT as acgp_publisher_check_room. */
enum acg_status acgp_publisher_ready_spec(const struct acg_publisher *pub,
                                          const struct acg_publish_options *opts,
                                          struct acgp_publish_spec **out, struct acg_error *err);

/* turn.c */

/** Ask the machine of this publish on the next turn. */
void acgp_make_due(struct acg_publish *publish);
/** Move everything that can move at now_ms. @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_INTERNAL. Never waits.
 */
enum acg_status acgp_turn(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err);
/** When the next turn is due. @return false: not before something is heard. */
bool acgp_turn_due(const struct acg_publisher *pub, int64_t *out_due_ms);

/* attempts.c */

/** Begin what the machine asked for: now, or when there is a token. A failure goes to the machine. */
void acgp_attempt_begin(struct acg_publish *publish, int64_t now_ms, const struct acgp_action *action);
/** Stop and forget one attempt; fine when it is unknown. */
void acgp_attempt_abandon(struct acg_publish *publish, uint32_t request);
/** Stop and forget all attempts of a publish. */
void acgp_attempts_abandon_all(struct acg_publish *publish);
/** Give an outcome of the transport to the machine or to the token cache it belongs to. */
void acgp_attempt_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended);
/* tokens.c */

/** Do what the token cache wants when it is due. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_tokens_step(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err);
/** Give an outcome of the transport to the token cache. */
void acgp_token_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended);
/** Say in an event how the login was made, once, where there is a choice or an end to it. */
void acgp_login_tell(struct acg_publish *publish, int64_t now_ms);
/** Send those that wait for room, while there is some. */
void acgp_queue_step(struct acg_publisher *pub, int64_t now_ms);
/** Begin the attempts that may leave now. */
void acgp_leaving_step(struct acg_publisher *pub, int64_t now_ms);
/** Begin the attempts that a token, or its failure, has come for, and end those whose time is over. */
void acgp_waiting_step(struct acg_publisher *pub, int64_t now_ms);

/* attempts.c, for flights.c */

/** Send it, or let it wait for a token; it may fail at once. */
void acgp_attempt_advance(struct acgp_attempt *a, int64_t now_ms);
/** Take an attempt of a publish out of every list and free it. */
void acgp_attempt_forget(struct acgp_attempt *a);
/** Stop the request of an attempt; it stays the caller's. */
void acgp_attempt_stop(struct acgp_attempt *a);

/* flights.c */

/** Have the answer shared: it is delivered now, or a flight is followed. @return false: no memory for that;
 * it is to be sent alone. After true *a may be gone. */
bool acgp_flight_join(struct acgp_attempt *a, int64_t now_ms, const struct acgp_share *share);
/** Follow no more; the last one stops the flight. */
void acgp_flight_leave(struct acgp_attempt *a);
/** The outcome of a flight to all who follow it. The flight is gone afterwards. */
void acgp_flight_ended(struct acgp_flight *f, int64_t now_ms, const struct acgp_ended *ended);

/* feed.c */

/** Note one exchange, when the caller wants to see them. Without memory it is left out: progress may be
 * merged. */
void acgp_trace_add(struct acg_publish *publish, int64_t now_ms, const struct acgp_attempt *attempt,
                    const struct acgp_request *message, const struct acgp_ended *ended);
/** Look whether the publish has an event to pull. */
void acgp_feed_refill(struct acg_publish *publish);
/** Take a publish out of the feed. */
void acgp_feed_forget(struct acg_publish *publish);
bool acgp_feed_next(struct acg_publisher *pub, const struct acg_event **out);
/** Let go of what the last event lent. */
void acgp_feed_release(struct acg_publisher *pub);

/** Free a publish that is in no list any more. */
void acgp_publish_dispose(struct acg_publish *publish);

#endif
