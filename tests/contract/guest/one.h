/* SPDX-License-Identifier: MPL-2.0 */
/** A publisher and its publishes, as a program would have them that uses the public interface alone. Anything
 * that goes wrong is said on standard output. */
#ifndef ACG_GUEST_ONE_H
#define ACG_GUEST_ONE_H

#include <acg/acg.h>

/** One Azure: what the environment says of it. */
struct guest_place {
    const char *endpoint, *ca_file;
};

/** A place from two variables of the environment. */
struct guest_place guest_place(const char *endpoint, const char *ca_file);

/** A publisher of a place. @param trust PEM file, of this place or of another. @return NULL on failure. */
struct acg_publisher *guest_publisher(struct guest_place place, const char *trust);

/** Called after each turn of the loop; NULL: nothing. */
typedef void guest_look(void *context);

/** Publish version "MAJOR.MINOR.0" to one region and drive it to its end.
 *  @return the status of its final event; -1 when it did not come so far. */
int guest_publish(struct acg_publisher *publisher, int major, int minor, guest_look *look, void *context);

#endif
