#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes corpus/yamux and corpus/msgpack from the traces of tests/unit/wire/vectors and from values made here.

The first byte of an input chooses what it is fed to; see fuzz_yamux.c and fuzz_msgpack.c."""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
TRACES = HERE.parents[1] / "unit" / "wire" / "vectors"


def put(target, name, first, data):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(bytes([first]) + data)


def frames(path):
    for line in path.read_text().splitlines():
        if line[:1] in "<>" and line[:1]:
            yield line[0], bytes.fromhex(line[1:].replace(" ", ""))


def traces():
    for path in sorted(TRACES.glob("trace-*.hex")):
        name = path.stem.removeprefix("trace-")
        packer = b"".join(raw for who, raw in frames(path) if who == ">")
        plugin = b"".join(raw for who, raw in frames(path) if who == "<")
        put("yamux", f"session-{name}", 0, packer)
        put("yamux", f"link-{name}", 1, packer)
        put("yamux", f"client-session-{name}", 2, plugin)
        put("yamux", f"client-link-{name}", 3, plugin)
        put("yamux", f"slow-session-{name}", 4, packer)
        seen = set()
        for who, raw in frames(path):
            payload = raw[12:]
            if raw[1] != 0 or len(payload) <= 4:
                continue
            method = payload[payload.find(b"Method") + 7:][:40].split(b"\xa3")[0]
            kind = "reply" if b"Error" in payload[:80] else "request"
            key = (kind, method)
            if key in seen:
                continue
            seen.add(key)
            label = f"{name}-{kind}-" + "".join(chr(c) if chr(c).isalnum() else "-" for c in method)
            put("msgpack", label, 2 if kind == "reply" else 1, payload)


def frame(kind, flags, stream, length, payload=b""):
    return struct.pack(">BBHII", 0, kind, flags, stream, length) + payload


def sessions():
    opened = frame(1, 1, 1, 0)
    put("yamux", "syn-data-fin", 0, frame(0, 5, 1, 3, b"abc"))
    put("yamux", "reset", 0, opened + frame(0, 0, 1, 2, b"hi") + frame(1, 8, 1, 0) + frame(0, 0, 1, 2, b"hi"))
    put("yamux", "pings", 4, b"".join(frame(2, 1, 0, n) for n in range(20)))
    put("yamux", "go-away", 0, opened + frame(3, 0, 0, 0) + frame(0, 0, 1, 1, b"x") + frame(3, 0, 0, 1))
    put("yamux", "windows", 0, opened + b"".join(frame(0, 0, 1, 4000, bytes(4000)) + frame(1, 0, 1, 4000) for _ in range(8)))
    put("yamux", "many-streams", 0, b"".join(frame(1, 1, 2 * n + 1, 0) for n in range(70)))
    put("yamux", "unknown", 0, frame(0, 0, 99, 5, b"abcde") + frame(1, 4, 77, 0) + opened)
    put("yamux", "wrong-echo", 1, frame(0, 2, 2, 4, b"\1\0\0\0") + frame(0, 2, 4, 4, b"\1\0\0\0"))
    put("yamux", "garbage-on-a-talk", 1, opened + frame(0, 0, 1, 6, b"\0\0\0\0\xc1\xc1"))


def values():
    every = bytes.fromhex("dc001c 05 ff c0 c2 c3 cc01 cd0001 ce00000001 cf0000000000000001 d001 d10001 d200000001 d30000000000000001"
                          "ca3fc00000 cb3ff8000000000000 a3616263 d903616263 da0003616263 db00000003616263 c403616263 c50003616263"
                          "c600000003616263 c70301616263 d40100 9101 dc000101 81a16b01 de0001a16b01".replace(" ", ""))
    put("msgpack", "value-every-form", 0, every)
    put("msgpack", "value-deep", 0, b"\x91" * 32 + b"\x01")
    put("msgpack", "value-too-deep", 0, b"\x91" * 33 + b"\x01")
    put("msgpack", "value-claims-much", 0, bytes.fromhex("ddffffffff"))
    put("msgpack", "value-claims-map", 0, bytes.fromhex("df7fffffff"))
    put("msgpack", "value-claims-text", 0, bytes.fromhex("dbffffffff"))
    put("msgpack", "value-wide", 0, b"\xdc\x03\xe8" + b"\xc0" * 1000)
    put("msgpack", "value-odd-keys", 0, bytes.fromhex("84 01c0 c0c0 9101c0 a1610ca16102".replace(" ", ""))[:-3] + b"\xc0")
    put("msgpack", "array-header", 1, bytes.fromhex("92a3412e4201c0"))
    put("msgpack", "reply-unknown-seq", 2, bytes.fromhex("81a3536571 63 c0 81a3536571 00 c3".replace(" ", "")))


traces()
sessions()
values()
