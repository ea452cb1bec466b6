/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/status.h>

#include <stddef.h>

static const struct {
    const char *name;
    int exit_code;
} table[] = {
    [ACG_OK] = {"ok", 0},
    [ACG_ERR_ARGUMENT] = {"argument", 2},
    [ACG_ERR_NOMEM] = {"out of memory", 1},
    [ACG_ERR_STATE] = {"state", 1},
    [ACG_ERR_CLOSED] = {"closed", 1},
    [ACG_ERR_LIMIT] = {"limit", 1},
    [ACG_ERR_PROTOCOL] = {"protocol", 6},
    [ACG_ERR_TRANSPORT] = {"transport", 75},
    [ACG_ERR_TIMEOUT] = {"timeout", 10},
    [ACG_ERR_CANCELLED] = {"cancelled", 130},
    [ACG_ERR_AUTH] = {"auth", 4},
    [ACG_ERR_PREFLIGHT] = {"preflight", 3},
    [ACG_ERR_CONFLICT] = {"conflict", 5},
    [ACG_ERR_SERVICE] = {"service", 6},
    [ACG_ERR_MISMATCH] = {"mismatch", 7},
    [ACG_ERR_TEMPORARY] = {"temporary", 75},
    [ACG_ERR_INTERNAL] = {"internal", 1},
    [ACG_ERR_PARTIAL] = {"partial", 11},
};

const char *acg_status_name(enum acg_status status)
{
    return (size_t)status < sizeof table / sizeof table[0] ? table[status].name : "unknown";
}

int acg_status_exit_code(enum acg_status status)
{
    return (size_t)status < sizeof table / sizeof table[0] ? table[status].exit_code : 1;
}
