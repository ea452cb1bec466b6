/* SPDX-License-Identifier: MPL-2.0 */
#include "contract/guest/one.h"

#include <stdio.h>
#include <stdlib.h>

struct guest_place guest_place(const char *endpoint, const char *ca_file)
{
    return (struct guest_place){getenv(endpoint), getenv(ca_file)};
}

static void say(const char *where, const struct acg_error *err)
{
    printf("%s: %s %s: %s\n", where, acg_status_name(err->status), err->field, err->message);
}

struct acg_publisher *guest_publisher(struct guest_place place, const char *trust)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acg_publisher *publisher = NULL;
    struct acg_error err;

    login.tenant_id = getenv("AZURE_TENANT_ID");
    login.client_id = getenv("AZURE_CLIENT_ID");
    login.client_secret = getenv("AZURE_CLIENT_SECRET");
    login.authority_host = place.endpoint;
    settings.resource_manager_endpoint = place.endpoint;
    settings.ca_file = trust;
    if (acg_credential_client_secret_new(&login, &credential, &err) != ACG_OK ||
        acg_publisher_new(&settings, credential, &publisher, &err) != ACG_OK)
        say("publisher", &err);
    acg_credential_free(credential);
    return publisher;
}

static int watch(struct acg_publisher *publisher, guest_look *look, void *context)
{
    const struct acg_event *event = NULL;
    struct acg_error err;

    for (;;) {
        if (acg_publisher_poll(publisher, NULL, 0, -1, &err) != ACG_OK) {
            say("poll", &err);
            return -1;
        }
        if (look != NULL)
            look(context);
        while (acg_publisher_next_event(publisher, &event))
            if (event->kind == ACG_EVENT_DONE)
                return (int)event->error->status;
    }
}

int guest_publish(struct acg_publisher *publisher, int major, int minor, guest_look *look, void *context)
{
    struct acg_publish_options options = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_target_region region = {.name = "westus"};
    struct acg_publish *publish = NULL;
    struct acg_error err;
    char version[32];
    int status = -1;

    snprintf(version, sizeof version, "%d.%d.0", major, minor);
    region.encryption.disk_encryption_set_id = "WestUSDiskEncryptionSet1";
    options.subscription_id = getenv("AZURE_SUBSCRIPTION_ID");
    options.resource_group = "MyResourceGroup";
    options.gallery_name = "MyGallery";
    options.gallery_image_definition = "MyImage";
    options.gallery_image_version = version;
    options.location = region.name;
    options.source.managed_image = "myImage";
    options.target_regions = &region;
    options.target_region_count = 1;
    if (acg_publisher_submit(publisher, &options, &publish, &err) == ACG_OK)
        status = watch(publisher, look, context);
    else
        say("submit", &err);
    acg_publish_free(publish);
    return status;
}
