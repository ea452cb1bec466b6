/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include "sim/http.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The last so many lines stay in memory for GET /_sim/log; older ones are only in --log FILE. */
enum { SIM_LOG_LINES_MAX = 20000 };

/* One JSON line per request, without the Authorization header, without token bodies, without poll signatures.
 * start_us and end_us are the machine's own time since the first request: the head was read, the answer was
 * let go (a held one: will be). */
struct sim_log {
    FILE *file; /* NULL: memory only */
    char *lines[SIM_LOG_LINES_MAX];
    uint64_t count; /* all lines so far; line n is lines[n % SIM_LOG_LINES_MAX] */
    uint64_t cleared;
    uint64_t connections;
    int64_t origin_us; /* start of the first request */
    json_t *by_method;
    json_t *by_status;
};

/** Write one line. unix_ms: simulated time. login: the body is a request or an answer of a login and is left
 * out; counted under that word instead of the method. NULL: anything else. */
void sim_log_add(struct sim_log *log, const struct sim_request *req, const struct sim_reply *reply,
                 int64_t unix_ms, const char *login);
/** All remembered lines since the last clear; owned by the caller. */
char *sim_log_text(const struct sim_log *log);
void sim_log_clear(struct sim_log *log);
void sim_log_done(struct sim_log *log);

#endif
