#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""grpcio_test.py SERVER SET...: Python's grpcio, its messages made from the descriptor sets, against the test server: health,
reflection, gzip, deadlines, metadata, caps, many streams, a drain. Closes with "N passed, N failed"."""
import pathlib
import queue
import signal
import sys
import threading
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from serving import server

WAIT = 20  # seconds that nothing here comes near


class Schema:
    def __init__(self, sets):
        self.pool, self.files = descriptor_pool.DescriptorPool(), {}
        for path in sets:
            for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes()).file:
                self.pool.Add(file)
                self.files[file.name] = file.SerializeToString()
        self.factory = message_factory.MessageFactory(self.pool)

    def message(self, name, **fields):
        return self.type(name)(**fields)

    def type(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def call(self, channel, path):
        """A callable of the channel for "/package.Service/Method"."""
        service, method = path.lstrip("/").split("/")
        row = self.pool.FindServiceByName(service).FindMethodByName(method)
        proto = descriptor_pb2.MethodDescriptorProto()
        row.CopyToProto(proto)
        kind = f"{'stream' if proto.client_streaming else 'unary'}_{'stream' if proto.server_streaming else 'unary'}"
        return getattr(channel, kind)(path, request_serializer=lambda m: m.SerializeToString(),
                                      response_deserializer=self.factory.GetPrototype(row.output_type).FromString)


HEALTH, TEST = "/grpc.health.v1.Health/", "/grpc.testing.TestService/"


def refused(code, run):
    """Runs and returns the error, which must have that code."""
    try:
        run()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} instead of {code}: {error.details()}"
        return error
    raise AssertionError(f"no error instead of {code}")


def simple(s, **fields):
    return s.message("grpc.testing.SimpleRequest", **fields)


def flag(s, value):
    return s.message("grpc.testing.BoolValue", value=value)


def payload(s, size):
    return s.message("grpc.testing.Payload", body=b"\0" * size)


def health_check_tells_state(s, channel, _):
    check = s.call(channel, HEALTH + "Check")
    request = lambda name: s.message("grpc.health.v1.HealthCheckRequest", service=name)
    assert check(request(""), timeout=WAIT).status == 1
    assert check(request("grpc.testing.TestService"), timeout=WAIT).status == 1
    refused(grpc.StatusCode.NOT_FOUND, lambda: check(request("nobody"), timeout=WAIT))


def health_watch_tells_changes(s, channel, process):
    watch = s.call(channel, HEALTH + "Watch")
    seen = watch(s.message("grpc.health.v1.HealthCheckRequest", service="grpc.testing.TestService"), timeout=WAIT)
    unknown = watch(s.message("grpc.health.v1.HealthCheckRequest", service="nobody"), timeout=WAIT)
    assert next(unknown).status == 3
    states = [next(seen).status]
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        states.append(next(seen).status)
    assert states == [1, 2, 1], states
    seen.cancel()
    unknown.cancel()


def ask(s, channel, version, **question):
    package = f"grpc.reflection.{version}."
    info = s.call(channel, f"/{package}ServerReflection/ServerReflectionInfo")
    answers = list(info(iter([s.message(package + "ServerReflectionRequest", **question)]), timeout=WAIT))
    assert len(answers) == 1
    return answers[0]


def reflection_serves_files(s, channel, _):
    for version in ("v1", "v1alpha"):
        listed = ask(s, channel, version, list_services="*").list_services_response.service
        assert sorted(x.name for x in listed) == ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                                  "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"]
        for name, packed in s.files.items():
            got = ask(s, channel, version, file_by_filename=name).file_descriptor_response.file_descriptor_proto
            assert list(got) == [packed], name
        for symbol in ("grpc.testing.TestService", "grpc.testing.TestService.EmptyCall", "grpc.testing.Payload.body",
                       "grpc.health.v1.HealthCheckResponse.ServingStatus"):
            got = ask(s, channel, version, file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto
            assert s.files[s.pool.FindFileContainingSymbol(symbol.rsplit(".", 1)[0]).name] == got[0], symbol
        assert ask(s, channel, version, file_containing_symbol="no.such").error_response.error_code == 5
        assert ask(s, channel, version, file_by_filename="no.proto").error_response.error_code == 5
        numbers = ask(s, channel, version, all_extension_numbers_of_type="grpc.testing.Payload")
        assert numbers.all_extension_numbers_response.base_type_name == "grpc.testing.Payload"


def gzip_goes_both_ways(s, channel, _):
    unary = s.call(channel, TEST + "UnaryCall")
    request = simple(s, response_size=100000, payload=payload(s, 100000), expect_compressed=flag(s, True),
                     response_compressed=flag(s, True))
    answer = unary(request, timeout=WAIT, compression=grpc.Compression.Gzip)
    assert len(answer.payload.body) == 100000
    refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary(request, timeout=WAIT))
    request.expect_compressed.value = False
    assert len(unary(request, timeout=WAIT).payload.body) == 100000


def unknown_compression_is_refused(s, channel, _):
    error = refused(grpc.StatusCode.UNIMPLEMENTED, lambda: s.call(channel, TEST + "UnaryCall")(
        simple(s, payload=payload(s, 5000)), timeout=WAIT, compression=grpc.Compression.Deflate))
    assert "deflate" in error.details()


def deadline_ends_a_call(s, channel, _):
    late = s.message("grpc.testing.StreamingOutputCallRequest")
    late.response_parameters.add(size=1, interval_us=WAIT * 10 * 1000000)
    stream = s.call(channel, TEST + "StreamingOutputCall")
    refused(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stream(late, timeout=0.05)))


def metadata_comes_back(s, channel, _):
    data = bytes(range(256)) * 16
    full = s.call(channel, TEST + "UnaryCall").with_call
    _, call = full(simple(s), timeout=WAIT, metadata=[("x-grpc-test-echo-initial", "hello"),
                                                      ("x-grpc-test-echo-trailing-bin", data[:200])])
    assert ("x-grpc-test-echo-initial", "hello") in list(call.initial_metadata())
    assert ("x-grpc-test-echo-trailing-bin", data[:200]) in list(call.trailing_metadata())


def big_metadata_is_taken_and_too_big_refused(s, channel, _):
    unary = s.call(channel, TEST + "UnaryCall")
    unary(simple(s), timeout=WAIT, metadata=[(f"x-big-{i}", "v" * 6000) for i in range(9)])
    refused(grpc.StatusCode.RESOURCE_EXHAUSTED,
            lambda: unary(simple(s), timeout=WAIT, metadata=[(f"x-big-{i}", "v" * 6000) for i in range(12)]))


def too_large_message_is_refused(s, channel, _):
    refused(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: s.call(channel, TEST + "UnaryCall")(
        simple(s, payload=payload(s, 4 * 1024 * 1024)), timeout=WAIT))


def garbage_is_refused(s, channel, _):
    raw = channel.unary_unary(TEST + "UnaryCall")
    refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: raw(b"\xff\xff\xff", timeout=WAIT))
    refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: raw(b"\x3a\x04\x12\x02\xc0\x80", timeout=WAIT))


def thousand_streams_share_a_connection(s, channel, _):
    full = s.call(channel, TEST + "FullDuplexCall")
    questions = [queue.Queue() for _ in range(1000)]
    request = s.message("grpc.testing.StreamingOutputCallRequest")
    request.response_parameters.add(size=100)
    calls = [full(iter(q.get, None), timeout=10 * WAIT) for q in questions]
    for _ in range(3):
        for q in questions:
            q.put(request)
        assert all(len(next(c).payload.body) == 100 for c in calls)
    for q in questions:
        q.put(None)
    assert all(list(c) == [] for c in calls)


def drain_lets_a_call_finish(s, channel, process):
    full = s.call(channel, TEST + "FullDuplexCall")
    questions = queue.Queue()
    request = s.message("grpc.testing.StreamingOutputCallRequest")
    request.response_parameters.add(size=7)
    call = full(iter(questions.get, None), timeout=WAIT)
    questions.put(request)
    assert len(next(call).payload.body) == 7
    gone = threading.Event()
    channel.subscribe(lambda state: gone.set() if state == grpc.ChannelConnectivity.IDLE else None)
    process.send_signal(signal.SIGTERM)
    assert gone.wait(WAIT), "no GOAWAY came"
    questions.put(request)
    assert len(next(call).payload.body) == 7
    questions.put(None)
    assert list(call) == [] and call.code() == grpc.StatusCode.OK


CASES = [health_check_tells_state, health_watch_tells_changes, reflection_serves_files, gzip_goes_both_ways,
         unknown_compression_is_refused, deadline_ends_a_call, metadata_comes_back, big_metadata_is_taken_and_too_big_refused,
         too_large_message_is_refused, garbage_is_refused, thousand_streams_share_a_connection, drain_lets_a_call_finish]


def main():
    schema, failed = Schema(sys.argv[2:]), 0
    with server(sys.argv[1]) as (process, port, path):
        for case in CASES:
            address = f"unix:{path}" if CASES.index(case) % 2 else f"127.0.0.1:{port}"
            with grpc.insecure_channel(address, options=[("grpc.max_metadata_size", 1 << 17), ("grpc.max_send_message_length", -1),
                                                         ("grpc.use_local_subchannel_pool", 1)]) as channel:
                try:
                    case(schema, channel, process)
                    print(f"pass {case.__name__}")
                except Exception:  # every case has its say
                    failed += 1
                    print(f"FAIL {case.__name__}\n{traceback.format_exc()}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
