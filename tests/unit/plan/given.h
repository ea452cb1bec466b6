/* SPDX-License-Identifier: MPL-2.0 */
/** Options of a good publish, to break one thing at a time, and what validation says about them. */
#ifndef ACG_TEST_GIVEN_H
#define ACG_TEST_GIVEN_H

#include "plan/validate.h"

#define SUBSCRIPTION       "00000000-0000-0000-0000-000000000000"
#define OTHER_SUBSCRIPTION "11111111-1111-1111-1111-111111111111"
#define GROUP_ID           "/subscriptions/" SUBSCRIPTION "/resourceGroups/MyGroup/providers/"
#define COMPUTE            GROUP_ID "Microsoft.Compute/"
#define SET(name)          COMPUTE "diskEncryptionSets/" name

enum { GIVEN_NOW = 1700000000, GIVEN_REGIONS = 128, GIVEN_DISKS = 72, GIVEN_TAGS = 64 };

/** Options with room for their lists. Options of two regions use regions[0] and [1]. */
struct given {
    struct acg_publish_options o;
    struct acg_target_region regions[GIVEN_REGIONS];
    struct acg_edge_zone zones[4];
    struct acg_data_disk_encryption sets[3][GIVEN_DISKS]; /* data disks of regions 0 and 1, and of zone 0 */
    struct acg_data_disk_source disks[GIVEN_DISKS];
    struct acg_tag tags[GIVEN_TAGS];
    const char *platform[4];
};

/** A managed image to westus (home) and eastus2, each with its own sets for the OS disk and LUN 0. */
void given_image(struct given *g);
/** The same from snapshots: os, and one data disk with LUN 0. */
void given_disks(struct given *g);
/** The image without any set. */
void given_plain(struct given *g);
/** Also an edge zone of westus with westus' sets. */
void given_zone(struct given *g);

struct acg_optional_int number(int64_t value);

/** What validation said. */
struct said {
    enum acg_status status;
    struct acg_error error;
    struct acg_findings *findings;
    struct acgp_publish_spec *spec;
};

void said_about(struct said *s, const struct given *g);
void said_done(struct said *s);

/** No fault, and a spec. */
void expect_good(const struct given *g);
/** Exactly one finding, with this rule, this field and this part in its message, and a fix. */
void expect_one(const struct given *g, const char *rule, const char *field, const char *part);
/** Exactly these many findings. */
void expect_count(const struct given *g, size_t count);
/** Among the findings is one with this rule and field. */
void expect_among(const struct given *g, const char *rule, const char *field);

#endif
