/* SPDX-License-Identifier: MPL-2.0 */
/** What the template actions of a configuration may use, gathered from what Packer sent: a renderer for
 * pkr_config. At Configure the build's values are only known by name; at PostProcess the incoming artifact
 * brings them. Pure. */
#ifndef PKR_RENDERING_H
#define PKR_RENDERING_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "spec/config.h"
#include "wire/value.h"

/** Of the process, read once by whoever may. */
struct pkr_surroundings {
    int64_t started_unix_s; /* when the plugin started: timestamp, isotime */
    uint32_t started_ns;
    const char *folder; /* for pwd; borrowed for the process's life */
    uint64_t random;    /* seed of uuid */
};

/** The build, once it ran. All borrowed. */
struct pkr_build_facts {
    const struct pkr_value *generated; /* generated_data of the incoming artifact; NULL or nil: none */
    struct acg_span artifact_id;       /* .ArtifactId */
};

struct pkr_rendering;

/** Make one.
 *  @param configs borrowed: the Configs of Configure; must outlive it.
 *  @param facts   borrowed, must outlive it; NULL: the build has not run.
 *  @param out     owned by caller (pkr_rendering_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_rendering_new(const struct pkr_value *configs,
                                                const struct pkr_surroundings *surroundings,
                                                const struct pkr_build_facts *facts,
                                                struct pkr_rendering **out, struct acg_error *err);
void pkr_rendering_free(struct pkr_rendering *rendering);
/** The renderer; its context is the rendering. */
struct pkr_renderer pkr_rendering_renderer(struct pkr_rendering *rendering);

/** A packer_... value of Configs that may be a bool or a text: packer_debug, packer_force. */
bool pkr_configs_flag(const struct pkr_value *configs, const char *key);

#endif
