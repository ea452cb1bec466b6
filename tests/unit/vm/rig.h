/* SPDX-License-Identifier: MPL-2.0 */
/** What the tests of the VM test machine share: Azure's answers, and the way to each step. */
#ifndef ACG_UNIT_VM_RIG_H
#define ACG_UNIT_VM_RIG_H

#include "testlib/talk.h"

#define SUB        "/subscriptions/00000000-0000-0000-0000-000000000001"
#define ID         SUB "/resourceGroups/images/providers/Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0"
#define VERSION    "/versions/1.4.0?$expand=ReplicationStatus"
#define DEFINITION "/images/web?api-version="
#define SET_OS     "/diskEncryptionSets/westus-os"
#define SET_DATA   "/DISKENCRYPTIONSETS/WESTUS-DATA"
#define GROUP      "/resourceGroups/acg-vm-test-"
#define GROUP_ONLY "?api-version=2022-09-01"
#define NETWORK    "/virtualNetworks/acgtest?"
#define INTERFACE  "/networkInterfaces/acgtest?"
#define VM         "/virtualMachines/acgtest?"
#define OPERATION  "https://management.azure.com/op/1?api-version=2022-03-03&s=signature"
#define PASSWORD   "Aa1-not-to-be-seen"

#define GENERALISED "{\"properties\": {\"osType\": \"Linux\", \"osState\": \"Generalized\"}}"
#define SPECIALISED "{\"properties\": {\"osType\": \"Windows\", \"osState\": \"Specialized\"}}"
#define MADE        "{\"properties\": {\"provisioningState\": \"Succeeded\"}}"
#define VM_MADE                                                                                              \
    "{\"properties\": {\"provisioningState\": \"Succeeded\", \"storageProfile\": {\"osDisk\": "              \
    "{\"managedDisk\": {"                                                                                    \
    "\"id\": \"" SUB                                                                                         \
    "/resourceGroups/x/providers/Microsoft.Compute/disks/os\"}}, \"dataDisks\": [{\"lun\": 0, "              \
    "\"managedDisk\": {\"id\": \"" SUB "/resourceGroups/x/providers/Microsoft.Compute/disks/d0\"}}]}}}"

#define ASKED_OS   SUB "/resourceGroups/IMAGES/providers/Microsoft.Compute/diskEncryptionSets/westus-os"
#define ASKED_DATA SUB "/resourceGroups/IMAGES/providers/Microsoft.Compute/diskEncryptionSets/westus-data"
#define DOUBLE     "EncryptionAtRestWithPlatformAndCustomerKeys"
#define SINGLE     "EncryptionAtRestWithCustomerKey"

/** Id of the run that is being talked to. */
extern char vm_run[40];

struct talk vm_begin(bool create, const char *subscription, const char *region);
void vm_answer_look(struct talk *t, const char *definition);
void vm_answer_sets(struct talk *t);
/** The run's id, from the group's name in the request that was expected last. */
void vm_run_of(const struct talk *t, char out[40]);
void vm_answer_group(struct talk *t, const char *state, const char *tag);
struct talk vm_until_group(const char *definition);
struct talk vm_until_network(const char *definition);
void vm_answer_made(struct talk *t, const char *url);
struct talk vm_until_vm(const char *definition);
struct talk vm_until_read(const char *definition);
void vm_answer_disk(struct talk *t, const char *url, const char *type, const char *set);
void vm_is_deleted(struct talk *t);
void vm_reports(const struct talk *t, const char *part);
void vm_nobody_saw_the_password(struct talk *t);

#endif
