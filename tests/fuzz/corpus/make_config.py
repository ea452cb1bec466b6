#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes the corpus of fuzz_config anew: the tables of tests/golden/bad and tests/golden/az in each way in."""
import json
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parents[1] / "golden"
FILE, TEMPLATE, HCL, ELEMENT, COMMAND_LINE = (bytes([ord("0") + i]) for i in range(5))


NAMES = {"subscription_id": "00000000-0000-0000-0000-000000000000", "resource_group": "g", "gallery_name": "g",
         "gallery_image_definition": "i", "gallery_image_version": "1.0.0", "location": "westus", "tenant_id": "contoso.example",
         "client_id": "c", "client_secret": "not-a-real-secret"}
SOUND = {
    "compact": {"os_snapshot": "os", "data_snapshots": {"0": "d0", "7": "d7"}, "target_regions": ["westus=2=standard_lrs", "East US 2"],
                "disk_encryption_sets": {"West US/os": "a", "westus/0": "b", "westus/7": "e", "westus/11": "f", "westus": "c", "eastus2": "d"}, "platform_key_disks": ["3"]},
    "unknown": {"location": "<unknown>", "target_region": [{"name": "x<unknown>", "disk_encryption_set_id": "<unknown>"}],
                "tags": {"<unknown>": "a"}, "timeout": "<unknown>", "": 1},
    "everything": {"virtual_machine": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Compute/"
                   "virtualMachines/v", "edge_zone": [{"region": "westus", "name": "z", "replicas": 1, "storage_account_type":
                   "StandardSSD_LRS", "disk_encryption_set_id": "a"}], "target_region": [{"name": "westus", "disk_encryption_set_id": "a"}],
                   "end_of_life_date": "+180d", "exclude_from_latest": True, "tags": {"k": "v"}, "timeout": "1h30m", "wait": "accepted"},
    "weak": {"managed_image": "i", "target_regions": "westus=2, eastus2", "platform_key_disks": "os,1", "replica_count": "3",
             "exclude_from_latest": "true", "tags": {"n": 1.5, "b": True}, "timeout": "90m", "Wait": "all"},
    "weak-blocks": {"os_snapshot": "os", "data_snapshot": {"lun": "0", "id": "d"}, "target_region": {"NAME": "westus", "replicas": "2",
                    "os_disk": [{"disk_encryption_set_id": "a"}], "data_disk": {"lun": 0, "disk_encryption_set_id": "b"}}},
}

# One field alone: short inputs are those that a fuzzer changes well.
TINY = {
    "text": {"location": "West US 2"}, "number": {"replica_count": "3"}, "bool": {"exclude_from_latest": "true"},
    "duration": {"timeout": "1h30m"}, "wait": {"wait": "all"}, "list": {"platform_key_disks": "os,1"}, "items": {"target_regions": ["a=1=b"]},
    "map": {"tags": {"k": "v"}}, "sets": {"disk_encryption_sets": {"a/0": "d"}, "location": "a"}, "snapshots": {"data_snapshots": {"0": "d"}},
    "block": {"target_region": {"name": "a", "os_disk": {}, "data_disk": [{"lun": 0}]}}, "secret": {"client_secret": "x"},
    "date": {"end_of_life_date": "+180d"}, "endpoint": {"authority_host": "http://[::1]:80/"}, "unknown-key": {"loction": 1},
}


def pack(value):
    """msgpack, as far as JSON goes."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, (int, float)):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\xda" + struct.pack(">H", len(value.encode())) + value.encode()
    if isinstance(value, list):
        return b"\xdc" + struct.pack(">H", len(value)) + b"".join(map(pack, value))
    return b"\xde" + struct.pack(">H", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())


def main():
    folder = HERE / "config"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    ways = (FILE, TEMPLATE, HCL, ELEMENT)
    kinds = sorted(p for p in (GOLDEN / "bad").iterdir() if p.is_dir())
    for number, case in enumerate(kinds[::2]):  # half of them: each costs hundreds of runs, and they share most of their text
        config = json.loads((case / "config.json").read_text())
        way = ways[number % len(ways)]
        text = json.dumps({"value": config, "type": "dynamic"} if way == HCL else config, separators=(",", ":"))
        (folder / case.name).write_bytes(way + (pack(config) if way == ELEMENT else text.encode()))
    for name, fields in SOUND.items():
        for way in ways:
            config = dict(NAMES, **fields)
            text = json.dumps({"value": config, "type": "dynamic"} if way == HCL else config, separators=(",", ":"))
            (folder / f"{name}-{way.decode()}").write_bytes(way + (pack(config) if way == ELEMENT else text.encode()))
    for name, fields in TINY.items():
        for way in (FILE, TEMPLATE, ELEMENT):
            data = pack(fields) if way == ELEMENT else json.dumps(fields, separators=(",", ":")).encode()
            (folder / f"tiny-{name}-{way.decode()}").write_bytes(way + data)
    for path in sorted((GOLDEN / "az").glob("*.json")):
        words = ["--subscription", "00000000-0000-0000-0000-000000000000", *json.loads(path.read_text())["arguments"]]
        (folder / f"line-{path.stem}").write_bytes(COMMAND_LINE + "\n".join(words).encode())


main()
