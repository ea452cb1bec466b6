#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Many publishes at once under one governor: Azure's limits are enforced by the simulator, and none is passed.

    throttle_test.py ACG_SIM MANY_PUBLISHES
"""
import bisect
import datetime
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, IMAGE, Report, Sim, equal, holds, test, tests_of  # noqa: E402

PROGRAM = sys.argv[2]
START = "2030-03-17T17:46:40Z"  # 1900000000, as the program's clock says
LIMITED = {"enforce": True, "arm": "buckets"}


def scenario(images, version_ms=600000, rate_limits=None, **more):
    with Sim() as plain:
        body = plain.get(IMAGE).body
    seeds = [{"id": f"{COMPUTE}/images/many-{i}", "location": body["location"], "properties": body["properties"]} for i in range(images)]
    return {"clock": "manual", "clock_start": START, "speeds": {"version_ms": version_ms, "replication_ms": version_ms},
            "rate_limits": LIMITED if rate_limits is None else rate_limits, "resources": seeds, **more}


def run(count, images, **more):
    """What the program says, what it wrote to stderr, and how often each status was answered."""
    with Sim(scenario(images, **more)) as sim:
        done = subprocess.run([PROGRAM, sim.base, str(count), str(images)], capture_output=True, text=True, timeout=280, check=False)
        holds(done.stdout, f"exit {done.returncode}: {done.stderr}")
        stats, log = sim.stats(), sim.log()
        said = json.loads(done.stdout)
        print(f"# {count} publishes, {images} sources: {stats['requests']} requests, {stats['by_status'].get('429', 0)} x 429, "
              f"{said['seconds']} s by the clock, {said['waits']} said that they wait, at most {said['most_at_once']} under way at once")
        return said, done.stderr, stats, log


def _most_within(log, seconds, method, word):
    """The most requests of that kind in any span of so many seconds of the clock."""
    times = sorted(datetime.datetime.fromisoformat(e["time"][:19]).timestamp() for e in log if e["method"] == method and word in e["path"])
    return max(bisect.bisect_left(times, t + seconds) - i for i, t in enumerate(times))


@test
def a_thousand_publishes_of_six_hours_stay_below_every_limit():
    said, errors, stats, _ = run(1000, 1000, version_ms=6 * 3600_000)
    equal((said["over"], said["failed"]), (1000, 0), errors)
    equal(stats["by_status"].get("429", 0), 0, "refused for the number of requests")
    equal(stats["by_method"]["PUT"], 1000, "one write each")
    holds(stats["requests"] <= 1000 * 150, f"more than 150 requests each: {stats}")


@test
def a_thousand_publishes_at_once_stay_below_every_limit():
    said, errors, stats, log = run(1000, 1000)
    equal((said["over"], said["failed"]), (1000, 0), errors)
    equal(stats["by_status"].get("429", 0), 0, "refused for the number of requests")
    equal(stats["by_method"]["PUT"], 1000, "one write each")
    holds(said["waits"] >= 500, f"who waits for minutes says so: {said}")
    most = {word: _most_within(log, 180, method, word) for method, word in (("PUT", "/versions/"), ("GET", "/capsOperations/"))}
    holds(300 <= most["/versions/"] <= 375 and 500 <= most["/capsOperations/"] <= 1200, f"most in 3 minutes: {most}")


@test
def other_clients_use_the_limits_up_and_azure_is_obeyed():
    """The first answers say that hardly anything is left; then Azure refuses for a while, and names the time."""
    faults = [{"method": "PUT", "path": "*/versions/*", "skip": 5, "times": 20, "status": 429, "code": "OperationNotAllowed", "message": "too many",
               "headers": {"Retry-After": "90", "x-ms-failure-cause": "service"}},
              {"method": "GET", "path": "*/versions/*", "skip": 40, "times": 3, "status": 429, "code": "SubscriptionRequestsThrottled", "message": "too many",
               "headers": {"Retry-After": "30", "x-ms-failure-cause": "gateway"}}]
    said, errors, stats, log = run(60, 60, faults=faults)
    equal((said["over"], said["failed"]), (60, 0), errors)
    holds(stats["by_status"]["429"] <= 23, stats)


@test
def publishes_from_one_source_write_one_after_the_other():
    said, errors, stats, log = run(30, 3, version_ms=60000, rate_limits={**LIMITED, "versions_per_source": 1})
    equal((said["over"], said["failed"]), (30, 0), errors)
    equal([e["status"] for e in log if e["method"] == "PUT"], [201] * 30)
    equal(said["turns"], 27, "who waits for a source says so")


@test
def a_refusal_for_the_number_of_versions_of_a_source_is_waited_out():
    """Somebody else publishes from the same source."""
    text = f"Too many requests on source '{COMPUTE}/images/many-0'. Please reduce the number of requests on the source or wait some time before retrying."
    faults = [{"method": "PUT", "path": "*/versions/*", "times": 12, "status": 400, "code": "InvalidParameter", "message": text}]
    said, errors, stats, log = run(1, 1, faults=faults)
    equal((said["over"], said["failed"]), (1, 0), errors)
    holds(said["seconds"] >= 12 * 30, said)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
