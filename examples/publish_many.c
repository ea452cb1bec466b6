/* SPDX-License-Identifier: MPL-2.0 */
/* Many publishes under one publisher: one thread, one loop, one token; events are told apart by their handle.
 *
 *      cc publish_many.c $(pkg-config --cflags --libs acg) -o publish_many
 *      ./publish_many LIST
 *
 * Each line of the file LIST is one publish: VERSION_ID MANAGED_IMAGE REGION=SET [REGION=SET ...]. The first
 * region is the home region. Logs in as publish_one.c does. Exit code: that of the first publish that failed.
 */
#include <acg/acg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 100, REGIONS_MAX = 8, LINE_MAX_BYTES = 2048 };

struct job {
    struct acg_publish *publish; /* NULL before it began and when it could not begin */
    int line;
    int code;
};

struct run {
    struct acg_publisher *publisher;
    struct job jobs[JOBS_MAX];
    size_t job_count, running;
};

static int explain(int line, const struct acg_error *err)
{
    struct acg_remedy remedy;

    fprintf(stderr, "line %d: %s%s%s: %s\n", line, acg_status_name(err->status), err->field[0] ? " in " : "",
            err->field, err->message);
    if (acg_error_explain(err, &remedy))
        fprintf(stderr, "  cause: %s\n  next step: %s\n", remedy.cause, remedy.next_step);
    return acg_status_exit_code(err->status);
}

/* Cuts the next word off a line; NULL at its end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r\n");
    char *end = word + strcspn(word, " \t\r\n");

    if (word == end)
        return NULL;
    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/* Everything is copied by acg_publisher_submit: the line and the options may go when it returns. */
static void submit(struct run *run, char *text, struct job *job)
{
    struct acg_publish_options options = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_target_region regions[REGIONS_MAX] = {{0}};
    struct acg_error err;
    char *word = NULL;

    options.gallery_image_version_id = next_word(&text);
    options.source.managed_image = next_word(&text);
    while (options.target_region_count < REGIONS_MAX && (word = next_word(&text)) != NULL) {
        struct acg_target_region *region = &regions[options.target_region_count++];
        char *equals = strchr(word, '=');
        region->name = word;
        if (equals != NULL) {
            *equals = '\0';
            region->encryption.disk_encryption_set_id = equals + 1;
        }
    }
    options.target_regions = regions;
    options.location = regions[0].name;
    if (acg_publisher_submit(run->publisher, &options, &job->publish, &err) == ACG_OK)
        run->running++;
    else
        job->code = explain(job->line, &err);
}

static int submit_all(struct run *run, FILE *list)
{
    char text[LINE_MAX_BYTES];

    for (int line = 1; fgets(text, sizeof text, list) != NULL; line++) {
        if (text[strspn(text, " \t\r\n")] == '\0')
            continue;
        if (run->job_count == JOBS_MAX || (strchr(text, '\n') == NULL && !feof(list))) {
            fprintf(stderr, "line %d: too long, or more than %d publishes\n", line, JOBS_MAX);
            return acg_status_exit_code(ACG_ERR_ARGUMENT);
        }
        run->jobs[run->job_count] = (struct job){.line = line};
        submit(run, text, &run->jobs[run->job_count++]);
    }
    return 0;
}

static struct job *find(struct run *run, const struct acg_publish *publish)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].publish == publish)
            return &run->jobs[i];
    return NULL;
}

static void take(struct run *run, const struct acg_event *event)
{
    struct job *job = find(run, event->publish);

    printf("%8.3f s  line %d: %s\n", (double)event->elapsed_ms / 1000, job->line, event->text);
    if (event->kind != ACG_EVENT_DONE)
        return;
    run->running--;
    if (event->error->status != ACG_OK)
        job->code = explain(job->line, event->error);
}

static int watch(struct run *run)
{
    const struct acg_event *event = NULL;
    struct acg_error err;

    while (run->running != 0) {
        if (acg_publisher_poll(run->publisher, NULL, 0, -1, &err) != ACG_OK)
            return explain(0, &err);
        while (acg_publisher_next_event(run->publisher, &event))
            take(run, event);
    }
    return 0;
}

static int publish_list(struct run *run, const char *path)
{
    FILE *list = fopen(path, "r");
    int code = 0;

    if (list == NULL) {
        perror(path);
        return acg_status_exit_code(ACG_ERR_ARGUMENT);
    }
    code = submit_all(run, list);
    fclose(list);
    if (code == 0)
        code = watch(run);
    for (size_t i = 0; i < run->job_count; i++) {
        if (code == 0)
            code = run->jobs[i].code;
        acg_publish_free(run->jobs[i].publish);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    static struct run run;
    struct acg_error err;
    int code = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s LIST\n", argv[0]);
        return acg_status_exit_code(ACG_ERR_ARGUMENT);
    }
    login.tenant_id = getenv("AZURE_TENANT_ID");
    login.client_id = getenv("AZURE_CLIENT_ID");
    login.client_secret = getenv("AZURE_CLIENT_SECRET");
    login.authority_host = getenv("AZURE_AUTHORITY_HOST");
    settings.resource_manager_endpoint = getenv("ACG_RESOURCE_MANAGER_ENDPOINT");
    settings.ca_file = getenv("ACG_CA_FILE");
    if (acg_credential_client_secret_new(&login, &credential, &err) != ACG_OK)
        return explain(0, &err);
    if (acg_publisher_new(&settings, credential, &run.publisher, &err) == ACG_OK)
        code = publish_list(&run, argv[1]);
    else
        code = explain(0, &err);
    acg_publisher_free(run.publisher);
    acg_credential_free(credential);
    return code;
}
