/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/handshake.h"

static struct pkr_listener opened(void)
{
    struct pkr_listener listener = {.fd = -1};
    assert_int_equal(pkr_listener_open("/tmp", &listener, NULL), ACG_OK);
    return listener;
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void only_the_right_cookie_counts(void **st)
{
    (void)st;
    assert_true(pkr_cookie_is_right("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"));
    assert_false(pkr_cookie_is_right("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b"));
    assert_false(pkr_cookie_is_right(""));
    assert_false(pkr_cookie_is_right(NULL));
}

static void the_socket_is_for_this_user_alone(void **st)
{
    mode_t before = umask(027);
    struct pkr_listener listener = opened();
    struct stat info;
    (void)st;
    assert_int_equal(umask(before), 027); /* the process's mask is as it was */
    assert_int_equal(lstat(listener.path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true((fcntl(listener.fd, F_GETFD) & FD_CLOEXEC) != 0);
    pkr_listener_close(&listener);
    pkr_listener_close(&listener); /* twice is fine */
}

static void a_connection_is_taken_and_does_not_block(void **st)
{
    struct pkr_listener listener = opened();
    volatile sig_atomic_t stop = 0;
    int peer = dial(listener.path), fd = -1;
    (void)st;
    assert_int_equal(pkr_listener_accept(&listener, 10000, &stop, &fd, NULL), ACG_OK);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    pkr_listener_close(&listener);
    assert_int_equal(access(listener.path, F_OK), -1);
    assert_int_equal(write(peer, "x", 1), 1);
    char got;
    assert_int_equal(read(fd, &got, 1), 1);
    (void)close(fd);
    (void)close(peer);
}

static void nobody_is_waited_for_longer_than_asked(void **st)
{
    struct pkr_listener listener = opened();
    volatile sig_atomic_t stop = 0;
    struct acg_error err;
    int fd = -1;
    (void)st;
    assert_int_equal(pkr_listener_accept(&listener, 1, &stop, &fd, &err), ACG_ERR_TIMEOUT);
    assert_int_equal(fd, -1);
    stop = 1;
    assert_int_equal(pkr_listener_accept(&listener, 60000, &stop, &fd, &err), ACG_ERR_CANCELLED);
    pkr_listener_close(&listener);
}

static void a_folder_that_fails_is_named(void **st)
{
    struct pkr_listener listener = {.fd = -1};
    struct acg_error err;
    (void)st;
    assert_int_equal(pkr_listener_open("/nonexistent-folder", &listener, &err), ACG_ERR_TRANSPORT);
    assert_non_null(strstr(err.message, "/nonexistent-folder"));
    assert_int_equal(listener.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_right_cookie_counts),
        cmocka_unit_test(the_socket_is_for_this_user_alone),
        cmocka_unit_test(a_connection_is_taken_and_does_not_block),
        cmocka_unit_test(nobody_is_waited_for_longer_than_asked),
        cmocka_unit_test(a_folder_that_fails_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
