/* SPDX-License-Identifier: MPL-2.0 */
#include "base/wipe.h"

#include <string.h>

void acgp_wipe(void *p, size_t len)
{
    if (p == NULL || len == 0)
        return;
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory"); /* the bytes are observed: the memset must stay */
}
