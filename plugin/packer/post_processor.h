/* SPDX-License-Identifier: MPL-2.0 */
/** The post-processor as Packer sees it: a machine over a link that answers Packer's calls, asks its host to
 *  start and to cancel one publish, and is told how that publish goes. Pure: it never meets the publisher.
 *
 *      turn:   pkr_post_processor_turn after the link was fed, and when the deadline is due;
 *              while (pkr_post_processor_next_request) start or cancel the publish;
 *              every event of the publish: pkr_post_processor_on_event
 *      end:    pkr_post_processor_over: Packer is gone; cancel what runs, free everything
 *
 *  One process publishes once, as Packer starts one process per use. */
#ifndef PKR_POST_PROCESSOR_H
#define PKR_POST_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>

#include "packer/configure.h"
#include "spec/config.h"
#include "wire/link.h"

/** How long the incoming artifact may take to say what it is: two hops inside Packer. */
#define PKR_ARTIFACT_WAIT_MS 60000
/** How long a cancelled publish may take to say what is left in Azure before PostProcess is answered anyway:
 *  with PKR_LAST_WORDS_CANCELLED_MS below a second. */
#define PKR_CANCEL_WAIT_MS 500
/** How long PostProcess waits for Packer to show the last lines before it is answered. */
#define PKR_LAST_WORDS_MS           10000
#define PKR_LAST_WORDS_CANCELLED_MS 300

struct pkr_post_processor;

struct pkr_post_processor_options {
    bool protobuf;   /* form of ConfigSpec */
    bool old_packer; /* Packer 1.6: no nested blocks in the spec, no floats in generated_data */
    struct pkr_environment environment;
};

/** Make a post-processor. @param link borrowed; must outlive it. @param options borrowed for the call;
 * copied.
 *  @param out owned by caller (pkr_post_processor_free). @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_post_processor_new(struct pkr_link *link,
                                                     const struct pkr_post_processor_options *options,
                                                     struct pkr_post_processor **out, struct acg_error *err);
/** Free it and wipe its secrets; NULL is fine. The publish must have been let go of before. */
void pkr_post_processor_free(struct pkr_post_processor *pp);

/** Pull and handle all events of the link, let time pass, send what may be sent. Never blocks. */
void pkr_post_processor_turn(struct pkr_post_processor *pp, int64_t now_ms);
/** When turn is due next without any event. @return false when there is no deadline. */
bool pkr_post_processor_deadline(const struct pkr_post_processor *pp, int64_t *out_due_ms);
/** Whether Packer is gone, or its control stream. */
bool pkr_post_processor_over(const struct pkr_post_processor *pp);
/** The state as a word, for logs: "idle", "asking", "starting", "publishing", "replying", "done", "deleting".
 */
const char *pkr_post_processor_state(const struct pkr_post_processor *pp);

enum pkr_request_kind {
    PKR_REQUEST_START = 1,  /* answer with pkr_post_processor_started or _failed */
    PKR_REQUEST_CANCEL = 2, /* the publish that runs; its final event may follow */
    PKR_REQUEST_DELETE = 3  /* the version that was published; its final event, or _failed, follows */
};

struct pkr_request {
    enum pkr_request_kind kind;
    const struct pkr_config
        *config;            /* START: options, endpoints and login; DELETE: the last two; lent until freed */
    const char *version_id; /* DELETE: lent until the next call */
    const char *published_date; /* DELETE: likewise */
};

/** The next thing to do with the publisher. @return false when there is none. */
bool pkr_post_processor_next_request(struct pkr_post_processor *pp, struct pkr_request *out);
/** The publish was started. @param version_id borrowed; copied. */
void pkr_post_processor_started(struct pkr_post_processor *pp, int64_t now_ms, const char *version_id);
/** The publish or deletion could not be started, or its publisher failed beyond it: there will be no final
 * event. */
void pkr_post_processor_failed(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_error *error);
/** An event of the publish. @param event borrowed. Events after the final one, and after a cancelled
 *  PostProcess was answered, are ignored. */
void pkr_post_processor_on_event(struct pkr_post_processor *pp, int64_t now_ms,
                                 const struct acg_event *event);

#endif
