/* SPDX-License-Identifier: MPL-2.0 */
/* The curl transport against a server on loopback, over plain HTTP. */
#include "testlib/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/span.h"
#include "engine/loop.h"
#include "engine/transport_curl.h"
#include "server.h"

enum { PATIENCE_MS = 10000, BIG = 5 * 1024 * 1024 };

struct bench {
    struct acgp_transport *net;
    struct server server;
    struct acgp_ended ended; /* the last outcome, lent */
    size_t outcomes;
};

static int64_t now(void)
{
    return acgp_system_clock.now_ms(NULL);
}

static void begin(struct bench *b)
{
    *b = (struct bench){0};
    server_begin(&b->server);
    assert_int_equal(acgp_transport_curl_new(NULL, "host-test/1", &b->net, NULL), ACG_OK);
}

static void end(struct bench *b)
{
    b->net->calls->free(b->net);
    server_end(&b->server);
}

static struct acgp_request make(const struct bench *b, enum acgp_method method, const char *path,
                                const char *body)
{
    struct acgp_request r = {.method = method,
                             .url = acgp_printf("http://127.0.0.1:%u%s", b->server.port, path)};

    assert_non_null(r.url);
    if (body != NULL) {
        r.body = acgp_strdup(body);
        r.content_type = "application/json";
    }
    memcpy(r.client_request_id, "11111111-0000-0000-0000-000000000000", 37);
    return r;
}

static struct acgp_transfer *start(struct bench *b, const struct acgp_request *message, int64_t timeout_ms)
{
    struct acgp_transfer *t = NULL;
    struct acgp_send send = {.message = message, .timeout_ms = timeout_ms, .owner = b};

    assert_int_equal(b->net->calls->start(b->net, now(), &send, &t, NULL), ACG_OK);
    return t;
}

/* One turn of both sides; waits for either. */
static void turn(struct bench *b)
{
    struct pollfd polls[SERVER_CONNECTIONS + 2] = {{.fd = b->net->calls->poll_fd(b->net), .events = POLLIN},
                                                   {.fd = b->server.fd, .events = POLLIN}};
    int64_t due = 0, wait = 20;

    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        polls[i + 2] =
            (struct pollfd){.fd = b->server.at[i].complete ? -1 : b->server.at[i].fd, .events = POLLIN};
    if (b->net->calls->due_ms(b->net, &due) && due - now() < wait)
        wait = due > now() ? due - now() : 0;
    assert_true(poll(polls, SERVER_CONNECTIONS + 2, (int)wait) >= 0);
    server_turn(&b->server);
    assert_int_equal(b->net->calls->turn(b->net, now(), NULL), ACG_OK);
    if (b->net->calls->next_outcome(b->net, &b->ended))
        b->outcomes++;
}

static int wait_request(struct bench *b, const char *text)
{
    int64_t until = now() + PATIENCE_MS;

    while (server_find(&b->server, text) < 0) {
        if (now() > until)
            fail_msg("no request with %s came", text);
        turn(b);
    }
    return server_find(&b->server, text);
}

static void wait_outcome(struct bench *b)
{
    size_t before = b->outcomes;
    int64_t until = now() + PATIENCE_MS;

    while (b->outcomes == before) {
        if (now() > until)
            fail_msg("no outcome came");
        turn(b);
    }
}

static void wait_failure(struct bench *b, enum acgp_failure_kind kind)
{
    wait_outcome(b);
    assert_non_null(b->ended.failure);
    assert_null(b->ended.response);
    assert_int_equal(b->ended.failure->kind, kind);
    assert_true(b->ended.failure->error.message[0] != '\0');
}

static void wait_status(struct bench *b, int status)
{
    wait_outcome(b);
    assert_null(b->ended.failure);
    assert_non_null(b->ended.response);
    assert_int_equal(b->ended.response->status, status);
}

static void a_get_has_the_headers_arm_wants_and_brings_the_answer(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    struct acgp_secret token = {NULL, 0};
    struct acgp_transfer *t = NULL;
    struct acgp_send send = {.timeout_ms = 5000};
    const char *text = NULL;
    int c = 0;

    begin(&b);
    get = make(&b, ACGP_GET, "/a?api-version=1", NULL);
    assert_true(acgp_secret_set(&token, acgp_span("tok.en")));
    send.message = &get;
    send.bearer = &token;
    send.owner = &b;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_OK);
    acgp_secret_done(&token); /* borrowed for the call only */
    c = wait_request(&b, "GET /a?api-version=1 HTTP/1.1\r\n");
    text = b.server.at[c].text;
    assert_non_null(strstr(text, "\r\nAuthorization: Bearer tok.en\r\n"));
    assert_non_null(strstr(text, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(text, "\r\nx-ms-client-request-id: 11111111-0000-0000-0000-000000000000\r\n"));
    assert_non_null(strstr(text, "\r\nUser-Agent: acg/"));
    assert_non_null(strstr(text, " host-test/1\r\n"));
    assert_null(strstr(text, "Content-Type"));
    server_answer(&b.server, c, 200, "X-Ms-Request-Id:  abc \r\n", "{}");
    wait_status(&b, 200);
    assert_ptr_equal(b.ended.owner, &b);
    assert_string_equal(acgp_response_header(b.ended.response, "x-ms-request-id"), "abc");
    assert_string_equal(b.ended.response->body.data, "{}");
    acgp_request_done(&get);
    end(&b);
}

static void a_put_sends_its_body_at_once(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request put;
    int c = 0;

    begin(&b);
    put = make(&b, ACGP_PUT, "/v", "{\"location\":\"westus\"}");
    start(&b, &put, 5000);
    c = wait_request(&b, "PUT /v HTTP/1.1\r\n");
    assert_non_null(strstr(b.server.at[c].text, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(b.server.at[c].text, "\r\nContent-Length: 21\r\n"));
    assert_non_null(strstr(b.server.at[c].text, "\r\n\r\n{\"location\":\"westus\"}"));
    assert_null(strstr(b.server.at[c].text, "Expect"));
    assert_null(strstr(b.server.at[c].text, "chunked"));
    server_answer(&b.server, c, 201, "", "");
    wait_status(&b, 201);
    acgp_request_done(&put);
    end(&b);
}

static void a_form_is_the_body_of_a_post(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request post;
    struct acgp_secret form = {NULL, 0};
    struct acgp_transfer *t = NULL;
    struct acgp_send send = {.timeout_ms = 5000};
    int c = 0;

    begin(&b);
    post = make(&b, ACGP_POST, "/token", NULL);
    post.content_type = "application/x-www-form-urlencoded";
    assert_true(acgp_secret_set(&form, acgp_span("client_secret=x%26y")));
    send.message = &post;
    send.form = &form;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_OK);
    c = wait_request(&b, "POST /token HTTP/1.1\r\n");
    assert_non_null(strstr(b.server.at[c].text, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(b.server.at[c].text, "\r\n\r\nclient_secret=x%26y"));
    assert_null(strstr(b.server.at[c].text, "Authorization"));
    server_answer(&b.server, c, 200, "", "{\"access_token\":\"t\"}");
    wait_status(&b, 200);
    assert_string_equal(b.ended.response->body.data, "{\"access_token\":\"t\"}");
    acgp_secret_done(&form);
    acgp_request_done(&post);
    end(&b);
}

static void a_login_shows_its_key_and_its_further_header(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    struct acgp_secret key = {NULL, 0};
    struct acgp_transfer *t = NULL;
    struct acgp_send send = {
        .key_name = "Authorization: Basic ", .header = "Metadata: true", .login = true, .timeout_ms = 5000};
    int c = 0;

    begin(&b);
    get = make(&b, ACGP_GET, "/token", NULL);
    assert_true(acgp_secret_set(&key, acgp_span("the-key\n")));
    send.message = &get;
    send.key = &key;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_OK);
    c = wait_request(&b, "GET /token HTTP/1.1\r\n");
    assert_non_null(strstr(b.server.at[c].text, "\r\nMetadata: true\r\n"));
    assert_non_null(strstr(b.server.at[c].text, "\r\nAuthorization: Basic the-key\r\n"));
    server_answer(&b.server, c, 200, "", "{}");
    wait_status(&b, 200);
    acgp_secret_done(&key);
    acgp_request_done(&get);
    end(&b);
}

static void a_key_that_would_be_two_headers_is_not_sent(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    struct acgp_secret key = {NULL, 0};
    struct acgp_transfer *t = NULL;
    struct acg_error err = {0};
    struct acgp_send send = {.key_name = "secret: ", .key = &key, .login = true, .timeout_ms = 5000};

    begin(&b);
    get = make(&b, ACGP_GET, "/token", NULL);
    assert_true(acgp_secret_set(&key, acgp_span("one\r\nX-Two: 2")));
    send.message = &get;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, &err), ACG_ERR_AUTH);
    assert_null(strstr(err.message, "X-Two"));
    acgp_secret_done(&key);
    acgp_request_done(&get);
    end(&b);
}

static void clear_text_goes_to_the_link_of_a_vm_for_a_login_alone(void **st)
{
    (void)st;
    struct bench b;
    char url[] = "http://169.254.169.254/metadata", far[] = "http://10.0.0.1/metadata";
    struct acgp_request get = {.method = ACGP_GET, .url = url};
    struct acgp_transfer *t = NULL;
    struct acgp_send send = {.message = &get, .login = true, .direct = true, .timeout_ms = 5000};

    begin(&b);
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_OK);
    b.net->calls->stop(b.net, t);
    send.direct = false;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_ERR_INTERNAL);
    send.direct = true;
    get.url = far;
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_ERR_INTERNAL);
    end(&b);
}

static void a_redirect_is_an_answer(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 5000);
    server_answer(&b.server, wait_request(&b, "GET /a"), 302, "Location: /elsewhere\r\n", "");
    wait_status(&b, 302);
    assert_int_equal(b.server.requests, 1);
    acgp_request_done(&get);
    end(&b);
}

static void interim_answers_are_passed_over(void **st)
{
    (void)st;
    static const char text[] = "HTTP/1.1 103 Early Hints\r\nx-early: 1\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-late: 1\r\n\r\n{}";
    struct bench b;
    struct acgp_request get;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 5000);
    server_send(&b.server, wait_request(&b, "GET /a"), text, sizeof text - 1);
    wait_status(&b, 200);
    assert_null(acgp_response_header(b.ended.response, "x-early"));
    assert_string_equal(acgp_response_header(b.ended.response, "x-late"), "1");
    acgp_request_done(&get);
    end(&b);
}

static void connections_are_kept_and_two_gets_go_side_by_side(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request first, second, third;
    int c1 = 0, c2 = 0;

    begin(&b);
    first = make(&b, ACGP_GET, "/first", NULL);
    second = make(&b, ACGP_GET, "/second", NULL);
    third = make(&b, ACGP_GET, "/third", NULL);
    start(&b, &first, 5000);
    server_answer(&b.server, wait_request(&b, "GET /first"), 200, "", "{}");
    wait_status(&b, 200);
    start(&b, &first, 5000);
    start(&b, &second, 5000);
    start(&b, &third, 5000);
    c1 = wait_request(&b, "GET /first");
    c2 = wait_request(&b, "GET /second");
    assert_int_not_equal(c1, c2);
    assert_int_equal(b.server.connections, 2);
    server_answer(&b.server, c1, 200, "", "{}");
    wait_status(&b, 200);
    server_answer(&b.server, wait_request(&b, "GET /third"), 200, "", "{}");
    wait_status(&b, 200);
    server_answer(&b.server, c2, 200, "", "{}");
    wait_status(&b, 200);
    assert_int_equal(b.server.connections, 2); /* the third one waited for a connection */
    acgp_request_done(&first);
    acgp_request_done(&second);
    acgp_request_done(&third);
    end(&b);
}

static void nobody_listening_means_not_sent(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    server_end(&b.server);
    start(&b, &get, 5000);
    wait_failure(&b, ACGP_FAILURE_NOT_SENT);
    assert_int_equal(b.ended.failure->error.status, ACG_ERR_TRANSPORT);
    assert_non_null(strstr(b.ended.failure->error.message, "127.0.0.1:"));
    acgp_request_done(&get);
    end(&b);
}

static void a_connection_that_breaks_before_the_answer_means_lost(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request put;

    begin(&b);
    put = make(&b, ACGP_PUT, "/v?signature=secret", "{}");
    start(&b, &put, 5000);
    server_hang_up(&b.server, wait_request(&b, "PUT /v"));
    wait_failure(&b, ACGP_FAILURE_LOST);
    assert_null(strstr(b.ended.failure->error.message, "signature"));
    assert_int_equal(b.server.requests, 1);
    acgp_request_done(&put);
    end(&b);
}

static void a_put_on_a_connection_that_dies_is_never_sent_twice(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get, put;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    put = make(&b, ACGP_PUT, "/v", "{}");
    start(&b, &get, 5000);
    server_answer(&b.server, wait_request(&b, "GET /a"), 200, "", "{}");
    wait_status(&b, 200);
    start(&b, &put, 5000);
    server_hang_up(&b.server,
                   wait_request(&b, "PUT /v")); /* on the reused connection, without a byte of answer */
    wait_failure(&b, ACGP_FAILURE_LOST);
    for (int i = 0; i < 5; i++)
        turn(&b);
    assert_int_equal(b.server.requests, 2);
    acgp_request_done(&get);
    acgp_request_done(&put);
    end(&b);
}

static void a_broken_body_means_lost(void **st)
{
    (void)st;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":";
    struct bench b;
    struct acgp_request get;
    int c = 0;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 5000);
    c = wait_request(&b, "GET /a");
    server_send(&b.server, c, text, sizeof text - 1);
    server_hang_up(&b.server, c);
    wait_failure(&b, ACGP_FAILURE_LOST);
    acgp_request_done(&get);
    end(&b);
}

static void silence_ends_at_the_deadline(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 150);
    wait_request(&b, "GET /a");
    wait_failure(&b, ACGP_FAILURE_LOST);
    assert_non_null(strstr(b.ended.failure->error.message, "within 150 ms"));
    acgp_request_done(&get);
    end(&b);
}

static void a_body_past_the_cap_is_refused(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    char head[128];
    char *piece = calloc(1, 65536);
    int c = 0;

    assert_non_null(piece);
    memset(piece, 'x', 65536);
    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 9000);
    c = wait_request(&b, "GET /a");
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG);
    server_send(&b.server, c, head, strlen(head));
    for (size_t sent = 0; sent < BIG && b.outcomes == 0; sent += 65536) {
        server_send(&b.server, c, piece, 65536);
        turn(&b);
    }
    assert_int_equal(b.outcomes, 1);
    assert_non_null(b.ended.failure);
    assert_int_equal(b.ended.failure->kind, ACGP_FAILURE_TOO_LARGE);
    assert_int_equal(b.ended.failure->error.status, ACG_ERR_PROTOCOL);
    free(piece);
    acgp_request_done(&get);
    end(&b);
}

static void headers_past_the_cap_are_refused(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    char line[1024];
    int c = 0;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 9000);
    c = wait_request(&b, "GET /a");
    memset(line, 'h', sizeof line);
    memcpy(line + sizeof line - 6, ": 1\r\n", 5);
    server_send(&b.server, c, "HTTP/1.1 200 OK\r\n", 17);
    for (int i = 0; i < 80 && b.outcomes == 0; i++) {
        server_send(&b.server, c, line, sizeof line - 1);
        turn(&b);
    }
    server_send(&b.server, c, "\r\n", 2);
    if (b.outcomes == 0)
        wait_outcome(&b);
    assert_non_null(b.ended.failure);
    assert_int_equal(b.ended.failure->kind, ACGP_FAILURE_TOO_LARGE);
    acgp_request_done(&get);
    end(&b);
}

static void a_stopped_transfer_has_no_outcome(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;
    struct acgp_transfer *t = NULL;

    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    t = start(&b, &get, 5000);
    wait_request(&b, "GET /a");
    b.net->calls->stop(b.net, t);
    for (int i = 0; i < 5; i++)
        turn(&b);
    assert_int_equal(b.outcomes, 0);
    start(&b, &get, 5000); /* left running: freed with the transport */
    turn(&b);
    acgp_request_done(&get);
    end(&b);
}

static void the_environments_proxy_is_not_used_for_this_machine(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_request get;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    begin(&b);
    get = make(&b, ACGP_GET, "/a", NULL);
    start(&b, &get, 5000);
    server_answer(&b.server, wait_request(&b, "GET /a"), 200, "", "{}");
    wait_status(&b, 200);
    unsetenv("http_proxy");
    acgp_request_done(&get);
    end(&b);
}

static void clear_http_to_another_machine_is_not_begun(void **st)
{
    (void)st;
    struct bench b;
    struct acgp_transfer *t = NULL;
    struct acgp_request get = {.method = ACGP_GET, .url = acgp_strdup("http://management.azure.com/")};
    struct acgp_send send = {.message = &get, .timeout_ms = 1000};

    begin(&b);
    assert_int_equal(b.net->calls->start(b.net, now(), &send, &t, NULL), ACG_ERR_INTERNAL);
    assert_null(t);
    acgp_request_done(&get);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_has_the_headers_arm_wants_and_brings_the_answer),
        cmocka_unit_test(a_put_sends_its_body_at_once),
        cmocka_unit_test(a_form_is_the_body_of_a_post),
        cmocka_unit_test(a_login_shows_its_key_and_its_further_header),
        cmocka_unit_test(a_key_that_would_be_two_headers_is_not_sent),
        cmocka_unit_test(clear_text_goes_to_the_link_of_a_vm_for_a_login_alone),
        cmocka_unit_test(a_redirect_is_an_answer),
        cmocka_unit_test(interim_answers_are_passed_over),
        cmocka_unit_test(connections_are_kept_and_two_gets_go_side_by_side),
        cmocka_unit_test(nobody_listening_means_not_sent),
        cmocka_unit_test(a_connection_that_breaks_before_the_answer_means_lost),
        cmocka_unit_test(a_put_on_a_connection_that_dies_is_never_sent_twice),
        cmocka_unit_test(a_broken_body_means_lost),
        cmocka_unit_test(silence_ends_at_the_deadline),
        cmocka_unit_test(a_body_past_the_cap_is_refused),
        cmocka_unit_test(headers_past_the_cap_are_refused),
        cmocka_unit_test(a_stopped_transfer_has_no_outcome),
        cmocka_unit_test(the_environments_proxy_is_not_used_for_this_machine),
        cmocka_unit_test(clear_http_to_another_machine_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
