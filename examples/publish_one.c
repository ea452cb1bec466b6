/* SPDX-License-Identifier: MPL-2.0 */
/* The smallest complete program with libacg: one managed image, two regions, a disk encryption set for every
 * disk.
 *
 *      cc publish_one.c $(pkg-config --cflags --libs acg) -o publish_one
 *      ./publish_one VERSION_ID MANAGED_IMAGE REGION=SET REGION=SET
 *
 * Logs in with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; AZURE_AUTHORITY_HOST,
 * ACG_RESOURCE_MANAGER_ENDPOINT and ACG_CA_FILE name another cloud, or a simulator. VERSION_ID is the full id
 * of the version to make; MANAGED_IMAGE and SET are ids or names. The first region is the home region. */
#include <acg/acg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int explain(const struct acg_error *err)
{
    struct acg_remedy remedy;

    fprintf(stderr, "%s%s%s: %s\n", acg_status_name(err->status), err->field[0] ? " in " : "", err->field,
            err->message);
    if (acg_error_explain(err, &remedy))
        fprintf(stderr, "cause: %s\nnext step: %s\n", remedy.cause, remedy.next_step);
    return acg_status_exit_code(err->status);
}

/* Cuts "westus=SET" in two. */
static int read_region(char *text, struct acg_target_region *out)
{
    char *equals = strchr(text, '=');

    if (equals == NULL)
        return 0;
    *equals = '\0';
    out->name = text;
    out->encryption.disk_encryption_set_id = equals + 1;
    return 1;
}

static void show(const struct acg_event *event)
{
    printf("%8.3f s  %s\n", (double)event->elapsed_ms / 1000, event->text);
    if (event->kind != ACG_EVENT_DONE)
        return;
    for (size_t i = 0; i < event->result->region_count; i++) {
        const struct acg_result_region *r = &event->result->regions[i];
        for (size_t j = 0; j < r->disk_count; j++) {
            const char *set = r->disks[j].disk_encryption_set_id;
            if (r->disks[j].os)
                printf("  %s, OS disk: %s\n", r->name, set ? set : "platform key");
            else
                printf("  %s, LUN %lld: %s\n", r->name, (long long)r->disks[j].lun,
                       set ? set : "platform key");
        }
    }
}

/* Until the final event; its status becomes the exit code. */
static int watch(struct acg_publisher *publisher)
{
    const struct acg_event *event = NULL;
    struct acg_error err;

    for (;;) {
        if (acg_publisher_poll(publisher, NULL, 0, -1, &err) != ACG_OK)
            return explain(&err);
        while (acg_publisher_next_event(publisher, &event)) {
            show(event);
            if (event->kind == ACG_EVENT_DONE)
                return event->error->status == ACG_OK ? 0 : explain(event->error);
        }
    }
}

static int run(struct acg_credential *credential, const struct acg_publish_options *options)
{
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_publisher *publisher = NULL;
    struct acg_publish *publish = NULL;
    struct acg_error err;
    int code = 0;

    settings.resource_manager_endpoint = getenv("ACG_RESOURCE_MANAGER_ENDPOINT");
    settings.ca_file = getenv("ACG_CA_FILE");
    if (acg_publisher_new(&settings, credential, &publisher, &err) != ACG_OK)
        return explain(&err);
    if (acg_publisher_submit(publisher, options, &publish, &err) == ACG_OK)
        code = watch(publisher);
    else
        code = explain(&err);
    acg_publish_free(publish);
    acg_publisher_free(publisher);
    return code;
}

int main(int argc, char **argv)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publish_options options = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_target_region regions[2] = {{0}};
    struct acg_credential *credential = NULL;
    struct acg_error err;
    int code = 0;

    if (argc != 5 || !read_region(argv[3], &regions[0]) || !read_region(argv[4], &regions[1])) {
        fprintf(stderr, "usage: %s VERSION_ID MANAGED_IMAGE REGION=SET REGION=SET\n", argv[0]);
        return acg_status_exit_code(ACG_ERR_ARGUMENT);
    }
    options.gallery_image_version_id = argv[1];
    options.source.managed_image = argv[2];
    options.location = regions[0].name;
    options.target_regions = regions;
    options.target_region_count = 2;

    login.tenant_id = getenv("AZURE_TENANT_ID");
    login.client_id = getenv("AZURE_CLIENT_ID");
    login.client_secret = getenv("AZURE_CLIENT_SECRET");
    login.authority_host = getenv("AZURE_AUTHORITY_HOST");
    if (acg_credential_client_secret_new(&login, &credential, &err) != ACG_OK)
        return explain(&err);
    code = run(credential, &options);
    acg_credential_free(credential);
    return code;
}
