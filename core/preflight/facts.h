/* SPDX-License-Identifier: MPL-2.0 */
/** What was read of Azure before a write: one fact for each distinct resource, however often the request
 * names it. Rules look only here, never at answers. */
#ifndef ACGP_FACTS_H
#define ACGP_FACTS_H

#include "arm/des_doc.h"
#include "base/buf.h"
#include "model/resource_id.h"

enum acgp_fact_kind {
    ACGP_FACT_VERSION = 0, /* the version that is to be made */
    ACGP_FACT_SOURCE,      /* what the version is made of; several for single disks */
    ACGP_FACT_IMAGE,       /* the managed image that single disks are snapshots of */
    ACGP_FACT_SNAPSHOT,    /* one that data_snapshot_prefix may mean */
    ACGP_FACT_SET,
    ACGP_FACT_GALLERY,
    ACGP_FACT_DEFINITION, /* of the version, or of a version that is the source */
    ACGP_FACT_SUBSCRIPTION,
    ACGP_FACT_PROVIDER, /* Microsoft.Compute */
    ACGP_FACT_LOCATIONS,
    ACGP_FACT_USAGES,   /* counters of one region */
    ACGP_FACT_VAULT,    /* behind a set */
    ACGP_FACT_KEY,      /* the same */
    ACGP_FACT_DISK,     /* behind a managed image or a machine */
    ACGP_FACT_VERSIONS, /* a page of the definition's versions, for a name that is chosen */
    ACGP_FACT_KINDS
};

enum acgp_fact_state {
    ACGP_FACT_ASKED = 0, /* no answer yet */
    ACGP_FACT_READ,
    ACGP_FACT_ABSENT,    /* 404 */
    ACGP_FACT_FORBIDDEN, /* 403: what it is, nobody can say */
    ACGP_FACT_FAILED     /* no answer, or none that could be used */
};

enum { ACGP_FACTS_MAX = 8192 }; /* 100 regions with 65 disks, each with a set of its own, are fewer */

struct acgp_fact {
    enum acgp_fact_kind kind;
    char *id;        /* owned: ARM id or path without query */
    char field[128]; /* of the configuration: what the fact is about */
    const char
        *group;  /* borrowed from the id that led here: the set of a vault; NULL: named by the request */
    bool needed; /* a publish cannot go on without it */
    enum acgp_fact_state state;
    int64_t asked_ms;
    bool older;              /* READ: of what was asked for before, by another publish */
    json_t *root;            /* owned; READ */
    struct acgp_des_doc set; /* of a SET that was READ */
};

/** Zeroed is empty. */
struct acgp_facts {
    struct acgp_fact **items; /* owned; stable addresses */
    size_t count, capacity;
};

void acgp_facts_done(struct acgp_facts *facts);
/** The fact about an id, compared as ARM does; NULL: nobody asked. */
struct acgp_fact *acgp_facts_find(const struct acgp_facts *facts, const char *id);
/** Add one that is not there yet. @param id given; NULL is out of memory. @return NULL without memory. */
struct acgp_fact *acgp_facts_add(struct acgp_facts *facts, enum acgp_fact_kind kind, char *id);
/** Take a document as read. @param root borrowed: the document when others have it too; NULL: body is it.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (then FAILED) | ACG_ERR_NOMEM. */
enum acg_status acgp_fact_take(struct acgp_fact *fact, struct acg_span body, json_t *root,
                               struct acg_error *err);
/** Forget what was read: it is asked for again. */
void acgp_fact_reset(struct acgp_fact *fact);

/** The document of an id; NULL unless it was read. */
const json_t *acgp_facts_root(const struct acgp_facts *facts, const char *id);
/** Was the id asked for, and is it not there? */
bool acgp_facts_absent(const struct acgp_facts *facts, const char *id);

/** The fact of a kind that a longer id lies below: the vault of a key, the definition of a version; NULL:
 * none. */
const struct acgp_fact *acgp_facts_above(const struct acgp_facts *facts, enum acgp_fact_kind kind,
                                         const char *id);

/** What a fact is, for people: "disk encryption set". */
const char *acgp_fact_name(enum acgp_fact_kind kind);

#endif
