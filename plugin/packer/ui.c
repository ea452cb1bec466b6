/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/ui.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct pkr_ui_line {
    enum pkr_ui_kind kind;
    char *text;
};

static const char *const methods[] = {
    [PKR_UI_SAY] = "Ui.Say", [PKR_UI_MESSAGE] = "Ui.Message", [PKR_UI_ERROR] = "Ui.Error"};

void pkr_ui_init(struct pkr_ui *ui, struct pkr_link *link)
{
    memset(ui, 0, sizeof *ui);
    ui->link = link;
}

static void drop_lines(struct pkr_ui *ui)
{
    for (size_t i = ui->first; i < ui->count; i++)
        acgp_free(ui->lines[i].text);
    ui->first = ui->count = ui->bytes = 0;
}

void pkr_ui_done(struct pkr_ui *ui)
{
    drop_lines(ui);
    acgp_free(ui->lines);
    ui->lines = NULL;
    ui->capacity = 0;
}

void pkr_ui_attach(struct pkr_ui *ui, uint32_t talk)
{
    ui->talk = talk;
    ui->closed = false;
}

void pkr_ui_detach(struct pkr_ui *ui)
{
    drop_lines(ui);
    ui->talk = 0;
    ui->open = 0;
    ui->closed = true;
}

static char *clean(const char *text)
{
    char *copy = acgp_strdup(text);
    for (char *p = copy; p != NULL && *p != '\0'; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7f)
            *p = ' ';
    return copy;
}

static void compact(struct pkr_ui *ui)
{
    memmove(ui->lines, ui->lines + ui->first, (ui->count - ui->first) * sizeof *ui->lines);
    ui->count -= ui->first;
    ui->first = 0;
}

enum acg_status pkr_ui_line(struct pkr_ui *ui, enum pkr_ui_kind kind, const char *text, struct acg_error *err)
{
    if (ui->closed)
        return ACG_OK;
    size_t len = strlen(text);
    if (ui->count - ui->first >= PKR_UI_LINES_MAX || len > PKR_UI_BYTES_MAX - ui->bytes) {
        ui->refused++;
        return acgp_fail(err, ACG_ERR_LIMIT, "Packer takes lines too slowly");
    }
    if (ui->first > 0 && ui->count == ui->capacity)
        compact(ui);
    void *lines = ui->lines;
    if (!acgp_grow(&lines, &ui->capacity, ui->count + 1, PKR_UI_LINES_MAX, sizeof *ui->lines))
        return acgp_fail_nomem(err);
    ui->lines = lines;
    char *copy = clean(text);
    if (copy == NULL)
        return acgp_fail_nomem(err);
    ui->lines[ui->count++] = (struct pkr_ui_line){kind, copy};
    ui->bytes += len;
    return ACG_OK;
}

static void pop(struct pkr_ui *ui)
{
    struct pkr_ui_line *line = &ui->lines[ui->first++];
    ui->bytes -= strlen(line->text);
    acgp_free(line->text);
    if (ui->first == ui->count)
        ui->first = ui->count = 0;
}

void pkr_ui_flush(struct pkr_ui *ui)
{
    while (ui->talk != 0 && ui->first < ui->count && ui->open < PKR_UI_OPEN_MAX) {
        const struct pkr_ui_line *line = &ui->lines[ui->first];
        struct pkr_value text = pkr_text(line->text);
        enum acg_status status =
            pkr_link_call(ui->link, ui->talk, methods[line->kind], &text, &ui->calls[ui->open], NULL);
        if (status == ACG_ERR_LIMIT || status == ACG_ERR_NOMEM)
            return; /* nothing was queued: the next flush tries again */
        if (status != ACG_OK) {
            pkr_ui_detach(ui);
            return;
        }
        ui->open++;
        pop(ui);
    }
}

bool pkr_ui_on_reply(struct pkr_ui *ui, const struct pkr_link_event *event)
{
    for (size_t i = 0; i < ui->open; i++) {
        if (ui->calls[i] != event->call)
            continue;
        /* A line that Packer could not show is lost: there is nobody else to tell. */
        ui->calls[i] = ui->calls[--ui->open];
        return true;
    }
    return false;
}

size_t pkr_ui_pending(const struct pkr_ui *ui)
{
    return ui->count - ui->first + ui->open;
}

size_t pkr_ui_refused(struct pkr_ui *ui)
{
    size_t n = ui->refused;
    ui->refused = 0;
    return n;
}
