#!/usr/bin/python3 -B
# SPDX-License-Identifier: MPL-2.0
"""What a thousand publishes of one client over one connection cost acg serve: memory for each stream, CPU for each event; with a client that
reads at once, and with one that reads nothing until all have ended.

    serve.py ACG_SIM ACG [COUNT]

The simulator's operations end at once, so that everything comes together. A stream's memory is the growth of the server's peak, the publish
itself included; the second figure of CPU is without the publish: what reading late costs, from the moment the windows open."""
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from serve_crowd import PUBLISH, Reader, Server, processor_ms, requests, started_sim, status  # noqa: E402

COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 1000


def row(name, server, before, cpu, events):
    peak = status(server, "VmHWM")
    print(f"{name:<14} {COUNT} streams, {events} events, peak {peak / 1024:6.1f} MiB ({before / 1024:.1f} before), "
          f"{(peak - before) / COUNT:6.1f} KiB for a stream, {1000 * cpu / events:6.1f} us CPU for an event")


def measure(name, reading):
    with started_sim() as sim, Server(sim) as server, Reader(server.socket, reading) as reader:
        before, began = status(server, "VmRSS"), processor_ms(server)
        reader.ask(PUBLISH, requests(COUNT))
        while not reading and server.log().count(" ended: succeeded") < COUNT:  # asking the server would cost it something
            select.select([], [], [], 0.1)
            reader.look()
        waited = processor_ms(server)
        if not reading:
            reader.open()
        reader.play(until=reader.ended)
        events = sum(map(len, reader.streams.values()))
        if len(reader.status) != COUNT or set(reader.status.values()) != {0}:
            sys.exit(f"{name}: {len(reader.status)} of {COUNT} ended: {reader.frames}")
        row(name, server, before, processor_ms(server) - began, events)
        if not reading:
            print(f"{'':<14} reading late alone: {1000 * (processor_ms(server) - waited) / events:.1f} us CPU for an event")


measure("prompt reader", True)
measure("slow reader", False)
