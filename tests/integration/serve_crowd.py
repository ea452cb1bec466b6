# SPDX-License-Identifier: MPL-2.0
"""A thousand publishes that one client starts over one connection and follows there, at once or after everything is over.
Shared by the test and by the measurement (tests/bench/serve.py)."""
import json
import pathlib
import time

import h2_raw as h2
from h2_raw import Raw, call, frame, message, settings, window_update
from serve_house import SECONDS, Server, configuration, events_pb2, publisher_pb2, started_sim  # noqa: F401
from simtest import SUBSCRIPTION, TENANT, version

PUBLISH, WATCH = "/acg.v1.Publisher/Publish", "/acg.v1.Publisher/Watch"
LARGEST = 0x7fffffff
SUBSCRIPTIONS = 50


class Reader(Raw):
    """One connection with many calls; reading: its windows are open from the beginning."""

    def __init__(self, path, reading):
        first = h2.PREFACE + settings(HEADER_TABLE_SIZE=0, INITIAL_WINDOW_SIZE=LARGEST if reading else 0)
        super().__init__(path, 5 * SECONDS, first + (window_update(0, LARGEST - 65535) if reading else b""))
        self.on_frame, self.streams, self.parts, self.status = self.take, {}, {}, {}

    def take(self, f):
        if f.type in (h2.GOAWAY, h2.RST_STREAM):
            self.frames.append(f)
        elif f.type == h2.PING and not f.flags:
            self.pending += frame(h2.PING, h2.ACK, 0, f.payload)
        elif f.type == h2.DATA:
            part = self.parts.setdefault(f.stream, bytearray())
            part += f.payload
            while len(part) >= 5 and len(part) - 5 >= int.from_bytes(part[1:5], "big"):
                size = 5 + int.from_bytes(part[1:5], "big")
                self.streams[f.stream].append(publisher_pb2.PublishResponse.FromString(bytes(part[5:size])).event)
                del part[:size]
        elif f.type == h2.HEADERS and h2.status_of(f) is not None:
            self.status[f.stream] = h2.status_of(f)

    def ask(self, path, requests):
        """Begin a call for each; their streams."""
        begun = range(1, 2 * len(requests), 2)
        self.streams = {stream: [] for stream in begun}
        self.play(call(s, path) + frame(h2.DATA, h2.END_STREAM, s, message(r.SerializeToString())) for s, r in zip(begun, requests))

    def open(self):
        """Let everything come that waits."""
        self.play([settings(INITIAL_WINDOW_SIZE=LARGEST) + window_update(0, LARGEST - 65535)])

    def ended(self):
        return len(self.status) == len(self.streams) or bool(self.frames)


def listed(stub):
    """All publishes that the server knows."""
    found, token = [], ""
    while True:
        page = stub.List(publisher_pb2.ListRequest(page_token=token), timeout=SECONDS)
        found += page.publishes
        token = page.next_page_token
        if not token:
            return found


def until(seconds, condition, what):
    """Ask again and again; each question goes through the server's loop, so that none of them is for nothing."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")


def crowd(count):
    """Resources of a scenario, and version id to request: no two publishes share a source, and there are so many subscriptions that no limit
    of one of them is felt."""
    told = json.loads((pathlib.Path(__file__).resolve().parents[1] / "sim" / "default_scenario.json").read_text())["resources"]
    used = [r for r in told if "/versions/" not in r["id"] and "/images/myImage" not in r["id"]]
    image = next(r for r in told if r["id"].endswith("/images/myImage"))
    subscriptions = [f"00000000-0000-0000-0000-{n:012}" for n in range(1, 1 + min(count, SUBSCRIPTIONS))]
    resources, requests = [], {}
    for subscription in subscriptions:
        resources += json.loads(json.dumps(used).replace(SUBSCRIPTION, subscription))
    for i in range(count):
        def mine(text, subscription=subscriptions[i % len(subscriptions)]):
            return text.replace(SUBSCRIPTION, subscription)
        source = {**image, "id": f"{image['id']}-{i}"}
        resources.append(json.loads(mine(json.dumps(source))))
        config = configuration(f"7.0.{i}", subscription_id=SUBSCRIPTION, managed_image=source["id"])
        requests[mine(version(f"7.0.{i}"))] = publisher_pb2.PublishRequest(configuration_json=mine(json.dumps(config)))
    seeds = [{"subscriptionId": s, "displayName": "One of many", "state": "Enabled", "tenantId": TENANT} for s in subscriptions]
    return {"subscriptions": seeds, "resources": resources}, requests


def status(server, name):
    """A figure of /proc/PID/status, KiB."""
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(name + ":")).split()[1])


def processor_ms(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10  # Linux counts hundredths of a second
