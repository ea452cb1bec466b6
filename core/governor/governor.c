/* SPDX-License-Identifier: MPL-2.0 */
#include "governor/governor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "governor/budget.h"
#include "http/retry.h"

enum {
    READS = 250,
    READS_PER_S = 25, /* ARM's token buckets, of a subscription and who asks */
    WRITES = 200,
    WRITES_PER_S = 10,
    THREE_MIN_MS = 3 * 60 * 1000,
    THIRTY_MIN_MS = 30 * 60 * 1000,
    REFUSED_BASE_MS = 1000, /* 429 without a time: that doubles up to five times */
    JITTER_MAX_MS = 5000    /* after a wait that was asked for: not everybody at once */
};

/** A counter of the resource provider, shared by the lines it is told for. */
struct counter {
    char name[ACGP_TOLD_NAME_MAX];
    char subscription[ACGP_SUBSCRIPTION_MAX], location[ACGP_LOCATION_MAX];
    struct acgp_window window;
    unsigned lines; /* that use it */
};

/** ARM's buckets of a subscription. */
struct account {
    char subscription[ACGP_SUBSCRIPTION_MAX];
    struct acgp_bucket buckets[ACGP_OPERATION_KINDS];
    unsigned lines;
};

struct acgp_line {
    struct acgp_scope scope;
    struct account *account;
    struct counter *counters[ACGP_TOLD_MAX];
    size_t counter_count;
    bool answered; /* what limits it has is known: those that it told, or none */
    bool told;     /* an answer has named the counters */
    int64_t still_until_ms;
    unsigned refused; /* with 429, in a row */
    size_t under_way;
    struct acgp_ticket *first, *last; /* first requests of clients, whose turn it is in this order */
    int64_t used_ms;
};

struct acgp_governor {
    uint64_t random;
    struct acgp_line **lines; /* owned, as the next two */
    struct account **accounts;
    struct counter **counters;
    size_t line_count, line_capacity, account_count, account_capacity, counter_count, counter_capacity;
    size_t turn;             /* the line that is looked at first */
    struct acgp_line common; /* for what has no room */
    struct account common_account;
};

static void init_account(struct account *a, int64_t now_ms, const char *subscription)
{
    memcpy(a->subscription, subscription, strlen(subscription) + 1);
    acgp_bucket_init(&a->buckets[ACGP_OPERATION_READ], now_ms, READS, READS_PER_S);
    acgp_bucket_init(&a->buckets[ACGP_OPERATION_WRITE], now_ms, WRITES, WRITES_PER_S);
    acgp_bucket_init(&a->buckets[ACGP_OPERATION_DELETE], now_ms, WRITES, WRITES_PER_S);
}

enum acg_status acgp_governor_new(uint64_t seed, struct acgp_governor **out)
{
    struct acgp_governor *g = acgp_alloc(1, sizeof *g);

    if (g == NULL)
        return ACG_ERR_NOMEM;
    g->random = seed;
    init_account(&g->common_account, 0, "");
    g->common.account = &g->common_account;
    g->common.answered = true;
    *out = g;
    return ACG_OK;
}

void acgp_governor_free(struct acgp_governor *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->line_count; i++)
        acgp_free(g->lines[i]);
    for (size_t i = 0; i < g->account_count; i++)
        acgp_free(g->accounts[i]);
    for (size_t i = 0; i < g->counter_count; i++)
        acgp_free(g->counters[i]);
    acgp_free(g->lines);
    acgp_free(g->accounts);
    acgp_free(g->counters);
    acgp_free(g);
}

/* splitmix64 */
static int64_t random_below(struct acgp_governor *g, int64_t n)
{
    uint64_t z = g->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* ---- lines, accounts, counters ---- */

static struct account *account_of(struct acgp_governor *g, int64_t now_ms, const char *subscription)
{
    void *items = g->accounts;
    struct account *a = NULL;

    for (size_t i = 0; i < g->account_count; i++)
        if (strcmp(g->accounts[i]->subscription, subscription) == 0)
            return g->accounts[i];
    if (!acgp_grow(&items, &g->account_capacity, g->account_count + 1, ACGP_LINES_MAX, sizeof a))
        return NULL;
    g->accounts = items;
    a = acgp_alloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    init_account(a, now_ms, subscription);
    g->accounts[g->account_count++] = a;
    return a;
}

static struct counter *counter_of(struct acgp_governor *g, const struct acgp_scope *scope, const char *name,
                                  int64_t window_ms, int64_t limit)
{
    void *items = g->counters;
    struct counter *c = NULL;

    for (size_t i = 0; i < g->counter_count; i++)
        if (acgp_equal_nocase(g->counters[i]->name, name) &&
            strcmp(g->counters[i]->subscription, scope->subscription) == 0 &&
            strcmp(g->counters[i]->location, scope->location) == 0)
            return g->counters[i];
    if (!acgp_grow(&items, &g->counter_capacity, g->counter_count + 1, (size_t)ACGP_LINES_MAX * ACGP_TOLD_MAX,
                   sizeof c))
        return NULL;
    g->counters = items;
    c = acgp_alloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    memcpy(c->name, name, strlen(name) + 1);
    memcpy(c->subscription, scope->subscription, sizeof c->subscription);
    memcpy(c->location, scope->location, sizeof c->location);
    acgp_window_init(&c->window, window_ms, limit);
    g->counters[g->counter_count++] = c;
    return c;
}

static bool has(const struct acgp_line *line, const struct counter *c)
{
    for (size_t i = 0; i < line->counter_count; i++)
        if (line->counters[i] == c)
            return true;
    return false;
}

/* Without memory the line goes on without this counter: the answers slow it down all the same. */
static void attach(struct acgp_governor *g, struct acgp_line *line, const char *name, int64_t window_ms,
                   int64_t limit)
{
    struct counter *c = counter_of(g, &line->scope, name, window_ms, limit);

    if (c == NULL || has(line, c) || line->counter_count == ACGP_TOLD_MAX)
        return;
    c->lines++;
    line->counters[line->counter_count++] = c;
}

static void attach_known(struct acgp_governor *g, struct acgp_line *line)
{
    const struct acgp_policy *policy = acgp_policy_of(line->scope.operation);
    char name[ACGP_TOLD_NAME_MAX];
    size_t length = policy != NULL ? strlen(policy->name) : 0;

    if (policy == NULL || length + sizeof "30Min" > sizeof name)
        return;
    memcpy(name, policy->name, length);
    memcpy(name + length, "3Min", sizeof "3Min");
    attach(g, line, name, THREE_MIN_MS, policy->in_3_min);
    memcpy(name + length, "30Min", sizeof "30Min");
    if (policy->in_30_min != 0)
        attach(g, line, name, THIRTY_MIN_MS, policy->in_30_min);
}

static void drop_line(struct acgp_governor *g, size_t at)
{
    struct acgp_line *line = g->lines[at];

    line->account->lines--;
    for (size_t i = 0; i < line->counter_count; i++)
        line->counters[i]->lines--;
    acgp_free(line);
    g->lines[at] = g->lines[--g->line_count];
    for (size_t i = g->account_count; i-- > 0;)
        if (g->accounts[i]->lines == 0) {
            acgp_free(g->accounts[i]);
            g->accounts[i] = g->accounts[--g->account_count];
        }
    for (size_t i = g->counter_count; i-- > 0;)
        if (g->counters[i]->lines == 0) {
            acgp_free(g->counters[i]);
            g->counters[i] = g->counters[--g->counter_count];
        }
}

static bool idle(const struct acgp_line *line)
{
    return line->first == NULL && line->under_way == 0;
}

static void make_room(struct acgp_governor *g)
{
    size_t oldest = g->line_count;

    if (g->line_count < ACGP_LINES_MAX)
        return;
    for (size_t i = 0; i < g->line_count; i++)
        if (idle(g->lines[i]) &&
            (oldest == g->line_count || g->lines[i]->used_ms < g->lines[oldest]->used_ms))
            oldest = i;
    if (oldest < g->line_count)
        drop_line(g, oldest);
}

static struct acgp_line *find_line(const struct acgp_governor *g, const struct acgp_scope *scope)
{
    for (size_t i = 0; i < g->line_count; i++)
        if (strcmp(g->lines[i]->scope.operation, scope->operation) == 0 &&
            strcmp(g->lines[i]->scope.subscription, scope->subscription) == 0 &&
            strcmp(g->lines[i]->scope.location, scope->location) == 0)
            return g->lines[i];
    return NULL;
}

static enum acg_status line_of(struct acgp_governor *g, int64_t now_ms, const struct acgp_scope *scope,
                               struct acgp_line **out)
{
    struct acgp_line *line = find_line(g, scope);
    void *items = NULL;

    if (line == NULL)
        make_room(g);
    *out = line != NULL ? line : &g->common;
    if (line != NULL || g->line_count == ACGP_LINES_MAX)
        return ACG_OK;
    items = g->lines;
    if (!acgp_grow(&items, &g->line_capacity, g->line_count + 1, ACGP_LINES_MAX, sizeof line))
        return ACG_ERR_NOMEM;
    g->lines = items;
    line = acgp_alloc(1, sizeof *line);
    if (line == NULL || (line->account = account_of(g, now_ms, scope->subscription)) == NULL) {
        acgp_free(line);
        return ACG_ERR_NOMEM;
    }
    line->scope = *scope;
    line->account->lines++;
    g->lines[g->line_count++] = line;
    attach_known(g, line);
    *out = line;
    return ACG_OK;
}

/* ---- who is next ---- */

static void append(struct acgp_line *line, struct acgp_ticket *t)
{
    t->prev = line->last;
    t->next = NULL;
    if (line->last != NULL)
        line->last->next = t;
    else
        line->first = t;
    line->last = t;
    t->other_line = t->client->heads;
    t->client->heads = t;
}

/* Out of the line; the client's next request in it is not moved up. */
static void unlink_head(struct acgp_line *line, struct acgp_ticket *t)
{
    struct acgp_ticket **at = &t->client->heads;

    while (*at != t)
        at = &(*at)->other_line;
    *at = t->other_line;
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        line->first = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    else
        line->last = t->prev;
    t->prev = t->next = t->other_line = NULL;
}

static struct acgp_ticket *head_in(const struct acgp_client *client, const struct acgp_line *line)
{
    struct acgp_ticket *t = client->heads;

    while (t != NULL && t->line != line)
        t = t->other_line;
    return t;
}

enum acg_status acgp_governor_enter(struct acgp_governor *g, int64_t now_ms, struct acgp_client *client,
                                    enum acgp_method method, const char *url, struct acgp_ticket *ticket)
{
    struct acgp_scope scope;
    struct acgp_line *line = NULL;
    struct acgp_ticket *head = NULL;

    acgp_scope_of(method, url, &scope);
    if (line_of(g, now_ms, &scope, &line) != ACG_OK)
        return ACG_ERR_NOMEM;
    *ticket = (struct acgp_ticket){.line = line, .client = client, .waiting = true, .entered_ms = now_ms};
    line->used_ms = now_ms;
    head = head_in(client, line);
    if (head == NULL) {
        append(line, ticket);
        return ACG_OK;
    }
    while (head->behind != NULL)
        head = head->behind;
    head->behind = ticket;
    return ACG_OK;
}

static struct acgp_bucket *bucket_of(const struct acgp_line *line)
{
    return &line->account->buckets[line->scope.kind];
}

/* Once the answers have named their counters, one that they do not name is none of theirs. */
static bool counts(const struct acgp_line *line, const struct counter *c)
{
    return !line->told || c->window.told;
}

static int64_t ready_ms(const struct acgp_line *line, int64_t now_ms)
{
    int64_t at = acgp_bucket_ready_ms(bucket_of(line), now_ms);

    if (!line->answered && line->counter_count == 0 && line->under_way >= ACGP_UNKNOWN_AT_ONCE)
        return ACGP_BUDGET_NEVER;
    at = line->still_until_ms > at ? line->still_until_ms : at;
    for (size_t i = 0; i < line->counter_count; i++) {
        int64_t own = acgp_window_ready_ms(&line->counters[i]->window, now_ms);
        if (counts(line, line->counters[i]) && own > at)
            at = own;
    }
    return at;
}

static struct acgp_ticket *serve(struct acgp_line *line, int64_t now_ms)
{
    struct acgp_ticket *t = line->first, *behind = t->behind;

    unlink_head(line, t);
    if (behind != NULL)
        append(line, behind);
    t->behind = NULL;
    t->waiting = false;
    line->under_way++;
    acgp_bucket_take(bucket_of(line), now_ms);
    for (size_t i = 0; i < line->counter_count; i++)
        acgp_window_take(&line->counters[i]->window, now_ms);
    t->counted = line->counter_count;
    return t;
}

/* It is not under way any more. */
static void over(struct acgp_ticket *t)
{
    struct acgp_line *line = t->line;

    line->under_way--;
    acgp_bucket_over(bucket_of(line));
    for (size_t i = 0; i < t->counted; i++)
        acgp_window_over(&line->counters[i]->window);
}

static const struct acgp_line *line_at(const struct acgp_governor *g, size_t i)
{
    return i < g->line_count ? g->lines[i] : &g->common;
}

struct acgp_ticket *acgp_governor_next(struct acgp_governor *g, int64_t now_ms)
{
    for (size_t n = 0; n <= g->line_count; n++) {
        size_t i = (g->turn + n) % (g->line_count + 1);
        struct acgp_line *line = i < g->line_count ? g->lines[i] : &g->common;
        if (line->first == NULL || ready_ms(line, now_ms) > now_ms)
            continue;
        g->turn = i + 1;
        return serve(line, now_ms);
    }
    return NULL;
}

bool acgp_governor_due(const struct acgp_governor *g, int64_t now_ms, int64_t *out_due_ms)
{
    int64_t due = ACGP_BUDGET_NEVER;

    for (size_t i = 0; i <= g->line_count; i++) {
        const struct acgp_line *line = line_at(g, i);
        int64_t at = line->first != NULL ? ready_ms(line, now_ms) : ACGP_BUDGET_NEVER;
        due = at < due ? at : due;
    }
    if (due != ACGP_BUDGET_NEVER)
        *out_due_ms = due;
    return due != ACGP_BUDGET_NEVER;
}

/* ---- what the answers tell ---- */

static size_t place_of(const struct acgp_line *line, const char *name)
{
    size_t i = 0;

    while (i < line->counter_count && !acgp_equal_nocase(line->counters[i]->name, name))
        i++;
    return i;
}

static void learn(struct acgp_governor *g, int64_t now_ms, struct acgp_line *line,
                  const struct acgp_response *response)
{
    struct acgp_told told[ACGP_TOLD_MAX];
    size_t count = acgp_told_policies(response, told);
    int64_t left = acgp_told_left(response, line->scope.kind);

    if (left >= 0)
        acgp_bucket_told(bucket_of(line), now_ms, left);
    for (size_t i = 0; i < count && line != &g->common; i++) {
        int64_t window_ms = acgp_told_window_ms(told[i].name);
        size_t known = line->counter_count, at = 0;
        int64_t others = 0; /* under way since before the counter was known */
        attach(g, line, told[i].name, window_ms != 0 ? window_ms : THREE_MIN_MS, 0);
        at = place_of(line, told[i].name);
        if (at == line->counter_count)
            continue;
        others = at < known ? 0 : (int64_t)line->under_way;
        acgp_window_told(&line->counters[at]->window, now_ms,
                         told[i].left > others ? told[i].left - others : 0);
        line->told = true;
    }
}

static void refused(struct acgp_governor *g, int64_t now_ms, int64_t now_unix_s, struct acgp_line *line,
                    const struct acgp_response *response)
{
    const char *cause = acgp_response_header(response, "x-ms-failure-cause");
    int64_t wait = acgp_retry_wait_ms(response, now_unix_s);
    int64_t jitter = 0, until = 0;

    if (wait == 0)
        wait = (int64_t)REFUSED_BASE_MS << (line->refused < 5 ? line->refused : 5);
    line->refused++;
    jitter = wait / 8 < JITTER_MAX_MS ? wait / 8 : JITTER_MAX_MS;
    until = now_ms + wait + random_below(g, jitter + 1);
    if (!acgp_equal_nocase(cause, "gateway") && until > line->still_until_ms)
        line->still_until_ms = until;
    if (!acgp_equal_nocase(cause, "service") && until > bucket_of(line)->still_until_ms)
        bucket_of(line)->still_until_ms = until;
}

void acgp_governor_answered(struct acgp_governor *g, int64_t now_ms, int64_t now_unix_s,
                            struct acgp_ticket *ticket, const struct acgp_response *response)
{
    struct acgp_line *line = ticket->line;

    if (line == NULL || ticket->waiting)
        return;
    over(ticket);
    if (response != NULL) {
        learn(g, now_ms, line, response);
        if (response->status == 429)
            refused(g, now_ms, now_unix_s, line, response);
        else
            line->refused = 0;
        line->answered = line->answered || response->status < 400;
    }
    ticket->line = NULL;
}

void acgp_governor_leave(struct acgp_governor *g, struct acgp_ticket *ticket)
{
    struct acgp_line *line = ticket->line;
    struct acgp_ticket *head = NULL;

    (void)g;
    if (line == NULL)
        return;
    if (!ticket->waiting) {
        over(ticket);
        ticket->line = NULL;
        return;
    }
    head = head_in(ticket->client, line);
    if (head == ticket) {
        unlink_head(line, ticket);
        if (ticket->behind != NULL)
            append(line, ticket->behind);
    } else {
        while (head->behind != ticket)
            head = head->behind;
        head->behind = ticket->behind;
    }
    ticket->line = NULL;
    ticket->behind = NULL;
}

void acgp_governor_explain(const struct acgp_governor *g, int64_t now_ms, const struct acgp_ticket *ticket,
                           struct acgp_wait *out)
{
    const struct acgp_line *line = ticket->line;
    const struct acgp_bucket *bucket = bucket_of(line);
    int64_t at = acgp_bucket_ready_ms(bucket, now_ms);

    (void)g;
    *out = (struct acgp_wait){.why = ACGP_WAIT_LINE,
                              .ready_ms = now_ms,
                              .kind = line->scope.kind,
                              .subscription = line->account->subscription,
                              .policy = ""};
    if (at > now_ms) {
        out->why = bucket->still_until_ms >= at ? ACGP_WAIT_ASKED : ACGP_WAIT_ARM;
        out->ready_ms = at;
    }
    if (line->still_until_ms > out->ready_ms) {
        out->why = ACGP_WAIT_ASKED;
        out->ready_ms = line->still_until_ms;
    }
    for (size_t i = 0; i < line->counter_count; i++) {
        int64_t own = acgp_window_ready_ms(&line->counters[i]->window, now_ms);
        if (!counts(line, line->counters[i]) || own <= out->ready_ms)
            continue;
        out->why = ACGP_WAIT_POLICY;
        out->ready_ms = own;
        out->policy = line->counters[i]->name;
    }
}
