/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/artifact_client.h"

#include <string.h>

static const struct {
    const char *method;
    const char *key; /* argument of State */
} questions[PKR_ARTIFACT_QUESTIONS] = {
    [PKR_ARTIFACT_BUILDER_ID] = {"Artifact.BuilderId", NULL},
    [PKR_ARTIFACT_ID] = {"Artifact.Id", NULL},
    [PKR_ARTIFACT_STRING] = {"Artifact.String", NULL},
    [PKR_ARTIFACT_FILES] = {"Artifact.Files", NULL},
    [PKR_ARTIFACT_GENERATED_DATA] = {"Artifact.State", "generated_data"},
};

void pkr_artifact_client_init(struct pkr_artifact_client *client)
{
    memset(client, 0, sizeof *client);
}

void pkr_artifact_client_done(struct pkr_artifact_client *client)
{
    for (size_t i = 0; i < PKR_ARTIFACT_QUESTIONS; i++)
        pkr_tree_free(client->answers[i]);
    pkr_artifact_client_init(client);
}

enum acg_status pkr_artifact_client_ask(struct pkr_artifact_client *client, struct pkr_link *link,
                                        uint32_t talk, struct acg_error *err)
{
    for (size_t i = 0; i < PKR_ARTIFACT_QUESTIONS; i++) {
        struct pkr_value key = pkr_text(questions[i].key);
        enum acg_status status = pkr_link_call(link, talk, questions[i].method, &key, &client->calls[i], err);
        if (status != ACG_OK)
            return status;
        client->open++;
    }
    return ACG_OK;
}

bool pkr_artifact_client_on_reply(struct pkr_artifact_client *client, struct pkr_link *link,
                                  const struct pkr_link_event *event)
{
    for (size_t i = 0; i < PKR_ARTIFACT_QUESTIONS; i++) {
        if (client->calls[i] == 0 || client->calls[i] != event->call)
            continue;
        client->calls[i] = 0;
        client->open--;
        if (event->outcome == PKR_LINK_RETURNED)
            client->answers[i] = pkr_link_take_body(link);
        return true;
    }
    return false;
}

bool pkr_artifact_client_complete(const struct pkr_artifact_client *client)
{
    return client->open == 0;
}

struct acg_span pkr_artifact_client_text(const struct pkr_artifact_client *client,
                                         enum pkr_artifact_question question)
{
    struct acg_span text = {NULL, 0};
    (void)pkr_value_as_text(pkr_tree_root(client->answers[question]), &text);
    return text;
}

const struct pkr_value *pkr_artifact_client_value(const struct pkr_artifact_client *client,
                                                  enum pkr_artifact_question question)
{
    return pkr_tree_root(client->answers[question]);
}

struct pkr_tree *pkr_artifact_client_take(struct pkr_artifact_client *client,
                                          enum pkr_artifact_question question)
{
    struct pkr_tree *tree = client->answers[question];
    client->answers[question] = NULL;
    return tree;
}
