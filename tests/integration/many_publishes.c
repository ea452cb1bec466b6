/* SPDX-License-Identifier: MPL-2.0 */
/** Many publishes at once in one process and one thread, against a simulator whose clock is turned by hand:
 * time passes, here and there alike, only while nothing is under way. An hour of throttling takes seconds so.
 *
 *      many_publishes BASE COUNT SOURCES   COUNT versions 1.0.N of MyImage, of images many-0 to
 * many-(SOURCES-1)
 *
 * Prints one line of JSON: how many failed, how long it took by that clock, and what was said about waiting.
 */
#include <acg/acg.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/publisher.h"
#include "engine/transport_curl.h"

#define COMPUTE                                                                                              \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/MyResourceGroup/providers/"          \
    "Microsoft.Compute/"

enum { MANY_MAX = 10000, GIVE_UP_MS = 12 * 3600 * 1000 };

/** The real transport, with the real time for what curl does, and a count of what is under way. */
struct counting {
    struct acgp_transport base;
    struct acgp_transport *inner;
    size_t in_flight, most;
};

static struct {
    int64_t now_ms;
    int control; /* connected to the simulator */
    unsigned short port;
} world;

struct tally {
    size_t over, failed, waits, turns;
    struct acg_error error; /* the first */
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static int64_t real_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return world.now_ms;
}

static int64_t now_unix_s(void *context)
{
    (void)context;
    return 1900000000 + world.now_ms / 1000;
}

/* ---- the simulator's clock ---- */

static void connect_control(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(world.port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world.control = socket(AF_INET, SOCK_STREAM, 0);
    if (world.control < 0 || connect(world.control, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
}

/* The answer is small: its body is there when its last brace is. */
static void advance(int64_t ms)
{
    char text[400], body[64];
    size_t got = 0;
    int length = snprintf(body, sizeof body, "{\"ms\": %lld}", (long long)ms);

    length = snprintf(text, sizeof text,
                      "POST /_sim/advance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                      "Content-Length: %d\r\n\r\n%s",
                      length, body);
    if (write(world.control, text, (size_t)length) != length)
        die("write");
    while (got == 0 || text[got - 1] != '}') {
        ssize_t n = read(world.control, text + got, sizeof text - 1 - got);
        if (n <= 0)
            die("read");
        got += (size_t)n;
    }
    text[got] = '\0';
    if (strstr(text, " 200 ") == NULL)
        die("the simulator does not move its clock");
    world.now_ms += ms;
}

/* ---- the transport ---- */

static struct counting *counting_of(struct acgp_transport *t)
{
    return (struct counting *)t; /* its first member */
}

static enum acg_status start(struct acgp_transport *t, int64_t now, const struct acgp_send *send,
                             struct acgp_transfer **out, struct acg_error *err)
{
    struct counting *c = counting_of(t);
    enum acg_status status = c->inner->calls->start(c->inner, real_ms(), send, out, err);

    (void)now;
    c->in_flight += status == ACG_OK;
    c->most = c->in_flight > c->most ? c->in_flight : c->most;
    return status;
}

static void stop(struct acgp_transport *t, struct acgp_transfer *transfer)
{
    struct counting *c = counting_of(t);

    c->in_flight--;
    c->inner->calls->stop(c->inner, transfer);
}

static enum acg_status turn(struct acgp_transport *t, int64_t now, struct acg_error *err)
{
    (void)now;
    return counting_of(t)->inner->calls->turn(counting_of(t)->inner, real_ms(), err);
}

static bool next_outcome(struct acgp_transport *t, struct acgp_ended *out)
{
    bool any = counting_of(t)->inner->calls->next_outcome(counting_of(t)->inner, out);

    counting_of(t)->in_flight -= any;
    return any;
}

static int poll_fd(const struct acgp_transport *t)
{
    const struct counting *c = (const struct counting *)t;

    return c->inner->calls->poll_fd(c->inner);
}

/* curl's own timers are real: the loop below looks after them. */
static bool due_ms(const struct acgp_transport *t, int64_t *out)
{
    (void)t, (void)out;
    return false;
}

static void free_counting(struct acgp_transport *t)
{
    (void)t; /* main has it */
}

static const struct acgp_transport_calls calls = {start,   stop,   turn,          next_outcome,
                                                  poll_fd, due_ms, free_counting, NULL};

/* ---- publishes ---- */

static void submit(struct acg_publisher *pub, int i, int sources, struct acg_publish **out)
{
    struct acg_publish_options o = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_target_region region = {.name = "westus"};
    char version[256], source[256];
    struct acg_error err;

    snprintf(version, sizeof version, COMPUTE "galleries/MyGallery/images/MyImage/versions/1.0.%d", i);
    snprintf(source, sizeof source, COMPUTE "images/many-%d", i % sources);
    o.gallery_image_version_id = version;
    o.source.managed_image = source;
    o.location = "westus";
    o.timeout_ms = GIVE_UP_MS;
    o.target_regions = &region;
    o.target_region_count = 1;
    region.encryption.disk_encryption_set_id = COMPUTE "diskEncryptionSets/WestUSDiskEncryptionSet1";
    if (acg_publisher_submit(pub, &o, out, &err) != ACG_OK) {
        fprintf(stderr, "submit: %s: %s\n", err.field, err.message);
        exit(2);
    }
}

static void pull(struct acg_publisher *pub, struct tally *tally)
{
    const struct acg_event *e = NULL;

    while (acg_publisher_next_event(pub, &e)) {
        bool notice = e->kind == ACG_EVENT_NOTICE;
        tally->waits += notice && strncmp(e->text, "waiting ", 8) == 0 && strstr(e->text, "source") == NULL;
        tally->turns += notice && strncmp(e->text, "waiting for another publish", 27) == 0;
        if (e->kind != ACG_EVENT_DONE)
            continue;
        tally->over++;
        tally->failed += e->error->status != ACG_OK;
        if (e->error->status != ACG_OK && tally->error.status == ACG_OK)
            tally->error = *e->error;
    }
}

static void wait_for_answers(struct counting *c)
{
    struct pollfd fd = {.fd = c->inner->calls->poll_fd(c->inner), .events = POLLIN};
    int64_t due = 0, now = real_ms();
    int wait =
        c->inner->calls->due_ms(c->inner, &due) && due < now + 1000 ? (int)(due > now ? due - now : 0) : 1000;

    if (poll(&fd, 1, wait) < 0)
        die("poll");
}

static void run(struct acg_publisher *pub, struct counting *c, size_t count, struct tally *tally)
{
    struct acg_error err;
    int64_t due = 0;

    while (tally->over < count && world.now_ms < GIVE_UP_MS) {
        if (acgp_turn(pub, world.now_ms, &err) != ACG_OK) {
            fprintf(stderr, "turn: %s\n", err.message);
            exit(2);
        }
        pull(pub, tally);
        if (c->in_flight != 0)
            wait_for_answers(c);
        else if (tally->over < count && acgp_turn_due(pub, &due) && due > world.now_ms)
            advance(due - world.now_ms);
    }
}

static struct acg_credential *login(const char *base)
{
    struct acg_client_secret_options o = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acg_error err;

    o.tenant_id = "11111111-2222-3333-4444-555555555555";
    o.client_id = "sp";
    o.client_secret = "secret";
    o.authority_host = base;
    if (acg_credential_client_secret_new(&o, &credential, &err) != ACG_OK) {
        fprintf(stderr, "login: %s\n", err.message);
        exit(2);
    }
    return credential;
}

int main(int argc, char **argv)
{
    static struct acg_publish *publishes[MANY_MAX];
    struct acg_publisher_options opts = ACG_PUBLISHER_OPTIONS_INIT;
    struct acgp_clock clock = {.now_ms = now_ms, .now_unix_s = now_unix_s};
    struct counting c = {.base = {&calls}};
    struct acg_credential *credential = NULL;
    struct acg_publisher *pub = NULL;
    static struct tally tally;
    struct acg_error err;
    int count = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0,
        sources = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;

    if (count < 1 || count > MANY_MAX || sources < 1 || strrchr(argv[1], ':') == NULL)
        return 2;
    world.port = (unsigned short)strtol(strrchr(argv[1], ':') + 1, NULL, 10);
    connect_control();
    credential = login(argv[1]);
    opts.resource_manager_endpoint = argv[1];
    if (acgp_transport_curl_new(NULL, NULL, &c.inner, &err) != ACG_OK ||
        acgp_publisher_make(&opts, credential, &c.base, &clock, 7, &pub, &err) != ACG_OK) {
        fprintf(stderr, "publisher: %s\n", err.message);
        return 2;
    }
    for (int i = 0; i < count; i++)
        submit(pub, i, sources, &publishes[i]);
    run(pub, &c, (size_t)count, &tally);
    printf("{\"over\": %zu, \"failed\": %zu, \"seconds\": %lld, \"waits\": %zu, \"turns\": %zu, "
           "\"most_at_once\": %zu}\n",
           tally.over, tally.failed, (long long)(world.now_ms / 1000), tally.waits, tally.turns, c.most);
    if (tally.failed != 0)
        fprintf(stderr, "%s\n", tally.error.message);
    for (int i = 0; i < count; i++)
        acg_publish_free(publishes[i]);
    acg_publisher_free(pub);
    c.inner->calls->free(c.inner);
    acg_credential_free(credential);
    close(world.control);
    return tally.failed != 0 || tally.over != (size_t)count;
}
