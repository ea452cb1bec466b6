/* SPDX-License-Identifier: MPL-2.0 */
/** Azure on a port of this machine: refuses connections, takes them and says nothing, or answers a publish
 *  with the documents of tests/unit/publish/data. Moved by its owner's poll; never blocks. */
#ifndef HOSTILE_AZURE_H
#define HOSTILE_AZURE_H

#include <poll.h>

#include "base/buf.h"
#include "hostile/plan.h"

enum { AZURE_CONNECTIONS = 8, AZURE_FDS = AZURE_CONNECTIONS + 1, AZURE_URL_BYTES = 64, AZURE_DOCUMENTS = 7 };

struct azure_connection {
    int fd; /* -1: free */
    struct acgp_buf in;
};

struct azure {
    int listener, refuser; /* the second is bound and does not listen */
    char url[AZURE_URL_BYTES], refused_url[AZURE_URL_BYTES];
    struct acgp_buf documents[AZURE_DOCUMENTS];
    enum azure_manner manner;
    struct azure_connection connections[AZURE_CONNECTIONS];
};

/** Open the ports and read the documents. @return false: errno says why. */
bool azure_open(struct azure *a);
void azure_close(struct azure *a);
/** A conversation begins. */
void azure_begin(struct azure *a, enum azure_manner manner);
/** Where Azure is for this conversation. */
const char *azure_url(const struct azure *a);
/** The conversation is over: its connections are closed, also those that nobody accepted. */
void azure_end(struct azure *a);
/** What to wait for. @param out AZURE_FDS places. @return how many were filled. */
nfds_t azure_wants(const struct azure *a, struct pollfd *out);
/** Take connections and answer requests. @return whether anything moved. */
bool azure_move(struct azure *a);

#endif
