#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes the traces of this folder: conversations between Packer and a plugin, put together from the rules of yamux, of
Packer's numbered streams and of Go's net/rpc, with an encoder that shares nothing with the C code.

    ./make.py        writes trace-*.hex beside itself"""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
SYN, ACK, FIN = 1, 2, 4
FLAGS = {0: "0", 1: "SYN", 2: "ACK", 4: "FIN"}


def integer(n, signed):
    if 0 <= n < 128:
        return bytes([n])
    if -32 <= n < 0:
        return struct.pack(">b", n)
    forms = (("d0", ">b"), ("d1", ">h"), ("d2", ">i"), ("d3", ">q")) if signed or n < 0 else (
        ("cc", ">B"), ("cd", ">H"), ("ce", ">I"), ("cf", ">Q"))
    for lead, form in forms:
        try:
            return bytes.fromhex(lead) + struct.pack(form, n)
        except struct.error:
            continue
    raise ValueError(n)


def msgpack(v, signed=True, ordered=False):
    def sub(x):
        return msgpack(x, signed, ordered)
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return integer(v, signed)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, str):
        raw = v.encode()
        lead = bytes([0xa0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)]) if len(raw) < 256 else b"\xda" + struct.pack(">H", len(raw))
        return lead + raw
    if isinstance(v, bytes):
        return (b"\xc4" + bytes([len(v)]) if len(v) < 256 else b"\xc5" + struct.pack(">H", len(v))) + v
    if isinstance(v, list):
        return bytes([0x90 | len(v)]) + b"".join(map(sub, v))
    items = sorted(v.items()) if ordered else list(v.items())
    return bytes([0x80 | len(items)]) + b"".join(sub(k) + sub(x) for k, x in items)


def sorted_deep(v):
    if isinstance(v, dict):
        return {k: sorted_deep(v[k]) for k in sorted(v)}
    return [sorted_deep(x) for x in v] if isinstance(v, list) else v


class Trace:
    def __init__(self, name, about, signed=True, ordered=False):
        self.name, self.signed, self.ordered = name, signed, ordered
        self.lines = [f"# {about}", "# one yamux frame per line: \">\" Packer to plugin, \"<\" plugin to Packer", ""]

    def frame(self, who, kind, flags, stream, length, payload=b"", words=""):
        names = ["DATA", "WINDOW_UPDATE", "PING", "GO_AWAY"]
        self.lines.append(f"# {names[kind]} flags={FLAGS.get(flags, flags)} stream={stream} len={length}{words}")
        head = struct.pack(">BBHII", 0, kind, flags, stream, length).hex()
        self.lines.append(f"{who} {head}" + (f" {payload.hex()}" if payload else ""))

    def data(self, who, stream, payload, words="", flags=0):
        self.frame(who, 0, flags, stream, len(payload), payload, words)

    def open(self, stream, number):
        opener, other = (">", "<") if stream % 2 else ("<", ">")
        raw = struct.pack("<I", number)
        self.frame(opener, 1, SYN, stream, 0)
        self.data(opener, stream, raw, f" ; broker id {number}")
        self.frame(other, 1, ACK, stream, 0)
        self.data(other, stream, raw, f" ; broker id {number}")

    def message(self, kind, stream, method, seq, body, error=None, cuts=()):
        head = {"ServiceMethod": method, "Seq": seq}
        if kind == "reply":
            head["Error"] = error or ""
        raw = msgpack(head, self.signed, self.ordered) + msgpack(body, self.signed, self.ordered)
        who = ">" if (stream % 2 == 1) == (kind == "request") else "<"
        shown = sorted_deep(body) if self.ordered else body
        at = 0
        for cut in [*cuts, len(raw)]:
            words = f" ; {kind} {method} seq={seq} " + (f"error='{error}' " if error else "") + f"body={shown!r}" if cut == len(raw) else ""
            self.data(who, stream, raw[at:cut], words)
            at = cut

    def call(self, stream, method, seq, body, answer, error=None, cuts=()):
        self.message("request", stream, method, seq, body, cuts=cuts)
        self.message("reply", stream, method, seq, answer, error)

    def ping(self, value):
        self.frame(">", 2, SYN, 0, value)
        self.frame("<", 2, ACK, 0, value)

    def write(self):
        (HERE / f"trace-{self.name}.hex").write_text("\n".join(self.lines) + "\n")


SPEC = bytes.fromhex("1aff810401010a4f626a6563745370656301ff8200010c0110000004ff820000")
CTY = b'{"value":{"location":"westus2"},"type":["object",{"location":"string"}]}'
DONE = {"Err": None, "Keep": True, "ForceOverride": False, "StreamId": 1}


def build():
    t = Trace("build", "HCL2 build: spec, configuration twice, a publish, its artifact read at the end")
    t.open(1, 0)
    t.call(1, "PostProcessor.ConfigSpec", 0, None, {"ConfigSpec": SPEC})
    packer = {"packer_build_name": "one", "packer_builder_type": "azure-arm"}
    t.call(1, "PostProcessor.Configure", 1, {"Configs": [packer, CTY]}, None)
    t.call(1, "PostProcessor.ConfigSpec", 2, None, {"ConfigSpec": SPEC})
    t.call(1, "PostProcessor.Configure", 3, {"Configs": [packer, CTY]}, None)
    t.message("request", 1, "PostProcessor.PostProcess", 4, 300)
    t.open(2, 300)
    t.call(2, "Artifact.BuilderId", 0, None, "Azure.ResourceManagement.VMImage")
    t.call(2, "Artifact.Id", 1, None, "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i")
    t.call(2, "Artifact.State", 2, "generated_data", {"ID": "vm", "Port": 22, "Big": 70000, "Neg": -2000, "Up": True, "Ratio": 1.5})
    t.call(2, "Ui.Say", 3, "publishing 1.0.0: westus2 40 %", None)
    t.ping(7)
    t.call(2, "Ui.Machine", 4, {"Category": "acg", "Args": ["westus2", "Completed"]}, None)
    t.message("reply", 1, "PostProcessor.PostProcess", 4, DONE)
    t.open(3, 1)
    t.call(3, "Artifact.String", 0, None, "the version\nwestus2: Completed")
    t.call(3, "Artifact.Files", 1, None, None)
    t.call(3, "Artifact.State", 2, "nosuchkey", None)
    t.call(3, "Artifact.Destroy", 3, None, {}, error="destroy is refused")
    t.write()


def sorted_keys():
    t = Trace("sorted-keys", "An old codec: keys sorted, numbers unsigned; header and body in frames of their own", False, True)
    t.frame(">", 0, SYN, 1, 2, b"\0\0")
    t.frame("<", 1, ACK, 1, 0)
    t.data(">", 1, b"\0\0", " ; broker id 0")
    t.data("<", 1, b"\0\0\0\0", " ; broker id 0")
    t.call(1, "PostProcessor.Configure", 0, {"Configs": [None, {"packer_debug": False, "n": 300}, {"ID": "x"}]}, None, cuts=(1, 40, 41))
    t.message("request", 1, "PostProcessor.PostProcess", 1, 1, cuts=(45,))
    t.open(2, 1)
    t.call(2, "Artifact.State", 0, "generated_data", {"Count": 300, "Big": 2 ** 63 + 5, "Neg": -7})
    t.message("reply", 1, "PostProcessor.PostProcess", 1, None, error="location: no such region")
    t.write()


def cancel():
    t = Trace("cancel", "Cancel while PostProcess is open; an unknown method; both streams finished in order")
    t.open(1, 0)
    t.call(1, "PostProcessor.Nope", 0, None, {}, error="rpc: can't find method PostProcessor.Nope")
    t.message("request", 1, "PostProcessor.PostProcess", 1, 2)
    t.open(2, 2)
    t.message("request", 2, "Ui.Say", 0, "working")
    t.message("request", 2, "Ui.Say", 1, "still working")
    t.message("reply", 2, "Ui.Say", 1, None)
    t.message("reply", 2, "Ui.Say", 0, None)
    t.ping(0)
    t.ping(4294967295)
    t.call(1, "PostProcessor.Cancel", 2, None, None)
    t.frame("<", 1, FIN, 2, 0)
    t.frame(">", 1, FIN, 2, 0)
    t.message("reply", 1, "PostProcessor.PostProcess", 1, {"Err": {"Message": "cancelled"}, "Keep": False, "ForceOverride": False, "StreamId": 0})
    t.frame(">", 1, FIN, 1, 0)
    t.frame("<", 1, FIN, 1, 0)
    t.write()


build()
sorted_keys()
cancel()
