/* SPDX-License-Identifier: MPL-2.0 */
/** Lines to stderr, which Packer puts into its log (PACKER_LOG=1). Never a secret. */
#ifndef PKR_LOG_H
#define PKR_LOG_H

/** Write one line, "[LEVEL] text". Control characters become spaces; at most 4 KiB.
 *  @param level "INFO", "DEBUG", "WARN", "ERR". */
void pkr_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
