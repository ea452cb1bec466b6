/* SPDX-License-Identifier: MPL-2.0 */
/** The configuration of one publish, as a user wrote it: read from HCL2, from a JSON template or from a JSON
 *  file, merged, completed from the environment, checked.
 *
 *      pkr_config_new
 *      pkr_config_add_element (Packer, once per element of Configs) or pkr_config_add_text (a JSON file)
 *      pkr_config_environment
 *      pkr_config_check, which says everything that is wrong at once
 *      pkr_config_options, pkr_config_publisher_options, pkr_config_credential_new
 *
 *  Faults of what a user wrote are findings, never the return value of an add function: those fail only for
 *  reasons beyond one field (no memory, a cap, text that is no JSON). A secret is moved into wiped memory as
 *  soon as it is met and overwritten in the JSON value it came from. Nothing here blocks, reads the
 *  environment or, but for pkr_config_publisher_new, opens a file. One configuration belongs to one thread.
 */
#ifndef PKR_CONFIG_H
#define PKR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <acg/credential.h>
#include <acg/error.h>
#include <acg/export.h>
#include <acg/finding.h>
#include <acg/options.h>
#include <acg/publisher.h>
#include <acg/span.h>

#include "base/buf.h"
#include "wire/value.h"

/** Longest JSON text of a configuration, bytes: the same as one value on Packer's wire. */
#define PKR_CONFIG_BYTES_MAX PKR_VALUE_BYTES_MAX
/** Most entries of one list or map: hundreds of regions with dozens of disks stay below it. */
#define PKR_CONFIG_ITEMS_MAX 4096u

struct pkr_config;

/** How values are read. */
enum pkr_config_mode {
    PKR_CONFIG_STRICT = 0, /* a JSON file, HCL2: each value has the type of its field; null is "not set" */
    PKR_CONFIG_WEAK = 1    /* a JSON template, as Go plugins read it: "5" is a number, "true" a bool, a number
                              or bool a text, one value a list of one, "a,b" a list of two; keys in any case;
                              `type` and `packer_...` are not ours */
};

/** What the configuration is about to be used for. */
enum pkr_phase {
    PKR_PHASE_VALIDATE = 0, /* before the build: values that hold <unknown> are not judged, the source may
                               still come from the build's artifact */
    PKR_PHASE_PUBLISH = 1,  /* everything must be known */
    PKR_PHASE_PREVIEW = 2,  /* as PUBLISH, but nothing will be sent: no login is needed */
    PKR_PHASE_LOGIN = 3,    /* login and endpoints alone: nothing of a publish is looked at */
    PKR_PHASE_DECLARED = 4, /* as PUBLISH, for a version that exists: its source may be left out */
    PKR_PHASE_OFFLINE = 5,  /* as PUBLISH, but nobody will be asked: no login is needed */
    PKR_PHASE_PLAN = 6      /* as PUBLISH, but for the rules of acg_publish_check: the plan finds those */
};

/** Make an empty configuration. @param out owned by caller (pkr_config_free). @return ACG_OK | ACG_ERR_NOMEM.
 */
ACG_NODISCARD enum acg_status pkr_config_new(struct pkr_config **out, struct acg_error *err);
/** Free it and wipe its secret; NULL is fine. */
void pkr_config_free(struct pkr_config *config);

/* ---- Reading. Later values win over earlier ones, field by field; a list replaces the whole list. ---- */

/** Renders texts that hold template actions, "{{ ... }}". Without one such a text is a fault. */
struct pkr_renderer {
    /** @param text borrowed. @param out borrowed: the result is appended, unless it is for later.
     *  @param out_later set to whether the text waits for values of the build: it counts as <unknown> then.
     *  @return ACG_OK | ACG_ERR_ARGUMENT or ACG_ERR_LIMIT (err->message says what is wrong: a finding) |
     *  ACG_ERR_NOMEM. */
    enum acg_status (*render)(void *context, struct acg_span text, struct acgp_buf *out, bool *out_later,
                              struct acg_error *err);
    void *context;
};

/** Render texts that are added from now on. @param renderer copied; its context is borrowed until the last
 * add. */
void pkr_config_set_renderer(struct pkr_config *config, const struct pkr_renderer *renderer);

/** Take the fields of a JSON object.
 *  @param object borrowed; texts are copied; the text of a secret field is overwritten with '*' in place.
 *  @return ACG_OK (faults of single fields are findings) | ACG_ERR_NOMEM | ACG_ERR_LIMIT (more than 1000
 *  faults). */
ACG_NODISCARD enum acg_status pkr_config_add_json(struct pkr_config *config, json_t *object,
                                                  enum pkr_config_mode mode, struct acg_error *err);
/** Take the fields of a JSON text: a file of the command (strict).
 *  @param text borrowed. @param name borrowed: what to call the text in errors, a file name.
 *  @return as pkr_config_add_json | ACG_ERR_ARGUMENT (no JSON object, or a key twice; err says where). */
ACG_NODISCARD enum acg_status pkr_config_add_text(struct pkr_config *config, struct acg_span text,
                                                  const char *name, struct acg_error *err);
/** Take one element of Configure's Configs: nil (nothing), a map (a JSON template's object, the packer_...
 *  values, the placeholders of build values), or bytes or text (HCL2: cty's {"value": V, "type": T}).
 *  @param element borrowed; its tree is wiped by its owner.
 *  @return as pkr_config_add_json | ACG_ERR_PROTOCOL (none of these shapes). */
ACG_NODISCARD enum acg_status pkr_config_add_element(struct pkr_config *config,
                                                     const struct pkr_value *element, struct acg_error *err);
/** Whether an element of Configs is the one of a JSON template that names the build's values: data for
 * template actions, no configuration. */
bool pkr_config_is_placeholders(const struct pkr_value *element);
/** Fill what is not set from the environment: AZURE_SUBSCRIPTION_ID, ACG_RESOURCE_MANAGER_ENDPOINT,
 *  ACG_AUDIENCE, ACG_CA_FILE; and keep the variables of logins (acg_login_variable) for the credential.
 *  XDG_STATE_HOME, or HOME, says where the journal lies unless the configuration does.
 * Empty variables count as not set. Call it after the last add.
 *  @param lookup value of a variable or NULL; lent until it returns. @param context passed to lookup.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_environment(struct pkr_config *config,
                                                     const char *(*lookup)(void *context, const char *name),
                                                     void *context, struct acg_error *err);

/** Number the version that is written as "1.4.build" where no build_number is given: from BUILD_NUMBER
 * (Jenkins), GITHUB_RUN_NUMBER, BUILD_BUILDID (Azure DevOps) or CI_PIPELINE_IID (GitLab), the first that is
 * digits alone. For who runs inside a build: the environment of a service tells nothing of its clients'
 * builds. Call it after the last add.
 *  @param lookup as of pkr_config_environment. */
void pkr_config_build_number(struct pkr_config *config,
                             const char *(*lookup)(void *context, const char *name), void *context);

/** Say in findings `ours` (a name of this field's path, "target_region[0].name") as `theirs`
 *  ("--target-regions"), for fields that a user gave in other words. The longest match wins; both copied.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_rename(struct pkr_config *config, const char *ours,
                                                const char *theirs, struct acg_error *err);
/** Add a finding of one's own, for example about a command line, so that it stands among the others. It marks
 *  the field as faulty: no further finding is made about it.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_add_fault(struct pkr_config *config, const char *rule,
                                                   const char *field, const char *message, const char *fix,
                                                   struct acg_error *err);

/* ---- The source, when the build's artifact names it. ---- */

/** Does the configuration name a source itself? */
bool pkr_config_names_source(const struct pkr_config *config);
/** Does it name the version to make, by id or by its own name? */
bool pkr_config_names_version(const struct pkr_config *config);
/** What artifact_source asks of the build's artifact. */
enum pkr_artifact_choice {
    PKR_ARTIFACT_ANY = 0, /* not asked: the managed image, else the gallery image version */
    PKR_ARTIFACT_MANAGED_IMAGE,
    PKR_ARTIFACT_SNAPSHOTS,
    PKR_ARTIFACT_IMAGE_VERSION,
    PKR_ARTIFACT_DISKS
};
enum pkr_artifact_choice pkr_config_artifact_choice(const struct pkr_config *config);
/** delete_version_on_destroy. */
bool pkr_config_deletes_on_destroy(const struct pkr_config *config);
/** Publish this source, which the artifact named. @param source borrowed: texts and data disks are copied.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_set_source(struct pkr_config *config,
                                                    const struct acg_source *source, struct acg_error *err);

/* ---- Checking. ---- */

/** Check everything that needs no network: form, the two ways to write regions, login, and all rules of
 *  acg_publish_check. May be called again, also for another phase.
 *  @return ACG_OK (pkr_config_findings may hold warnings) | ACG_ERR_ARGUMENT (err repeats the first fault and
 *  counts them; pkr_config_findings has all) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_check(struct pkr_config *config, enum pkr_phase phase,
                                               struct acg_error *err);
/** The findings of the last check. Lent until the next check or free; never NULL after a check. */
const struct acg_findings *pkr_config_findings(const struct pkr_config *config);

/** Say a finding of a running publish in the words that the user wrote: the compact form's, the command
 * line's.
 *  @param finding borrowed. @param to borrowed: the finding is appended, copied.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_config_translate(const struct pkr_config *config,
                                                   const struct acg_finding *finding, struct acg_findings *to,
                                                   struct acg_error *err);
/** The same for the field of an error alone. @return owned by caller (acgp_free); NULL without memory. */
char *pkr_config_field(const struct pkr_config *config, const char *field);

/** All faults as the one text for people, the same from `packer validate` and from `acg publish`:
 *
 *      2 faults:
 *      * target_region[0].name: what was found, and what the rule says (R8). Fix: what to write instead.
 *      * ...
 *
 *  Warnings follow the faults, marked "warning:", then what could not be checked, marked "unknown:". No line
 * end behind the last line.
 *  @return owned by caller (acgp_free); NULL without memory. An empty list gives "no faults". */
char *pkr_findings_text(const struct acg_findings *findings);
/** "error", "warning", "unknown". Static text. */
const char *pkr_severity_word(enum acg_severity severity);

/* ---- Reading the result. Lent until the configuration is changed, checked again or freed. ---- */

/** Options of the publish, complete after a check that said ACG_OK. */
const struct acg_publish_options *pkr_config_options(const struct pkr_config *config);
/** Endpoints for acg_publisher_new: sets resource_manager_endpoint, audience and ca_file, leaves the rest. */
void pkr_config_publisher_options(const struct pkr_config *config, struct acg_publisher_options *out);
/** Directory of the journal: the field's, else below XDG_STATE_HOME or HOME; NULL: none is to be kept. */
const char *pkr_config_journal(const struct pkr_config *config);
/** The subscription that was named, also when nothing of a publish was checked; NULL: none. */
const char *pkr_config_subscription(const struct pkr_config *config);
/** That of the cloud where none is given; NULL: https://management.azure.com. */
const char *pkr_config_endpoint(const struct pkr_config *config);
/** Make the credential that the configuration describes.
 *  @param out owned by caller (acg_credential_free).
 *  @return as acg_credential_new. */
ACG_NODISCARD enum acg_status pkr_config_credential_new(const struct pkr_config *config,
                                                        struct acg_credential **out, struct acg_error *err);
/** What a publisher has beside the configuration. Zeroed: no agent, no trace, no journal. */
struct pkr_publisher_wish {
    const char *user_agent; /* as of acg_publisher_options */
    bool trace_requests;
    bool journal; /* keep the configuration's journal; one that nobody named and that cannot be is left
                     out */
    const char *journal_dir; /* keep this one; NULL: none */
};
/** Make the publisher that the configuration describes, with its credential; opens its journal. A
 * metadata_host is asked first, for up to five seconds: the call waits so long.
 *  @param out        owned by caller (acg_publisher_free).
 *  @param out_notice owned by caller (acgp_free): why no journal is kept, for whoever watches; NULL: one is,
 * or nobody wants one, or there was no memory to say it. May itself be NULL.
 *  @return as acg_cloud_read, acg_credential_new and acg_publisher_new; err->field is "journal" for one that
 * the configuration names and that cannot be. */
ACG_NODISCARD enum acg_status pkr_config_publisher_new(const struct pkr_config *config,
                                                       const struct pkr_publisher_wish *wish,
                                                       struct acg_publisher **out, char **out_notice,
                                                       struct acg_error *err);
/** Does this text contain a secret of the login? For a last look before something is shown; one that is
 * shorter than 8 characters does not count: it is a simulator's, and any line may hold it. */
bool pkr_config_reveals(const struct pkr_config *config, const char *text);

#endif
