/* SPDX-License-Identifier: MPL-2.0 */
/** The publishes and other operations that a server knows, and who reads their events. Shared by the files of
 * the services; the rest of the world sees service.h. */
#ifndef RPC_SERVICE_REGISTRY_H
#define RPC_SERVICE_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>
#include <acg/publisher.h>

#include "rpc/grpc.h"
#include "rpc/service_log.h"
#include "rpc/service_words.h"
#include "spec/config.h"

/** Publishes that run at once: each is timers and bytes, and Azure throttles long before. */
#define RPC_RUNNING_MAX 4096u
/** Publishes that are known after their end: as many as a big factory ends in a night. */
#define RPC_KEPT_MAX 1024u
/** Longest id of a publish with its NUL: the server's mark, '-', a number. */
#define RPC_PUBLISH_ID_MAX 40u
/** Hex digits of a server's mark. */
#define RPC_MARK_DIGITS 16u
/** Bytes queued on a call at which its reader is slow: what comes then waits in the log, and is merged there.
 */
#define RPC_READER_HIGH 65536u
/** Bytes at which it is asked again. */
#define RPC_READER_LOW 16384u

struct rpc_publish;

/** What is to be begun: a publish, or another operation with an input of its own. */
struct rpc_work {
    const char *name; /* the verb of the command; static */
    /** @param context the struct rpc_publish. */
    enum acg_status (*begin)(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err);
    ProtobufCMessage *input; /* the request, for begin; NULL: the configuration says everything */
    char *kept;              /* the configuration as text, for the journal; NULL: none is kept */
    bool artifact;           /* its source was named by a build's artifact */
};

/** Free its input and what is kept. */
void rpc_work_free(const struct rpc_work *work);

/** One call that follows one publish. */
struct rpc_reader {
    struct rpc_reader *next;
    struct rpc_publish *publish;
    struct rpc_conn *conn;
    uint32_t call;
    uint64_t after; /* number of the last event that was sent */
    bool greeted;   /* started was sent */
    bool waiting;   /* RPC_ROOM comes */
    bool over;      /* the call is over, and RPC_ENDED comes */
};

struct rpc_publish {
    struct rpc_publish *prev, *next;
    uint64_t serial;
    char id[RPC_PUBLISH_ID_MAX];
    bool listed;                /* else it never began, and goes with its reader */
    struct pkr_config *config;  /* until the end, as the next */
    struct rpc_work work;       /* its input is owned */
    struct acg_publish *handle; /* the host's, while it runs */
    char *version_id;           /* NULL: not known */
    struct rpc_log log;
    uint64_t offset; /* events of our own before the library's first */
    struct rpc_reader *readers;
    bool ask_start, ask_cancel;
    bool begun; /* the host started it */
    bool ended;
    bool left;              /* it was running when the server stopped */
    bool stopped;           /* a client cancelled it */
    bool picked_up;         /* a server before this one began it */
    char *state;            /* once it has ended: the word of the result; owned */
    struct acg_error error; /* once it has ended */
    int64_t start_unix_s, end_unix_s;
};

struct rpc_registry {
    struct rpc_publish *first, *last; /* by serial */
    size_t running, ended;            /* of those that are listed */
    size_t loose;                     /* those that are not */
    size_t asks;                      /* flags that are set */
    uint64_t serial;
    char mark[RPC_MARK_DIGITS + 1];
};

void rpc_registry_init(struct rpc_registry *reg, uint64_t mark);
void rpc_registry_done(struct rpc_registry *reg);
/** Add a publish. @param work copied; what it owns and config are given on success. @param listed whether it
 * is one that shall begin: counted, with an id. @return ACG_OK | ACG_ERR_LIMIT (RPC_RUNNING_MAX) |
 * ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_registry_add(struct rpc_registry *reg, const struct rpc_work *work,
                                               struct pkr_config *config, bool listed, int64_t unix_s,
                                               struct rpc_publish **out, struct acg_error *err);
/** Give it the id that it had before. @param id copied; shorter than RPC_PUBLISH_ID_MAX. */
void rpc_registry_rename(struct rpc_publish *p, const char *id);
struct rpc_publish *rpc_registry_find(const struct rpc_registry *reg, const char *id);
struct rpc_publish *rpc_registry_of_handle(const struct rpc_registry *reg, const struct acg_publish *handle);
/** Forget what is too old to be kept, and what nobody can see any more. Pointers to publishes that have ended
 * may be gone after it. */
void rpc_registry_sweep(struct rpc_registry *reg);
/** Take one that has ended without having begun out of the list: it goes with its reader. */
void rpc_registry_unlist(struct rpc_registry *reg, struct rpc_publish *p);
/** Set one of a publish's ask flags. */
void rpc_registry_ask(struct rpc_registry *reg, bool *flag, bool value);

/** Add a finding of our own, before the library's first event. */
ACG_NODISCARD enum acg_status rpc_publish_finding(struct rpc_publish *p, const struct acg_finding *finding);
/** Add an event of the library that is not the final one. */
ACG_NODISCARD enum acg_status rpc_publish_event(struct rpc_publish *p, const struct acg_event *event);
/** The end: exactly once. @param event the final one; NULL: it never began. @param error why; ACG_OK: in
 *  order. Without memory the readers get the error without the event. */
void rpc_publish_end(struct rpc_registry *reg, struct rpc_publish *p, const struct acg_event *event,
                     const struct acg_error *error, int64_t unix_s);
/** As a message, without done. */
void rpc_publish_message(struct rpc_scribe *s, const struct rpc_publish *p, Acg__V1__Publish *out);

/** Let a call follow a publish, from behind an event. Without memory the call ends. */
void rpc_reader_attach(struct rpc_publish *p, struct rpc_conn *conn, uint32_t call, uint64_t after);
/** Forget a reader whose call is over. */
void rpc_reader_drop(struct rpc_reader *reader);
/** Send what one reader, or all readers of a publish, can take. */
void rpc_reader_flush(struct rpc_reader *reader);
void rpc_publish_flush(struct rpc_publish *p);

#endif
