/* SPDX-License-Identifier: MPL-2.0 */
/** The services beside a scripted gRPC client: calls by name, publishes that the test's hand starts and ends.
 */
#ifndef SERVICE_RIG_H
#define SERVICE_RIG_H

#include <acg/event.h>

#include "acg/v1/post_processor.pb-c.h"
#include "acg/v1/publisher.pb-c.h"
#include "rpc/service.h"
#include "testlib/h2_client.h"

#define PUBLISHER      "/acg.v1.Publisher/"
#define POST_PROCESSOR "/acg.v1.PostProcessor/"
/** A configuration without fault, and one with two. */
extern const char good_config[], bad_config[];
#define RIG_VERSION                                                                                          \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/"     \
    "galleries/g/images/i/versions/1.0.0"
/** The server's secret, which no byte on the wire may hold. */
#define RIG_SECRET "a-secret-of-the-server-alone"

struct rig {
    struct h2 *h;
    struct rpc_services *services;
    char handles[64]; /* each stands for a publish of the library */
    size_t handle_count;
    size_t cancels, leaves;
    bool refuse_start;
    uint64_t fail_in; /* this allocation of the services fails, counted from here on; 0: none. Builds with
                         fault injection */
};

void rig_begin(struct rig *rig, bool auto_window);
void rig_end(struct rig *rig);
/** Move bytes, hand events over, do what the services ask: until nothing moves. */
void rig_run(struct rig *rig);
/** A publish of a server before this one, as its journal tells it. */
enum acg_status rig_pick_up(struct rig *rig, const char *memo, struct acg_error *err);
/** One call with this request. @return its stream. */
int32_t rig_call(struct rig *rig, const char *method, const ProtobufCMessage *request);
int32_t rig_publish(struct rig *rig, const char *config);
int32_t rig_watch(struct rig *rig, const char *id, uint64_t after);
/** Messages that came on a stream. */
size_t rig_count(struct rig *rig, int32_t stream);
/** Message number i of a stream, or NULL; freed with rig_end. */
const ProtobufCMessage *rig_message(struct rig *rig, int32_t stream, size_t i,
                                    const ProtobufCMessageDescriptor *type);
/** Event number i of a stream; fails the test when there is none. @param kind what it must be. */
const Acg__V1__Event *rig_event(struct rig *rig, int32_t stream, size_t i, Acg__V1__Event__KindCase kind);

/** Tell an event of publish number n (in the order of their starts). */
void rig_tell(struct rig *rig, size_t n, const struct acg_event *event);
void rig_step(struct rig *rig, size_t n, uint64_t number, const char *text);
void rig_region(struct rig *rig, size_t n, uint64_t number, const char *region, int percent);
void rig_done(struct rig *rig, size_t n, uint64_t number, enum acg_status status);

#endif
