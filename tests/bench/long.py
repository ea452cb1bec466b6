#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Publishes of hours, by hours that pass in seconds: how often the version is read, and how late its end is seen.

    tests/bench/long.py ACG_SIM FAST_PUBLISH [--hours 6] [--count 1] [--factor 360] [--limits]

COUNT publishes from as many images run in one process and one thread, each replicating for so many hours to two regions; the clocks of the
simulator and of the publisher run FACTOR times as fast as the world. --limits: the simulator refuses with 429 what is over Azure's limits.

A request takes its real time, which counts FACTOR times: on a busy machine the lag grows with it. Printed are counts and lags; nothing is asserted
but that every publish ends well.
"""
import argparse
import collections
import json
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, Sim, des, version  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim"), parser.add_argument("fast_publish")
    parser.add_argument("--hours", type=float, default=6), parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--factor", type=int, default=360), parser.add_argument("--limits", action="store_true")
    return parser.parse_args()


def image(i):
    return f"{COMPUTE}/images/long-{i}"


def scenario(args):
    ms = int(args.hours * 3600_000)
    disk = {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, "storageAccountType": "Standard_LRS"}
    images = [{"id": image(i), "location": "westus", "properties": {"hyperVGeneration": "V1", "storageProfile": {"osDisk": dict(disk), "dataDisks": []}}}
              for i in range(args.count)]
    return {"clock_factor": args.factor, "speeds": {"version_ms": None, "replication_ms": ms}, "resources": images,
            "rate_limits": {"enforce": args.limits}, "tokens": {"lifetime_s": 3600}}


def options(folder, i):
    path = pathlib.Path(folder, f"long-{i}.json")
    regions = [{"name": "westus", "disk_encryption_set_id": des("WestUSDiskEncryptionSet1")},
               {"name": "eastus2", "disk_encryption_set_id": des("EastUS2DiskEncryptionSet1")}]
    path.write_text(json.dumps({"gallery_image_version_id": version(f"9.0.{i}"), "location": "westus", "managed_image": image(i),
                                "target_regions": regions, "timeout_ms": int(48 * 3600_000)}))
    return str(path)


def main():
    args = arguments()
    with Sim(scenario(args)) as sim:
        files = [options(sim.folder.name, i) for i in range(args.count)]
        began = time.monotonic()
        done = subprocess.run([args.fast_publish, str(args.factor), "1", *files], env=sim.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        took = time.monotonic() - began
        ends = [json.loads(line) for line in done.stdout.splitlines()]
        log = sim.log()
    report(args, ends, log, took)
    return done.returncode


def report(args, ends, log, took):
    reads, writes, kinds = collections.Counter(), {}, collections.Counter()
    for entry in log:
        if entry["method"] == "PUT":
            writes[entry["path"].rsplit("/", 1)[1]] = entry["end_us"]
        name = entry["path"].rsplit("/versions/", 1)[1] if "/versions/" in entry["path"] else None
        if entry["method"] == "GET" and name:
            reads[name] += 1
        kinds[(entry["method"], entry["status"])] += 1
    polls = sum("capsOperations" in entry["path"] for entry in log)
    per = [count for count in reads.values()]
    print(f"{args.count} publishes of {args.hours} h at {args.factor} times the world's speed: {took:.1f} s")
    print(f"ended well: {sum(end['code'] == 0 for end in ends)} of {len(ends)}; codes {collections.Counter(end['code'] for end in ends)}")
    print(f"requests {len(log)}: reads of a version {min(per)} to {max(per)} (mean {sum(per) / len(per):.1f}), polls {polls / args.count:.1f} each")
    print(f"statuses: {dict(kinds)}")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor of both programs {usage.ru_utime + usage.ru_stime:.1f} s, peak {usage.ru_maxrss / 1024:.1f} MiB")
    last = [end["elapsed_ms"] / 1000 - args.hours * 3600 for end in ends if end["code"] == 0]
    if last:
        print(f"from beginning to end beyond the replication itself: {min(last):.0f} to {max(last):.0f} s of simulated time")


sys.exit(main())
