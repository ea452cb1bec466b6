/* SPDX-License-Identifier: MPL-2.0 */
/** A scripted Packer: the core side of the wire, in memory, against a link of the plugin's side.
 *
 *      struct packer_peer *p = packer_peer_new(link, turn, room);
 *      uint64_t call = packer_peer_call(p, "PostProcessor.Configure", &body);
 *      packer_peer_expect_returned(p, call);
 *
 *  The plugin's side is a pkr_link that the test owns, with whatever sits on it: turn(context) is called
 * after every piece of bytes and pulls the link's events. Bytes move in pieces of odd sizes. Nothing waits:
 * time passes by packer_peer_pass_ms alone. Every expectation that fails, fails the running cmocka test. */
#ifndef ACG_TESTLIB_PACKER_PEER_H
#define ACG_TESTLIB_PACKER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/link.h"

struct packer_peer;

/** What Packer saw: an event of its side of the wire, with its own copies of everything. */
struct packer_seen {
    struct packer_seen *next;
    enum pkr_link_event_kind kind;
    uint32_t talk;
    uint32_t number;
    bool dialed;
    uint64_t call;
    char *method;
    struct pkr_tree *tree; /* the body; see packer_seen_body */
    enum pkr_link_outcome outcome;
    enum acg_status status;
    char *text;
};

/** Make a Packer and dial number 0.
 *  @param plugin borrowed, fresh, PKR_LINK_PLUGIN.
 *  @param turn   called with context when the plugin's side has something to look at; NULL: nobody pulls. */
struct packer_peer *packer_peer_new(struct pkr_link *plugin, void (*turn)(void *context), void *context);
void packer_peer_free(struct packer_peer *p);

/** Move bytes both ways, with turns between, until nothing moves any more. */
void packer_peer_run(struct packer_peer *p);
/** Let time pass on both sides, then run. */
void packer_peer_pass_ms(struct packer_peer *p, int64_t ms);
int64_t packer_peer_now_ms(const struct packer_peer *p);
/** Packer is gone: the plugin's side sees the end of the socket. */
void packer_peer_die(struct packer_peer *p);
/** Stop reading what the plugin writes (it stays in the plugin's queues), or read again. */
void packer_peer_stall(struct packer_peer *p, bool stalled);

/** Call a method on the control stream, and run. @return handle of the call. */
uint64_t packer_peer_call(struct packer_peer *p, const char *method, const struct pkr_value *body);
/** Dial a number of the plugin, as after a PostProcess reply, and run. @return talk. */
uint32_t packer_peer_dial(struct packer_peer *p, uint32_t number);
/** Call on a talk that was dialed, and run. */
uint64_t packer_peer_call_on(struct packer_peer *p, uint32_t talk, const char *method,
                             const struct pkr_value *body);
/** Choose a number for PostProcess and await its dial. */
uint32_t packer_peer_serve(struct packer_peer *p);
/** Send FIN on a talk, and run. */
void packer_peer_hang_up(struct packer_peer *p, uint32_t talk);

/** Answer calls of this method by itself from now on, while running; the latest answer for a method holds.
 *  Ui.Say, Ui.Message, Ui.Error and Ui.Machine are answered from the start; see packer_peer_said.
 *  @param body copied; NULL is nil. */
void packer_peer_answers(struct packer_peer *p, const char *method, const struct pkr_value *body);
/** The same for Artifact.State with this key. Unknown keys are answered with nil. */
void packer_peer_answers_state(struct packer_peer *p, const char *key, const struct pkr_value *body);
/** Everything said through Ui.Say, .Message and .Error so far, a line each: "say: text". */
const char *packer_peer_said(const struct packer_peer *p);
/** Answer one call that packer_peer_next gave, and run. */
void packer_peer_reply(struct packer_peer *p, uint64_t call, const struct pkr_value *body);
void packer_peer_reply_error(struct packer_peer *p, uint64_t call, const char *text);

/** The next event that nobody answered; lent until the next call. NULL when there is none. PKR_LINK_OPENED is
 * not shown. */
const struct packer_seen *packer_peer_next(struct packer_peer *p);
const struct pkr_value *packer_seen_body(const struct packer_seen *seen);
/** The next event is the plugin's call of this method. */
const struct packer_seen *packer_peer_expect_call(struct packer_peer *p, const char *method);
/** Our call returned; other events stay in line. @return its body, lent until the next expectation. */
const struct pkr_value *packer_peer_expect_returned(struct packer_peer *p, uint64_t call);
/** Our call failed with exactly this text; NULL: any. @return the text. */
const char *packer_peer_expect_failed(struct packer_peer *p, uint64_t call, const char *text);
/** Our call has no answer yet. */
void packer_peer_expect_pending(struct packer_peer *p, uint64_t call);
/** No event is left. */
void packer_peer_expect_nothing(struct packer_peer *p);

#endif
