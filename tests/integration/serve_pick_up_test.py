#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve with a journal is killed or stopped, and started again: it goes on with what ran, under the old ids.

    serve_pick_up_test.py ACG_SIM ACG
"""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_house import (ACG, SECONDS, SECRET, Server, configuration, follow, grpc, post_processor_pb2, publish_request, publisher_pb2,  # noqa: E402
                         refused, started_sim, until_taken)
from simtest import IMAGE, Report, equal, holds, test, tests_of, version  # noqa: E402

HOUR_MS = 3_600_000
SLOW = {"replication_ms": HOUR_MS}


@contextlib.contextmanager
def journal():
    with tempfile.TemporaryDirectory(prefix="acg-journal-") as folder:
        yield folder


def killed(server):
    server.process.kill()
    server.process.wait(timeout=SECONDS)


class Doomed(Server):
    """One that is killed: its exit code is nobody's fault."""

    def __exit__(self, *unused):
        killed(self)
        log = self.log()
        self.stop()
        self.folder.cleanup()
        holds(SECRET not in log, "the secret is in the log")


def known(server):
    return server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes


def get(server, publish_id):
    return server.publisher().Get(publisher_pb2.GetRequest(publish_id=publish_id), timeout=SECONDS).publish


def watched(server, publish_id):
    return follow(server.publisher().Watch(publisher_pb2.WatchRequest(publish_id=publish_id), timeout=SECONDS))


def puts(sim, name="7.0.0"):
    return [r["status"] for r in sim.log() if r["method"] == "PUT" and r["path"].endswith("/versions/" + name)]


def taken(server, sim, name="7.0.0", **changes):
    """The id of a publish that Azure has accepted."""
    events = until_taken(server.publisher().Publish(publish_request(name, **changes), timeout=SECONDS), sim, name)
    return events[0].started.publish_id


def recorded(folder, what):
    """The journal's files that hold a line of this kind."""
    lines = [json.loads(line) for path in pathlib.Path(folder).glob("*.jsonl") for line in path.read_text().splitlines()]
    return [line for line in lines if what in line.values()]


def until(seen):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if seen():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it does not happen")


@test
def a_publish_goes_on_after_a_kill_under_its_old_id():
    with started_sim(speeds=SLOW) as sim, journal() as folder:
        with Doomed(sim, "--journal", folder) as server:
            old = taken(server, sim)
            before = get(server, old)
        holds(SECRET not in "".join(p.read_text() for p in pathlib.Path(folder).iterdir()), "the secret is in the journal")
        with Doomed(sim, "--journal", folder) as server:  # and again, once the second run is written down
            until(lambda: len(recorded(folder, "begin")) == 2)
            equal(get(server, old).ended, False)
        with Server(sim, "--journal", folder) as server:
            now = get(server, old)
            equal((now.publish_id, now.ended, now.operation, now.state), (old, False, "publish", "running"))
            equal([p.publish_id for p in known(server)], [old])
            holds(0 <= now.start_time_unix_s - before.start_time_unix_s < SECONDS, (before, now))
            sim.advance(HOUR_MS)
            events, error = watched(server, old)
            equal((error, events[0].started.publish_id, events[0].started.version_id), (None, old, version("7.0.0")))
            done = events[-1].done
            equal((done.result.state, done.result.proved, done.error.status), ("succeeded", True, ""))
            equal((get(server, old).ended, get(server, old).done), (True, done))
            equal(len(puts(sim)), 1, puts(sim))
            holds(f"[INFO] publish {old} of {version('7.0.0')} goes on" in server.log(), server.log())
            fresh, _ = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
            holds(fresh[0].started.publish_id not in ("", old), fresh[0])
        with Server(sim, "--journal", folder) as server:  # it has ended now
            equal(len(known(server)), 0)
            equal(refused(lambda: get(server, old)).code(), grpc.StatusCode.NOT_FOUND)


@test
def a_publish_of_an_artifact_goes_on_with_the_source_that_was_named():
    text = f"OSType: Linux\nManagedImageId: {IMAGE}\nOSDiskUriReadOnlySas: https://a.example/x?sig={SECRET}\n"
    request = post_processor_pb2.PostProcessRequest(
        configuration_json=json.dumps(configuration(managed_image=None, artifact_source="managed_image")),
        artifact=post_processor_pb2.Artifact(builder_id="Azure.ResourceManagement.VMImage", id=IMAGE, text=text))
    with started_sim(speeds=SLOW) as sim, journal() as folder:
        with Doomed(sim, "--journal", folder) as server:
            old = until_taken(server.post_processor().PostProcess(request, timeout=SECONDS), sim)[0].started.publish_id
        holds(SECRET not in "".join(p.read_text() for p in pathlib.Path(folder).iterdir()), "a signed address is in the journal")
        with Server(sim, "--journal", folder) as server:
            sim.advance(HOUR_MS)
            events, error = watched(server, old)
            equal((error, events[-1].done.result.state, len(puts(sim))), (None, "succeeded", 1))


@test
def a_server_that_was_stopped_in_order_goes_on_too_and_not_with_what_was_cancelled():
    with started_sim(speeds=SLOW) as sim, journal() as folder:
        with Server(sim, "--journal", folder) as server:
            unwanted = taken(server, sim, "7.0.1")
            server.publisher().Cancel(publisher_pb2.CancelRequest(publish_id=unwanted), timeout=SECONDS)
            equal(watched(server, unwanted)[1].code(), grpc.StatusCode.CANCELLED)
            early = taken(server, sim, "7.0.2", wait="accepted")  # Azure is still at it, and its client was told
            equal(watched(server, early)[1], None)
            stream = server.publisher().Publish(publish_request(), timeout=SECONDS)
            old = until_taken(stream, sim)[0].started.publish_id
            server.process.terminate()
            equal(follow(stream)[1].code(), grpc.StatusCode.UNAVAILABLE)
            for channel in server.channels:
                channel.close()
            server.process.wait(timeout=SECONDS)  # before another signal, which would end it at once
        with Server(sim, "--journal", folder) as server:
            equal([p.publish_id for p in known(server)], [old])
            sim.advance(HOUR_MS)
            events, error = watched(server, old)
            equal((error, events[-1].done.result.state, len(puts(sim))), (None, "succeeded", 1))


@test
def a_run_that_another_process_is_at_is_left_alone():
    with started_sim(speeds=SLOW) as sim, journal() as folder, Server(sim, "--journal", folder) as first:
        old = taken(first, sim)
        with Server(sim, "--journal", folder) as second:
            equal(len(known(second)), 0)
            holds("[WARN]" not in second.log(), second.log())
        sim.advance(HOUR_MS)
        events, error = watched(first, old)
        equal((error, events[-1].done.result.state, len(puts(sim))), (None, "succeeded", 1))


@test
def runs_that_cannot_be_picked_up_are_logged_with_how_to_go_on():
    memos = {"3": "not for us", "4": json.dumps({"publish_id": "x", "configuration": {}}),
             "5": json.dumps({"publish_id": "0123456789abcdef-5", "configuration": configuration(client_secret="no-secret-at-all")}),
             "6": json.dumps({"publish_id": "0123456789abcdef-6", "configuration": configuration("seven")}), "7": None}
    with started_sim(speeds=SLOW) as sim, journal() as folder:
        with Doomed(sim, "--journal", folder) as server:
            old = taken(server, sim)
        path, = pathlib.Path(folder).glob("*.jsonl")
        begin, *_ = path.read_text().splitlines()
        for digit, memo in memos.items():
            line = json.loads(begin)
            line.update(key=digit * 64, memo=memo)
            pathlib.Path(folder, digit * 64 + ".jsonl").write_text(json.dumps({k: v for k, v in line.items() if v is not None}) + "\n")
        pathlib.Path(folder, "8" * 64 + ".jsonl").write_text("no journal\n")
        with Server(sim, "--journal", folder) as server:
            equal([p.publish_id for p in known(server)], [old])
            log = server.log()
            for digit in (*memos, "8"):
                line, = [one for one in log.splitlines() if f"run {digit * 12} of the journal" in one]
                holds(line.startswith("[WARN]") or "[WARN]" in line, line)
                holds("begun again with this journal" in line and ("acg status " + version("7.0.0") in line or digit == "8"), line)
            holds("no-secret-at-all" not in log, log)
            sim.advance(HOUR_MS)
            equal((watched(server, old)[1], len(puts(sim))), (None, 1))


@test
def a_publish_of_the_command_in_the_same_journal_is_left_to_whoever_began_it():
    with started_sim(speeds=SLOW) as sim, journal() as folder:
        file = pathlib.Path(folder, "publish.json")
        file.write_text(json.dumps(configuration()))
        with subprocess.Popen([ACG, "publish", "--file", str(file), "--journal", folder], env=sim.environment(AZURE_CLIENT_SECRET=SECRET),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
            until(lambda: recorded(folder, "accepted"))
            command.kill()
        with Server(sim, "--journal", folder) as server:
            equal(len(known(server)), 0)
            holds("nothing that a server could begin again" in server.log(), server.log())


report = Report()
report.run(tests_of(globals()))
report.end()
