/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_TLS_H
#define SIM_TLS_H

#include <stdbool.h>

/* Fresh at every start: a certificate authority and one server certificate, both ECDSA P-256, PEM texts
 * owned. */
struct sim_tls {
    char *ca;
    char *chain; /* server certificate, then the authority's */
    char *key;
};

/** Make both. False when OpenSSL fails (said on stderr). */
bool sim_tls_make(struct sim_tls *tls);
/** Write the authority's certificate to folder/ca.pem, making the folder; returns the path (owned), NULL on
 * failure. */
char *sim_tls_write_ca(const struct sim_tls *tls, const char *folder);
void sim_tls_done(struct sim_tls *tls);

#endif
