/* SPDX-License-Identifier: MPL-2.0 */
/** Marks of the public functions. Part of libacg; see acg/acg.h. */
#ifndef ACG_EXPORT_H
#define ACG_EXPORT_H

#if defined(__GNUC__)
#define ACG_API       __attribute__((visibility("default")))
#define ACG_NODISCARD __attribute__((warn_unused_result))
#else
#define ACG_API
#define ACG_NODISCARD
#endif

#ifdef __cplusplus
#define ACG_BEGIN_DECLS extern "C" {
#define ACG_END_DECLS   }
#else
#define ACG_BEGIN_DECLS
#define ACG_END_DECLS
#endif

#endif
