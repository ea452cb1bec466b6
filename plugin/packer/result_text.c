/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/result_text.h"

#include <inttypes.h>
#include <string.h>

#include <acg/explain.h>

#include "base/span.h"
#include "spec/look.h"

const char *pkr_last_name(const char *id)
{
    if (id == NULL)
        return "";
    const char *slash = strrchr(id, '/');
    return slash == NULL ? id : slash + 1;
}

static bool disk_text(struct acgp_buf *out, const struct acg_result_disk *disk)
{
    bool ok =
        disk->os ? acgp_buf_text(out, "; OS disk: ") : acgp_buf_printf(out, "; LUN %" PRId64 ": ", disk->lun);
    const char *set = disk->disk_encryption_set_id;
    if (set == NULL)
        set = disk->secure_vm_disk_encryption_set_id;
    ok = ok && acgp_buf_text(out, set == NULL ? "platform key" : pkr_last_name(set));
    if (ok && disk->confidential_vm_encryption_type != NULL)
        ok = acgp_buf_printf(out, " (%s)", disk->confidential_vm_encryption_type);
    return ok;
}

bool pkr_region_text(struct acgp_buf *out, const struct acg_result_region *region)
{
    bool ok = acgp_buf_text(out, region->name);
    if (ok && region->edge_zone != NULL && strchr(region->name, '@') == NULL)
        ok = acgp_buf_printf(out, " (edge zone %s)", region->edge_zone);
    if (ok && region->state != NULL && region->state[0] != '\0')
        ok = acgp_buf_printf(out, ": %s", region->state);
    if (ok && region->replicas > 0)
        ok = acgp_buf_printf(out, ", %" PRId64 " replica%s", region->replicas,
                             region->replicas == 1 ? "" : "s");
    if (ok && region->storage_account_type != NULL && region->storage_account_type[0] != '\0')
        ok = acgp_buf_printf(out, ", %s", region->storage_account_type);
    for (size_t i = 0; ok && i < region->disk_count; i++)
        ok = disk_text(out, &region->disks[i]);
    return ok;
}

/* What is there has an OS disk at least. */
bool pkr_region_missing(const struct acg_result *result, const struct acg_result_region *region)
{
    return result->proved && region->disk_count == 0;
}

static bool details_text(struct acgp_buf *out, const char *details)
{
    struct acg_remedy remedy;
    bool ok = details == NULL || details[0] == '\0' || acgp_buf_printf(out, "; %s", details);

    if (ok && acg_details_explain(details, &remedy))
        ok = acgp_buf_printf(out, "; cause: %s; next step: %s", remedy.cause, remedy.next_step);
    return ok;
}

bool pkr_region_missing_text(struct acgp_buf *out, const struct acg_result_region *region)
{
    return acgp_buf_printf(out, "%s: missing", region->name) && details_text(out, region->details);
}

bool pkr_region_state_text(struct acgp_buf *out, const char *name, const char *state, int percent,
                           const char *details)
{
    return acgp_buf_printf(out, "%s: %s, %d %%", name, state, percent) && details_text(out, details);
}

bool pkr_duration_text(struct acgp_buf *out, int64_t ms)
{
    int64_t s = ms / 1000;
    if (s < 60)
        return acgp_buf_printf(out, "%" PRId64 " s", s);
    if (s < 3600)
        return acgp_buf_printf(out, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    return acgp_buf_printf(out, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
}

static bool home_is_there(const struct acg_result *result)
{
    for (size_t i = 0; i < result->region_count; i++)
        if (result->regions[i].edge_zone == NULL && acgp_equal(result->regions[i].name, result->location))
            return acgp_equal_nocase(result->regions[i].state, "Completed");
    return false;
}

bool pkr_success_text(struct acgp_buf *out, const struct acg_result *result)
{
    const char *words = "Accepted by Azure, which goes on replicating; nothing is proved yet. Took ";

    if (acgp_equal(result->state, "succeeded in part"))
        words = "Published in part: what is there was read back and found to be what was asked for, in ";
    else if (result->proved)
        words = "Published: replicated to every region, read back and found to be what was asked for, in ";
    else if (home_is_there(result))
        words =
            "Published to the home region; Azure goes on with the others, and they are not proved yet. Took ";
    return acgp_buf_text(out, words) && pkr_duration_text(out, result->duration_ms);
}

static bool codes_text(struct acgp_buf *out, const struct acg_error *error)
{
    const char *separator = " (";
    bool ok = true;
    if (error->http_status != 0) {
        ok = acgp_buf_printf(out, "%sHTTP %d", separator, error->http_status);
        separator = ", ";
    }
    if (ok && error->arm_code[0] != '\0') {
        ok = acgp_buf_printf(out, "%s%s", separator, error->arm_code);
        separator = ", ";
    }
    if (ok && error->request_id[0] != '\0') {
        ok = acgp_buf_printf(out, "%srequest id %s", separator, error->request_id);
        separator = ", ";
    }
    return ok && (separator[0] == ' ' || acgp_buf_byte(out, ')'));
}

/* Behind Azure's own words: why, and what to do next. */
static bool remedy_text(struct acgp_buf *out, const struct acg_error *error)
{
    struct acg_remedy remedy;

    return !acg_error_explain(error, &remedy) ||
           acgp_buf_printf(out, ". Cause: %s. Next step: %s", remedy.cause, remedy.next_step);
}

static bool way_on_text(struct acgp_buf *out, const struct acg_result *result, const char *version,
                        bool cancelled)
{
    if (cancelled && result != NULL && acgp_equal(result->state, "not started"))
        return acgp_buf_text(out, ". Nothing was written to Azure: run the build again");
    if (version == NULL || !(pkr_goes_on(result) || (cancelled && result == NULL)))
        return true;
    return acgp_buf_text(
               out, ". Nothing was deleted; the same build goes on, and this tells how far Azure is: ") &&
           pkr_look_text(out, version);
}

char *pkr_failure_text(const struct acg_error *error, const struct acg_result *result, const char *version,
                       bool cancelled)
{
    struct acgp_buf out;
    acgp_buf_init(&out, PKR_RESULT_TEXT_MAX);
    bool ok = !cancelled || acgp_buf_text(&out, "cancelled: ");
    if (ok && error->field[0] != '\0')
        ok = acgp_buf_printf(&out, "%s: ", error->field);
    ok = ok &&
         acgp_buf_text(&out, error->message[0] != '\0' ? error->message : acg_status_name(error->status));
    ok = ok && codes_text(&out, error) && remedy_text(&out, error) &&
         way_on_text(&out, result, version, cancelled);
    char *text = ok ? acgp_buf_take(&out) : NULL;
    acgp_buf_done(&out);
    return text;
}
