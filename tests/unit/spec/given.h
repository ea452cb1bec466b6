/* SPDX-License-Identifier: MPL-2.0 */
/** Configurations for tests: a sound one, laid over with what the test is about. */
#ifndef GIVEN_H
#define GIVEN_H

#include "spec/config.h"

/** Fields of a sound configuration with two encrypted regions, without braces. */
extern const char given_base[];
/** The same without regions, sets and source. */
extern const char given_names[];

/** A configuration from JSON fields (no braces), strict. Asserts that the text is read. */
struct pkr_config *given_strict(const char *fields);
/** The same, read as a JSON template. */
struct pkr_config *given_weak(const char *fields);
/** The same, as cty's JSON in a byte string of Packer's wire. */
struct pkr_config *given_cty(const char *fields);
/** A format for fields: base and more, joined. Owned by caller (free). */
char *given_join(const char *a, const char *b);

/** All faults as text after a check; asserts that there are some. Owned by caller (acgp_free). */
char *given_faults(struct pkr_config *config, enum pkr_phase phase);
/** Assert that a check finds nothing; prints what it finds. */
void given_is_sound(struct pkr_config *config, enum pkr_phase phase);
/** The options after a check, whatever it found. Lent by config. */
const struct acg_publish_options *given_options(struct pkr_config *config);
/** The body that would be sent. Owned by caller (acgp_free). */
char *given_body(struct pkr_config *config);

#endif
