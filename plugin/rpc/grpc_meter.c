/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_meter.h"

#include "base/alloc.h"

union rpc_meter_head {
    struct {
        size_t size; /* of the block with its head */
        union rpc_meter_head *prev, *next;
    } is;
    max_align_t align;
};

/* @return whether size more bytes are fine; *out_size includes the head. */
static bool admit(struct rpc_meter *meter, size_t size, size_t *out_size)
{
    if (!acgp_size_add(size, sizeof(union rpc_meter_head), out_size) ||
        *out_size > meter->max - meter->used) {
        meter->over = true;
        return false;
    }
    return true;
}

static void link_in(struct rpc_meter *meter, union rpc_meter_head *head)
{
    head->is.prev = NULL;
    head->is.next = meter->listed ? meter->first : NULL;
    if (!meter->listed)
        return;
    if (meter->first != NULL)
        meter->first->is.prev = head;
    meter->first = head;
}

static void link_out(struct rpc_meter *meter, union rpc_meter_head *head)
{
    if (!meter->listed)
        return;
    if (head->is.prev != NULL)
        head->is.prev->is.next = head->is.next;
    else
        meter->first = head->is.next;
    if (head->is.next != NULL)
        head->is.next->is.prev = head->is.prev;
}

void *rpc_meter_alloc(struct rpc_meter *meter, size_t size)
{
    union rpc_meter_head *head = NULL;
    size_t bytes = 0;

    if (!admit(meter, size, &bytes))
        return NULL;
    head = acgp_alloc(1, bytes);
    if (head == NULL) {
        meter->starved = true;
        return NULL;
    }
    head->is.size = bytes;
    meter->used += bytes;
    link_in(meter, head);
    return head + 1;
}

void *rpc_meter_realloc(struct rpc_meter *meter, void *p, size_t size)
{
    union rpc_meter_head *head = p, *grown = NULL;
    size_t before = 0, bytes = 0;

    if (p == NULL)
        return rpc_meter_alloc(meter, size);
    before = (--head)->is.size;
    meter->used -= before;
    if (admit(meter, size, &bytes)) {
        link_out(meter, head);
        grown = acgp_realloc(head, 1, bytes);
        meter->starved |= grown == NULL;
        link_in(meter, grown != NULL ? grown : head);
    }
    meter->used += grown != NULL ? bytes : before;
    if (grown == NULL)
        return NULL;
    grown->is.size = bytes;
    return grown + 1;
}

void rpc_meter_free(struct rpc_meter *meter, void *p)
{
    union rpc_meter_head *head = p;

    if (p == NULL)
        return;
    head--;
    if (meter != NULL) {
        meter->used -= head->is.size;
        link_out(meter, head);
    }
    acgp_free(head);
}

void rpc_meter_drop(struct rpc_meter *meter)
{
    while (meter->first != NULL)
        rpc_meter_free(meter, meter->first + 1);
}

bool rpc_meter_failed(const struct rpc_meter *meter)
{
    return meter->over || meter->starved;
}
