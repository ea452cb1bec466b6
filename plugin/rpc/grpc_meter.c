/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_meter.h"

#include "base/alloc.h"

union head {
    size_t size; /* of the block with its head */
    max_align_t align;
};

/* @return whether size more bytes are fine; *out_size includes the head. */
static bool admit(struct rpc_meter *meter, size_t size, size_t *out_size)
{
    if (!acgp_size_add(size, sizeof(union head), out_size) || *out_size > meter->max - meter->used) {
        meter->over = true;
        return false;
    }
    return true;
}

void *rpc_meter_alloc(struct rpc_meter *meter, size_t size)
{
    union head *head = NULL;
    size_t bytes = 0;

    if (!admit(meter, size, &bytes))
        return NULL;
    head = acgp_alloc(1, bytes);
    if (head == NULL) {
        meter->starved = true;
        return NULL;
    }
    head->size = bytes;
    meter->used += bytes;
    return head + 1;
}

void *rpc_meter_realloc(struct rpc_meter *meter, void *p, size_t size)
{
    union head *head = p, *grown = NULL;
    size_t before = 0, bytes = 0;

    if (p == NULL)
        return rpc_meter_alloc(meter, size);
    before = (--head)->size;
    meter->used -= before;
    if (admit(meter, size, &bytes)) {
        grown = acgp_realloc(head, 1, bytes);
        meter->starved |= grown == NULL;
    }
    meter->used += grown != NULL ? bytes : before;
    if (grown == NULL)
        return NULL;
    grown->size = bytes;
    return grown + 1;
}

void rpc_meter_free(struct rpc_meter *meter, void *p)
{
    union head *head = p;

    if (p == NULL)
        return;
    head--;
    if (meter != NULL)
        meter->used -= head->size;
    acgp_free(head);
}
