/* SPDX-License-Identifier: MPL-2.0 */
/** The artifact that comes in, as its client: what it says of itself. Pure; calls leave through the link. */
#ifndef PKR_ARTIFACT_CLIENT_H
#define PKR_ARTIFACT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "wire/link.h"

/** What is asked. */
enum pkr_artifact_question {
    PKR_ARTIFACT_BUILDER_ID,
    PKR_ARTIFACT_ID,
    PKR_ARTIFACT_STRING,
    PKR_ARTIFACT_FILES,
    PKR_ARTIFACT_GENERATED_DATA, /* State("generated_data"): holds secrets of the build */
    PKR_ARTIFACT_QUESTIONS
};

/** Embedded in its owner; do not touch the fields. */
struct pkr_artifact_client {
    uint64_t calls[PKR_ARTIFACT_QUESTIONS]; /* 0: not asked, or answered */
    struct pkr_tree *answers[PKR_ARTIFACT_QUESTIONS];
    size_t open;
};

void pkr_artifact_client_init(struct pkr_artifact_client *client);
/** Free the answers and wipe them. */
void pkr_artifact_client_done(struct pkr_artifact_client *client);
/** Ask everything at once. @param talk a talk that we dialed; it may still wait for its echo.
 *  @return as pkr_link_call. */
ACG_NODISCARD enum acg_status pkr_artifact_client_ask(struct pkr_artifact_client *client,
                                                      struct pkr_link *link, uint32_t talk,
                                                      struct acg_error *err);
/** A reply came; its body is taken from the link. A question that was refused or lost has no answer.
 *  @return whether it was the reply to one of our calls. */
bool pkr_artifact_client_on_reply(struct pkr_artifact_client *client, struct pkr_link *link,
                                  const struct pkr_link_event *event);
/** Whether every question has its reply. */
bool pkr_artifact_client_complete(const struct pkr_artifact_client *client);
/** The answer as text; an empty view when there is none. Lent until done. */
struct acg_span pkr_artifact_client_text(const struct pkr_artifact_client *client,
                                         enum pkr_artifact_question question);
/** The answer; NULL when there is none. Lent until done or take. */
const struct pkr_value *pkr_artifact_client_value(const struct pkr_artifact_client *client,
                                                  enum pkr_artifact_question question);
/** The answer's tree, owned by caller (pkr_tree_free); NULL when there is none. */
struct pkr_tree *pkr_artifact_client_take(struct pkr_artifact_client *client,
                                          enum pkr_artifact_question question);

#endif
