#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg wait and acg status against the simulator: versions that somebody else publishes, watched without a journal and without a declaration.

    watch_test.py ACG_SIM ACG
"""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import Report, Sim, equal, holds, how_to_body, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
NEVER = {"speeds": {"version_ms": 0, "replication_ms": 86400000}}
NAMES = {"resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage", "gallery_image_version": "1.0.0"}


def start(sim, *words, home=None):
    """An empty folder is all it finds at home: nothing of an earlier publish."""
    environment = sim.environment(HOME=home or "/nonexistent", XDG_STATE_HOME=home or "/nonexistent")
    return subprocess.Popen([ACG, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(sim, *words):
    with tempfile.TemporaryDirectory() as home:
        process = start(sim, *words, home=home)
        out, err = process.communicate(timeout=120)
        holds(not list(pathlib.Path(home).iterdir()), "something was written into an empty home")
        return process.returncode, out, err


def ends_with(done, code, *words):
    seen = f"exit {done[0]}\n{done[1]}{done[2]}"
    holds(done[0] == code, f"expected exit {code}: {seen}")
    for word in words:
        holds(word in done[1] + done[2], f"{word!r} is not said: {seen}")
    return done


def put_version(sim, name="1.0.0"):
    answer = sim.put(version(name), how_to_body())
    holds(answer.status == 201, answer.raw)


def reads(sim):
    return [r for r in sim.log() if r["method"] == "GET" and "/versions/" in r["path"]]


def wrote(sim):
    return [r["path"] for r in sim.log() if r["method"] not in ("GET", "POST")]


@test
def a_version_of_somebody_else_is_watched_to_its_end():
    with Sim({"speeds": {"version_ms": 1500, "replication_ms": 1500}}) as sim:
        put_version(sim)
        sim.send("DELETE", "/_sim/log")
        ends_with(run(sim, "wait", version("1.0.0")), 0, "waiting until every region is replicated", "every region is replicated",
                  "eastus2  LUN 0    EastUS2DiskEncryptionSet2", "Completed")
        equal(wrote(sim), [])
        holds(2 <= len(reads(sim)) <= 8, reads(sim))


@test
def status_reads_once_and_shows_every_region_and_disk():
    with Sim(FAST) as sim:
        put_version(sim)
        ends_with(run(sim, "status", version("1.0.0")), 0, "westus   OS disk  WestUSDiskEncryptionSet1", "eastus2  LUN 0    EastUS2DiskEncryptionSet2")
        equal(len(reads(sim)), 1)
        report = json.loads(ends_with(run(sim, "status", version("1.0.0"), "-o", "json"), 0)[1])
        equal((report["kind"], report["exit_code"], report["error"]), ("status", 0, None))
        equal({r["name"]: r["replication_state"] for r in report["report"]["regions"]}, {"westus": "Completed", "eastus2": "Completed"})
        equal(report["report"]["disk_encryption_sets"], [])
    with Sim(NEVER) as sim:
        put_version(sim)
        ends_with(run(sim, "status", version("1.0.0")), 10, "still running, until every region is replicated: ", "Replicating")
        equal(len(reads(sim)), 1)


@test
def what_failed_is_told_in_azures_words():
    with Sim({**FAST, "versions": [{"match": "*/versions/*", "regions": {"eastus2": {"fail": "Storage allocation failure"}}}]}) as sim:
        put_version(sim)
        for verb in ("status", "wait"):
            ends_with(run(sim, verb, version("1.0.0")), 6, "region eastus2 failed: ", "Storage allocation failure")


@test
def a_time_out_names_what_is_missing():
    with Sim(NEVER) as sim:
        put_version(sim)
        ends_with(run(sim, "wait", version("1.0.0"), "--timeout", "2s"), 10, "still running after 2 s, until every region is replicated: ", "eastus2 Replicating")
        ends_with(run(sim, "wait", version("1.0.0"), "--for", "accepted"), 0, "the version is there")


@test
def the_home_region_alone_can_be_waited_for():
    slow = {"match": "*/versions/*", "regions": {"eastus2": {"ms": 86400000}}}
    with Sim({**FAST, "versions": [slow]}) as sim:
        put_version(sim)
        ends_with(run(sim, "wait", version("1.0.0"), "--for", "home"), 0, "the home region is replicated")
        ends_with(run(sim, "wait", version("1.0.0"), "--timeout", "1s"), 10, "eastus2 Replicating")


@test
def a_version_that_is_not_there_is_told_after_several_readings():
    with Sim(FAST) as sim:
        ends_with(run(sim, "status", version("1.0.0")), 6, "there is no such version")
        equal(len(reads(sim)), 1)
        sim.send("DELETE", "/_sim/log")
        ends_with(run(sim, "wait", version("1.0.0")), 6, "there is no such version")
        equal(len(reads(sim)), 5)


@test
def the_version_may_be_named_by_a_declaration():
    with Sim(FAST) as sim, tempfile.TemporaryDirectory() as folder:
        put_version(sim)
        declarations = [{**NAMES, "location": "westus", "managed_image": "myImage"}, {"gallery_image_version_id": version("1.0.0"), "location": "westus"}]
        for declaration in declarations:
            path = pathlib.Path(folder) / "declaration.json"
            path.write_text(json.dumps(declaration))
            ends_with(run(sim, "status", "--file", str(path)), 0)
            ends_with(run(sim, "wait", "--file", str(path), "--for", "home"), 0)
        path.write_text(json.dumps({"location": "westus"}))
        ends_with(run(sim, "wait", "--file", str(path)), 2, "gallery_image_version")
        ends_with(run(sim, "wait", version("1.0.0"), "--file", str(path)), 0)


@test
def bad_words_are_named():
    with Sim(FAST) as sim:
        ends_with(run(sim, "wait", version("1.0.0"), "--for", "ever"), 2, "--for", "is none of all, home and accepted")
        ends_with(run(sim, "wait", version("1.0.0"), "--timeout", "soon"), 2, "--timeout")
        ends_with(run(sim, "wait"), 2, "--resource-group", "--gallery-image-version")
        ends_with(run(sim, "status", "/subscriptions/x"), 2, "is not the full id of a gallery image version")
        ends_with(run(sim, "status", version("1.0.0"), "--for", "all"), 2, "--for")
        equal(sim.log(), [])


@test
def ctrl_c_stops_the_watch_alone():
    with Sim(NEVER) as sim:
        put_version(sim)
        process = start(sim, "wait", version("1.0.0"))
        line = process.stderr.readline()
        while "Replicating" not in line:
            holds(line != "", "it ended before it told a region")
            line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        ends_with((process.returncode, out, err), 130, "stopped watching as asked; nothing was written")
        ends_with(run(sim, "status", version("1.0.0")), 10)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
