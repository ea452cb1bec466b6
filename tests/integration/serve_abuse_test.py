#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve, abused: each client below means harm. Its connection ends with the right code, the server's memory stays under a bound, and a
client beside it that follows a publish gets its answers all the time.

    serve_abuse_test.py ACG_SIM ACG
"""
import gzip
import itertools
import json
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import h2_raw as h2  # noqa: E402
from h2_raw import Raw, call, frame, message, rst, settings, window_update  # noqa: E402
from serve_house import ACG, SECONDS, Server, configuration, follow, publish_request, publisher_pb2, started_sim, until_taken  # noqa: E402
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

SLOW = {"version_ms": 3_600_000}
WATCH, TALK = "/grpc.health.v1.Health/Watch", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
GET, SPEC = "/acg.v1.Publisher/Get", "/acg.v1.PostProcessor/ConfigSpec"
INVALID_ARGUMENT, RESOURCE_EXHAUSTED, INTERNAL = 3, 8, 13
MIB = 1 << 20
# Some 20 MiB of the program itself, 16 MiB of each cap that a connection has (grpc.h), and what malloc keeps.
PEAK_MIB = 80
SANITIZED = b"__asan_init" in pathlib.Path(ACG).read_bytes()
ENOUGH = 64 * MIB  # a flood that was not stopped by then is not stopped


class Beside:
    """A client that means well, and the publish that it follows through everything."""

    def __init__(self, sim, server):
        self.sim, self.server, self.stub = sim, server, server.publisher()
        self.call = self.stub.Publish(publish_request(), timeout=10 * SECONDS)
        self.events = until_taken(self.call, sim)
        self.id = self.events[0].started.publish_id
        self.answers = 0

    def asks(self):
        got = self.stub.Get(publisher_pb2.GetRequest(publish_id=self.id), timeout=SECONDS).publish
        equal((got.state, got.ended), ("running", False))
        plan = self.stub.Plan(publisher_pb2.PlanRequest(configuration_json=json.dumps(configuration())), timeout=SECONDS)
        equal(plan.request.method, "PUT")
        self.answers += 2

    def ends(self):
        self.sim.advance(2 * SLOW["version_ms"])
        rest, error = follow(self.call)
        equal((error, rest[-1].done.result.state, rest[-1].done.result.proved), (None, "succeeded", True))
        numbers = [e.number for e in (self.events + rest)[1:]]
        equal(numbers, sorted(set(numbers)), "numbers of events")


def peak(server):
    """MiB of memory at most since it was last asked."""
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def abused(name, hostile, seen):
    """Run a hostile client in a thread of its own. @param seen what it must return, or None: any."""
    outcome = []

    def run():
        try:
            with Raw(BESIDE.server.socket, SECONDS) as raw:
                outcome.append(hostile(raw))
        except Exception as error:
            outcome.append(error)

    peak(BESIDE.server)
    thread = threading.Thread(target=run)
    thread.start()
    BESIDE.asks()
    while thread.is_alive():
        BESIDE.asks()
    BESIDE.asks()
    most = peak(BESIDE.server)
    print(f"# {name}: {outcome[0]}, {most:.0f} MiB")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    equal(outcome[0], seen, name)
    if not SANITIZED:  # what a sanitizer keeps back is not the server's
        holds(most < PEAK_MIB, f"{name}: {most} MiB of memory")


def endless(piece):
    """The same again and again; piece: bytes, or a function of the number."""
    make = piece if callable(piece) else lambda _: piece
    each = len(make(0))
    for i in range(0, ENOUGH // each, 100):
        yield b"".join(make(j) for j in range(i, i + 100))


def flood(piece, first=b""):
    """Whether it is ended, and how."""
    def run(raw):
        raw.play(itertools.chain([first], endless(piece)), until=lambda: False)
        return raw.goaway()
    return run


def once(data):
    """Bytes that end the connection."""
    def run(raw):
        raw.play([data])
        raw.rest()
        return raw.goaway()
    return run


def calm(name, piece, first=b""):
    abused(name, flood(piece, first), h2.ENHANCE_YOUR_CALM)


# ---- floods ----

@test
def resets_of_either_side():
    calm("rapid reset", lambda i: call(2 * i + 1, WATCH) + rst(2 * i + 1))
    calm("resets that we are made to send", lambda i: call(2 * i + 1, WATCH) + window_update(2 * i + 1, 0x7fffffff))


@test
def frames_that_cost_the_client_nothing():
    calm("CONTINUATION", frame(h2.CONTINUATION, 0, 1, b"\x86"), frame(h2.HEADERS, 0, 1, b"\x83"))
    calm("CONTINUATION without content", frame(h2.CONTINUATION, 0, 1), frame(h2.HEADERS, 0, 1))
    calm("PING", frame(h2.PING, payload=bytes(8)))
    calm("PING answers", frame(h2.PING, h2.ACK, payload=bytes(8)))
    calm("SETTINGS", settings(MAX_CONCURRENT_STREAMS=1))
    calm("SETTINGS without content", settings())
    calm("PRIORITY", frame(h2.PRIORITY, 0, 1, bytes(4) + b"\1"))
    calm("PRIORITY of ever new streams", lambda i: frame(h2.PRIORITY, 0, 2 * i + 1, bytes(4) + b"\1"))
    calm("unknown kinds", lambda i: frame(0x20 + i % 200, 0, i, bytes(i % 20)))
    calm("DATA without content", frame(h2.DATA, 0, 1), call(1, TALK))
    calm("DATA of padding", frame(h2.DATA, 8, 1, b"\0"), call(1, TALK))
    calm("GOAWAY", frame(h2.GOAWAY, payload=bytes(8)), call(1, TALK))
    calm("WINDOW_UPDATE by one", window_update(0, 1))
    calm("WINDOW_UPDATE of a closed stream", window_update(1, 1), call(1, "/nobody/Nothing"))
    calm("DATA of a closed stream", frame(h2.DATA, 0, 1, b"x"), call(1, "/nobody/Nothing"))
    calm("HEADERS of a closed stream", frame(h2.HEADERS, h2.END_HEADERS, 1, b"\x83"), call(1, "/nobody/Nothing"))


@test
def window_sizes_that_change_all_the_time():
    calm("INITIAL_WINDOW_SIZE up and down",
         lambda i: settings(INITIAL_WINDOW_SIZE=(0, 0x7fffffff)[i % 2]), b"".join(call(2 * i + 1, TALK) for i in range(500)))


def without_reading(raw):
    """Calls that are answered at once, until nothing more is taken and the client beside had many more answers."""
    stopped = []

    def stuck():
        stopped.append(BESIDE.answers)
        return BESIDE.answers > stopped[0] + 40

    raw.play(endless(lambda i: call(2 * i + 1, "/nobody/Nothing", flags=h2.END_HEADERS | h2.END_STREAM)), read=False, until=lambda: False,
             stuck=stuck)
    return bool(stopped) and raw.sent < ENOUGH / 2


@test
def a_client_that_asks_and_does_not_read_is_not_read():
    abused("calls without reading the answers", without_reading, True)


# ---- rules of HTTP/2 ----

@test
def broken_rules_end_the_connection_with_their_code():
    big = h2.literal("x", b"v" * 3000, mark=0x40)
    for name, data, code in (
            ("WINDOW_UPDATE by 0", window_update(0, 0), h2.PROTOCOL_ERROR),
            ("a stream's WINDOW_UPDATE by 0", call(1, TALK) + window_update(1, 0), h2.PROTOCOL_ERROR),
            ("WINDOW_UPDATE beyond the largest window", 2 * window_update(0, 0x7fffffff), h2.FLOW_CONTROL_ERROR),
            ("INITIAL_WINDOW_SIZE beyond the largest", settings(INITIAL_WINDOW_SIZE=0x80000000), h2.FLOW_CONTROL_ERROR),
            ("MAX_FRAME_SIZE too small", settings(MAX_FRAME_SIZE=1), h2.PROTOCOL_ERROR),
            ("SETTINGS cut", frame(h2.SETTINGS, payload=b"12345"), h2.FRAME_SIZE_ERROR),
            ("a frame too large", frame(h2.DATA, 0, 1, bytes(16385)), h2.FRAME_SIZE_ERROR),
            ("DATA of a stream that never was", frame(h2.DATA, 0, 1, b"x"), h2.PROTOCOL_ERROR),
            ("PUSH_PROMISE", frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, b"\0\0\0\2" + h2.block(WATCH)), h2.PROTOCOL_ERROR),
            ("a stream of the server's", call(2, WATCH), h2.PROTOCOL_ERROR),
            ("another frame within header fields", frame(h2.HEADERS, 0, 1, b"\x83") + frame(h2.PING, payload=bytes(8)), h2.PROTOCOL_ERROR),
            ("header fields that are no HPACK", frame(h2.HEADERS, h2.END_HEADERS, 1, b"\xff" * 5), h2.COMPRESSION_ERROR),
            ("a table larger than agreed", frame(h2.HEADERS, h2.END_HEADERS, 1, b"\x3f\xff\xff\x7f" + big), h2.COMPRESSION_ERROR),
            ("more streams than agreed", frame(h2.SETTINGS, h2.ACK) + b"".join(call(2 * i + 1, TALK) for i in range(1101)), h2.PROTOCOL_ERROR)):
        abused(name, once(data), code)


def own_stream(data, expect=1):
    """Bytes that end streams and not the connection: their codes."""
    def run(raw):
        raw.play([data], until=lambda: len(raw.resets()) >= expect)
        equal(raw.goaway(), None)
        return set(raw.resets().values())
    return run


@test
def broken_rules_of_one_stream_end_that_stream():
    abused("a stream's window beyond the largest", own_stream(call(1, TALK) + window_update(1, 0x7fffffff)), {h2.FLOW_CONTROL_ERROR})


@test
def what_is_no_http2_is_left():
    dice = random.Random(4)
    for name, data in (("HTTP/1.1", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), ("a greeting that is almost right", b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"),
                       ("noise", bytes(dice.randrange(256) for _ in range(4096)))):
        def run(raw, data=data):
            raw.pending = bytearray(data)
            raw.rest()
            return raw.goaway()
        abused(name, run, h2.PROTOCOL_ERROR)


# ---- header fields ----

def statuses(chunks, count):
    """The gRPC statuses of that many calls."""
    def run(raw):
        told = {}

        def note(f):
            raw.frames[:] = [f] if f.type == h2.GOAWAY else raw.frames
            if f.type == h2.HEADERS and h2.status_of(f) is not None:
                told[f.stream] = h2.status_of(f)

        raw.on_frame = note
        raw.play(chunks, until=lambda: len(told) >= count)
        equal((raw.goaway(), len(told)), (None, count))
        return set(told.values())
    return run


@test
def header_fields_beyond_the_cap_cost_their_call_alone():
    base = h2.block(WATCH)
    bomb = base + h2.literal("x", b"v" * 3000, mark=0x40)
    bomb += b"\xbe" * (16384 - len(bomb))  # the newest entry of the table: 3 KB for each byte
    ends = h2.END_HEADERS | h2.END_STREAM
    abused("an HPACK bomb, 200 times 40 MB", statuses((frame(h2.HEADERS, ends, 2 * i + 1, bomb) for i in range(200)), 200), {RESOURCE_EXHAUSTED})
    long = frame(h2.HEADERS, h2.END_STREAM, 0x55555555, base + h2.literal("x", b"v" * 15000))
    more = 4 * frame(h2.CONTINUATION, 0, 0x55555555, h2.literal("y", b"w" * 16000))
    whole = long + more + frame(h2.CONTINUATION, h2.END_HEADERS, 0x55555555)
    abused("header fields of 80 KB, 500 times",
           statuses((whole.replace(b"\x55" * 4, (2 * i + 1).to_bytes(4, "big")) for i in range(500)), 500), {RESOURCE_EXHAUSTED})
    small = base + b"".join(h2.literal(f"x{i}", "1") for i in range(200))
    abused("too many header fields", statuses((frame(h2.HEADERS, ends, 2 * i + 1, small) for i in range(500)), 500), {RESOURCE_EXHAUSTED})


# ---- messages ----

def asked(path, data, times, *fields, last=True):
    for i in range(times):
        pieces = [data[at:at + 16384] for at in range(0, len(data), 16384)]
        yield call(2 * i + 1, path, *fields) + b"".join(
            frame(h2.DATA, h2.END_STREAM if last and n == len(pieces) - 1 else 0, 2 * i + 1, p) for n, p in enumerate(pieces))


@test
def messages_that_are_none_are_answered():
    dice = random.Random(5)
    noise = b"\x0a\xff" + bytes(dice.randrange(256) for _ in range(8000))
    bomb = gzip.compress(bytes(32 * MIB), 9)
    abused("garbage protobuf", statuses(asked(GET, message(noise), 200), 200), {INVALID_ARGUMENT})
    abused("a flag that nobody knows", statuses(asked(GET, b"\7\0\0\0\0", 200), 200), {INTERNAL})
    abused("compressed without saying how", statuses(asked(GET, message(b"", True), 200), 200), {INTERNAL})
    abused("compressed garbage", statuses(asked(GET, message(noise, True), 200, ("grpc-encoding", "gzip")), 200), {INTERNAL})
    abused("a message cut short", statuses(asked(GET, b"\0\0\0\1\0half", 200), 200), {INTERNAL})
    abused("a message larger than the cap", statuses(asked(GET, b"\0\x7f\xff\xff\xff" + bytes(1000), 200, last=False), 200), {RESOURCE_EXHAUSTED})
    abused("a gzip bomb of 32 MiB, 100 times", statuses(asked(GET, message(bomb, True), 100, ("grpc-encoding", "gzip")), 100), {RESOURCE_EXHAUSTED})


# ---- who does not read, who does not end ----

def unread(window, path, data, count, last, grant=0):
    """Calls whose answers find no window; the client beside has many answers meanwhile."""
    def run(raw):
        before = BESIDE.answers
        flags = h2.END_STREAM if last else 0
        first = settings(INITIAL_WINDOW_SIZE=window) + frame(h2.SETTINGS, h2.ACK)
        calls = (call(2 * i + 1, path) + frame(h2.DATA, flags, 2 * i + 1, message(data)) for i in range(count))
        grants = (window_update(2 * (i % count) + 1, 1) for i in range(grant * count))
        raw.on_frame = lambda f: raw.frames.append(f) if f.type == h2.GOAWAY else None
        raw.play(itertools.chain([first], calls, grants), until=lambda: BESIDE.answers > before + 40)
        return raw.goaway()
    return run


@test
def answers_that_nobody_takes_are_bounded():
    watched = b"\x0a" + bytes([len(BESIDE.id)]) + BESIDE.id.encode()
    abused("no window, 1000 answers of many KiB", unread(0, SPEC, b"", 1000, True), None)
    abused("windows of 1 byte, granted one by one", unread(1, SPEC, b"", 500, True, grant=5), None)
    abused("as many streams as there may be, none read", unread(0, "/acg.v1.Publisher/Watch", watched, 1100, True), None)
    abused("as many that ask by halves", unread(0, TALK, b"", 1100, False), None)


@test
def what_does_not_come_to_its_end_is_ended():
    greeting = h2.PREFACE + settings()
    halves = {"nothing": b"", "half a greeting": greeting[:12], "no SETTINGS": h2.PREFACE, "half a frame": greeting + b"\0\0\x08\6\0",
              "header fields without an end": greeting + frame(h2.HEADERS, 0, 1, b"\x83"),
              "half a header field": greeting + call(1, WATCH)[:30]}
    wants = {"nothing": 4, "half a greeting": 4, "no SETTINGS": 4}  # SETTINGS_TIMEOUT

    def run(_):
        raws = {name: Raw(BESIDE.server.socket, SECONDS, first) for name, first in halves.items()}
        for raw in raws.values():
            raw.play()
        for raw in raws.values():
            raw.rest()
            raw.socket.close()
        return {name: raw.goaway() for name, raw in raws.items()}

    abused("slow clients", run, {name: wants.get(name, h2.ENHANCE_YOUR_CALM) for name in halves})


@test
def the_publish_that_was_followed_through_all_that_ends_in_order():
    BESIDE.ends()


report = Report()
with started_sim(speeds=SLOW) as SIM, Server(SIM) as SERVER:
    BESIDE = Beside(SIM, SERVER)
    report.run(tests_of(globals()))
report.end()
