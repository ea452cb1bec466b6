#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""libacg through Go's cgo: the program in this folder, built against the installed library with pkg-config.

    cgo_test.py ACG_SIM PREFIX WORK_FOLDER GO_FOLDER
"""
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from installed import FAST, SLOW, Installed, run  # noqa: E402
from simtest import Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402

LIBRARY, WORK = Installed(sys.argv[2]), pathlib.Path(sys.argv[3])
PROGRAM = WORK / "cgo_publish"
TOP_HEADERS = HERE.parents[2] / "core" / "include" / "acg"


def go(sim, *arguments):
    return subprocess.run([PROGRAM, *arguments], env=sim.environment(**LIBRARY.loader), capture_output=True, text=True, timeout=120, check=False)


@test
def the_program_is_built():
    headers = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(TOP_HEADERS.glob("*.h")))).hexdigest()  # go's cache does not look at them
    env = {**os.environ, **LIBRARY.package, "CGO_ENABLED": "1", "CGO_CFLAGS": f"-g -O2 -DACG_HEADERS_{headers[:16]}"}
    run(HERE.parent / "go_host" / "go.sh", sys.argv[4], "build", "-o", PROGRAM, ".", cwd=HERE, env=env)
    holds("libacg.so.0" in run("readelf", "-d", PROGRAM), "not linked to libacg.so.0")


@test
def a_version_is_published_and_every_disk_reported():
    with Sim(FAST, tls=True) as sim:
        done = go(sim, "publish", version("7.0.0"), "myImage", "westus=WestUSDiskEncryptionSet1", "eastus2=EastUS2DiskEncryptionSet1")
        equal(done.returncode, 0, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        holds("result: succeeded, proved true, created true" in lines, done.stdout)
        for region, name in (("westus", "WestUSDiskEncryptionSet1"), ("eastus2", "EastUS2DiskEncryptionSet1")):
            for disk in ("true 0", "false 0"):
                holds(f"disk: {region} {disk} {des(name)}".lower() in done.stdout.lower(), done.stdout)
        numbers = [int(line.split(":")[0].split()[1]) for line in lines if line.startswith("event ")]
        equal(numbers, sorted(set(numbers)))
        equal(sim.get(version("7.0.0")).body["properties"]["provisioningState"], "Succeeded")


@test
def a_publish_is_cancelled_in_the_middle_from_another_thread():
    with Sim(SLOW, tls=True) as sim:
        done = go(sim, "cancel", version("7.0.1"), "myImage", "westus=WestUSDiskEncryptionSet1")
        equal(done.returncode, 130, done.stdout + done.stderr)
        holds("result: running, proved false, created true" in done.stdout and done.stderr.startswith("cancelled"), done.stdout + done.stderr)
        equal(sim.get(version("7.0.1")).body["properties"]["provisioningState"], "Creating")


@test
def a_fault_names_its_field():
    with Sim(FAST, tls=True) as sim:
        done = go(sim, "publish", "no-id", "myImage", "westus=WestUSDiskEncryptionSet1")
        equal((done.returncode, sim.log()), (2, []), done.stdout + done.stderr)
        holds(done.stderr.startswith("argument in gallery_image_version_id: "), done.stderr)


report = Report()
report.run(tests_of(globals()))
report.end()
