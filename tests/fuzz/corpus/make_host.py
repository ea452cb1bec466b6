#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes corpus/host: what a Packer writes in whole conversations with the post-processor. Made here, byte by byte.

The first byte of an input chooses how the plugin was started and how its publish goes; see fuzz_host.c."""
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).resolve().parent / "host"
IMAGE = ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/MyResourceGroup/providers/Microsoft.Compute/images/myImage")
NAMES = {"subscription_id": "00000000-0000-0000-0000-000000000000", "resource_group": "MyResourceGroup", "gallery_name": "MyGallery",
         "gallery_image_definition": "MyImage", "gallery_image_version": "1.0.0", "location": "westus"}
COMPACT = {**NAMES, "target_regions": ["westus=2=standard_lrs", "eastus2"], "data_snapshots": None,
           "disk_encryption_sets": {"westus/os": "a", "westus/0": "b", "eastus2": "c"}}
BLOCKS = {**NAMES, "target_region": [
    {"name": "westus", "replicas": 2, "os_disk": {"disk_encryption_set_id": "a"}, "data_disk": [{"lun": 0, "disk_encryption_set_id": "b"}]},
    {"name": "eastus2", "disk_encryption_set_id": "c", "os_disk": None, "data_disk": []}]}


def pack(v):
    """msgpack, as Packer writes it."""
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return bytes([v]) if 0 <= v < 128 else b"\xd2" + struct.pack(">i", v)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, bytes):
        return b"\xc5" + struct.pack(">H", len(v)) + v
    if isinstance(v, str):
        raw = v.encode()
        return (bytes([0xa0 | len(raw)]) if len(raw) < 32 else b"\xda" + struct.pack(">H", len(raw))) + raw
    if isinstance(v, list):
        return b"\xdc" + struct.pack(">H", len(v)) + b"".join(map(pack, v))
    return b"\xde" + struct.pack(">H", len(v)) + b"".join(pack(k) + pack(x) for k, x in v.items())


def frame(kind, flags, stream, length, payload=b""):
    return struct.pack(">BBHII", 0, kind, flags, stream, length) + payload


def data(stream, payload):
    return frame(0, 0, stream, len(payload), payload)


def opened(stream, number):
    return frame(1, 1, stream, 0) + data(stream, struct.pack("<I", number))


def call(stream, seq, method, body=None):
    return data(stream, pack({"ServiceMethod": method, "Seq": seq}) + pack(body))


def reply(seq, method, body=None, error=""):
    """On stream 2, which the plugin opens."""
    return data(2, pack({"ServiceMethod": method, "Seq": seq, "Error": error}) + pack(body))


def configure(seq, *configs):
    return call(1, seq, "PostProcessor.Configure", {"Configs": list(configs)})


def from_json(fields):
    return fields, {"packer_build_name": "golden", "packer_builder_type": "null", "packer_debug": False,
                    "packer_user_variables": {"": ""}}, {"PackerRunUUID": "Build_PackerRunUUID. To set this dynamically ..."}


def from_hcl(fields):
    return {"packer_build_name": "golden"}, json.dumps({"value": fields, "type": "dynamic"}).encode()


def artifact(builder="packer.null", name="Null", text="nothing", generated=None):
    """The plugin's stream 2 is taken, and the five questions about the artifact are answered."""
    return (frame(1, 2, 2, 0) + data(2, struct.pack("<I", 1)) + reply(0, "Artifact.BuilderId", builder) + reply(1, "Artifact.Id", name)
            + reply(2, "Artifact.String", text) + reply(3, "Artifact.Files", None) + reply(4, "Artifact.State", generated))


def screen(first, count):
    return b"".join(reply(first + i, "Ui.Say") for i in range(count))


def result(last):
    questions = ("BuilderId", "Id", "String", "Files", "Destroy")
    states = [call(3, 10 + i, "Artifact.State", key) for i, key in enumerate(("generated_data", "par.artifact.metadata", "x"))]
    return opened(3, 1) + b"".join(call(3, i, "Artifact." + q) for i, q in enumerate(questions)) + b"".join(states) + last


def put(name, choice, *parts):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_bytes(bytes([choice]) + b"".join(parts))


CONTROL = opened(1, 0)
POST = "PostProcessor.PostProcess"
PING = frame(2, 1, 0, 7)
IMAGE_TEXT = f"Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nManagedImageId: {IMAGE}\nManagedImageLocation: westus\n"
SCALARS = {"ID": "i-1", "Port": 22, "Ratio": 0.5, "List": [1], "None": None, "Yes": True}
source = {**COMPACT, "managed_image": IMAGE}

put("json-build", 2, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 12), result(PING))
put("json-artifact-source", 0, CONTROL, configure(0, *from_json(COMPACT)), call(1, 1, POST, 1),
    artifact("Azure.ResourceManagement.VMImage", IMAGE, IMAGE_TEXT, SCALARS), screen(5, 12), result(b""))
put("json-chroot-source", 64, CONTROL, configure(0, *from_json(COMPACT)), call(1, 1, POST, 1), artifact("azure.chroot", IMAGE.lower(), ""),
    screen(5, 12), result(b""))
put("json-no-source", 0, CONTROL, configure(0, *from_json(COMPACT)), call(1, 1, POST, 1), artifact())
put("json-faults", 2, CONTROL, configure(0, *from_json({**COMPACT, "gallery_name": "My-Gallery", "galery": 1, "tags": {"a": 1.5}})),
    configure(1, None, None, None), call(1, 2, POST, 1))
put("hcl2-build", 1, CONTROL, call(1, 0, "PostProcessor.ConfigSpec"), configure(1, *from_hcl(source)), call(1, 2, "PostProcessor.ConfigSpec"),
    configure(3, *from_hcl(source)), call(1, 4, POST, 1), artifact(generated=SCALARS), screen(5, 12), result(b""))
put("hcl2-blocks", 0, CONTROL, call(1, 0, "PostProcessor.ConfigSpec"), configure(1, *from_hcl({**BLOCKS, "managed_image": "myImage"})),
    call(1, 2, POST, 1), artifact(), screen(5, 12), result(b""))
put("hcl2-unknown", 0, CONTROL, configure(0, *from_hcl({**COMPACT, "managed_image": "<unknown>"})), call(1, 1, POST, 1), artifact())
put("publish-fails", 8, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 14))
put("publish-refused", 4, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact())
put("publish-never-ends", 16, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 20), PING * 20)
put("cancel", 0, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 2),
    call(1, 2, "PostProcessor.Cancel"), screen(7, 4))
put("cancel-before", 0, CONTROL, configure(0, *from_json(source)), call(1, 1, "PostProcessor.Cancel"), call(1, 2, POST, 1))
put("cancel-while-asking", 0, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), frame(1, 2, 2, 0),
    call(1, 2, "PostProcessor.Cancel"))
put("cancel-without-end", 16, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 2),
    call(1, 2, "PostProcessor.Cancel"), screen(7, 2), PING * 4)
put("artifact-errors", 0, CONTROL, configure(0, *from_json(COMPACT)), call(1, 1, POST, 1), frame(1, 2, 2, 0), data(2, struct.pack("<I", 1)),
    *(reply(i, "Artifact.Id", {}, "gone") for i in range(5)))
put("artifact-stream-ends", 0, CONTROL, configure(0, *from_json(COMPACT)), call(1, 1, POST, 1), frame(1, 2, 2, 0),
    data(2, struct.pack("<I", 1)), frame(1, 4, 2, 0))
put("control-ends", 0, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), frame(1, 4, 1, 0))
put("slow-reader", 128, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), artifact(), screen(5, 12), result(b""))
put("odd-pieces", 32, CONTROL, configure(0, *from_json(source)), call(1, 1, POST, 1), frame(1, 2, 2, 0), PING)
put("unknown-methods", 0, CONTROL, call(1, 0, "PostProcessor.Nope"), call(1, 1, "Builder.Run", [1]), call(1, 2, POST, "one"),
    configure(3, *from_json(source)), call(1, 4, POST, 0), call(1, 5, POST, 1), call(1, 6, POST, 2), configure(7, {}))
