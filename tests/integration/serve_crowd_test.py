#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve with a thousand publishes that one client follows over one connection and does not read until all have ended: memory stays
bounded, and nothing but merged progress is missing, of what a client that read at once was told.

    serve_crowd_test.py ACG_SIM ACG
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_crowd import PUBLISH, WATCH, Reader, crowd, listed, status, until  # noqa: E402
from serve_house import ACG, SECONDS, Server, publisher_pb2, started_sim  # noqa: E402
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

SANITIZED = b"__asan_init" in pathlib.Path(ACG).read_bytes()
COUNT = 200 if SANITIZED else 1000
SLOW = {"version_ms": 3_600_000, "replication_ms": 3_600_000}
# Some 50 KiB for each publish with its log, and what is queued for it on each of two connections.
PEAK_MIB = 110


def complete(events):
    """One call's events: in order, with one end."""
    kinds = [e.WhichOneof("kind") for e in events]
    equal((kinds[0], kinds.count("started"), kinds[-1], kinds.count("done")), ("started", 1, "done", 1))
    numbers = [e.number for e in events[1:]]
    equal(numbers, sorted(set(numbers)), "numbers of events")
    equal((events[-1].done.result.state, events[-1].done.result.proved), ("succeeded", True))
    return {e.number: e for e in events[1:]}


def merged(early, late):
    """Whether the late reader misses no more than progress of regions of which it got something newer."""
    for number, event in early.items():
        if number in late:
            equal(late[number], event)
            continue
        equal(event.WhichOneof("kind"), "region", f"what is missing at {number}")
        newer = [e for n, e in late.items() if n > number and e.WhichOneof("kind") == "region" and e.region.region == event.region.region]
        holds(newer, f"nothing newer than {event}")
    return len(early) - len(set(early) & set(late))


@test
def who_reads_after_everything_is_over_misses_nothing_but_merged_progress():
    scenario, requests = crowd(COUNT)
    with started_sim(speeds=SLOW, **scenario) as sim, Server(sim) as server, Reader(server.socket, False) as late, Reader(server.socket, True) as early:
        stub = server.publisher()
        late.ask(PUBLISH, list(requests.values()))
        until(SECONDS, lambda: len(listed(stub)) == COUNT, "every publish")
        ids = {p.version_id: p.publish_id for p in listed(stub)}
        equal(set(ids), set(requests))
        early.ask(WATCH, [publisher_pb2.WatchRequest(publish_id=ids[v]) for v in requests])
        for each in requests:
            until(SECONDS, lambda each=each: sim.holds(each), "a version")
        for _ in range(4):  # progress in steps
            sim.advance(SLOW["version_ms"] // 2)
            before = min(len(e) for e in early.streams.values())
            early.play(until=lambda: early.ended() or min(len(e) for e in early.streams.values()) > before)
            late.look()
        early.play(until=early.ended)
        equal((early.frames, set(early.status.values()), len(early.status)), ([], {0}, COUNT))
        holds(all(p.ended for p in listed(stub)), "a publish runs on")
        equal([e for e in late.streams.values() if e], [])
        late.open()
        late.play(until=late.ended)
        equal((late.frames, set(late.status.values()), len(late.status)), ([], {0}, COUNT))
        gaps = sum(merged(complete(early.streams[s]), complete(late.streams[s])) for s in early.streams)
        most = status(server, "VmHWM") / 1024
        print(f"# {COUNT} publishes, {sum(map(len, late.streams.values()))} events read late, {gaps} merged, {most:.0f} MiB")
        if not SANITIZED:
            holds(most < PEAK_MIB, f"{most} MiB of memory")


report = Report()
report.run(tests_of(globals()))
report.end()
