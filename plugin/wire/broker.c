/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/broker.h"

#include <string.h>

#include "base/error.h"

static void put_number(uint8_t *out, uint32_t n)
{
    for (unsigned i = 0; i < PKR_LEG_BYTES; i++)
        out[i] = (uint8_t)(n >> (8 * i));
}

static uint32_t get_number(const uint8_t *in)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < PKR_LEG_BYTES; i++)
        n |= (uint32_t)in[i] << (8 * i);
    return n;
}

void pkr_leg_accept(struct pkr_leg *leg, int64_t now_ms)
{
    *leg = (struct pkr_leg){.state = PKR_LEG_ASKED, .due_ms = now_ms + PKR_LEG_MS};
}

void pkr_leg_dial(struct pkr_leg *leg, uint32_t number, int64_t now_ms, uint8_t *out_bytes)
{
    *leg = (struct pkr_leg){.state = PKR_LEG_DIALING, .number = number, .due_ms = now_ms + PKR_LEG_MS};
    put_number(out_bytes, number);
}

size_t pkr_leg_feed(struct pkr_leg *leg, struct acg_span in)
{
    size_t n = PKR_LEG_BYTES - leg->have;

    if (leg->state != PKR_LEG_ASKED && leg->state != PKR_LEG_DIALING)
        return 0;
    n = in.len < n ? in.len : n;
    if (n != 0)
        memcpy(leg->bytes + leg->have, in.data, n);
    leg->have += n;
    if (leg->have < PKR_LEG_BYTES)
        return n;
    if (leg->state == PKR_LEG_DIALING) {
        leg->state = get_number(leg->bytes) == leg->number ? PKR_LEG_READY : PKR_LEG_WRONG;
    } else {
        leg->number = get_number(leg->bytes);
        leg->state = PKR_LEG_NUMBERED;
    }
    return n;
}

void pkr_leg_echo(struct pkr_leg *leg, uint8_t *out_bytes)
{
    put_number(out_bytes, leg->number);
    leg->state = PKR_LEG_READY;
}

enum acg_status pkr_broker_serve(struct pkr_broker *b, uint32_t number, struct acg_error *err)
{
    if (b->count == PKR_BROKER_SERVED_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "%u numbers wait to be dialed", PKR_BROKER_SERVED_MAX);
    b->served[b->count++] = number;
    return ACG_OK;
}

enum acg_status pkr_broker_serve_new(struct pkr_broker *b, uint32_t *out_number, struct acg_error *err)
{
    uint32_t number = b->last == UINT32_MAX ? 1 : b->last + 1;
    enum acg_status status = pkr_broker_serve(b, number, err);

    if (status != ACG_OK)
        return status;
    *out_number = b->last = number;
    return ACG_OK;
}

bool pkr_broker_claim(struct pkr_broker *b, uint32_t number)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->served[i] == number) {
            b->served[i] = b->served[--b->count];
            return true;
        }
    }
    return false;
}
