#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""What many publishes at once cost in one process and one thread, with Azure's limits enforced, and how long the limits make them take.

    many.py BUILD_FOLDER [COUNT ...]

Every operation takes ten minutes. Time passes on the simulator's clock only while nothing is under way, so the seconds by the clock are
what the limits and the operations cost, and the wall and CPU are what we cost."""
import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("count", type=int, nargs="*", default=[100, 1000])
    options = parser.parse_args()
    program = options.build.resolve() / "tests/integration/many_publishes"
    sys.argv = [sys.argv[0], str(options.build.resolve() / "tests/sim/acg-sim"), str(program)]
    sys.path.insert(0, str(HERE.parent / "integration"))
    import throttle_test  # pylint: disable=import-outside-toplevel
    for count in options.count:
        with throttle_test.Sim(throttle_test.scenario(count)) as sim:
            done = subprocess.run([options.build.resolve() / "tests/bench/bench_cost", program, sim.base, str(count), str(count)],
                                  capture_output=True, text=True, check=False)
            if not done.stdout:
                sys.exit(done.stderr)
            said, stats = json.loads(done.stdout), sim.stats()
            wall, cpu, peak = map(int, done.stderr.splitlines()[-1].split())
            print(f"{count:6} publishes {said['failed']:4} failed {stats['requests']:7} requests {stats['by_status'].get('429', 0):4} x 429 "
                  f"{said['seconds']:6} s by the clock {wall / 1e6:7.2f} s wall {cpu / 1e6:7.2f} s CPU {peak / 1024:6.1f} MiB peak")


main()
