#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The installed library as a guest: nothing of its host's process is changed, nothing is written, no state is global.

    manners_test.py ACG_SIM PREFIX SOURCE_FOLDER
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from installed import FAST, Installed, run  # noqa: E402
from simtest import Report, Sim, equal, test, tests_of, version  # noqa: E402

LIBRARY, TESTS = Installed(sys.argv[2]), pathlib.Path(sys.argv[3]) / "tests"
# What the compiler's start files bring; everything else that can be written to would be shared by all publishers.
START_FILES = {"__dso_handle", "__TMC_END__", "completed"}
UNLOAD = """
import _ctypes, ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.acg_version.restype = ctypes.c_char_p
before = library.acg_version()
_ctypes.dlclose(library._handle)
assert "libacg.so" in open("/proc/self/maps").read(), "unmapped"
assert library.acg_version() == before
"""


@test
def signals_environment_locale_and_streams_of_the_host_are_left_alone():
    faults = [{"method": "GET", "path": "*/versions/*", "times": 1, "drop": "before"}, {"method": "POST", "path": "*/token", "times": 1, "drop": "after"}]
    with tempfile.TemporaryDirectory(prefix="acg-manners-") as folder, Sim({**FAST, "faults": faults}, tls=True) as sim, Sim(FAST, tls=True) as other:
        program = pathlib.Path(folder) / "manners"
        LIBRARY.compile(TESTS / "contract" / "guest" / "manners.c", program, TESTS / "contract" / "guest" / "one.c", "-I", TESTS, "-rdynamic",
                        "-D_POSIX_C_SOURCE=200809L", "-lm")
        env = sim.environment(ACG_OTHER_ENDPOINT=other.base, ACG_OTHER_CA_FILE=other.ca, **LIBRARY.loader)
        done = subprocess.run([program], env=env, capture_output=True, text=True, timeout=240, check=False)
        equal((done.returncode, done.stdout, done.stderr), (0, "", ""))
        equal([sim.get(version(name)).status for name in ("8.0.0", "8.1.0", "8.2.0")], [200, 404, 200])
        equal(other.log(), [])


@test
def nothing_that_can_be_written_to_is_global():
    sections = run("readelf", "-SW", LIBRARY.folder / "libacg.so")
    writable = {name: int(number) for number, name in re.findall(r"\[ *(\d+)\] (\.data|\.bss|\.tdata|\.tbss) ", sections)}
    symbols = re.findall(r"\b(?:OBJECT|NOTYPE|TLS) +LOCAL +DEFAULT +(\d+) (\S+)$", run("readelf", "-sW", LIBRARY.folder / "libacg.so"), re.M)
    found = {re.sub(r"\.\d+$", "", name) for section, name in symbols if int(section) in writable.values()}
    equal(found - START_FILES, set())
    equal(bool(found), True, "the start files' own symbols are seen")


@test
def it_stays_when_the_host_unloads_it():
    run(sys.executable, "-c", UNLOAD, LIBRARY.folder / "libacg.so.0")


report = Report()
report.run(tests_of(globals()))
report.end()
