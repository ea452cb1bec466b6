#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""What a thousand publishes of one client over one connection cost acg serve: memory for each, CPU for each event; with a client that reads
at once, with one that reads nothing until all have ended, and with one that goes at once, so that the publishes are known without streams.

    serve.py ACG_SIM ACG [COUNT]      (by Debian's own Python, which has grpcio)

The simulator's operations end at once, so that everything comes together. Memory is the growth of the server's peak."""
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from h2_raw import rst  # noqa: E402
from serve_crowd import PUBLISH, Reader, Server, crowd, processor_ms, started_sim, status  # noqa: E402

COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 1000


def all_ended(server, reader):
    """Wait without asking the server, which would cost it something."""
    while server.log().count(" ended: succeeded") < COUNT:
        select.select([], [], [], 0.1)
        reader.look()


def read_to_the_end(reader):
    """Events that came."""
    reader.play(until=reader.ended)
    if len(reader.status) != COUNT or set(reader.status.values()) != {0}:
        sys.exit(f"{len(reader.status)} of {COUNT} ended: {reader.frames}")
    return sum(map(len, reader.streams.values()))


def measure(name, reads, goes=False):
    """@return KiB for each publish."""
    scenario, requests = crowd(COUNT)
    with started_sim(**scenario) as sim, Server(sim) as server, Reader(server.socket, reads) as reader:
        before, began, events = status(server, "VmRSS"), processor_ms(server), 0
        reader.ask(PUBLISH, list(requests.values()))
        if goes:
            reader.play(rst(stream) for stream in reader.streams)
        if not reads:
            all_ended(server, reader)
        if not reads and not goes:
            reader.open()
        if not goes:
            events = read_to_the_end(reader)
        peak, cpu = status(server, "VmHWM"), processor_ms(server) - began
    each = (peak - before) / COUNT
    print(f"{name:<14} {COUNT} publishes, peak {peak / 1024:6.1f} MiB ({before / 1024:.1f} before), {each:6.1f} KiB and {cpu / COUNT:5.2f} ms CPU "
          "for each" + (f"; {events} events, {1000 * cpu / events:.0f} us CPU for one, the publish with it" if events else ""))
    return each


alone = measure("no reader", False, goes=True)
for kind, at_once in (("prompt reader", True), ("slow reader", False)):
    more = measure(kind, at_once) - alone
    print(f"{'':<14} the stream alone: {more:.1f} KiB")
