#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""What one publish costs: wall, CPU and memory of the whole process, requests and connections, and wall over a distance.

    publish.py BUILD_FOLDER [--runs N] [--az]

The simulator's operation ends at once, so that only our own cost is measured. The figures are medians; with --az the Azure CLI publishes
the same version for comparison. Through the relay (one round trip of 40 ms before the first byte of a connection, 20 ms each way) the wall
is compared with the sequential round trips on the path: token connection 1 + TLS 1 + request 1, Resource Manager connection 1 + TLS 1, then
the reads side by side, the PUT, the operation and the read-back, 1 each: 9."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "sim" / "test"))
from simtest import COMPUTE, Sim, TENANT  # noqa: E402

ROUND_TRIP_MS, ROUND_TRIPS = 40, 9
COST = None
AT_ONCE = {"version_ms": 0, "replication_ms": 0}


def command(program, version):
    return [program, "-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage",
            "--gallery-image-version", version, "--location", "westus", "--target-regions", "westus=2=standard_lrs", "eastus2",
            "--target-region-encryption", "WestUSDiskEncryptionSet1,0,WestUSDiskEncryptionSet2",
            "EastUS2DiskEncryptionSet1,0,EastUS2DiskEncryptionSet2", "--managed-image", f"{COMPUTE}/images/myImage"]


def measure(arguments, environment):
    done = subprocess.run([COST, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{arguments[0]} ended with {done.returncode}: {done.stderr}")
    wall, cpu, peak = map(int, done.stderr.splitlines()[-1].split())
    return wall / 1000, cpu / 1000, peak / 1024


def row(name, samples):
    wall, cpu, memory = (statistics.median(column) for column in zip(*samples))
    print(f"{name:<34} {wall:8.1f} ms wall {cpu:8.1f} ms CPU {memory:7.1f} MiB peak   ({len(samples)} runs)")
    return wall


def acg(program, version):
    return [program, "publish", *command(program, version)[1:]]


def az_environment(sim, folder):
    environment = {**sim.environment(), "AZURE_CONFIG_DIR": folder, "REQUESTS_CA_BUNDLE": sim.ca, "AZURE_CORE_COLLECT_TELEMETRY": "false",
                   "AZURE_CORE_SURVEY_MESSAGE": "false"}
    setup = [["cloud", "register", "-n", "Sim", "--endpoint-resource-manager", sim.base + "/", "--endpoint-active-directory", sim.base + "/adfs",
              "--endpoint-active-directory-resource-id", sim.base + "/", "--endpoint-active-directory-graph-resource-id", sim.base + "/graph/"],
             ["cloud", "set", "-n", "Sim"], ["login", "--service-principal", "-u", "sp", "-p", "secret", "--tenant", TENANT]]
    for arguments in setup:
        subprocess.run(["/usr/bin/az", *arguments], env=environment, check=True, capture_output=True)
    return environment


def measure_az():
    """Of its own simulator: az waits 30 s where no Retry-After is sent, and acg would wait for one."""
    folder = tempfile.mkdtemp()
    try:
        with Sim({"speeds": AT_ONCE, "retry_after": 1}, tls=True) as sim:
            environment = az_environment(sim, folder)
            arguments = command("/usr/bin/az", "3.0.0")
            arguments[1:1] = ["sig", "image-version", "create"]
            row("az sig image-version create", [measure([a.replace("3.0.0", f"3.0.{i}") for a in arguments], environment) for i in range(3)])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--program", help="another acg, for example a static one")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--az", action="store_true")
    options = parser.parse_args()
    os.environ["ACG_SIM"] = str(options.build / "tests/sim/acg-sim")
    options.acg = options.program or options.build / "plugin/acg"
    global COST
    COST = options.build / "tests/bench/bench_cost"
    with Sim({"speeds": AT_ONCE}, tls=True) as sim:
        samples = [measure(acg(options.acg, f"1.0.{i}"), sim.environment()) for i in range(options.runs)]
        log = sim.log()
        per_run = {m: sum(r["method"] == m for r in log) / options.runs for m in ("POST", "PUT", "GET")}
        connections = len({r["connection"] for r in log}) / options.runs
        print(f"one publish: {per_run['POST']:g} token requests, {per_run['PUT']:g} PUT, {per_run['GET']:g} GETs, {connections:g} connections")
        row("acg publish, loopback TLS", samples)
        relay = subprocess.Popen([HERE / "relay.py", sim.base.rsplit(":", 1)[1], str(ROUND_TRIP_MS)], stdout=subprocess.PIPE, text=True)
        try:
            base = f"https://localhost:{relay.stdout.readline().strip()}"
            far = sim.environment(AZURE_AUTHORITY_HOST=base, ACG_RESOURCE_MANAGER_ENDPOINT=base)
            wall = row("acg publish, through the relay", [measure(acg(options.acg, f"2.0.{i}"), far) for i in range(options.runs)])
        finally:
            relay.terminate()
            relay.wait()
        ideal = ROUND_TRIP_MS * ROUND_TRIPS
        print(f"{'':<34} {wall / ideal:.3f} x the {ROUND_TRIPS} sequential round trips of {ROUND_TRIP_MS} ms ({ideal} ms)")
    if options.az:
        measure_az()


main()
