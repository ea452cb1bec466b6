/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_service.h"

#include <string.h>

#include "base/span.h"

static const struct rpc_service *service_find(const struct rpc_service *const *services, size_t count,
                                              struct acg_span name)
{
    for (size_t i = 0; i < count; i++)
        if (acgp_span_equal(acgp_span(services[i]->descriptor->name), name))
            return services[i];
    return NULL;
}

enum rpc_found rpc_method_find(const struct rpc_service *const *services, size_t count, struct acg_span path,
                               struct rpc_method *out)
{
    struct acg_span rest = path, name = {0};
    const struct rpc_service *service = NULL;

    if (path.len == 0 || path.data[0] != '/')
        return RPC_BAD_PATH;
    acgp_span_cut(&rest, '/');
    name = acgp_span_cut(&rest, '/');
    if (rest.data == NULL || name.len == 0 || rest.len == 0)
        return RPC_BAD_PATH;
    service = service_find(services, count, name);
    if (service == NULL)
        return RPC_NO_SERVICE;
    for (unsigned i = 0; i < service->descriptor->n_methods; i++) {
        const ProtobufCMethodDescriptor *method = &service->descriptor->methods[i];

        if (acgp_span_equal(acgp_span(method->name), rest)) {
            *out = (struct rpc_method){service, i, method->input, method->output, service->streams[i]};
            return RPC_FOUND;
        }
    }
    return RPC_NO_METHOD;
}

const char *rpc_method_name(const struct rpc_method *method)
{
    return method->service->descriptor->methods[method->index].name;
}

bool rpc_method_is(const struct rpc_method *method, const struct rpc_service *service, const char *name)
{
    return method->service != NULL && method->service->descriptor == service->descriptor &&
           strcmp(rpc_method_name(method), name) == 0;
}
