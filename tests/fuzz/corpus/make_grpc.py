#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""make_grpc.py FOLDER: writes the corpus of fuzz_grpc, conversations of gRPC clients. The first byte is the target's choice."""
import gzip
import pathlib
import struct
import sys

DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK, PADDED = 1, 4, 1, 8
GREETING, SLOW, OWN, STOP = 1, 2, 4, 8
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
TALK = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def text(value):
    value = value.encode() if isinstance(value, str) else value
    assert len(value) < 127
    return bytes([len(value)]) + value


def block(path, extra=(), **changed):
    fields = {":method": "POST", ":scheme": "http", ":path": path, "content-type": "application/grpc", "te": "trailers"}
    fields.update(changed)
    return b"".join(b"\x00" + text(n) + text(v) for n, v in [*fields.items(), *extra] if v is not None)


def call(stream, path, extra=(), end=False):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(path, extra))


def message(payload, flag=0):
    return bytes([flag]) + struct.pack(">I", len(payload)) + payload


def data(stream, payload, end=True):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


def asked(number, value):
    return message(bytes([number << 3 | 2, len(value)]) + value)


def entries():
    unary = call(1, CHECK) + data(1, message(b""))
    yield "check", GREETING, unary
    yield "check-whole-preface", 0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + unary
    yield "check-improvised", GREETING | OWN, unary + call(3, CHECK) + data(3, message(b"\x0a\1a"))
    yield "check-two-requests", GREETING, call(1, CHECK) + data(1, message(b"") * 2)
    yield "check-no-request", GREETING, call(1, CHECK, end=True)
    yield "check-gzip", GREETING | OWN, call(1, CHECK, [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")]) + data(
        1, message(gzip.compress(b"\x0a\1a", mtime=0), 1))
    yield "check-timeout", GREETING, call(1, CHECK, [("grpc-timeout", "1m"), ("x-y-bin", "AAA=,AA")])
    yield "check-garbage", GREETING, call(1, CHECK) + data(1, message(b"\xff\xff\xff")) + call(3, CHECK) + data(3, b"\2\0\0\0\0")
    yield "check-too-large", GREETING, call(1, CHECK) + data(1, b"\0\x7f\xff\xff\xff", end=False)
    yield "watch-reset", GREETING, call(1, WATCH) + data(1, message(b"")) + frame(RST, 0, 1, b"\0\0\0\x08")
    yield "many-watch", GREETING | OWN, b"".join(call(2 * i + 1, WATCH) + data(2 * i + 1, message(b"")) for i in range(30))
    questions = asked(7, b"*") + asked(4, b"grpc.health.v1.Health") + asked(3, b"grpc/health/v1/health.proto") + asked(4, b"no")
    yield "reflection", GREETING, call(1, TALK) + data(1, questions)
    yield "reflection-cut", GREETING | SLOW, call(1, TALK) + b"".join(data(1, questions[i:i + 5], False) for i in range(0, 80, 5))
    yield "reflection-improvised", GREETING | OWN | SLOW, call(1, TALK) + data(1, questions, False) + data(1, questions[:-1])
    many = b"".join(call(2 * i + 1, TALK) + data(2 * i + 1, questions, i % 2 == 0) for i in range(20))
    yield "ends-improvised", GREETING | OWN, many
    yield "stopped", GREETING | STOP, many + frame(PING, ACK, 0, b"goaway??") + many
    yield "stopped-improvised", GREETING | SLOW | OWN | STOP, many + frame(RST, 0, 1, b"\0\0\0\x08") + frame(0x42, 7, 3, b"??")
    yield "refused", GREETING, call(1, "/nobody/Check") + call(3, "x") + call(5, "/grpc.health.v1.Health/No", end=True) + frame(
        HEADERS, END_HEADERS, 7, block(CHECK, **{"content-type": "text/html"})) + frame(
        HEADERS, END_HEADERS, 9, block(CHECK, te=None)) + call(11, CHECK, [("grpc-encoding", "br")])
    yield "continuations", GREETING, frame(HEADERS, 0, 1, b"\x83") + frame(CONTINUATION, 0, 1, b"\x86") * 12
    yield "small-frames", GREETING, frame(PING, 0, 0, b"12345678") * 200 + frame(PING, ACK, 0, b"12345678")
    yield "settings", GREETING, frame(SETTINGS, ACK, 0) + frame(SETTINGS, 0, 0, b"\0\1\0\0\0\0\0\5\0\0\x40\0") * 40
    yield "windows", GREETING | OWN, frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + call(1, WATCH) + data(1, message(b"")) + frame(
        WINDOW, 0, 1, b"\0\0\0\1") * 20 + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff") * 2
    yield "priority", GREETING, frame(PRIORITY, 0, 1, b"\0\0\0\3\1") * 50 + unary
    yield "padded", GREETING, call(1, CHECK) + frame(DATA, PADDED | END_STREAM, 1, b"\3" + message(b"") + b"\0\0\0")
    yield "trailers", GREETING, call(1, TALK) + data(1, questions, False) + frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                                                               b"\x00" + text("x-end") + text("1"))
    yield "go-away", GREETING, unary + frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0")
    yield "http1", 0, b"GET / HTTP/1.1\r\n\r\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, choice, payload in entries():
        (folder / name).write_bytes(bytes([choice]) + payload)


main()
