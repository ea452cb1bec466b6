/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"
#include "spec/config.h"

/** Longest text of all findings, bytes: a thousand of them with their ids. */
enum { TEXT_MAX = 4 * 1024 * 1024 };

/* One line, whatever the user's own text held. */
static bool add_line(struct acgp_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (!acgp_buf_byte(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : (unsigned char)*text))
            return false;
    return true;
}

const char *pkr_severity_word(enum acg_severity severity)
{
    switch (severity) {
    case ACG_SEVERITY_WARNING:
        return "warning";
    case ACG_SEVERITY_UNKNOWN:
        return "unknown";
    default:
        return "error";
    }
}

static bool add_finding(struct acgp_buf *out, const struct acg_finding *f)
{
    bool error = f->severity == ACG_SEVERITY_ERROR;

    return acgp_buf_printf(out, "\n* %s%s", error ? "" : pkr_severity_word(f->severity), error ? "" : ": ") &&
           add_line(out, f->field) && acgp_buf_text(out, ": ") && add_line(out, f->message) &&
           acgp_buf_text(out, " (") && add_line(out, f->rule) && acgp_buf_text(out, "). Fix: ") &&
           add_line(out, f->fix) && acgp_buf_text(out, ".");
}

static bool add_kind(struct acgp_buf *out, const struct acg_findings *findings, enum acg_severity severity)
{
    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        if (f->severity == severity && !add_finding(out, f))
            return false;
    }
    return true;
}

char *pkr_findings_text(const struct acg_findings *findings)
{
    size_t errors = acg_findings_errors(findings);
    struct acgp_buf out;
    char *text = NULL;

    acgp_buf_init(&out, TEXT_MAX);
    bool fine = errors == 0   ? acgp_buf_text(&out, "no faults")
                : errors == 1 ? acgp_buf_text(&out, "1 fault:")
                              : acgp_buf_printf(&out, "%zu faults:", errors);
    if (fine && add_kind(&out, findings, ACG_SEVERITY_ERROR) &&
        add_kind(&out, findings, ACG_SEVERITY_WARNING) && add_kind(&out, findings, ACG_SEVERITY_UNKNOWN))
        text = acgp_buf_take(&out);
    acgp_buf_done(&out);
    return text;
}
