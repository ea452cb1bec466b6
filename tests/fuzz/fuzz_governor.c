/* SPDX-License-Identifier: MPL-2.0 */
/* The governor, told anything by answers: nobody is lost, nothing stands still for ever, and what is sent to
 * known limits stays below them. Input: lines; the first letter of each says what happens, the rest is a URL
 * or a header's value. */
#include "fuzz.h"

#include <string.h>

#include "base/span.h"
#include "governor/governor.h"

enum { TICKETS = 64, CLIENTS = 4, TEXT_MAX = 300 };

struct play {
    struct acgp_governor *g;
    struct acgp_client clients[CLIENTS];
    struct acgp_ticket tickets[TICKETS], *gone[TICKETS];
    size_t entered, gone_count, answered;
    int64_t now;
};

static void move(struct play *p)
{
    struct acgp_ticket *t = NULL;

    while ((t = acgp_governor_next(p->g, p->now)) != NULL) {
        FUZZ_CHECK(p->gone_count < p->entered);
        p->gone[p->gone_count++] = t;
    }
}

static void answer(struct play *p, int status, const char *name, const char *value)
{
    struct acgp_response r;

    if (p->answered == p->gone_count)
        return;
    acgp_response_init(&r);
    r.status = status;
    if (acgp_response_header_add(&r, acgp_span(name), acgp_span(value)))
        acgp_governor_answered(p->g, p->now, 1790000000, p->gone[p->answered++], &r);
    acgp_response_done(&r);
}

static void step(struct play *p, char what, const char *text)
{
    if (what >= 'a' && what <= 'd' && p->entered < TICKETS)
        FUZZ_CHECK(acgp_governor_enter(p->g, p->now, &p->clients[what - 'a'],
                                       (enum acgp_method)((unsigned char)text[0] % 5), text,
                                       &p->tickets[p->entered++]) == ACG_OK);
    else if (what == 'R')
        answer(p, 200, "x-ms-ratelimit-remaining-resource", text);
    else if (what == 'S')
        answer(p, 200, "x-ms-ratelimit-remaining-subscription-reads", text);
    else if (what == 'T')
        answer(p, 429, "retry-after", text);
    else if (what == 'L' && p->entered != 0)
        acgp_governor_leave(p->g, &p->tickets[(unsigned char)text[0] % p->entered]);
    else
        p->now += (int64_t)strlen(text) * 1000;
    move(p);
}

/* With answers and time everybody gets through. */
static void finish(struct play *p)
{
    int64_t due = 0;

    for (int i = 0; i < 2000; i++) {
        while (p->answered < p->gone_count)
            answer(p, 200, "x", "y");
        move(p);
        if (p->answered < p->gone_count)
            continue;
        if (!acgp_governor_due(p->g, p->now, &due))
            break;
        FUZZ_CHECK(due > p->now);
        p->now = due;
    }
    for (size_t i = 0; i < p->entered; i++)
        FUZZ_CHECK(p->tickets[i].line == NULL);
    for (size_t i = 0; i < CLIENTS; i++)
        FUZZ_CHECK(p->clients[i].heads == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acg_span rest = acgp_span_of(data, size);
    struct play p = {.now = 1000};
    char text[TEXT_MAX];

    FUZZ_CHECK(acgp_governor_new(size, &p.g) == ACG_OK);
    while (rest.data != NULL && size != 0) {
        struct acg_span line = acgp_span_cut(&rest, '\n');
        size_t length = line.len > 0 ? line.len - 1 : 0;
        if (line.len == 0)
            continue;
        length = length < sizeof text - 1 ? length : sizeof text - 1;
        memcpy(text, line.data + 1, length);
        text[length] = '\0';
        step(&p, line.data[0], text);
    }
    finish(&p);
    acgp_governor_free(p.g);
    return 0;
}
