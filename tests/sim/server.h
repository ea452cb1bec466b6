/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/tls.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_server;

/** Listen on loopback only (127.0.0.1, and ::1 where the machine has it). port 0: any free one. tls NULL:
 * plain http. The world and the TLS texts are borrowed. NULL on failure, said on stderr. */
struct sim_server *sim_server_new(struct sim_world *w, uint16_t port, const struct sim_tls *tls);
uint16_t sim_server_port(const struct sim_server *s);
/** Serve until SIGTERM or SIGINT. Blocks. False when the loop itself fails. */
bool sim_server_run(struct sim_server *s);
void sim_server_free(struct sim_server *s);

#endif
