/* SPDX-License-Identifier: MPL-2.0 */
/** One request on its way through one curl easy handle, and what became of it. */
#ifndef ACGP_CURL_TRANSFER_H
#define ACGP_CURL_TRANSFER_H

#include <curl/curl.h>

#include "engine/curl_trust.h"
#include "engine/transport.h"

/* Authorization, Accept, Content-Type, the request id, the one that takes curl's Expect away, and one of the
 * login. */
enum { ACGP_TRANSFER_HEADERS = 6, ACGP_TRANSFER_LINE = 96 };

/** Settings that all transfers of a transport share; borrowed by them. */
struct acgp_transfer_settings {
    struct acgp_trust trust;
    char *user_agent;
};

struct acgp_transfer {
    struct acgp_transfer *prev, *next; /* in the transport's list */
    void *owner;
    const struct acgp_transfer_settings *settings;
    CURL *easy; /* NULL once it ended */

    /* curl copies neither the header list nor the bodies: they live here, and what is secret is wiped. */
    struct curl_slist headers[ACGP_TRANSFER_HEADERS];
    size_t header_count;
    char lines[ACGP_TRANSFER_HEADERS][ACGP_TRANSFER_LINE];
    char *authorization;
    size_t authorization_size;
    struct acg_span body;
    size_t body_sent;

    bool secret; /* the answer holds a token */
    int64_t timeout_ms;
    char where[160]; /* host and port, for messages: a whole URL may be signed, and so a secret */
    char curl_text[CURL_ERROR_SIZE];

    enum { ACGP_TRANSFER_FITS = 0, ACGP_TRANSFER_TOO_LARGE, ACGP_TRANSFER_NOMEM } overflow;
    struct acgp_response response;
    bool answered;
    struct acgp_failure failure;
};

/** Prepare a transfer. @param send as acgp_transport_calls.start. @param out owned by caller
 * (acgp_transfer_free).
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_INTERNAL (not a URL that may be called; curl refused an option).
 */
enum acg_status acgp_transfer_new(const struct acgp_transfer_settings *settings, const struct acgp_send *send,
                                  struct acgp_transfer **out, struct acg_error *err);

/** Note how curl ended it and let go of the easy handle, which must be out of its multi handle already. */
void acgp_transfer_end(struct acgp_transfer *transfer, CURLcode code);

/** Wipe and free; also one that did not end. */
void acgp_transfer_free(struct acgp_transfer *transfer);

/** What a curl result means.
 *  @param sent whether any byte of the request left.   @return the kind; never called for CURLE_OK. */
enum acgp_failure_kind acgp_transfer_failure_kind(CURLcode code, bool sent);

#endif
