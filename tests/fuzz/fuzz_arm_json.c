/* SPDX-License-Identifier: MPL-2.0 */
/* What ARM answers, as bytes. The first byte says what the rest is: a version, a source, a disk encryption
 * set, what a VM needs, an operation, an error, a header that names a wait, a URL. */
#include "fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "arm/des_doc.h"
#include "arm/disk_doc.h"
#include "arm/error_doc.h"
#include "arm/lro.h"
#include "arm/operation_doc.h"
#include "arm/source_doc.h"
#include "arm/version_doc.h"
#include "base/alloc.h"
#include "base/span.h"
#include "http/retry.h"
#include "http/url.h"
#include "vm/docs.h"

#define ENDPOINT "https://management.azure.com"

static void one_line(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    FUZZ_CHECK(len < size);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void told(enum acg_status status, const struct acg_error *err)
{
    FUZZ_CHECK(status == ACG_OK || err->status == status);
    one_line(err->message, sizeof err->message);
    one_line(err->arm_code, sizeof err->arm_code);
    FUZZ_CHECK(status == ACG_OK || err->message[0] != '\0');
}

static void read_version(struct acg_span text)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err = {0};
    enum acg_status status = acgp_version_doc_decode(text, &doc, &err);

    told(status, &err);
    for (size_t i = 0; i < doc.regions.count; i++) {
        const struct acgp_doc_place *p = &acgp_doc_places(&doc.regions)[i];
        for (size_t k = 0; k < p->encryption.data.count; k++)
            FUZZ_CHECK(acgp_doc_data_sets(&p->encryption.data)[k].set_id == NULL ||
                       strlen(acgp_doc_data_sets(&p->encryption.data)[k].set_id) <= text.len);
    }
    if (status == ACG_OK)
        acgp_version_doc_tag(&doc, "owner");
    acgp_version_doc_done(&doc);
}

static void read_source(struct acg_span text, enum acgp_resource_kind kind)
{
    struct acgp_source_doc doc = {0};
    struct acg_error err = {0};

    told(acgp_source_doc_decode(text, kind, &doc, &err), &err);
    FUZZ_CHECK(doc.lun_count <= ACGP_SOURCE_LUNS_MAX);
    for (size_t i = 0; i < doc.lun_count; i++)
        FUZZ_CHECK(doc.luns[i] >= 0);
}

static void read_image_disks(struct acg_span text)
{
    struct acgp_image_doc doc = {.root = NULL};
    struct acg_error err = {0};
    enum acg_status status = acgp_image_doc_decode(text, &doc, &err);
    const struct acgp_image_disk *disks = doc.disks.items;

    told(status, &err);
    for (size_t i = 0; status == ACG_OK && i < doc.disks.count; i++)
        FUZZ_CHECK(disks[i].lun.set && disks[i].lun.value >= 0 && disks[i].lun.value <= INT32_MAX);
    acgp_image_doc_done(&doc);
}

static void read_snapshot_source(struct acg_span text)
{
    struct acg_error err = {0};
    char *disk = NULL;

    told(acgp_snapshot_source(text, &disk, &err), &err);
    acgp_free(disk);
}

static void read_set(struct acg_span text)
{
    struct acgp_des_doc doc = {0};
    struct acg_error err = {0};

    told(acgp_des_doc_decode(text, &doc, &err), &err);
    acgp_des_doc_done(&doc);
}

static void read_vm_docs(struct acg_span text)
{
    struct acgp_definition_doc definition = {.root = NULL};
    struct acgp_vm_doc vm = {.root = NULL};
    struct acgp_disk_state_doc disk = {.root = NULL};
    struct acg_error err = {0};
    char state[32] = "", tag[64] = "";

    told(acgp_definition_doc_decode(text, &definition, &err), &err);
    (void)acgp_definition_feature(&definition, "SecurityType");
    acgp_definition_doc_done(&definition);
    told(acgp_vm_doc_decode(text, &vm, &err), &err);
    (void)acgp_vm_doc_data_disk(&vm, 0);
    acgp_vm_doc_done(&vm);
    told(acgp_disk_state_decode(text, &disk, &err), &err);
    acgp_disk_state_done(&disk);
    told(acgp_resource_state(text, "acg-run", state, tag, &err), &err);
    one_line(state, sizeof state);
    one_line(tag, sizeof tag);
}

static void read_operation(struct acg_span text)
{
    enum acgp_operation_state state = ACGP_OPERATION_UNSAID;
    struct acg_error failure = {0}, err = {0};

    told(acgp_operation_doc_decode(text, &state, &failure, &err), &err);
    told(failure.status, &failure);
}

static void read_error(struct acg_span text, int status)
{
    struct acgp_response r;
    struct acg_error err = {0};
    enum acg_status said = ACG_OK;

    acgp_response_init(&r);
    r.status = status;
    FUZZ_CHECK(acgp_buf_span(&r.body, text));
    said = acgp_error_from_response(&r, "reading", &err);
    FUZZ_CHECK(said != ACG_OK && err.http_status == status);
    told(said, &err);
    acgp_response_done(&r);
}

static void read_wait(struct acg_span text)
{
    static const char *const names[] = {"Retry-After", "x-ms-retry-after-ms", "retry-after-ms"};

    for (size_t i = 0; i < 3; i++) {
        struct acgp_response r;
        int64_t wait = 0;
        acgp_response_init(&r);
        if (acgp_response_header_add(&r, acgp_span(names[i]), text))
            wait = acgp_retry_wait_ms(&r, 1790000000);
        FUZZ_CHECK(wait >= 0 && wait <= INT64_C(31) * 24 * 3600 * 1000);
        acgp_response_done(&r);
    }
}

/* A trusted URL names the endpoint's host, or one below it, right behind "https://". */
static void check_trust(struct acg_span text)
{
    struct acg_span host = text, arm = acgp_span("management.azure.com");
    size_t n = 0;

    FUZZ_CHECK(acgp_span_starts_nocase(host, acgp_span("https://")));
    host.data += 8;
    host.len -= 8;
    while (n < host.len && strchr("/?:", host.data[n]) == NULL)
        n++;
    FUZZ_CHECK(n >= arm.len);
    FUZZ_CHECK(acgp_span_equal_nocase(acgp_span_of(host.data + n - arm.len, arm.len), arm));
    FUZZ_CHECK(n == arm.len || host.data[n - arm.len - 1] == '.');
    FUZZ_CHECK(memchr(host.data, '@', n) == NULL);
}

static void read_url(struct acg_span text)
{
    struct acgp_url url;
    struct acgp_response r;
    struct acgp_lro lro = {0};
    struct acg_error err = {0};
    struct acgp_buf path;

    if (acgp_url_parse(text, &url))
        FUZZ_CHECK(url.host.len != 0 && url.port != 0);
    if (acgp_url_trusted(text, acgp_span(ENDPOINT)))
        check_trust(text);
    acgp_response_init(&r);
    if (acgp_response_header_add(&r, acgp_span("Azure-AsyncOperation"), text)) {
        FUZZ_CHECK(acgp_lro_begin(&lro, ENDPOINT, &r, 0, &err) == ACG_OK);
        if (lro.url != NULL)
            check_trust(acgp_span(lro.url));
    }
    acgp_lro_done(&lro);
    acgp_response_done(&r);
    acgp_buf_init(&path, 4 * text.len + 1);
    FUZZ_CHECK(acgp_url_append_path(&path, text));
    for (size_t i = 0; i < path.len; i++)
        FUZZ_CHECK(path.data[i] > 0x20 && path.data[i] != '?' && path.data[i] != '#');
    acgp_buf_done(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acg_span rest;

    if (size == 0 || size > 1 << 16)
        return 0;
    rest = acgp_span_of(data + 1, size - 1);
    switch (data[0]) {
    case 'v':
        read_version(rest);
        break;
    case 'i':
        read_source(rest, ACGP_RESOURCE_MANAGED_IMAGE);
        break;
    case 's':
        read_source(rest, ACGP_RESOURCE_SNAPSHOT);
        break;
    case 'm':
        read_image_disks(rest);
        break;
    case 'c':
        read_snapshot_source(rest);
        break;
    case 'd':
        read_set(rest);
        break;
    case 'V':
        read_vm_docs(rest);
        break;
    case 'o':
        read_operation(rest);
        break;
    case 'w':
        read_wait(rest);
        break;
    case 'u':
        read_url(rest);
        break;
    default:
        read_error(rest, 400 + data[0] % 120);
    }
    return 0;
}
