#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""One publisher per thread, wakeups from any: guest_threads under ThreadSanitizer against two simulators.

    threads_test.py ACG_SIM GUEST_THREADS
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from installed import FAST  # noqa: E402
from simtest import Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

RACE = 66
# libcurl and OpenSSL are not built for the sanitizer: what they lock is not seen, so nothing is said about them.
SETTINGS = f"ignore_noninstrumented_modules=1:halt_on_error=1:exitcode={RACE}"


def run(one, other, *arguments):
    env = one.environment(ACG_OTHER_ENDPOINT=other.base, ACG_OTHER_CA_FILE=other.ca, TSAN_OPTIONS=SETTINGS)
    return subprocess.run([sys.argv[2], *arguments], env=env, capture_output=True, text=True, timeout=240, check=False)


@test
def publishers_of_four_threads_publish_in_parallel_and_wakeups_come_from_a_fifth():
    with Sim(FAST, tls=True) as one, Sim(FAST, tls=True) as other:
        done = run(one, other)
        equal((done.returncode, done.stdout, done.stderr), (0, "12 of 12 published\n", ""))
        for thread in range(4):
            mine, theirs = (one, other) if thread % 2 == 0 else (other, one)
            for i in range(3):
                equal([sim.get(version(f"{thread + 1}.{i}.0")).status for sim in (mine, theirs)], [200, 404])


@test
def a_publisher_that_two_threads_share_is_found():
    with Sim(FAST, tls=True) as one:
        equal(one.log(), [])
        done = run(one, one, "shared")
        equal(done.returncode, RACE, done.stdout + done.stderr)
        holds("data race" in done.stderr and "acg_publisher_poll" in done.stderr, done.stderr)


report = Report()
report.run(tests_of(globals()))
report.end()
