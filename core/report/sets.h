/* SPDX-License-Identifier: MPL-2.0 */
/** The distinct disk encryption sets of a version, each with what reading it told. */
#ifndef ACGP_SETS_H
#define ACGP_SETS_H

#include "arm/des_doc.h"
#include "arm/version_doc.h"
#include "http/message.h"

enum { ACGP_SETS_MAX = 4000 }; /* a little below what the list of calls of a machine holds */

enum acgp_set_reading {
    ACGP_SET_UNREAD = 0,
    ACGP_SET_READ,
    ACGP_SET_MISSING,   /* 404 */
    ACGP_SET_FORBIDDEN, /* 403: it may be there */
    ACGP_SET_SILENT     /* no answer, or none that is a set */
};

struct acgp_set_fact {
    const char *id; /* borrowed from the version's document, as it names the set first */
    char *place;    /* owned: where it names it first, "westus", "zone@region" */
    char *region;   /* owned: the same, the region alone */
    bool disks;     /* named as a disk's own set somewhere */
    bool secure;    /* named as a secure VM disk encryption set somewhere */
    enum acgp_set_reading reading;
    struct acgp_des_doc doc; /* READ */
};

struct acgp_set_facts {
    struct acgp_set_fact *items; /* owned; in the order of the version */
    size_t count, capacity;
};

/** Every distinct set that a version names, in its order. Ids are compared as ARM does.
 *  @param doc borrowed; must outlive *out. @param out zeroed by caller; acgp_set_facts_done also after a
 * failure.
 *  @return false: out of memory, or more than ACGP_SETS_MAX. */
bool acgp_set_facts_collect(const struct acgp_version_doc *doc, struct acgp_set_facts *out);
void acgp_set_facts_done(struct acgp_set_facts *facts);

/** Take what reading a set brought. @param response borrowed; NULL: no answer came. @param root borrowed: the
 * document when others have it too; NULL: the response has it. @return ACG_OK (whatever it was) |
 * ACG_ERR_NOMEM. */
enum acg_status acgp_set_fact_take(struct acgp_set_fact *fact, const struct acgp_response *response,
                                   json_t *root);

/** The set of this id; NULL: none of the version's (and for NULL). */
const struct acgp_set_fact *acgp_set_facts_find(const struct acgp_set_facts *facts, const char *id);

/** How its disks are encrypted, ARM's word; NULL: not read. Azure fills the single type in when a set was
 * made without one. */
const char *acgp_set_fact_type(const struct acgp_set_fact *fact);
/** "read", "not read", "not found", "no permission", "could not be read". Static text. */
const char *acgp_set_reading_text(enum acgp_set_reading reading);

#endif
