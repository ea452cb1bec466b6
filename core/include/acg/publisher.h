/* SPDX-License-Identifier: MPL-2.0 */
/** The publisher: drives any number of publishes in one thread.
 *
 *      acg_publisher_new, acg_publisher_submit, then
 *      loop: acg_publisher_poll, and acg_publisher_next_event until it says false; stop after ACG_EVENT_DONE.
 *
 *  What all publishes of one publisher send stays below Azure's limits together, and those from the same
 * source write one after the other; who waits longer says so in an ACG_EVENT_NOTICE. Use one publisher for
 * many.
 *
 *  A publisher belongs to one thread; acg_publisher_wakeup alone may be called from another. No function but
 *  acg_publisher_poll waits. The library installs no signal handler, writes to no stream and changes no
 * global state of curl, jansson or OpenSSL beyond curl_global_init, whose counterpart is the host's. It
 * starts a program only where the credential is that of Azure CLI. */
#ifndef ACG_PUBLISHER_H
#define ACG_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/credential.h>
#include <acg/error.h>
#include <acg/event.h>
#include <acg/finding.h>
#include <acg/options.h>
#include <acg/report.h>

ACG_BEGIN_DECLS

struct acg_publisher;

/** Start from ACG_PUBLISHER_OPTIONS_INIT. Grows at the end only. */
struct acg_publisher_options {
    uint32_t version;                      /* ACG_PUBLISHER_OPTIONS_VERSION */
    const char *resource_manager_endpoint; /* NULL: https://management.azure.com; http only on loopback */
    const char *audience;                  /* of the token; NULL: the resource manager endpoint */
    const char *ca_file;    /* PEM file with the only authorities to trust; NULL: those of SSL_CERT_FILE and
                               SSL_CERT_DIR, else the system's */
    const char *user_agent; /* added behind our own; NULL: none */
    bool trace_requests;    /* also deliver ACG_EVENT_REQUEST */
    /* Directory of the journal (acg/journal.h), made where it is not there. It is this user's own: one that
     * belongs to another, or that others may write to, is refused. */
    const char *journal_dir; /* NULL: none is kept */
};

#define ACG_PUBLISHER_OPTIONS_VERSION 1u
#define ACG_PUBLISHER_OPTIONS_INIT                                                                           \
    {                                                                                                        \
        .version = ACG_PUBLISHER_OPTIONS_VERSION                                                             \
    }

ACG_API void acg_publisher_options_init(struct acg_publisher_options *opts, uint32_t version);

/** Check the options of a publish without network, and report every fault at once.
 *  @param opts     borrowed.
 *  @param findings borrowed; faults are appended to it.
 *  @return ACG_OK (also with warnings) | ACG_ERR_ARGUMENT (err says how many faults and repeats the first)
 *          | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_API ACG_NODISCARD enum acg_status acg_publish_check(const struct acg_publish_options *opts,
                                                        struct acg_findings *findings, struct acg_error *err);

/** The write that a publish would send. All texts are owned by the preview. */
struct acg_preview;

/** Render the PUT of a publish without network.
 *  @param endpoint resource manager endpoint, NULL: https://management.azure.com.
 *  @param opts     borrowed; must name a location, since the source's region cannot be read.
 *  @param findings borrowed; faults are appended.
 *  @param out      owned by caller (acg_preview_free).
 *  @return as acg_publish_check. */
ACG_API ACG_NODISCARD enum acg_status acg_preview_new(const char *endpoint,
                                                      const struct acg_publish_options *opts,
                                                      struct acg_findings *findings, struct acg_preview **out,
                                                      struct acg_error *err);
ACG_API const char *acg_preview_method(const struct acg_preview *preview); /* "PUT" */
ACG_API const char *acg_preview_url(const struct acg_preview *preview);
ACG_API const char *acg_preview_body(const struct acg_preview *preview); /* JSON */
/** What only Azure could tell, one line each; NULL past the end. */
ACG_API const char *acg_preview_note(const struct acg_preview *preview, size_t i);
ACG_API void acg_preview_free(struct acg_preview *preview);

/** Say the write of a publish in other people's words, without network: a line of `az` for a POSIX shell, a
 * script of PowerShell, the REST request. The report is of kind "explain"; its JSON is {"az": text,
 * "powershell": text, "rest": {"method", "url", "headers", "body"}, "notes": [text]}. A note says where a
 * tool lacks a word (then it is made to send the REST request) and what only Azure could tell.
 *  @param endpoint, opts, findings as of acg_preview_new.
 *  @param out      owned by caller (acg_report_free); untouched on failure.
 *  @return as acg_publish_check. */
ACG_API ACG_NODISCARD enum acg_status acg_explain_new(const char *endpoint,
                                                      const struct acg_publish_options *opts,
                                                      struct acg_findings *findings, struct acg_report **out,
                                                      struct acg_error *err);

/** Make a publisher.
 *  @param opts       borrowed for the call; copied.
 *  @param credential borrowed; the publisher keeps its own hold on it.
 *  @param out        owned by caller (acg_publisher_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM | ACG_ERR_TRANSPORT (curl could not start).
 *  Reads ca_file, and opens the journal. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_new(const struct acg_publisher_options *opts,
                                                        struct acg_credential *credential,
                                                        struct acg_publisher **out, struct acg_error *err);

/** Free a publisher: running publishes are let go of (nothing in Azure is deleted). NULL is fine. Publish
 * handles must have been freed before. */
ACG_API void acg_publisher_free(struct acg_publisher *pub);

/** Start one publish.
 *  @param pub  borrowed; must outlive *out.       @param opts borrowed for the call; copied.
 *  @param out  owned by caller (acg_publish_free); untouched on failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (as acg_publish_check) | ACG_ERR_NOMEM | ACG_ERR_LIMIT.
 *  Never blocks. No event of this publish is visible before it returns.
 *  Publishes and plans of one publisher share for up to a minute what none of them changes: subscription,
 * provider, regions, counters, gallery, definition, sets, vaults, keys. An error never rests on such an answer
 * that is older than the publish itself; then it is read again first.
 *  What is proved is reported too: the final event carries a report of kind "proof" (acg/verify.h lists its
 *  members), for which each disk encryption set of the version is read once. That can neither fail nor hold
 * up the publish for more than a minute. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_submit(struct acg_publisher *pub,
                                                           const struct acg_publish_options *opts,
                                                           struct acg_publish **out, struct acg_error *err);

/** Find out, without writing anything, what a publish with these options would run into: one round of reads,
 * then every finding at once, also the faults of the options that acg_publish_check finds. Of options with
 * faults that is read which they name beyond doubt; a publish with them is refused before it asks anything.
 *  @param opts borrowed for the call; copied.
 *  @param out  owned by caller (acg_publish_free): a handle like that of a publish. Its events are steps,
 * notices, findings and one final event, whose report is of the kind "plan". It ends with ACG_OK (also with
 * warnings and with what could not be checked), ACG_ERR_ARGUMENT (the options have faults, and other errors
 * may have been found beside them), ACG_ERR_PREFLIGHT (errors were found), ACG_ERR_CONFLICT (they are all
 * about a version that exists), or, where no error was found, with what kept Azure from answering.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (options that cannot be looked at: their version, a list that is NULL, a
 * source that is known later) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_plan(struct acg_publisher *pub,
                                                         const struct acg_publish_options *opts,
                                                         struct acg_publish **out, struct acg_error *err);

/** Which version to delete; start from ACG_DELETE_OPTIONS_INIT. Grows at the end only. */
struct acg_delete_options {
    uint32_t version;                     /* ACG_DELETE_OPTIONS_VERSION */
    const char *gallery_image_version_id; /* full id */
    const char *published_date; /* acg_result.published_date of the publish that made it: a version with
                                   another date is not the one that is meant, and is left alone */
    int64_t timeout_ms;         /* 0: half an hour */
};

#define ACG_DELETE_OPTIONS_VERSION 1u
#define ACG_DELETE_OPTIONS_INIT                                                                              \
    {                                                                                                        \
        .version = ACG_DELETE_OPTIONS_VERSION                                                                \
    }

ACG_API void acg_delete_options_init(struct acg_delete_options *opts, uint32_t version);

/** Delete one image version, after reading that it is the one that is meant, and wait until it is gone. A
 * version that is not there any more is no failure.
 *  @param opts borrowed for the call; copied.
 *  @param out  owned by caller (acg_publish_free): a handle like that of a publish. Its events are steps,
 * notices and one final event, whose result has the state "deleted", "running" (Azure took the request;
 * cancelling does not take it back) or "not deleted"; ACG_ERR_CONFLICT when the version is another one.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_delete(struct acg_publisher *pub,
                                                           const struct acg_delete_options *opts,
                                                           struct acg_publish **out, struct acg_error *err);

/** Ask a publish to stop watching. Nothing in Azure is deleted. Its final event follows, with
 * ACG_ERR_CANCELLED unless it had ended already. May be called again. */
ACG_API void acg_publish_cancel(struct acg_publish *publish);

/** The same for a program that ends and goes on with it when it is started again: where a journal is kept, it
 * does not say that this run was cancelled: it stays unfinished, and acg_journal_entry.ended empty. */
ACG_API void acg_publish_leave(struct acg_publish *publish);

/** Let go of a publish; implies cancel. No event of it is seen afterwards; one that is lent already stays
 * readable until the next acg_publisher_next_event. NULL is fine. */
ACG_API void acg_publish_free(struct acg_publish *publish);

/** The id of the version that is being published; of one whose name is chosen ("auto"), it ends with that
 * word until the choice. Lent until the handle is freed. */
ACG_API const char *acg_publish_version_id(const struct acg_publish *publish);

/** A descriptor of the host that shall end the wait of acg_publisher_poll; a negative one is passed over.
 * Comes in arrays: it never grows. */
struct acg_poll_fd {
    int fd;
    short events;  /* POLLIN, POLLOUT */
    short revents; /* filled by acg_publisher_poll */
};

/** Move everything forward; wait at most max_wait_ms for something to happen (0: do not wait; negative: no
 * limit). Returns early for an event, for a host descriptor, and after acg_publisher_wakeup. The only call
 * that may wait.
 *  @param fds borrowed, may be NULL when fd_count is 0.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (more than 4096 descriptors) | ACG_ERR_INTERNAL. Failures
 * of a publish are events, not returns. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_poll(struct acg_publisher *pub, struct acg_poll_fd *fds,
                                                         size_t fd_count, int64_t max_wait_ms,
                                                         struct acg_error *err);

/** Pull one event. @param out lent until the next call. @return false when there is none. */
ACG_API bool acg_publisher_next_event(struct acg_publisher *pub, const struct acg_event **out);

/** How the publisher logged in, and how long that can go on: "login: workload identity; it renews itself, and
 * reads the token file each time". Each publish also says it in a notice, unless the credential is a plain
 * client secret. Lent until the publisher is freed. @return NULL: no token has come yet. */
ACG_API const char *acg_publisher_login(const struct acg_publisher *pub);

/** End the current or the next wait of acg_publisher_poll. Safe from any thread and from a signal handler. */
ACG_API void acg_publisher_wakeup(struct acg_publisher *pub);

ACG_END_DECLS

#endif
