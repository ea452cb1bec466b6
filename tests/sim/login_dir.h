/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_LOGIN_DIR_H
#define SIM_LOGIN_DIR_H

#include <stdbool.h>

struct sim_world;
struct sim_keys;

/* --login-dir: what a client would have on its own machine, for tests. */

/* Of what is locked: published here, since it protects nothing. */
#define SIM_LOGIN_PASSWORD "acg-sim"

/** Make the folder and fill it: for each application with a certificate made here ID.pem, ID.pfx and the same
 * with a password (ID-locked...); the cluster's private key and a token of its. base: the server's URL,
 * for login.json. False after saying why. */
bool sim_login_dir_write(struct sim_world *w, const char *folder, const char *base);
/** Write federated-token anew, whole at any time. */
bool sim_federated_token_write(struct sim_world *w);

/** Write the next key file of Arc's, in place of the one that is out. False without a folder. */
bool sim_arc_key_write(struct sim_keys *k);
void sim_arc_key_remove(struct sim_keys *k);

#endif
