/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the az grammar: shared by its files. */
#ifndef PKR_AZ_STATE_H
#define PKR_AZ_STATE_H

#include <acg/span.h>

#include "cli/az.h"

/** LUNs that Azure has: 0 to 63. */
enum { PKR_AZ_LUNS = 64 };

/** The work: options in, a JSON object of the configuration's fields out. */
struct pkr_az {
    const struct pkr_words *words;
    struct pkr_config *config;
    struct acgp_buf *notes;
    json_t *root;
    json_t *regions; /* borrowed from root; NULL: none */
    json_t *zones;
    size_t null_os;               /* places that say null for the OS disk */
    size_t null_lun[PKR_AZ_LUNS]; /* the same per data disk */
    bool os_has_key;              /* some place encrypts the OS disk by a confidential VM's set */
    struct acg_error *err;
};

/** Note a fault of a field, in the configuration's path; renames make it the option's words. */
ACG_NODISCARD enum acg_status pkr_az_fault(struct pkr_az *az, const char *path, const char *fix,
                                           const char *format, ...) __attribute__((format(printf, 4, 5)));
/** Say a path in the user's words. */
ACG_NODISCARD enum acg_status pkr_az_rename(struct pkr_az *az, const char *theirs, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Set a member; value is given away, NULL means no memory. */
ACG_NODISCARD enum acg_status pkr_az_set(struct pkr_az *az, json_t *object, const char *key, json_t *value);
ACG_NODISCARD enum acg_status pkr_az_set_text(struct pkr_az *az, json_t *object, const char *key,
                                              struct acg_span text);
/** The member of this name, made as an empty object or list when it is not there; NULL without memory. */
json_t *pkr_az_object(json_t *object, const char *key);
json_t *pkr_az_list(json_t *object, const char *key);

/** --target-regions and --target-edge-zones. */
ACG_NODISCARD enum acg_status pkr_az_places(struct pkr_az *az);
/** The three encryption options; after pkr_az_places. */
ACG_NODISCARD enum acg_status pkr_az_encryption(struct pkr_az *az);
/** Snapshots and VHDs of data disks. */
ACG_NODISCARD enum acg_status pkr_az_disks(struct pkr_az *az);

#endif
