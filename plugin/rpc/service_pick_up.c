/* SPDX-License-Identifier: MPL-2.0 */
/* Publishes, and what of each stands in the journal, so that the next server goes on with it: its id and its
 * configuration, which holds no login. What a build's artifact named is written there as fields of its own:
 * its text may hold signed addresses. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/service_calls.h"

/** Longest memo, bytes: the journal's own limit. */
enum { MEMO_MAX = 256 * 1024 };

bool rpc_publish_config(const struct rpc_request *request, char *text, struct pkr_config **out,
                        char **out_kept)
{
    const struct rpc_services_options *options = &request->services->options;
    struct acg_error err = {.status = ACG_OK};
    struct rpc_advice advice = {NULL, NULL};

    *out_kept = NULL;
    if (!options->journal)
        return rpc_request_config(request, text, out);
    if (rpc_config_read_kept(text, &options->environment, out, out_kept, &advice, &err) == ACG_OK)
        return true;
    rpc_refuse(request, &err, &advice);
    return false;
}

/* ---- The memo ---- */

static bool put(json_t *object, const char *name, const char *text)
{
    return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static bool put_disks(json_t *object, const struct acg_source *s)
{
    json_t *disks = json_array();
    bool fine = disks != NULL;

    for (size_t i = 0; i < s->data_disk_count && fine; i++)
        fine =
            json_array_append_new(disks, json_pack("{s:I,s:s}", "lun", (json_int_t)s->data_disks[i].lun.value,
                                                   "id", s->data_disks[i].id)) == 0;
    fine = fine && (s->data_disk_count == 0 || json_object_set(object, "data_snapshot", disks) == 0);
    json_decref(disks);
    return fine;
}

/* A source that the artifact named: the configuration names none. */
static bool put_source(json_t *object, const struct acg_source *s)
{
    (void)json_object_del(object, "artifact_source");
    return put(object, "managed_image", s->managed_image) && put(object, "image_version", s->image_version) &&
           put(object, "os_snapshot", s->os_snapshot) && put(object, "snapshots_of", s->snapshots_of) &&
           put_disks(object, s);
}

/* @return owned by caller (acgp_free); NULL: it is longer than max, or there is no memory. */
static char *dump(const json_t *root, size_t max)
{
    size_t len = json_dumpb(root, NULL, 0, JSON_COMPACT);
    char *out = len > 0 && len <= max ? acgp_alloc(len + 1, 1) : NULL;

    if (out == NULL || json_dumpb(root, out, len, JSON_COMPACT) == len)
        return out;
    acgp_free(out);
    return NULL;
}

/* @return owned by caller (acgp_free); NULL: nothing was kept, it is too long, or there is no memory: then a
 * server after this one says that it cannot go on with the run. */
static char *memo_of(const struct rpc_publish *p)
{
    json_t *config = p->work.kept != NULL ? json_loads(p->work.kept, 0, NULL) : NULL;
    json_t *root = json_object();
    bool fine = config != NULL && root != NULL;
    char *out = NULL;

    if (fine && p->work.artifact)
        fine = put_source(config, &pkr_config_options(p->config)->source);
    if (fine && put(root, "publish_id", p->id) && json_object_set(root, "configuration", config) == 0)
        out = dump(root, MEMO_MAX);
    json_decref(config);
    json_decref(root);
    return out;
}

/* ---- The beginning ---- */

static enum acg_status submit(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                              struct acg_error *err)
{
    const struct rpc_publish *p = context;
    struct acg_publish_options options = *pkr_config_options(p->config);
    char *memo = memo_of(p);

    options.memo = memo;
    enum acg_status status = acg_publisher_submit(publisher, &options, out, err);
    acgp_free(memo);
    return status;
}

void rpc_begin_publish(const struct rpc_request *request, struct pkr_config *config, char *kept,
                       bool artifact)
{
    struct rpc_work work = {.name = "publish", .begin = submit, .kept = kept, .artifact = artifact};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_config_check(config, PKR_PHASE_PUBLISH, &err);

    rpc_begin(request, &work, config, status, &err);
}

/* ---- After a restart ---- */

static enum acg_status unknown(const char *why, struct acg_error *err)
{
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, "memo", "%s", why);
}

/* "0123456789abcdef-12", as a server makes them: nothing else becomes an id. */
static bool is_id(const char *id)
{
    size_t mark = strspn(id, "0123456789abcdef"), digits = 0;

    if (mark != RPC_MARK_DIGITS || id[mark] != '-')
        return false;
    digits = strspn(id + mark + 1, "0123456789");
    return digits > 0 && id[mark + 1 + digits] == '\0' && strlen(id) < RPC_PUBLISH_ID_MAX;
}

/* @param out_id, out_text owned by caller (acgp_free); NULL on failure. */
static enum acg_status read_memo(const char *memo, char **out_id, char **out_text, struct acg_error *err)
{
    json_t *root = json_loads(memo, JSON_REJECT_DUPLICATES, NULL);
    const char *id = json_string_value(json_object_get(root, "publish_id"));
    const json_t *config = json_object_get(root, "configuration");
    enum acg_status status = ACG_OK;

    if (memo[0] == '\0') {
        status = unknown("nothing that a server could begin again stands there", err);
    } else if (id == NULL || !is_id(id) || !json_is_object(config)) {
        status = unknown("its memo is none of acg serve", err);
    } else {
        *out_id = acgp_strdup(id);
        *out_text = dump(config, MEMO_MAX);
        status = *out_id != NULL && *out_text != NULL ? ACG_OK : acgp_fail_nomem(err);
    }
    json_decref(root);
    return status;
}

static enum acg_status begin_again(struct rpc_services *services, const char *id, char *text,
                                   int64_t begun_unix_s, struct acg_error *err)
{
    struct rpc_work work = {.name = "publish", .begin = submit};
    struct rpc_registry *reg = &services->registry;
    struct rpc_advice advice = {NULL, NULL};
    struct pkr_config *config = NULL;
    struct rpc_publish *p = NULL;
    enum acg_status status = ACG_OK;

    if (rpc_registry_find(reg, id) != NULL)
        return unknown("another run has its publish_id", err);
    status = rpc_config_read_kept(text, &services->options.environment, &config, &work.kept, &advice, err);
    if (status == ACG_OK)
        status = pkr_config_check(config, PKR_PHASE_PUBLISH, err);
    if (status == ACG_OK)
        status = rpc_registry_add(reg, &work, config, true, begun_unix_s, &p, err);
    if (status != ACG_OK) {
        rpc_work_free(&work);
        pkr_config_free(config);
        return status;
    }
    rpc_registry_rename(p, id);
    p->picked_up = true;
    rpc_registry_ask(reg, &p->ask_start, true);
    return ACG_OK;
}

enum acg_status rpc_services_pick_up(struct rpc_services *services, const char *memo, int64_t begun_unix_s,
                                     struct acg_error *err)
{
    char *id = NULL, *text = NULL;
    enum acg_status status = read_memo(memo, &id, &text, err);

    if (status == ACG_OK)
        status = begin_again(services, id, text, begun_unix_s, err);
    acgp_free(id);
    acgp_free(text);
    return status;
}
