/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/digest.h"

#include <stdio.h>

#include <openssl/evp.h>

bool acgp_digest_sha256_hex(struct acg_span bytes, char out[ACGP_DIGEST_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (EVP_Digest(bytes.data, bytes.len, digest, &length, EVP_sha256(), NULL) != 1 || length != 32)
        return false;
    for (unsigned int i = 0; i < length; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    return true;
}
