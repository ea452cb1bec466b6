/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_VM_H
#define SIM_VM_H

#include "sim/arm.h"

/* A virtual machine on its way from request to disks. */

/* What it is made from. Borrowed; all NULL when the machine has no image. */
struct sim_vm_image {
    const char *id;                        /* of the managed image or version itself, never of a definition */
    const struct sim_resource *image;      /* managed image or version */
    const struct sim_resource *definition; /* of a version; NULL otherwise */
};

/** Find what storageProfile.imageReference means (a definition: its latest version, named in exactVersion).
 *  False with the answer filled: it is not there, or not in the machine's region (R34, R38). */
bool sim_vm_find_image(struct sim_call *c, json_t *profile, struct sim_vm_image *out);
/** osProfile as the definition's state wants it (R38), confidential settings that fit together. False with
 * the answer filled. */
bool sim_vm_image_fits(struct sim_call *c, const json_t *properties, const struct sim_vm_image *image);
/** Disks that name no set get the version's regional one. False with the answer filled: it belongs to another
 *  subscription (R33). */
bool sim_vm_take_sets(struct sim_call *c, json_t *profile, const struct sim_vm_image *image);
/** securityProfile of the disk that this OS disk of the machine becomes; a new reference, NULL when it has
 * none. */
json_t *sim_vm_disk_security(const json_t *vm, const json_t *disk);

/** The image's own data disks, under whichever name its kind keeps them. Borrowed. */
json_t *sim_vm_image_disks(const struct sim_resource *image);
/** Make the machine's disks and tie them to it. have: the machine before, NULL for a new one. False with the
 *  answer filled. */
bool sim_vm_make_disks(struct sim_call *c, json_t *properties, const struct sim_resource *have);
/** The machine goes: its disks and interfaces stay or go with it, as their deleteOption says. */
void sim_vm_let_go(struct sim_call *c, const json_t *vm);

#endif
