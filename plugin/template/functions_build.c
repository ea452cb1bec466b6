/* SPDX-License-Identifier: MPL-2.0 */
/* Functions of the SDK over what Packer sent: the configuration's own values, variables, values of the build.
 */
#include <string.h>

#include "base/span.h"
#include "template/functions.h"

static bool give(struct pkr_tpl_call *call, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return pkr_tpl_refuse(call, "there is no such value here");
    *call->out = pkr_tpl_string(acgp_span(text));
    return true;
}

bool pkr_tpl_call_build_name(struct pkr_tpl_call *call)
{
    return give(call, call->data->build_name);
}

bool pkr_tpl_call_build_type(struct pkr_tpl_call *call)
{
    return give(call, call->data->builder_type);
}

bool pkr_tpl_call_packer_version(struct pkr_tpl_call *call)
{
    return give(call, call->data->packer_version);
}

bool pkr_tpl_call_pwd(struct pkr_tpl_call *call)
{
    return give(call, call->data->folder);
}

/* ---- the folder of the template ---- */

/* Add a part of an absolute path: none for "" and ".", one less for "..". */
static bool add_part(struct pkr_tpl_text *path, struct acg_span part)
{
    if (part.len == 0 || acgp_span_equal(part, acgp_span(".")))
        return true;
    if (!acgp_span_equal(part, acgp_span("..")))
        return pkr_tpl_add_byte(path, '/') && pkr_tpl_add_span(path, part);
    while (path->len > 0 && path->data[--path->len] != '/')
        continue;
    return true;
}

static bool add_parts(struct pkr_tpl_text *path, struct acg_span parts)
{
    while (parts.data != NULL)
        if (!add_part(path, acgp_span_cut(&parts, '/')))
            return false;
    return true;
}

bool pkr_tpl_call_template_dir(struct pkr_tpl_call *call)
{
    struct acg_span path = acgp_span(call->data->template_path);
    struct pkr_tpl_text folder = pkr_tpl_text(call->run);

    if (path.len == 0 || (path.data[0] != '/' && call->data->folder == NULL))
        return pkr_tpl_refuse(call, "the template's path is not known here");
    if (path.data[0] != '/' && !add_parts(&folder, acgp_span(call->data->folder)))
        return false;
    while (path.len > 0 && path.data[path.len - 1] != '/')
        path.len--;
    if (!add_parts(&folder, path))
        return false;
    if (folder.len == 0)
        (void)pkr_tpl_add_byte(&folder, '/');
    return pkr_tpl_return_text(call, &folder);
}

/* ---- maps ---- */

static bool look_up(struct pkr_tpl_call *call, const struct pkr_template_value *map,
                    const struct pkr_template_value **out)
{
    struct pkr_tpl_value values = pkr_tpl_of(map);

    *out = NULL;
    return values.kind != PKR_TPL_MAP || pkr_tpl_get(call->run, &values, call->args[0].as.text, out);
}

bool pkr_tpl_call_user(struct pkr_tpl_call *call)
{
    const struct pkr_template_value *found = NULL;

    if (call->data->user == NULL)
        return pkr_tpl_refuse(call, "user variables belong to JSON templates");
    if (!look_up(call, call->data->user, &found))
        return false;
    *call->out =
        pkr_tpl_string(found != NULL && found->kind == PKR_TEMPLATE_TEXT ? found->as.text : acgp_span(""));
    return true;
}

bool pkr_tpl_call_build(struct pkr_tpl_call *call)
{
    const struct pkr_template_value *found = NULL;

    if (call->data->build == NULL)
        return pkr_tpl_refuse(call, "there are no values of the build here");
    if (!look_up(call, call->data->build, &found))
        return false;
    if (found == NULL)
        return pkr_tpl_refuse(call, "the build has no such value");
    if (call->data->later) {
        call->out->kind = PKR_TPL_LATER;
        return true;
    }
    if (found->kind != PKR_TEMPLATE_TEXT)
        return pkr_tpl_refuse(call, "this value of the build is no text");
    *call->out = pkr_tpl_string(found->as.text);
    return true;
}

/* ---- refused ---- */

bool pkr_tpl_call_variables_only(struct pkr_tpl_call *call)
{
    return pkr_tpl_refuse(call, "it is not allowed here, only in the variables of a template");
}

bool pkr_tpl_call_sed(struct pkr_tpl_call *call)
{
    return pkr_tpl_refuse(call, "it is no more; replace and replace_all do its work");
}

/* ---- uuid ---- */

/* The next 64 bits of a SplitMix64 generator. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 32 bits of time, 96 of chance; in groups of 8, 4, 4, 4 and 12 digits. */
bool pkr_tpl_call_uuid(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    uint64_t first = next_random(call->data->random), second = next_random(call->data->random);

    (void)pkr_tpl_add_hex(&text, (uint64_t)call->data->started_unix_s & 0xffffffffu, 8, false);
    for (unsigned i = 0; i < 3; i++) {
        (void)pkr_tpl_add_byte(&text, '-');
        (void)pkr_tpl_add_hex(&text, first >> 16 * i & 0xffff, 4, false);
    }
    (void)pkr_tpl_add_byte(&text, '-');
    (void)pkr_tpl_add_hex(&text, second & 0xffffffffffffu, 12, false);
    return pkr_tpl_return_text(call, &text);
}
