#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve from outside: sockets and who may open them, TLS, the orderly end, health, reflection, the command line.

    serve_rim_test.py ACG_SIM ACG
"""
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_house import (ACG, SECONDS, SECRET, Authority, Server, channel_credentials, detail, follow, grpc, publish_request,  # noqa: E402
                         publisher_pb2, refused, started_sim, until_taken)
from simtest import Report, equal, holds, test, tests_of, version  # noqa: E402
from grpc.health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from grpc.reflection.v1alpha import reflection_pb2, reflection_pb2_grpc  # noqa: E402

LIST = publisher_pb2.ListRequest()
SLOW = {"version_ms": 3_600_000}


def start(*words, **environment):
    """A server that is expected to end by itself."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "ACG_"))}
    return subprocess.run([ACG, "serve", *words], env={**own, **environment}, capture_output=True, text=True, timeout=SECONDS)


LOGIN = {"AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555", "AZURE_CLIENT_ID": "sp", "AZURE_CLIENT_SECRET": SECRET}


@test
def the_unix_socket_is_for_this_user_alone_and_goes_with_the_server():
    with started_sim() as sim, Server(sim) as server:
        mode = os.stat(server.socket).st_mode
        holds(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600, oct(mode))
        equal(len(server.publisher().List(LIST, timeout=SECONDS).publishes), 0)
        equal(server.stop(), 0)
        holds(not os.path.exists(server.socket), "the socket's path is still there")


@test
def another_user_is_turned_away_even_where_the_path_lets_him_in():
    if os.geteuid() != 0:  # only root can become somebody else; the mode above holds for everybody
        return
    with started_sim() as sim, Server(sim) as server:
        os.chmod(server.folder.name, 0o755)
        os.chmod(server.socket, 0o666)
        code = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({server.socket!r}); print(len(s.recv(1)))"
        done = subprocess.run([sys.executable, "-c", code], user=65534, capture_output=True, text=True, timeout=SECONDS)
        equal(done.stdout.strip(), "0", done.stderr)
        equal(len(server.publisher().List(LIST, timeout=SECONDS).publishes), 0)
        holds("another user" in server.log(), server.log())


@test
def a_path_is_taken_over_only_from_a_server_that_is_gone():
    with started_sim() as sim, Server(sim) as server:
        listen = f"unix:{server.socket}"
        done = start("--listen", listen, **LOGIN)
        equal((done.returncode, "in use by another acg serve" in done.stderr), (75, True), done.stderr)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(timeout=SECONDS)
        holds(os.path.exists(server.socket), "a killed server leaves its path behind")
        with Server(sim, listen=[listen]) as again:
            equal(len(again.publisher().List(LIST, timeout=SECONDS).publishes), 0)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(server.socket)
            other.listen(1)
            done = start("--listen", listen, **LOGIN)
            equal((done.returncode, "in use by another program" in done.stderr), (75, True), done.stderr)
        os.unlink(server.socket)
        pathlib.Path(server.socket).write_text("precious")
        done = start("--listen", listen, **LOGIN)
        equal((done.returncode, "is no socket" in done.stderr), (75, True), done.stderr)
        equal(pathlib.Path(server.socket).read_text(), "precious")
        server.stop = lambda: 0  # it was killed above


@test
def tls_takes_clients_whose_certificate_the_authority_signed_and_no_others():
    with started_sim() as sim, tempfile.TemporaryDirectory() as folder:
        ca, stranger = Authority(folder, "ca"), Authority(folder, "stranger")
        cert, key = ca.issue("server")
        options = ["--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ca.cert]
        with Server(sim, *options, listen=["tcp:127.0.0.1:0"]) as server:
            target = server.targets[0].replace("127.0.0.1", "localhost")
            good = server.channel(target, channel_credentials(ca.cert, ca.issue("client")))
            events, error = follow(server.publisher(good).Publish(publish_request(), timeout=SECONDS))
            equal((error, events[-1].done.result.proved), (None, True))
            for pair in (None, stranger.issue("client")):
                bad = server.publisher(server.channel(target, channel_credentials(ca.cert, pair)))
                equal(refused(lambda: bad.List(LIST, timeout=SECONDS)).code(), grpc.StatusCode.UNAVAILABLE)
            plain = server.publisher(server.channel(target))
            equal(refused(lambda: plain.List(LIST, timeout=SECONDS)).code(), grpc.StatusCode.UNAVAILABLE)
            equal(len(server.publisher(good).List(LIST, timeout=SECONDS).publishes), 1)
            for old in ("-tls1", "-tls1_1"):
                host = target.partition(":")[2]
                done = subprocess.run(["openssl", "s_client", "-connect", host, old, "-cipher", "ALL:@SECLEVEL=0"], input="",
                                      capture_output=True, text=True, timeout=SECONDS)
                holds("Cipher is (NONE)" in done.stdout, done.stdout)
            holds("TLS failed" in server.log(), server.log())


@test
def tcp_without_tls_is_for_loopback_and_only_when_asked_for():
    for words, said in ((["--listen", "tcp:127.0.0.1:0"], "tcp needs --tls-cert"),
                        (["--listen", "tcp:0.0.0.0:0", "--insecure-loopback"], "127.0.0.1, [::1] and localhost only"),
                        (["--listen", "tcp:127.0.0.1:0", "--tls-cert", "x"], "missing beside the other TLS files")):
        done = start(*words, **LOGIN)
        equal((done.returncode, said in done.stderr), (2, True), done.stderr)
    with started_sim() as sim, Server(sim, "--insecure-loopback", listen=["tcp:127.0.0.1:0"]) as server:
        equal(len(server.publisher().List(LIST, timeout=SECONDS).publishes), 0)


@test
def one_server_listens_on_several_sockets():
    with started_sim() as sim, tempfile.TemporaryDirectory() as folder, \
            Server(sim, "--insecure-loopback", listen=[f"unix:{folder}/a", f"unix:{folder}/b", "tcp:localhost:0"]) as server:
        first, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
        equal(error, None)
        for target in server.targets:
            found = server.publisher(server.channel(target)).List(LIST, timeout=SECONDS).publishes
            equal([p.publish_id for p in found], [first[0].started.publish_id])


@test
def sigterm_tells_every_client_what_is_left_to_azure():
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        channel = server.channel()
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="acg.v1.Publisher"), timeout=SECONDS)
        equal(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
        call = server.publisher(channel).Publish(publish_request(), timeout=SECONDS)
        first = until_taken(call, sim)[0]
        server.process.send_signal(signal.SIGTERM)
        events, error = follow(call)
        equal((events[-1].WhichOneof("kind"), events[-1].done.error.status), ("done", "cancelled"))
        equal(events[-1].done.result.state, "running")
        equal(error.code(), grpc.StatusCode.UNAVAILABLE)
        equal(next(watch).status, health_pb2.HealthCheckResponse.NOT_SERVING)
        equal(server.process.wait(timeout=SECONDS), 0)
        left = f"publish {first.started.publish_id} is left to Azure, running: {version('7.0.0')}"
        holds(left in server.log(), server.log())
        equal([r for r in sim.log() if r["method"] == "DELETE"], [])


@test
def watches_that_were_refused_do_not_keep_others_from_the_last_word():
    with started_sim() as sim, Server(sim) as server:
        greedy, refused, watches = health_pb2_grpc.HealthStub(server.channel()), 0, []
        for _ in range(450):
            watches.append(greedy.Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS))
            try:
                next(watches[-1])
            except grpc.RpcError as error:
                refused += error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        equal(refused, 450 - 128)
        watch = health_pb2_grpc.HealthStub(server.channel()).Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        equal(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
        server.process.send_signal(signal.SIGTERM)
        equal(next(watch).status, health_pb2.HealthCheckResponse.NOT_SERVING)
        equal((watch.code(), watch.details()), (grpc.StatusCode.UNAVAILABLE, "the server is stopping"))
        equal(server.process.wait(timeout=SECONDS), 0)


@test
def health_answers_for_the_server_and_each_service():
    with started_sim() as sim, Server(sim) as server:
        health = health_pb2_grpc.HealthStub(server.channel())
        for name in ("", "acg.v1.Publisher", "acg.v1.PostProcessor"):
            got = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=SECONDS)
            equal(got.status, health_pb2.HealthCheckResponse.SERVING, name)


@test
def reflection_lists_the_services_and_describes_them():
    with started_sim() as sim, Server(sim) as server:
        stub = reflection_pb2_grpc.ServerReflectionStub(server.channel())
        asked = [reflection_pb2.ServerReflectionRequest(list_services=""),
                 reflection_pb2.ServerReflectionRequest(file_containing_symbol="acg.v1.Publisher.Publish")]
        listed, described = stub.ServerReflectionInfo(iter(asked), timeout=SECONDS)
        equal({s.name for s in listed.list_services_response.service},
              {"acg.v1.Publisher", "acg.v1.PostProcessor", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
               "grpc.reflection.v1alpha.ServerReflection"})
        holds(any(b"acg/v1/publisher.proto" in f for f in described.file_descriptor_response.file_descriptor_proto), described)


@test
def a_server_without_a_login_does_not_start():
    with tempfile.TemporaryDirectory() as folder:
        listen = ["--listen", f"unix:{folder}/acg.sock"]
        for missing, field in (("AZURE_TENANT_ID", "tenant_id"), ("AZURE_CLIENT_ID", "client_id"), ("AZURE_CLIENT_SECRET", "client_secret")):
            done = start(*listen, **{k: v for k, v in LOGIN.items() if k != missing})
            equal((done.returncode, field in done.stderr), (2, True), done.stderr)
            holds(SECRET not in done.stdout + done.stderr, "the secret is shown")
        equal(os.listdir(folder), [])


@test
def usage_is_said():
    for words, said in (([], "--listen: is missing"), (["--listen"], "needs a value"), (["--listen", "here"], "neither unix:PATH nor"),
                        (["--listen", "tcp:127.0.0.1:99999"], "neither unix:PATH nor"), (["--port", "1"], "is no option of acg serve")):
        done = start(*words, **LOGIN)
        equal((done.returncode, said in done.stderr), (2, True), done.stderr)
    done = start("--go-plugin", **LOGIN)
    equal((done.returncode, "is not the cookie of acg" in done.stderr, done.stdout), (2, True, ""), done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        ca = Authority(folder, "ca")
        cert, key = ca.issue("server")
        done = start("--listen", "tcp:build.example.com:1", "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ca.cert, **LOGIN)
        equal((done.returncode, "is no address" in done.stderr), (2, True), done.stderr)
    done = start("--help")
    equal((done.returncode, done.stdout.startswith("acg serve: publish for other programs")), (0, True))


@test
def tls_files_that_cannot_be_used_are_named():
    with tempfile.TemporaryDirectory() as folder:
        ca = Authority(folder, "ca")
        cert, key = ca.issue("server")
        other, _ = ca.issue("other")
        for files, option in (((key, key, ca.cert), "--tls-cert"), ((other, key, ca.cert), "--tls-key"), ((cert, key, key), "--tls-client-ca"),
                              ((cert, folder + "/none", ca.cert), "--tls-key")):
            words = [w for pair in zip(("--tls-cert", "--tls-key", "--tls-client-ca"), files) for w in pair]
            done = start("--listen", "tcp:127.0.0.1:0", *words, **LOGIN)
            equal((done.returncode, done.stderr.startswith(f"error: {option}: ")), (2, True), done.stderr)


def crowded(server, count):
    """That many connections that say nothing, and a client behind them that is served once they are gone."""
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(count)]
    for one in crowd:
        one.connect(server.socket)
    waiting = server.publisher().List.future(LIST, timeout=SECONDS, wait_for_ready=True)
    for one in crowd:
        one.close()
    equal(len(waiting.result().publishes), 0)


@test
def more_connections_than_the_cap_wait_until_others_are_gone():
    with started_sim() as sim, Server(sim) as server:
        for _ in range(3):
            crowded(server, 350)


@test
def connections_that_find_no_descriptor_wait_too():
    with started_sim() as sim, Server(sim, wrap=("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")) as server:
        crowded(server, 100)
        holds("no descriptor is left" in server.log(), server.log())
        equal(follow(server.publisher().Publish(publish_request(), timeout=SECONDS))[1], None)


@test
def a_ca_file_that_does_not_vouch_for_azure_is_the_servers_fault():
    with started_sim() as sim, tempfile.TemporaryDirectory() as folder:
        stranger = Authority(folder, "stranger")
        with Server(sim, ACG_CA_FILE=stranger.cert) as server:
            events, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
            equal((events[-1].done.error.status, error.code()), ("argument", grpc.StatusCode.FAILED_PRECONDITION))
            holds("is not trusted" in error.details(), error)


@test
def bytes_that_are_no_http2_end_their_connection_alone():
    with started_sim() as sim, Server(sim) as server:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(SECONDS)
            raw.connect(server.socket)
            raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while raw.recv(4096):
                pass
        equal(len(server.publisher().List(LIST, timeout=SECONDS).publishes), 0)
        error = refused(lambda: server.channel().unary_unary("/acg.v1.Publisher/Nothing")(b"", timeout=SECONDS))
        equal(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        error = refused(lambda: server.channel().unary_unary("/acg.v1.Publisher/Get")(b"\x0a\xff", timeout=SECONDS))
        equal((error.code(), detail(error).status), (grpc.StatusCode.INVALID_ARGUMENT, "protocol"))


report = Report()
report.run(tests_of(globals()))
report.end()
