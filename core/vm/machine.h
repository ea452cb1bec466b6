/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the test machine, shared by its files. Every function that takes the machine may end it: callers
 * look at t->work.ended afterwards. */
#ifndef ACGP_VM_MACHINE_H
#define ACGP_VM_MACHINE_H

#include "arm/lro.h"
#include "report/report.h"
#include "vm/look.h"
#include "vm/test.h"

#define ACGP_VM_TEST_TAG "acg-run"

/** What is made, in this order. */
enum acgp_vm_item { ACGP_ITEM_GROUP = 0, ACGP_ITEM_NETWORK, ACGP_ITEM_INTERFACE, ACGP_ITEM_VM, ACGP_ITEMS };

enum acgp_vm_step {
    ACGP_VM_LOOK = 0,   /* version and definition */
    ACGP_VM_SETS,       /* the region's sets: what type of encryption their disks must have */
    ACGP_VM_GROUP_FREE, /* the group must not be there */
    ACGP_VM_MAKE,       /* t->item: being made */
    ACGP_VM_READ,       /* the VM, then its disks */
    ACGP_VM_CLEAN       /* until the group is gone */
};

enum acgp_vm_call {
    ACGP_VM_CALL_SET = ACGP_VM_CALL_OWN, /* index: the disk whose set it is */
    ACGP_VM_CALL_FREE,                   /* is the group there? */
    ACGP_VM_CALL_PUT,                    /* of t->item */
    ACGP_VM_CALL_POLL,                   /* its operation */
    ACGP_VM_CALL_ITEM,                   /* t->item itself: did a lost write arrive, is it finished? */
    ACGP_VM_CALL_VM,
    ACGP_VM_CALL_DISK,  /* index: which disk of the plan */
    ACGP_VM_CALL_GROUP, /* cleaning: whose is the group, is it gone? */
    ACGP_VM_CALL_DELETE
};

/** One disk of the plan, as it is to be and as it was found. */
struct acgp_vm_check {
    char type[64]; /* expected; empty: not known, then not compared */
    bool read;
    char *disk_id;                               /* owned; NULL: the VM has no such disk */
    char *found_type, *found_set, *found_secure; /* owned; NULL: none */
    bool same;
};

struct acgp_vm_test_machine {
    struct acgp_work work; /* first: the machine lives in it */
    struct acgp_vm_look look;
    struct acgp_vm_plan plan;
    bool create, planned;
    char *vm_size; /* owned; NULL: the plan's */
    struct acgp_secret password;
    char run_id[40];
    char *ids[ACGP_ITEMS]; /* owned */
    char *group;           /* owned: name */

    enum acgp_vm_step step;
    enum acgp_vm_item item;
    bool tried[ACGP_ITEMS], made[ACGP_ITEMS]; /* tried: a write may have arrived */
    unsigned puts;                            /* of this item */
    bool accepted;                            /* Azure took the newest of them */
    int64_t put_at_ms;                        /* the next attempt; ACGP_NEVER: none planned */
    struct acg_error put_error;
    struct acgp_lro lro;
    int64_t poll_at_ms, read_at_ms; /* ACGP_NEVER: not planned */
    unsigned reads;
    struct acgp_vm_check *checks; /* owned; one per disk of the plan */

    struct acg_error verdict; /* what the test found; told when everything is deleted */
    bool cleaning, stopped, deleted, left_told;
    bool group_seen; /* while cleaning */
    unsigned missing;
    struct acg_report *report; /* owned */
};

/* test.c */
/** The test is over, well or not: delete what was made, then end with *err. */
void acgp_vm_test_over(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acg_error *err);
/** End now. @param left why the group stays; NULL: nothing is left. */
void acgp_vm_test_end(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acg_error *left);

/* test_make.c */
void acgp_vm_make_begin(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_make_put(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_make_poll(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_make_look(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_make_on_free(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);
void acgp_vm_make_on_put(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);
void acgp_vm_make_on_poll(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);
void acgp_vm_make_on_item(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);

/* test_read.c */
/** Read the sets of the plan, then make the VM or say what would be made. */
void acgp_vm_read_sets(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_read_on_set(struct acgp_vm_test_machine *t, int64_t now_ms, size_t disk,
                         const struct acgp_answer *answer);
void acgp_vm_read_begin(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_read_on_vm(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);
void acgp_vm_read_on_disk(struct acgp_vm_test_machine *t, int64_t now_ms, size_t disk,
                          const struct acgp_answer *answer);

/* test_clean.c */
void acgp_vm_clean_begin(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_clean_look(struct acgp_vm_test_machine *t, int64_t now_ms);
void acgp_vm_clean_on_group(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer);
void acgp_vm_clean_on_delete(struct acgp_vm_test_machine *t, int64_t now_ms,
                             const struct acgp_answer *answer);

/* test_report.c */
/** @param left the group stays. @return false: out of memory */
bool acgp_vm_test_report(struct acgp_vm_test_machine *t, bool left);

/* body.c */
/** What a PUT of this item carries; owned by caller. NULL: out of memory. The VM's holds the password. */
char *acgp_vm_body(const struct acgp_vm_test_machine *t, enum acgp_vm_item item);
const char *acgp_vm_item_name(enum acgp_vm_item item);
/** "OS disk", "LUN 0". @return owned by caller; NULL without memory. */
char *acgp_vm_disk_name(const struct acgp_vm_disk *disk);

#endif
