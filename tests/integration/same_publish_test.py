#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The same publish begun twice on one machine: the second process waits for the first, and goes on from there.

    same_publish_test.py ACG_SIM ACG
"""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

ACG, SECONDS = sys.argv[2], 120
OLD = "2026-01-01T00:00:00.0000000+00:00"
SNAPSHOT = f"{COMPUTE}/snapshots/same-os"
SLOW = {"speeds": {"version_ms": 4000, "replication_ms": 5000},
        "resources": [{"id": SNAPSHOT, "location": "westus", "properties": {"timeCreated": OLD, "diskSizeGB": 30, "osType": "Linux"}}]}


def begin(sim, folder, name):
    path = pathlib.Path(folder, "publish.json")
    path.write_text(json.dumps({"gallery_image_version_id": version(name), "location": "westus", "os_snapshot": SNAPSHOT,
                                "target_regions": ["westus"], "disk_encryption_sets": {"westus": "WestUSDiskEncryptionSet1"}}))
    return subprocess.Popen([ACG, "publish", "--file", str(path), "--journal", str(pathlib.Path(folder, "journal"))], env=sim.environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_written(sim):
    deadline = time.monotonic() + SECONDS
    while not any(r["method"] == "PUT" for r in sim.log()):
        holds(time.monotonic() < deadline, "nothing was written")
        threading.Event().wait(0.02)


@test
def the_second_waits_and_takes_what_the_first_made():
    with Sim(SLOW, tls=True) as sim, tempfile.TemporaryDirectory() as folder:
        first = begin(sim, folder, "6.0.0")
        until_written(sim)
        second = begin(sim, folder, "6.0.0")
        out, err = first.communicate(timeout=SECONDS)
        equal(first.returncode, 0, err)
        out, err = second.communicate(timeout=SECONDS)
        equal(second.returncode, 0, err)
        holds("another process of this machine runs the same publish" in err and "the version is there" in err, err)
        holds(json.loads(out)["proved"] is True, out)
        equal([r["method"] for r in sim.log()].count("PUT"), 1)


@test
def the_second_goes_on_when_the_first_is_killed():
    with Sim(SLOW, tls=True) as sim, tempfile.TemporaryDirectory() as folder:
        first = begin(sim, folder, "6.0.1")
        until_written(sim)
        second = begin(sim, folder, "6.0.1")
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=SECONDS)
        _, err = second.communicate(timeout=SECONDS)
        equal(second.returncode, 0, err)
        equal([r["method"] for r in sim.log()].count("PUT"), 1)


report = Report()
report.run(tests_of(globals()))
report.end()
