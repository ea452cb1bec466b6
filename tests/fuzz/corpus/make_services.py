#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""make_services.py FOLDER: conversations with the services of acg.v1 for fuzz_services, whose head says how they are written."""
import json
import pathlib
import sys

PLAN, PUBLISH, WATCH, GET, LIST, CANCEL, CONFIGURE, POST_PROCESS, POST_CANCEL, SPEC, EXPLAIN, PLAN_ONLINE, REGISTER, DES_LIST, DES_SHOW, \
    DES_CREATE, VERIFY, VM_ARGS, VM_TEST, DRAIN, RESET, TELL = range(22)
STEP, REGION, FINDING, DONE = 0, 64, 128, 192
ID = "0000000000abcdef-1"
GOOD = {"resource_group": "rg", "gallery_name": "g", "gallery_image_definition": "i", "gallery_image_version": "1.0.0",
        "location": "westus", "managed_image": "m"}
IMAGE = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/images/m"


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def text(number, value):
    value = value if isinstance(value, bytes) else value.encode()
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def config(**changes):
    return text(1, json.dumps({k: v for k, v in {**GOOD, **changes}.items() if v is not None}))


def step(what, payload=b""):
    return bytes([what]) + len(payload).to_bytes(2, "big") + payload


def tell(kind, n=0, payload=b"westus"):
    return step(TELL, bytes([kind | n]) + payload)


artifact = text(2, text(1, "any") + text(2, IMAGE) + text(4, "a.vhd") + text(5, text(1, "ManagedImageId") + text(2, IMAGE)))
SUBSCRIBED = text(1, "00000000-0000-0000-0000-000000000000")
CREATE = (SUBSCRIBED + text(2, "westus") + text(2, "eastus2") + text(3, "double") + text(4, "rg") + text(5, "acg-{region}") +
          text(6, "kv-acg-{region}") + text(9, "images") + b"\x50\x01\x58\x80\x18" + text(12, "rbac") + b"\x68\x01" +
          text(14, text(1, "team") + text(2, "images")) + b"\x78\x01")
VERSION = text(1, IMAGE.replace("images/m", "galleries/g/images/i/versions/1.0.0"))
NAMES = text(3, "rg") + text(4, "g") + text(5, "i") + text(6, "1.0.0")
CASES = {
    "plan": step(PLAN, config()) + step(PLAN, config(colour="blue", gallery_image_version="x")),
    "to_the_end": step(PUBLISH, config()) + tell(STEP) + tell(REGION) + tell(REGION) + tell(DONE) + step(GET, text(1, ID)) + step(LIST),
    "findings": step(PUBLISH, config(replica_count=0)) + step(PUBLISH, config()) + tell(FINDING) + tell(FINDING) + tell(DONE, payload=b"x" * 10),
    "cancel": step(PUBLISH, config()) + step(CANCEL, text(1, ID)) + tell(DONE, payload=b"12345678") + step(POST_CANCEL, text(1, ID)),
    "watch": step(PUBLISH, config()) + step(WATCH, text(1, ID)) + tell(STEP) + step(RESET, b"\0") + tell(STEP) +
             step(WATCH, text(1, ID) + b"\x10\x01") + tell(DONE),
    "refused": step(PUBLISH, config(client_secret="s")) + step(PLAN, config(ca_file=None) + b"\x0a\x02{}") + step(CONFIGURE, text(1, "[")),
    "post_process": step(SPEC) + step(CONFIGURE, config(managed_image=None)) + step(POST_PROCESS, config(managed_image=None) + artifact) +
                    tell(STEP) + tell(DONE),
    "drain": step(PUBLISH, config()) + step(DRAIN) + step(PUBLISH, config()) + tell(DONE, payload=b"12345678"),
    "pages": b"".join(step(PUBLISH, config()) for _ in range(5)) + step(LIST, b"\x08\x02") + step(LIST, b"\x08\x02" + text(2, "2")) +
             step(LIST, text(2, "x")),
    "explain": step(EXPLAIN, config()) + step(EXPLAIN, config(colour="blue")),
    "plan_online": step(PLAN_ONLINE, config()) + tell(FINDING) + tell(DONE) + step(PLAN_ONLINE, config(location=5)),
    "setup": step(REGISTER, SUBSCRIBED + text(2, "Microsoft.KeyVault") + text(3, "none") + b"\x20\x01" + text(5, "90s")) + tell(STEP) +
             tell(DONE) + step(DES_LIST, SUBSCRIBED) + tell(DONE, 1) + step(DES_SHOW, text(1, "acg-westus") + text(3, "rg")) + step(DES_CREATE, CREATE) +
             step(CANCEL, text(1, "0000000000abcdef-4")) + step(REGISTER, text(1, "x") + text(5, "soon")) + step(DES_CREATE, text(2, "")),
    "versions": step(VERIFY, text(1, VERSION)) + tell(DONE) + step(VERIFY, text(1, VERSION) + text(2, json.dumps(GOOD))) + tell(DONE, 1) +
                step(VM_ARGS, text(1, NAMES) + text(2, "westus")) + step(VM_TEST, text(1, VERSION) + text(2, "westus") + text(4, "s") + b"\x28\x01") +
                step(VM_TEST, text(1, VERSION + NAMES)) + step(VERIFY) + step(LIST),
    "no_message": step(GET, b"\x0a\xff") + step(WATCH, b"\x0a\x01\xff") + step(PUBLISH, b"\xff" * 8) + step(POST_PROCESS, text(2, b"\x2a\x05\x0a\x03a")),
}

for name, content in CASES.items():
    pathlib.Path(sys.argv[1], name).write_bytes(content)
