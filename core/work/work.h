/* SPDX-License-Identifier: MPL-2.0 */
/** What every machine that talks to ARM has: requests side by side with their attempts, a deadline, events,
 * findings, one end. A machine is a struct that begins with a struct acgp_work, and the functions of its
 * kind. Pure: no socket, no clock, no randomness of its own.
 *
 *      while (acgp_work_next(w, now_ms, &act))
 *          SEND     start act.message; answer later with on_response or on_failure and act.request
 *          ABANDON  stop the request act.request; it is not answered any more
 *          TURN     tell with on_turn when nobody else holds what act.names says
 *          WAIT     call next again at act.until_ms, or after the next answer
 *          RECALL   read the journal of act.key; answer with on_recalled before next is called again
 *          RECORD   append act.record to the journal; answer with on_recorded likewise
 *          DONE     finished; the last event has been queued
 *
 *  Every function that takes the work may end it (out of memory does): callers look at w->ended afterwards.
 */
#ifndef ACGP_WORK_H
#define ACGP_WORK_H

#include <acg/event.h>
#include <acg/finding.h>

#include "http/exchange.h"
#include "http/message.h"
#include "journal/recollect.h"
#include "work/events.h"
#include "work/recording.h"
#include "json/decode.h"

enum {
    ACGP_GET_ATTEMPT_MS = 60000, /* ARM answers reads within seconds; its own front end gives up after 60 s */
    ACGP_PUT_ATTEMPT_MS = 120000, /* a write waits for the resource provider */
    ACGP_SIDE_BY_SIDE = 16, /* requests of one machine in flight; more would only queue on the connections */
    ACGP_HEARTBEAT_MS = 55000 /* a line at least once a minute, with a margin for a busy loop */
};

#define ACGP_NEVER INT64_MAX /* of a planned time: nothing is planned */

/** A read whose answer may be one that another machine asked for (shared.h). */
struct acgp_share {
    bool wanted;
    int64_t after_ms;          /* no answer that was asked for before */
    void (*cut)(json_t *root); /* leaves of the document what everybody looks at; NULL: all of it */
};

enum acgp_action_kind {
    ACGP_ACT_SEND = 1,
    ACGP_ACT_ABANDON,
    ACGP_ACT_TURN,
    ACGP_ACT_WAIT,
    ACGP_ACT_DONE,
    ACGP_ACT_RECALL,
    ACGP_ACT_RECORD
};

struct acgp_action {
    enum acgp_action_kind kind;
    uint32_t request;                   /* SEND, ABANDON: number of the attempt, unique within the work */
    const struct acgp_request *message; /* SEND: lent until the attempt is answered or abandoned */
    bool fresh_token;                   /* SEND: the cached token was refused; get another first */
    const struct acgp_share *share;     /* SEND: lent as message; NULL: not shared */
    bool prompt;      /* SEND: until_ms holds although it has to wait before it may be sent */
    int64_t until_ms; /* SEND: deadline of this attempt, if it is sent now; WAIT: when to call again */
    const char *const *names; /* TURN: what this work needs for itself until its end; lent until then */
    size_t name_count;
    const char *key;                  /* RECALL: lent until it is answered */
    const struct acgp_record *record; /* RECORD: lent until it is answered */
};

struct acgp_work_config {
    const char *endpoint; /* resource manager endpoint without a trailing slash; copied */
    uint64_t seed;        /* for jitter and request ids */
    int64_t now_ms;       /* monotonic */
    int64_t now_unix_s;
    int64_t
        timeout_ms; /* from now_ms on; what a machine's own input says instead is the machine's business */
};

/** One logical request. */
struct acgp_call {
    int kind;         /* of the machine's own list */
    size_t index;     /* which of that kind */
    uint32_t attempt; /* number of the attempt in flight; 0: none */
    bool abandoned;   /* to be reported as ABANDON */
    bool gone;        /* ABANDON was reported: free it at the next turn */
    struct acgp_share share;
    bool held; /* the attempt waits and has not been sent yet */
    struct acgp_exchange exchange;
};

/** The outcome of a call: exactly one of response and failure is set. Borrowed. */
struct acgp_answer {
    const struct acgp_response *response;
    const struct acgp_failure *failure;
    json_t *root; /* shared: what was answered with 200, and response is empty but for that; never changed;
                     NULL: the response has its own body */
    int64_t asked_ms; /* of root: when it was asked for */
};

/** How a write is sent. */
struct acgp_write {
    enum acgp_method method;
    char *body;            /* given: JSON; NULL: none */
    bool secret;           /* the body holds a secret and is wiped when it is done */
    bool ask_before_again; /* when it may have been carried out, the answer is a failure and the caller looks
                            */
    int64_t attempt_ms;    /* how long one attempt may take; 0: as long as its method usually does */
    bool once; /* the caller decides about every further attempt, but for the one with a fresh token */
    struct acgp_share share; /* of a GET */
};

struct acgp_work;

/** What a kind of machine does. A NULL stands for nothing, unless it says otherwise. */
struct acgp_work_kind {
    /** What a call was for, "reading the source". Static text; never NULL. */
    const char *(*call_name)(int call_kind);
    /** A call has its outcome. It is gone: of *call kind and index are told, lent for the call. Never NULL.
     */
    void (*on_answer)(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer);
    /** The deadline, or the caller's wish: end the work and say what is left in Azure. Never NULL. */
    void (*on_deadline)(struct acgp_work *w, int64_t now_ms);
    void (*on_cancel)(struct acgp_work *w, int64_t now_ms);
    /** Start what is due. */
    void (*turn)(struct acgp_work *w, int64_t now_ms);
    /** When turn is to be called next; ACGP_NEVER: not planned. */
    int64_t (*due_ms)(const struct acgp_work *w);
    /** "replicating for 3 min: westus Completed". Owned by caller; NULL without memory. Never NULL itself. */
    char *(*heartbeat)(struct acgp_work *w, int64_t minutes);
    /** The work has just ended: build the result. w->write_in_flight is set. */
    void (*on_end)(struct acgp_work *w, int64_t now_ms);
    /** It is this work's turn, after so long a wait. */
    void (*on_turn)(struct acgp_work *w, int64_t now_ms, int64_t waited_ms);
    /** Everything but the base. Never NULL. */
    void (*done)(struct acgp_work *w);
    /** The answer to acgp_work_recall. NULL: only a failure counts, and ends the work.
     *  @param r       borrowed for the call. Without a journal nothing is known.
     *  @param busy    another run of this key lives: it holds the journal, and nothing can be recorded.
     *  @param failure why the journal cannot be used; NULL: it can. */
    void (*on_recalled)(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r, bool busy,
                        const struct acg_error *failure);
    /** The answer to acgp_work_record; after the end of the work nobody is told. NULL: only a failure counts,
     * and ends the work.
     *  @param record borrowed for the call.   @param failure why it is not in the journal; NULL: it is, and
     * on the disk. */
    void (*on_recorded)(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record,
                        const struct acg_error *failure);
};

struct acgp_work {
    const struct acgp_work_kind *kind;
    char *endpoint; /* owned */
    char request_id[40];
    uint64_t random_state;
    int64_t begun_ms, begun_unix_s, deadline_ms;

    bool ended;
    int64_t ended_ms;
    bool write_in_flight;            /* when it ended: Azure may have taken it */
    struct acg_error error;          /* of DONE */
    struct acg_result result;        /* of DONE; a machine without a version leaves empty texts */
    const struct acg_report *report; /* of DONE; owned by the machine; NULL: none */

    struct acgp_call **calls; /* owned; stable addresses, since the engine holds their requests */
    size_t call_count, call_capacity;
    uint32_t attempts; /* numbers given so far */

    enum { ACGP_TURN_NONE = 0, ACGP_TURN_WANTED, ACGP_TURN_ASKED, ACGP_TURN_HELD } turn;
    const char **turn_names; /* owned array of borrowed texts */
    size_t turn_name_count;
    int64_t turn_asked_ms;

    struct acgp_recording recording;
    struct acgp_events events;
    int64_t said_ms; /* when the last event was made */
    struct acg_findings *findings;
    int64_t found_ms;    /* when the newest finding was made */
    bool findings_held;  /* findings are told together, when the round is over */
    size_t side_by_side; /* requests in flight at most; ACGP_SIDE_BY_SIDE unless a machine sets another */
};

/* ---- work.c: life, and what the engine calls ---- */

/** Make the base in a zeroed machine. @return ACG_OK | ACG_ERR_NOMEM: then too acgp_work_free is the way out.
 */
enum acg_status acgp_work_init(struct acgp_work *w, const struct acgp_work_kind *kind,
                               const struct acgp_work_config *config, struct acg_error *err);
/** Free a machine from acgp_alloc in any state, with its base; NULL is fine. Requests in flight must not be
 * answered any more. */
void acgp_work_free(struct acgp_work *w);

/** The next thing to do at now_ms. Always true: after the end it says DONE again and again. */
bool acgp_work_next(struct acgp_work *w, int64_t now_ms, struct acgp_action *out);
/** The answer to attempt request; answers to unknown or abandoned attempts are ignored. @param response
 * borrowed. */
void acgp_work_on_response(struct acgp_work *w, int64_t now_ms, uint32_t request,
                           const struct acgp_response *response);
/** The same with a document that is shared, asked for at asked_ms. @param root borrowed; a machine that keeps
 * it takes a hold of its own and changes nothing in it. */
void acgp_work_on_document(struct acgp_work *w, int64_t now_ms, uint32_t request, json_t *root,
                           int64_t asked_ms);
/** The attempt brought no answer. @param failure borrowed. */
void acgp_work_on_failure(struct acgp_work *w, int64_t now_ms, uint32_t request,
                          const struct acgp_failure *failure);
/** The attempt waits for its place under Azure's limits: it is not on its way, and a write cannot have
 * arrived.
 * @param held false: now it is. */
void acgp_work_hold(struct acgp_work *w, uint32_t request, bool held);
/** What TURN asked for is held now. */
void acgp_work_on_turn(struct acgp_work *w, int64_t now_ms);
/** The journal was read, or could not be. @param r borrowed. @param failure borrowed; NULL: none. */
void acgp_work_on_recalled(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r, bool busy,
                           const struct acg_error *failure);
/** The record that was lent last is on the disk, or could not be written. @param failure borrowed; NULL:
 * none. */
void acgp_work_on_recorded(struct acgp_work *w, int64_t now_ms, const struct acg_error *failure);
/** Stop: requests in flight are abandoned, then DONE with ACG_ERR_CANCELLED. Writes nothing to Azure. */
void acgp_work_cancel(struct acgp_work *w, int64_t now_ms);
/** Pull the next event; event->publish is NULL, the engine fills in its handle. Lent until the next call.
 *  At most 256 events wait: REGION events of one region are merged, an unread heartbeat is replaced, and at
 * the cap the oldest NOTICE gives way. Steps, findings and the final event are never dropped. */
bool acgp_work_next_event(struct acgp_work *w, const struct acg_event **out);

/* ---- work.c: for machines ---- */

int64_t acgp_work_elapsed(const struct acgp_work *w, int64_t now_ms);
int64_t acgp_work_unix_s(const struct acgp_work *w, int64_t now_ms);
/** splitmix64: for jitter and names, not for secrets. */
uint64_t acgp_work_random(struct acgp_work *w);
/** A version 4 UUID (RFC 9562) from acgp_work_random. */
void acgp_work_uuid(struct acgp_work *w, char out[40]);
/** May it go on as the only one that uses these things? @return false: on_turn will tell, or the work has
 * ended. @param names given array (acgp_free) of texts that stay until the end; NULL is out of memory. */
bool acgp_work_turn(struct acgp_work *w, int64_t now_ms, const char **names, size_t count);
/** End the work: *err is copied, requests in flight will be abandoned, the result is built. First end wins.
 */
void acgp_work_end(struct acgp_work *w, int64_t now_ms, const struct acg_error *err);
/** End with ACG_ERR_NOMEM. */
void acgp_work_nomem(struct acgp_work *w, int64_t now_ms);
/** STEP event. @param text copied. */
void acgp_work_step(struct acgp_work *w, int64_t now_ms, const char *text);
/** NOTICE. @param text given; NULL is out of memory. */
void acgp_work_notice(struct acgp_work *w, int64_t now_ms, char *text);
/** Add a finding. @param message given; NULL is out of memory. */
void acgp_work_find(struct acgp_work *w, int64_t now_ms, enum acg_severity severity, const char *rule,
                    const char *field, char *message, const char *fix);

/* ---- recording.c ---- */

/** Ask what the journal holds of this key; it is held for this run until the work ends. The answer is
 * on_recalled. @param key 64 hexadecimal digits; copied. */
void acgp_work_recall(struct acgp_work *w, int64_t now_ms, const char *key);
/** Append a record. The answer is on_recorded: what must not happen unrecorded waits for it. Records are
 * written in this order, before any request that is sent later; those that are made up to the end of on_end
 * are written before the final event is seen.
 *  @param record copied. What it leaves empty is filled in: key (of the last recall), run (the work's request
 * id), unix_s (now). */
void acgp_work_record(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record);
/** A RECALL or RECORD to ask for. @return false: none. */
bool acgp_recording_next(const struct acgp_work *w, struct acgp_action *out);

/* ---- calls.c ---- */

/** Begin a GET. @param url given; NULL is out of memory. */
void acgp_work_get(struct acgp_work *w, int64_t now_ms, int call_kind, size_t index, char *url);
/** Begin a write. @param url given; NULL is out of memory. @param write its body is given. */
void acgp_work_write(struct acgp_work *w, int64_t now_ms, int call_kind, size_t index, char *url,
                     struct acgp_write write);
bool acgp_calls_any(const struct acgp_work *w, int call_kind);
/** Drop every call of a kind; those in flight are abandoned. */
void acgp_calls_drop(struct acgp_work *w, int call_kind);
void acgp_calls_drop_all(struct acgp_work *w);
/** The call that owns an attempt; NULL: none does any more. */
struct acgp_call *acgp_calls_find(struct acgp_work *w, uint32_t attempt);
/** Free a call that is not in flight. */
void acgp_calls_remove(struct acgp_work *w, struct acgp_call *call);
/** Forget calls whose ABANDON was reported. */
void acgp_calls_sweep(struct acgp_work *w);
bool acgp_calls_write_in_flight(const struct acgp_work *w);
/** An ABANDON to report, or an attempt to send. @return false: neither now. */
bool acgp_calls_abandon(struct acgp_work *w, struct acgp_action *out);
bool acgp_calls_send(struct acgp_work *w, int64_t now_ms, struct acgp_action *out);
/** Earliest time a waiting attempt is due, if before *at_ms. */
void acgp_calls_due(const struct acgp_work *w, int64_t *at_ms);
/** The error of an answer that is none: *err is filled. @param what was tried. */
void acgp_answer_error(const struct acgp_answer *answer, const char *what, struct acg_error *err);
int acgp_answer_status(const struct acgp_answer *answer); /* HTTP status; 0 for a failure */

#endif
