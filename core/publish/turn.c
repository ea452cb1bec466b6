/* SPDX-License-Identifier: MPL-2.0 */
/* Azure refuses too many versions that are made from one source at the same time (R31): publishes from the
 * same source write one after the other, each until its end. */
#include "base/alloc.h"
#include "publish/machine.h"

bool acgp_turn_take(struct acgp_publish *m, int64_t now_ms)
{
    const struct acgp_source_spec *source = &m->spec->source;
    const char **names = acgp_alloc(source->data_count + 2, sizeof *names);
    size_t count = 0;

    if (names != NULL) {
        if (source->id != NULL)
            names[count++] = source->id;
        if (source->os_id != NULL || source->os_vhd_uri != NULL)
            names[count++] = source->os_id != NULL ? source->os_id : source->os_vhd_uri;
        for (size_t i = 0; i < source->data_count; i++)
            if (source->data[i].id != NULL || source->data[i].vhd_uri != NULL)
                names[count++] = source->data[i].id != NULL ? source->data[i].id : source->data[i].vhd_uri;
    }
    return acgp_work_turn(&m->work, now_ms, names, count);
}

void acgp_turn_on_taken(struct acgp_work *w, int64_t now_ms, int64_t waited_ms)
{
    (void)waited_ms;
    acgp_put_fresh((struct acgp_publish *)w, now_ms); /* its first member */
}
