/* SPDX-License-Identifier: MPL-2.0 */
/** The command acg. */
#ifndef PKR_CLI_H
#define PKR_CLI_H

#include <stddef.h>

/** Run a command line, print, and say how it ended. Blocks for as long as a publish takes.
 *  @param words without the program's name; borrowed.
 *  @return the exit code: 0 done, 1 internal, 2 usage or configuration, 3 a check against Azure failed before
 *  the first write, 4 login or permission, 5 conflict, 6 refused or failed in Azure, 7 read back and not what
 *  was asked, 10 still running, 75 temporary, 130 and 143 interrupted. */
int pkr_cli_run(const char *const *words, size_t count);

/** The verbs; as pkr_cli_run. */
int pkr_cli_publish(const char *const *words, size_t count);
int pkr_cli_plan(const char *const *words, size_t count);
int pkr_cli_explain(const char *const *words, size_t count);
/** The verbs verify, wait, status, vm-args and vm-test; as pkr_cli_run. */
int pkr_cli_verify(const char *const *words, size_t count);
int pkr_cli_wait(const char *const *words, size_t count);
int pkr_cli_status(const char *const *words, size_t count);
int pkr_cli_vm_args(const char *const *words, size_t count);
int pkr_cli_vm_test(const char *const *words, size_t count);
/** The verbs register and des; as pkr_cli_run. */
int pkr_cli_register(const char *const *words, size_t count);
int pkr_cli_des(const char *const *words, size_t count);
/** acg des create; as pkr_cli_run. */
int pkr_cli_des_create(const char *const *words, size_t count);

#endif
