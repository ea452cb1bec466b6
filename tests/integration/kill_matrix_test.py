#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""`acg publish` is killed from outside (SIGKILL) before and after every request and every journal write, and run again: the same command
always ends in the right state, nothing is written twice, no region is dropped, no encryption changed.

    kill_matrix_test.py ACG_SIM ACG HOLD_WRITES.so [all]

The simulator holds a request (before it has any effect) or its answer (after), a preloaded library holds a write of the journal; meanwhile
the command is killed. Every second run after that finds an empty journal folder, as on another machine. Without "all" every third point.

The publish goes to three regions in waves, and the last one fails: it is optional, so the version is written four times (home, second,
third, without the third) and the command ends with exit code 11. A second publish fails for good (exit code 6, everything kept).
"""
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402

ACG, HOLD_WRITES = sys.argv[2], sys.argv[3]
EVERY = 1 if sys.argv[4:] == ["all"] else 3
SIDE_BY_SIDE = 6
SECONDS, HELD_MS = 240, 300_000
VERSION = version("5.0.0")
SNAPSHOTS, MADE = f"{COMPUTE}/snapshots/kill-", "2026-01-01T00:00:00.0000000+00:00"  # older than the version: it is known again without a journal
REGIONS = ("westus", "eastus2", "northeurope")
SETS = {region: f"Kill-{region}" for region in REGIONS}
FAST = {"version_ms": 100, "replication_ms": 200}
OPTIONAL = ({"wave_size": 1, "optional_regions": ["northeurope"]}, 11, REGIONS[:2])
KEPT = ({}, 6, REGIONS)


def configuration(**more):
    return {"gallery_image_version_id": VERSION, "location": "westus", "os_snapshot": SNAPSHOTS + "os",
            "data_snapshot": [{"lun": 0, "id": SNAPSHOTS + "0"}],
            "target_region": [{"name": region, "disk_encryption_set_id": des(SETS[region])} for region in REGIONS], **more}


def is_held(entry):
    return entry["end_us"] - entry["start_us"] > HELD_MS * 500


class Run:
    """One simulator, one folder with configuration and journals."""

    def __init__(self, story, fault=None):
        self.more, self.code, self.regions = story
        scenario = {"speeds": FAST, "faults": [fault] if fault else [],
                    "versions": [{"match": "*", "regions": {"northeurope": {"fail": "Storage allocation failure"}}}],
                    "resources": [{"id": des(name), "location": region} for region, name in SETS.items()] + [
                        {"id": SNAPSHOTS + disk, "location": "westus",
                         "properties": {"timeCreated": MADE, "diskSizeGB": 30, **({"osType": "Linux"} if disk == "os" else {})}}
                        for disk in ("os", "0")]}
        self.sim = Sim(scenario, tls=True)
        self.folder = tempfile.TemporaryDirectory(prefix="acg-kill-")
        self.file = pathlib.Path(self.folder.name, "publish.json")
        self.file.write_text(json.dumps(configuration(**self.more)))

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.folder.cleanup()
        self.sim.__exit__(*why)

    def command(self, journal):
        return [ACG, "publish", "--file", str(self.file), "--journal", str(pathlib.Path(self.folder.name, journal))]

    def start(self, journal="journal", **environment):
        return subprocess.Popen(self.command(journal), env=self.sim.environment(**environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def kill(self, process, held):
        """Wait until held() says so, or the command has ended. @return whether it was killed."""
        until = time.monotonic() + SECONDS
        while process.poll() is None and not held():
            holds(time.monotonic() < until, "neither held nor ended")
            threading.Event().wait(0.02)
        killed = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return killed

    def again(self, journal):
        done = subprocess.run(self.command(journal), env=self.sim.environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
        holds(done.returncode == self.code, f"exit {done.returncode}, not {self.code}\n{done.stderr}\n{self.story()}")
        return done

    def story(self):
        return "\n".join(f"{r['n']} {r['method']} {r['path']} {r['status']}" for r in self.sim.log())

    def writes(self):
        return [r for r in self.sim.log() if r["method"] in ("PUT", "DELETE") and "/versions/" in r["path"]]

    def is_right(self, want):
        body = self.sim.get(VERSION).body
        found = {}
        for each in body["properties"]["publishingProfile"]["targetRegions"]:
            encryption = each["encryption"]
            sets = [encryption["osDiskImage"]["diskEncryptionSetId"], *(d["diskEncryptionSetId"] for d in encryption["dataDiskImages"])]
            found[each["name"].lower().replace(" ", "")] = {one.lower() for one in sets}
        equal(found, {region: {des(SETS[region]).lower()} for region in self.regions}, self.story())
        effective = [r for r in self.writes() if r["status"] in (200, 201, 202)]
        holds(all(r["status"] != 409 for r in self.writes()), f"a write met another one\n{self.story()}")
        # the optional region is tried once more by a run that does not know that it was given up: it comes and goes again
        equal([r["status"] for r in effective][:len(want)], want, self.story())
        holds(len(effective) <= len(want) + 2 and all(r["status"] == 200 for r in effective[1:]), self.story())
        ends = [r["start_us"] if is_held(r) else r["end_us"] for r in effective]  # the answer that was held was never waited for
        holds(all(end <= r["start_us"] for end, r in zip(ends, effective[1:])), f"two writes at a time\n{self.story()}")


def fault_free(story):
    """@return how many requests it takes, and the statuses of its writes."""
    with Run(story) as run:
        run.again("journal")
        log = [r for r in run.sim.log() if r["path"].startswith("/subscriptions")]
        return len(log), [r["status"] for r in run.writes()]


def killed_at_request(story, want, number, before):
    """@return whether the run came so far."""
    hold = {"path": "/subscriptions*", "skip": number - 1, "times": 1, "delay_ms": HELD_MS}
    if before:
        hold["drop"] = "before"
    with Run(story, hold) as run:
        process = run.start()
        killed = run.kill(process, lambda: any(is_held(r) for r in run.sim.log()))
        if killed:
            run.again("journal" if number % 2 else "elsewhere")
            run.is_right(want)
        return killed


def killed_at_record(story, want, number, before):
    """@return whether the run came so far."""
    with Run(story) as run:
        mark = pathlib.Path(run.folder.name, "held")
        process = run.start(LD_PRELOAD=HOLD_WRITES, ACG_HOLD_AT=str(number), ACG_HOLD_WHEN="before" if before else "after", ACG_HOLD_MARK=str(mark))
        killed = run.kill(process, mark.exists)
        if killed:
            run.again("journal" if number % 2 else "elsewhere")
            run.is_right(want)
        return killed


def records(story):
    """How many records a run without faults writes."""
    with Run(story) as run:
        run.again("journal")
        return sum(len(path.read_text().splitlines()) for path in pathlib.Path(run.folder.name, "journal").glob("*.jsonl"))


def matrix_of_records(story):
    count, (_, want) = records(story), fault_free(story)
    points = [(number, before) for number in range(1, count + 1) for before in (True, False)]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        killed = list(pool.map(lambda point: killed_at_record(story, want, *point), points))
    print(f"# {count} records: killed at {sum(killed)} of {len(points)} points before and after a record")
    equal(sum(killed), len(points))


def matrix(story):
    count, want = fault_free(story)
    points = [(number, before) for number in range(1, count + 1) for before in (True, False)][::EVERY]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        killed = list(pool.map(lambda point: killed_at_request(story, want, *point), points))
    print(f"# {count} requests, writes {want}: killed at {sum(killed)} of {len(points)} points before and after a request")
    holds(sum(killed) > len(points) * 0.8, f"only {sum(killed)} of {len(points)}")


@test
def a_publish_in_waves_is_killed_at_any_request_and_made_good():
    matrix(OPTIONAL)


@test
def a_publish_that_fails_is_killed_at_any_request_and_fails_alike():
    matrix(KEPT)


@test
def a_publish_in_waves_is_killed_at_any_record_and_made_good():
    matrix_of_records(OPTIONAL)


@test
def a_publish_that_fails_is_killed_at_any_record_and_fails_alike():
    matrix_of_records(KEPT)


report = Report()
report.run(tests_of(globals()))
report.end()
