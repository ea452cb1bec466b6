#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Two processes write one version: whoever ends well has all its regions with all their encryption in it, and what is gone is named by
one that ends with exit code 5. Nothing is lost in silence.

    two_writers_test.py ACG_SIM FAST_PUBLISH [RUNS]

Azure replaces the list of regions as a whole and has no ETag. The simulator answers late by a time drawn from a seed, so that a write of
one falls anywhere between a reading and a write of the other, and (rule "busy" off) takes a write while another is at work. Clocks run
FACTOR times as fast as the world.
"""
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import DEFINITION, IMAGE, Report, Sim, des, holds, test, tests_of  # noqa: E402

FAST_PUBLISH = sys.argv[2]
RUNS = int(sys.argv[3]) if len(sys.argv) > 3 else 24
FACTOR, SIDE_BY_SIDE = 20, 4
SECONDS = 120  # one run; a loaded machine may be slow
HOME, OTHERS = "westus", ("eastus2", "northeurope", "westeurope", "japaneast")
SETS = {region: f"Set-{region}" for region in (HOME, *OTHERS)}


def scenario(seed, busy):
    return {
        "clock_factor": FACTOR, "latency_jitter_ms": 120, "latency_seed": seed, "rules_off": ["replay"] if busy else ["busy"],
        "speeds": {"version_ms": 10000, "replication_ms": 40000},
        "resources": [{"id": des(name), "location": region} for region, name in SETS.items()],
    }


def options(version, regions, **more):
    return {
        "gallery_image_version_id": version, "location": HOME, "managed_image": IMAGE,
        "target_regions": [{"name": region, "disk_encryption_set_id": des(SETS[region])} for region in regions], **more,
    }


class Writer:
    def __init__(self, sim, folder, seed, name, regions, **more):
        self.regions = regions
        path = pathlib.Path(folder, f"{seed}-{name}.json")
        path.write_text(json.dumps(options(f"{DEFINITION}/versions/1.0.{seed}", regions, **more)))
        self.process = subprocess.Popen([FAST_PUBLISH, str(FACTOR), str(seed * 2 + (name == "b")), str(path)], env=sim.environment(),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self):
        self.out, self.err = self.process.communicate(timeout=SECONDS)
        self.code = self.process.returncode
        self.message = json.loads(self.out)["message"] if self.out else self.err
        return self


def stored(sim, seed):
    """Region to the set of each disk."""
    body = Sim.get(sim, f"{DEFINITION}/versions/1.0.{seed}").body
    found = {}
    for each in body["properties"]["publishingProfile"]["targetRegions"]:
        encryption = each.get("encryption") or {}
        sets = [(encryption.get("osDiskImage") or {}).get("diskEncryptionSetId")]
        sets += [disk.get("diskEncryptionSetId") for disk in encryption.get("dataDiskImages") or []]
        found[each["name"].lower().replace(" ", "")] = {(one or "").lower() for one in sets}
    return found


def judge(sim, seed, writers):
    """@return how the run ended, as a word; raises when something was lost in silence."""
    found = stored(sim, seed)
    story = [(w.code, w.regions, w.message) for w in writers]
    for writer in writers:
        added = writer.code == 7 and "not asked for, but the version is published there" in writer.message  # by one that may
        holds(writer.code in (0, 5) or added, f"seed {seed}: {story}\n{writer.err}")
        for region in writer.regions:
            if region in found:
                holds(found[region] == {des(SETS[region]).lower()}, f"seed {seed}: encryption of {region}: {found}")
            elif writer.code == 5:
                continue
            else:
                named = any(w.code == 5 and (region in w.message or "are gone from it" in w.message) for w in writers)
                holds(named, f"seed {seed}: {region} is gone, and nobody says so: {found} {story}\n" + "\n".join(w.err for w in writers))
    for writer in writers:  # who ends with 5 says what happened
        holds(writer.code in (0, 7) or "writer" in writer.message or "version exists" in writer.message or "deletes" in writer.message,
              f"seed {seed}: {story}")
    return "all" if all(w.code == 0 for w in writers) else "told"


def one_run(sim, folder, seed, policies, there):
    random_of = random.Random(seed)
    if there:
        sim.token = None
        path = pathlib.Path(folder, f"{seed}-0.json")
        path.write_text(json.dumps(options(f"{DEFINITION}/versions/1.0.{seed}", [HOME])))
        subprocess.run([FAST_PUBLISH, str(FACTOR), "1", str(path)], env=sim.environment(), check=True, capture_output=True, timeout=SECONDS)
    a = [HOME, *random_of.sample(OTHERS, random_of.randint(1, 3))]
    b = [HOME, *random_of.sample(OTHERS, random_of.randint(1, 3))]
    writers = [Writer(sim, folder, seed, "a", a, on_existing=policies[0]), Writer(sim, folder, seed, "b", b, on_existing=policies[1])]
    return judge_later(sim, seed, [w.end() for w in writers])


def judge_later(sim, seed, writers):
    fresh = Reader(sim)
    try:
        return judge(fresh, seed, writers)
    finally:
        fresh.close()


class Reader:
    """Its own connection to the same simulator: runs are side by side."""

    def __init__(self, sim):
        self.host, self.ca, self.connection, self.token = sim.host, sim.ca, None, None

    connect, send, login, arm, get = Sim.connect, Sim.send, Sim.login, Sim.arm, Sim.get

    def close(self):
        if self.connection:
            self.connection.close()


def many(policies, there, busy, runs):
    counts = collections.Counter()
    with Sim(scenario(sum(map(ord, str((policies, there, busy)))), busy), tls=True) as sim:
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for word in pool.map(lambda seed: one_run(sim, sim.folder.name, seed, policies, there), range(1, runs + 1)):
                counts[word] += 1
    print(f"# {policies[0]} and {policies[1]}, {'a version is there' if there else 'nothing is there'}, "
          f"{'409 while busy' if busy else 'taken at any moment'}: {dict(counts)}")
    return counts


@test
def two_that_update_a_version_both_end_well():
    counts = many(("update", "update"), True, False, RUNS // 3)
    holds(counts["all"] > 0, str(counts))


@test
def two_that_update_a_version_wait_for_each_other_where_azure_makes_them():
    counts = many(("update", "update"), True, True, RUNS // 6)
    holds(counts["all"] > 0, str(counts))


@test
def two_that_create_a_version_and_add_to_it_both_end_well():
    counts = many(("update", "update"), False, False, RUNS // 6)
    holds(counts["all"] > 0, str(counts))


@test
def of_two_that_only_create_a_version_one_says_so():
    counts = many(("fail", "fail"), False, False, RUNS // 6)
    holds(counts["told"] > 0, str(counts))


@test
def one_that_creates_and_one_that_adds():
    many(("fail", "update"), False, False, RUNS // 6)


report = Report()
report.run(tests_of(globals()))
report.end()
