/* SPDX-License-Identifier: MPL-2.0 */
/** Packer's user interface, as its client: lines for the user, told in order.
 *
 *  Lines wait in a bounded queue and leave it as calls of Ui.Say, Ui.Message and Ui.Error. Pure: bytes leave
 *  through the link. Nothing here blocks. */
#ifndef PKR_UI_H
#define PKR_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

#include "wire/link.h"

/** Calls without an answer at one time. Packer serves each call in a thread of its own: two at once may
 * change places on the terminal, so order allows one. */
#define PKR_UI_OPEN_MAX 1u
/** Lines that may wait: all findings of one publish (1000) and a line for each of some hundred regions. */
#define PKR_UI_LINES_MAX 2048u
/** Bytes of text that may wait, over all lines. */
#define PKR_UI_BYTES_MAX ((size_t)1024 * 1024)

enum pkr_ui_kind {
    PKR_UI_SAY,     /* a step: bold in the build's colour */
    PKR_UI_MESSAGE, /* below a step: indented up to Packer 1.12 */
    PKR_UI_ERROR    /* red */
};

struct pkr_ui_line;

/** Embedded in its owner; do not touch the fields. */
struct pkr_ui {
    struct pkr_link *link;
    uint32_t talk; /* 0: not attached, lines wait */
    bool closed;   /* the talk is over: nobody listens */
    struct pkr_ui_line *lines;
    size_t first, count, capacity; /* a ring would save moves; first catches up when the queue runs empty */
    size_t bytes;
    uint64_t calls[PKR_UI_OPEN_MAX];
    size_t open;
    size_t refused;
};

/** An interface that nobody listens to yet. @param link borrowed; must outlive it. */
void pkr_ui_init(struct pkr_ui *ui, struct pkr_link *link);
void pkr_ui_done(struct pkr_ui *ui);
/** Send lines on this talk, a talk that we dialed. */
void pkr_ui_attach(struct pkr_ui *ui, uint32_t talk);
/** The talk is over: waiting lines are dropped, later ones are taken and forgotten. */
void pkr_ui_detach(struct pkr_ui *ui);

/** Queue a text. Control characters become spaces, so that a text of Azure cannot steer a terminal; line ends
 *  stay and make lines of their own.
 *  @param text borrowed; copied.
 *  @return ACG_OK | ACG_ERR_LIMIT (a cap above; the line is counted, see pkr_ui_refused) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_ui_line(struct pkr_ui *ui, enum pkr_ui_kind kind, const char *text,
                                          struct acg_error *err);
/** Send what may be sent now. Call it after lines were queued and after replies. */
void pkr_ui_flush(struct pkr_ui *ui);
/** A reply came. @return whether it was the reply to one of our calls. */
bool pkr_ui_on_reply(struct pkr_ui *ui, const struct pkr_link_event *event);
/** Lines that wait or have no answer yet. */
size_t pkr_ui_pending(const struct pkr_ui *ui);
/** Lines that were refused since the last question. */
size_t pkr_ui_refused(struct pkr_ui *ui);

#endif
