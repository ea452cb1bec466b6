/* SPDX-License-Identifier: MPL-2.0 */
/* Publishes with a clock that runs faster than the world's, for tests of long publishes and of several
 * writers:
 *
 *      fast_publish FACTOR SEED OPTIONS.json...
 *
 * One publish for each file (fields of acg/options.h), all in this process and thread. Login and endpoints
 * come from the environment. Each final event is a line of JSON on standard output; other events go to
 * standard error. The exit code is that of the worst publish. */
#include <acg/acg.h>

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "testlib/fast_clock.h"
#include "testlib/options_json.h"

static int code_of(const struct acg_error *err)
{
    return acg_status_exit_code(err->status);
}

static int explain(const struct acg_error *err)
{
    fprintf(stderr, "%s: %s\n", acg_status_name(err->status), err->message);
    return code_of(err);
}

static void print_done(const struct acg_event *e)
{
    json_t *line = json_pack("{s:s, s:i, s:s, s:s, s:I, s:b, s:b}", "version_id", e->result->version_id,
                             "code", code_of(e->error), "message", e->error->message, "state",
                             e->result->state, "elapsed_ms", (json_int_t)e->elapsed_ms, "proved",
                             (int)e->result->proved, "created", (int)e->result->created);

    if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0)
        abort();
    putchar('\n');
    fflush(stdout);
    json_decref(line);
}

static int watch(struct acg_publisher *publisher, int publishes)
{
    const struct acg_event *e = NULL;
    struct acg_error err;
    int worst = 0;

    while (publishes > 0) {
        if (acg_publisher_poll(publisher, NULL, 0, -1, &err) != ACG_OK)
            return explain(&err);
        while (acg_publisher_next_event(publisher, &e)) {
            if (e->kind != ACG_EVENT_DONE) {
                fprintf(stderr, "%lld %s\n", (long long)e->elapsed_ms, e->text);
                continue;
            }
            print_done(e);
            worst = code_of(e->error) > worst ? code_of(e->error) : worst;
            publishes--;
        }
    }
    return worst;
}

static int submit(struct acg_publisher *publisher, const char *path, struct acg_publish **out)
{
    struct options_json *o = options_json_read(path);
    struct acg_error err;
    enum acg_status status = acg_publisher_submit(publisher, options_json_view(o), out, &err);

    options_json_free(o);
    return status == ACG_OK ? 0 : explain(&err);
}

static int run(struct acg_credential *credential, int count, char **argv)
{
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_publish **publishes = calloc((size_t)count, sizeof *publishes);
    struct acg_publisher *publisher = NULL;
    struct acg_error err;
    int code = 0;

    settings.resource_manager_endpoint = getenv("ACG_RESOURCE_MANAGER_ENDPOINT");
    settings.ca_file = getenv("ACG_CA_FILE");
    if (publishes == NULL || fast_publisher_new(&settings, credential, (unsigned)strtoul(argv[1], NULL, 10),
                                                strtoull(argv[2], NULL, 10), &publisher, &err) != ACG_OK)
        return explain(&err);
    for (int i = 0; code == 0 && i < count; i++)
        code = submit(publisher, argv[3 + i], &publishes[i]);
    if (code == 0)
        code = watch(publisher, count);
    for (int i = 0; i < count; i++)
        acg_publish_free(publishes[i]);
    free(publishes);
    acg_publisher_free(publisher);
    return code;
}

int main(int argc, char **argv)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acg_error err;
    int code = 0;

    if (argc < 4) {
        fprintf(stderr, "usage: %s FACTOR SEED OPTIONS.json...\n", argv[0]);
        return 2;
    }
    login.tenant_id = getenv("AZURE_TENANT_ID");
    login.client_id = getenv("AZURE_CLIENT_ID");
    login.client_secret = getenv("AZURE_CLIENT_SECRET");
    login.authority_host = getenv("AZURE_AUTHORITY_HOST");
    if (acg_credential_client_secret_new(&login, &credential, &err) != ACG_OK)
        return explain(&err);
    code = run(credential, argc - 3, argv);
    acg_credential_free(credential);
    return code;
}
