/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the publish machine, shared by the files of this room: its state, and what each step offers the
 * others.
 *
 *  Every function that takes the machine may end it (out of memory does): callers look at m->work.ended
 * afterwards. */
#ifndef ACGP_MACHINE_H
#define ACGP_MACHINE_H

#include "arm/lro.h"
#include "arm/version_doc.h"
#include "plan/coverage.h"
#include "preflight/key.h"
#include "preflight/preflight.h"
#include "publish/adopt.h"
#include "publish/cadence.h"
#include "publish/compare.h"
#include "publish/publish.h"
#include "publish/rounds.h"
#include "report/encryption.h"
#include "work/work.h"

enum {
    ACGP_CHECKS_SIDE_BY_SIDE = 6, /* a transfer each; a thousand publishes may check at the same time */
    ACGP_FIRST_POLLS = 2,         /* of the operation, before the version is read instead */
    ACGP_UNREAD_POLLS = 4,        /* of the operation, for each reading of a version that cannot be read */
    ACGP_VERDICT_READS = 10,      /* readings that say "Creating", for each poll of the operation */
    ACGP_SILENCE_MS = 1800000,    /* an outage of ARM this long ends the watch; the work goes on in Azure */
    ACGP_PROOF_READS_MAX = 12,    /* a reading that never settles is a difference itself */
    ACGP_REPORT_MS = 60000        /* what the proof's report may cost; the publish itself is done by then */
};

enum {
    /* Two writers of one version: this long after a write it is looked at once more before it counts, and a
     * write is sent within the shorter time of the reading that it builds on. There is no ETag. */
    ACGP_LINGER_MS = 30000,
    ACGP_REWRITE_ATTEMPT_MS = 20000,
    ACGP_FRESH_MS = 5000, /* an older reading is made again before the write */
    ACGP_LOST_MAX = 20    /* places that others overwrote are put in again so often */
};

enum {
    ACGP_MISSING_MS = 120000, /* and as long at least */
    ACGP_MISSING_MAX = 10 /* reads in a row that may not find a version just written: a GET can be behind */
};

enum acgp_step {
    ACGP_STEP_CHECKS = 0,  /* the round of GETs before the write */
    ACGP_STEP_PUT,         /* the write, and settling a lost one */
    ACGP_STEP_OPERATION,   /* Azure works on it */
    ACGP_STEP_FAILED,      /* the operation failed; one read for the regions' own words */
    ACGP_STEP_REPLICATION, /* until every region is Completed */
    ACGP_STEP_PROOF,       /* reading again, because a difference was seen */
    ACGP_STEP_REPORT,      /* proved; what the sets say is read for the report */
    ACGP_STEP_REREAD,      /* the version is there: reading it, to write it again */
    ACGP_STEP_RECOGNISE,   /* a removal: is it the version that is meant? */
    ACGP_STEP_DELETE       /* and until it is gone */
};

enum acgp_call_kind { /* those of the checks begin at ACGP_PREFLIGHT_CALLS */
                      ACGP_CALL_PUT = 1,
                      ACGP_CALL_SETTLE, /* the PUT's fate */
                      ACGP_CALL_POLL,   /* the operation's poll URL */
                      ACGP_CALL_READ,   /* the version with its replication status */
                      ACGP_CALL_AGAIN,  /* the version, right before it is made */
                      ACGP_CALL_FACT,   /* index: which set of the version, for the report */
                      ACGP_CALL_LOOK,   /* a removal: is the version there? */
                      ACGP_CALL_DELETE
};

/** What a deletion is for. */
enum acgp_clearing {
    ACGP_CLEAR_NOTHING = 0,
    ACGP_CLEAR_FAILED, /* the version that this publish made failed, and on_failure is delete */
    ACGP_CLEAR_OLD     /* on_existing is replace: the new one is made afterwards */
};

/** What is known of a place's replication; texts live in the last document. */
struct acgp_watch {
    const struct acgp_place *place;
    char name[2 * ACGP_REGION_MAX + 8]; /* "eastus2", "zone@region" */
    char display[ACGP_REGION_MAX];      /* as Azure spells it; empty until read */
    char *state;                        /* owned; NULL: not known yet */
    char *details;                      /* owned; NULL: none */
    int percent;
    bool listed; /* the version's own list of places has it */
};

struct acgp_publish {
    struct acgp_work work;          /* first: the machine lives in it */
    struct acgp_publish_spec *spec; /* owned */

    enum acgp_step step;
    struct acg_result_region *result_regions; /* owned, as the next */
    struct acg_result_disk *result_disks;

    struct acgp_preflight preflight; /* checks; empty afterwards */

    char location[ACGP_REGION_MAX]; /* home region; empty until known */
    struct acgp_place *places;      /* owned array; contents borrowed from the spec */
    size_t place_count;
    char home_field[sizeof "location"]; /* of the home region, when no region was named */
    struct acgp_coverage coverage;

    char key[ACGP_DIGEST_TEXT]; /* operation key; empty until the checks are done */
    struct acgp_fate *fates;    /* owned; one per place */
    bool *left_out;             /* owned; one per place: not in the version as it was last written */
    bool rewriting;             /* the version is there: what is written is an update */
    bool recorded;              /* this run stands in the journal */
    bool created_before;        /* the journal shows that an earlier run of this publish made the version */
    bool told_other;            /* that another process is at it was said */
    int64_t recall_at_ms;       /* the journal is asked again; ACGP_NEVER: not planned */
    void (*then)(struct acgp_publish *m, int64_t now_ms); /* when the record of a write is on the disk */
    bool unfinished;     /* the journal shows a run of this publish that did not end */
    bool adopted;        /* an earlier run began it */
    bool must_write;     /* values differ although every place is there */
    bool home_done;      /* the home region is Completed */
    bool settling;       /* a rewrite may have arrived although no answer says so */
    bool told_busy;      /* that another write is at work was said */
    unsigned lost;       /* lost updates that were repaired */
    int64_t checked_ms;  /* when the version was found not to be there */
    int64_t written_ms;  /* when the last write was accepted; -1: none was */
    int64_t round_at_ms; /* a place that failed is put in again; ACGP_NEVER: none */
    enum acgp_clearing clearing;
    struct acg_error cause; /* clearing: how the publish ends */

    bool replaced;     /* the version that was there was deleted */
    bool put_in_doubt; /* a PUT may have been carried out although no answer says so */
    bool found_only;   /* no answer says that the PUT was: a version of the same content was found */
    bool accepted, created;
    int64_t accepted_ms;
    unsigned puts;
    int64_t put_at_ms; /* next PUT; ACGP_NEVER: none waiting */
    struct acg_error put_error;

    struct acgp_lro lro;
    int64_t poll_at_ms, read_at_ms;  /* ACGP_NEVER: not planned */
    struct acgp_cadence cadence;     /* when the version is read again */
    struct acgp_cadence_place *pace; /* owned; what it knows of each place */
    bool unread;                     /* the last reading beside the operation brought nothing */
    int64_t answered_ms;             /* last answer of Azure while watching */
    unsigned reads;                  /* readings of this step that were answered */
    unsigned missing;                /* readings in a row that did not find the version */
    struct acgp_version_doc doc;     /* last reading */
    char doc_request_id[64];         /* x-ms-request-id of its answer, for a support case */
    struct acgp_watch *watches;      /* owned; one per place, none before the write was accepted */
    struct acg_error failure;        /* of the operation */

    struct acgp_differences differences; /* with how often each was seen */

    struct acgp_set_facts facts; /* sets of the proved version; ids live in doc */
    int64_t read_unix_s;         /* when doc was read */
    int64_t report_until_ms;     /* ACGP_NEVER: not at the report */
    struct acg_report *report;   /* owned */

    bool removing;   /* a removal, not a publish */
    char *published; /* a removal: date of the version that is meant, owned */
};

/* publish.c */
/** A machine without its first step. @param spec given. */
enum acg_status acgp_machine_new(struct acgp_publish_spec *spec, const struct acgp_work_config *config,
                                 struct acgp_publish **out, struct acg_error *err);
/** Enter a step: STEP event with text. */
void acgp_machine_step(struct acgp_publish *m, int64_t now_ms, enum acgp_step step, const char *text);
/** How long an answer asks to wait; 0: it does not. @param answer NULL: there is none. */
int64_t acgp_machine_wait_ms(const struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
/** Whether a write may be tried again, and when, after an answer that lets it. @param answer NULL: none tells
 * how long to wait. */
bool acgp_machine_again(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                        int64_t *out_at_ms);

/* checks.c */
void acgp_checks_begin(struct acgp_publish *m, int64_t now_ms);
/** The journal was read: decide what is done. */
void acgp_checks_decide(struct acgp_publish *m, int64_t now_ms);
void acgp_checks_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer);

/* records.c */
/** Ask the journal; acgp_checks_decide follows. */
void acgp_records_recall(struct acgp_publish *m, int64_t now_ms);
void acgp_records_on_recalled(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r,
                              bool busy, const struct acg_error *failure);
void acgp_records_on_recorded(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record,
                              const struct acg_error *failure);
/** This run acts on the version from now on. */
void acgp_records_begin(struct acgp_publish *m, int64_t now_ms);
/** A write is about to be sent: `then` sends it when its record is on the disk. @param what "create",
 * "update", "replace", "delete". */
void acgp_records_send(struct acgp_publish *m, int64_t now_ms, const char *what,
                       void (*then)(struct acgp_publish *m, int64_t now_ms));
void acgp_records_accepted(struct acgp_publish *m, int64_t now_ms);
void acgp_records_end(struct acgp_publish *m, int64_t now_ms);

/* existing.c */
/** The checks have passed as far as they go; p holds the facts. Decide what the version that is there means.
 *  @param refusal filled for REFUSE.   @return 0: the machine has ended. */
enum acgp_adoption acgp_existing_judge(struct acgp_publish *m, int64_t now_ms, struct acg_error *refusal);
/** A version was found right before it was made: decide anew. @param response its document. */
void acgp_existing_appeared(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response);
/** Go on with a version that is there. */
void acgp_existing_go_on(struct acgp_publish *m, int64_t now_ms, enum acgp_adoption adoption);

/* regions.c */
bool acgp_regions_init(struct acgp_publish *m, int64_t now_ms);
/** Begin with the places that the version lists, or with none. */
void acgp_regions_adopt(struct acgp_publish *m);
/** Choose the places of the first write. */
void acgp_regions_first(struct acgp_publish *m);
/** Judge m->doc, which was just read: watch on, write, prove, or fail. @param answer of the reading, for when
 * to read again; NULL: none was just now. */
void acgp_regions_judge(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
/** Take the phases of the places from the last reading. @return false: some place is not finished. */
bool acgp_regions_take(struct acgp_publish *m);
/** With wait = home: end when the home region is done and nothing is left to be written; with wait = accepted
 * without the former. */
void acgp_regions_home(struct acgp_publish *m, int64_t now_ms);
/** Are places still to be written, in a later wave or again? */
bool acgp_regions_to_come(const struct acgp_publish *m);
/** Does a failed place leave the publish a way on? */
bool acgp_regions_forgive(const struct acgp_publish *m);
/** Names of the places that were written and are not there. @param out owned by caller; NULL: none.
 *  @return false: out of memory. */
bool acgp_regions_gone(const struct acgp_publish *m, char **out);
/** The same of the places that are given up. */
bool acgp_regions_missing(const struct acgp_publish *m, char **out);
/** Does the version list a region that nobody asked for? */
bool acgp_regions_foreign(const struct acgp_publish *m);

/* rewrite.c */
void acgp_rewrite_begin(struct acgp_publish *m, int64_t now_ms, const char *why);
void acgp_rewrite_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_rewrite_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);

/* failure.c */
/** End with what failed in Azure; delete the version first where on_failure says so. */
void acgp_failure_end(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err);
/** The deletion of a clearing has ended: well, or with err. */
void acgp_clearing_over(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err);
/** Delete the version that m->doc shows, which is part of a publish. */
void acgp_clearing_begin(struct acgp_publish *m, int64_t now_ms, enum acgp_clearing what);

/* put.c */
void acgp_put_begin(struct acgp_publish *m, int64_t now_ms);
/** The write was accepted. @param response its answer; NULL when only the version tells. */
void acgp_put_accept(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response);
struct acgp_asked acgp_machine_asked(const struct acgp_publish *m);
/** Send it, after another look at the version when the last one was long ago. */
void acgp_put_fresh(struct acgp_publish *m, int64_t now_ms);
void acgp_put_send(struct acgp_publish *m, int64_t now_ms);
void acgp_put_on_look(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_put_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_put_on_settled(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);

/* turn.c */
/** Is it this publish's turn to read its sources? false: acgp_turn_on_taken goes on later, or the machine has
 * ended. The turn ends with the publish. */
bool acgp_turn_take(struct acgp_publish *m, int64_t now_ms);
void acgp_turn_on_taken(struct acgp_work *w, int64_t now_ms, int64_t waited_ms);

/* operation.c */
/** Watch the accepted write. @param response its answer; NULL when only the version tells. */
void acgp_operation_begin(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response);
void acgp_operation_on_poll(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_operation_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
/** The read after a failed operation: ends the machine with the regions' own words. */
void acgp_operation_on_autopsy(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);

/* replication.c */
void acgp_replication_begin(struct acgp_publish *m, int64_t now_ms);
void acgp_replication_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
/** Judge m->doc, which has just been read. @param answer the reading's. */
/** A place is not waited for any more. */
bool acgp_replication_done(const struct acgp_watch *w);

/* proof.c */
void acgp_proof_judge(struct acgp_publish *m, int64_t now_ms);
void acgp_proof_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_proof_on_fact(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                        const struct acgp_answer *answer);
/** End as proved, whatever is not read of the sets. */
void acgp_proof_conclude(struct acgp_publish *m, int64_t now_ms);

/* progress.c */
enum acgp_reading { ACGP_READ_OK = 0, ACGP_READ_MISSING, ACGP_READ_FAILED };
/** Take the answer to a READ or SETTLE into m->doc and report what moved. FAILED: the machine may have ended.
 */
enum acgp_reading acgp_progress_take(struct acgp_publish *m, int64_t now_ms,
                                     const struct acgp_answer *answer);
/** Make room for what is known of each place, and begin the cadence. @return false: out of memory. */
bool acgp_progress_init(struct acgp_publish *m, int64_t now_ms);
/** Mark the places that m->doc lists. */
void acgp_progress_look_up(struct acgp_publish *m);
void acgp_progress_free(struct acgp_publish *m);
/** Start a READ now. */
void acgp_progress_read(struct acgp_publish *m, int64_t now_ms);
/** A reading that did not find the version: one may be behind a write; too many in a row end the machine. */
void acgp_progress_missing(struct acgp_publish *m, int64_t now_ms);
/** Does a read or poll that brought nothing leave no hope? @param err filled: why it did not. */
bool acgp_progress_hopeless(const struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                            const char *what, struct acg_error *err);
/** A read or poll that brought nothing: a notice, and the caller plans the next one; ends the machine when
 * another try cannot help, or when Azure has been silent for too long. */
void acgp_progress_silent(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                          const char *what);
/** When to read again: by the cadence, and not before the answer allows it. */
void acgp_progress_plan(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
/** "westus Completed, eastus2 Replicating 40 %"; empty before the first reading. Owned by caller; NULL
 * without memory. */
char *acgp_progress_line(const struct acgp_publish *m);
/** Put every failed region and Azure's words about it before err's message. @return how many failed. */
size_t acgp_progress_explain(const struct acgp_publish *m, struct acg_error *err);

/* removal.c */
void acgp_removal_look(struct acgp_publish *m, int64_t now_ms);
void acgp_removal_on_look(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_removal_on_delete(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);
void acgp_removal_on_poll(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer);

/* result.c */
void acgp_result_build(struct acgp_publish *m, int64_t now_ms);

#endif
