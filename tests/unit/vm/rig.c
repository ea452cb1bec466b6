/* SPDX-License-Identifier: MPL-2.0 */
#include "rig.h"

#include <stdio.h>

#include "base/secret.h"
#include "base/span.h"
#include "vm/test.h"

struct talk vm_begin(bool create, const char *subscription, const char *region)
{
    struct acgp_work_config config = *talk_config();
    struct acgp_secret password;
    struct acgp_vm_test what = {.wish = {.version_id = ID, .region = region, .subscription = subscription},
                                .create = create,
                                .password = &password};
    struct acgp_work *w = NULL;

    config.timeout_ms = ACGP_VM_TEST_TIMEOUT_MS;
    acgp_secret_init(&password);
    assert_true(acgp_secret_set(&password, acgp_span(PASSWORD)));
    assert_int_equal(acgp_vm_test_new(&what, &config, &w, NULL), ACG_OK);
    assert_true(acgp_secret_empty(&password));
    return talk_begin_work(w);
}

void vm_answer_look(struct talk *t, const char *definition)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 200, "succeeded.json");
    talk_expect(t, "GET", DEFINITION);
    talk_reply_text(t, 200, definition);
}

void vm_answer_sets(struct talk *t)
{
    talk_expect(t, "GET", SET_OS);
    talk_reply(t, 200, "set.json");
    talk_expect(t, "GET", SET_DATA);
    talk_reply_edited(t, 200, "set.json", "/properties/encryptionType",
                      "\"EncryptionAtRestWithPlatformAndCustomerKeys\"", NULL);
}

/* The run's id is in the group's name; requests are the only way to learn it. */
void vm_run_of(const struct talk *t, char out[40])
{
    const char *at = strstr(t->current.message->url, GROUP);

    assert_non_null(at);
    memcpy(out, at + strlen(GROUP), 36);
    out[36] = '\0';
}

char vm_run[40];

void vm_answer_group(struct talk *t, const char *state, const char *tag)
{
    char text[256];

    snprintf(text, sizeof text,
             "{\"tags\": {\"ACG-Run\": \"%s\"}, \"properties\": {\"provisioningState\": \"%s\"}}", tag,
             state);
    talk_reply_text(t, 200, text);
}

struct talk vm_until_group(const char *definition)
{
    struct talk t = vm_begin(true, NULL, "westus");

    vm_answer_look(&t, definition);
    vm_answer_sets(&t);
    talk_expect(&t, "GET", GROUP);
    vm_run_of(&t, vm_run);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "PUT", GROUP_ONLY);
    return t;
}

struct talk vm_until_network(const char *definition)
{
    struct talk t = vm_until_group(definition);

    talk_reply_text(&t, 201, MADE);
    talk_expect(&t, "PUT", NETWORK);
    return t;
}

void vm_answer_made(struct talk *t, const char *url)
{
    talk_expect(t, "PUT", url);
    talk_header(t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(t, 201, "{\"properties\": {\"provisioningState\": \"Creating\"}}");
    talk_expect(t, "GET", "/op/1");
    talk_reply_text(t, 200, "{\"status\": \"Succeeded\"}");
    talk_expect(t, "GET", url);
    talk_reply_text(t, 200, MADE);
}

struct talk vm_until_vm(const char *definition)
{
    struct talk t = vm_until_network(definition);

    vm_answer_made(&t, NETWORK);
    vm_answer_made(&t, INTERFACE);
    talk_expect(&t, "PUT", VM);
    return t;
}

struct talk vm_until_read(const char *definition)
{
    struct talk t = vm_until_vm(definition);

    vm_answer_made(&t, VM);
    talk_expect(&t, "GET", VM);
    return t;
}

void vm_answer_disk(struct talk *t, const char *url, const char *type, const char *set)
{
    char text[512];

    talk_expect(t, "GET", url);
    snprintf(text, sizeof text,
             "{\"properties\": {\"encryption\": {\"type\": \"%s\", \"diskEncryptionSetId\": \"%s\"}}}", type,
             set);
    talk_reply_text(t, 200, text);
}

/* The group is recognised, deleted, and seen to be gone. */
void vm_is_deleted(struct talk *t)
{
    talk_expect(t, "GET", GROUP);
    vm_answer_group(t, "Succeeded", vm_run);
    talk_expect(t, "DELETE", GROUP);
    assert_null(strstr(t->current.message->url, "/providers/"));
    talk_reply_text(t, 202, "");
    talk_pass_ms(t, 60000);
    talk_expect(t, "GET", GROUP);
    vm_answer_group(t, "Deleting", vm_run);
    talk_pass_ms(t, 60000);
    talk_expect(t, "GET", GROUP);
    talk_reply(t, 404, "error-not-found.json");
}

void vm_reports(const struct talk *t, const char *part)
{
    assert_non_null(t->report);
    if (strstr(t->report, part) == NULL)
        print_error("%s\n", t->report);
    assert_non_null(strstr(t->report, part));
}

void vm_nobody_saw_the_password(struct talk *t)
{
    talk_not_told(t, "not-to-be-seen");
    assert_null(t->report != NULL ? strstr(t->report, "not-to-be-seen") : NULL);
    assert_null(strstr(t->error.message, "not-to-be-seen"));
}
