/* SPDX-License-Identifier: MPL-2.0 */
#include "base/secret.h"

#include "base/alloc.h"
#include "base/wipe.h"

void acgp_secret_init(struct acgp_secret *s)
{
    *s = (struct acgp_secret){NULL, 0};
}

void acgp_secret_done(struct acgp_secret *s)
{
    acgp_wipe(s->bytes, s->len);
    acgp_free(s->bytes);
    acgp_secret_init(s);
}

bool acgp_secret_set(struct acgp_secret *s, struct acg_span text)
{
    char *copy = acgp_strndup(text.data, text.len);

    if (copy == NULL)
        return false;
    acgp_secret_done(s);
    s->bytes = copy;
    s->len = text.len;
    return true;
}

void acgp_secret_move(struct acgp_secret *to, struct acgp_secret *from)
{
    acgp_secret_done(to);
    *to = *from;
    acgp_secret_init(from);
}

bool acgp_secret_empty(const struct acgp_secret *s)
{
    return s->len == 0;
}

struct acg_span acgp_secret_expose(const struct acgp_secret *s)
{
    return (struct acg_span){s->bytes ? s->bytes : "", s->len};
}
