#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg vm-args and acg vm-test against the simulator: VMs of generalised and specialised versions, R33, R34, R38, and nothing left.

    vm_test.py ACG_SIM ACG
"""
import json
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
OTHER = "99999999-0000-0000-0000-000000000000"
GROUP_API = "2022-09-01"
SPECIAL = GALLERY + "/images/Special"
CUSTOMER = "EncryptionAtRestWithCustomerKey"


def seed(name, definition=DEFINITION, source=None):
    return {"id": f"{definition}/versions/{name}", "location": "westus", "properties": {
        "publishingProfile": {"targetRegions": [
            {"name": "westus", "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")},
            {"name": "eastus2", "encryption": encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DiskEncryptionSet2")}]},
        "storageProfile": source or {"source": {"id": IMAGE}}}}


SNAPSHOTS = {"osDiskImage": {"source": {"id": GALLERY.rpartition("/galleries")[0] + "/snapshots/myOSSnapshot"}},
             "dataDiskImages": [{"lun": 0, "source": {"id": GALLERY.rpartition("/galleries")[0] + "/snapshots/myDDSnapshot"}}]}
WORLD = {"speeds": {"vm_ms": 1500, "network_ms": 0, "group_ms": 1500}, "resources": [
    {"id": SPECIAL, "location": "westus", "properties": {"hyperVGeneration": "V1", "osType": "Linux", "osState": "Specialized",
     "identifier": {"publisher": "p", "offer": "o", "sku": "special"}}},
    seed("1.0.0"), seed("1.0.0", SPECIAL, SNAPSHOTS)]}


def start(sim, *words):
    return subprocess.Popen([ACG, *words], env=sim.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(sim, *words):
    return subprocess.run([ACG, *words], env=sim.environment(), capture_output=True, text=True, timeout=120)


def ends_with(done, code, *words):
    seen = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    holds(done.returncode == code, f"expected exit {code}: {seen}")
    for word in words:
        holds(word in done.stdout + done.stderr, f"{word!r} is not said: {seen}")
    holds("Aa1-" not in done.stdout + done.stderr, "the password is shown")
    return done


def vm_test(sim, name="1.0.0", definition=DEFINITION, region="westus", *more):
    return run(sim, "vm-test", f"{definition}/versions/{name}", "--region", region, "-o", "json", *more)


def writes(sim):
    return [(r["method"], r["path"]) for r in sim.log() if r["method"] not in ("GET", "POST")]


def group_is_gone(sim):
    """The one group that was made is gone again, and carried its run's tag."""
    made = [r for r in sim.log() if r["method"] == "PUT" and r["path"].count("/") == 4]
    equal(len(made), 1, "groups that were made")
    path = made[0]["path"]
    holds("/resourceGroups/acg-vm-test-" in path, path)
    body = made[0]["body"] if isinstance(made[0]["body"], dict) else json.loads(made[0]["body"])
    equal(body["tags"], {"acg-run": path.rpartition("/acg-vm-test-")[2]})
    equal(sim.get(path, api=GROUP_API).status, 404)
    equal([p for m, p in writes(sim) if m == "DELETE"], [path])


def report_of(done):
    return json.loads(done.stdout)["report"]


def tested(definition):
    with Sim(WORLD) as sim:
        done = ends_with(vm_test(sim, "1.0.0", definition, "East US 2", "--yes", "--debug"), 0, "/virtualMachines/acgtest: HTTP 201", "every disk is encrypted as the version says")
        group_is_gone(sim)
        report = report_of(done)
        equal((report["region"], report["created"], report["deleted"], report["left"]), ("eastus2", True, True, None))
        equal([(d["disk"], d["found"]["encryption_type"], d["found"]["disk_encryption_set_id"].rpartition("/")[2].lower(), d["same"])
               for d in report["disks"]],
              [("os", CUSTOMER, "eastus2diskencryptionset1", True), (0, CUSTOMER, "eastus2diskencryptionset2", True)])
        equal([p.split("/providers/")[-1].split("/")[1] for m, p in writes(sim) if m == "PUT" and "/providers/" in p],
              ["virtualNetworks", "networkInterfaces", "virtualMachines"])


@test
def a_vm_of_a_generalised_version_is_made_read_and_deleted():
    tested(DEFINITION)


@test
def a_vm_of_a_specialised_version_is_made_read_and_deleted():
    tested(SPECIAL)


@test
def without_yes_nothing_is_written():
    with Sim(WORLD) as sim:
        done = ends_with(vm_test(sim), 0, "nothing was made", "to make it: the same command with --yes")
        equal(writes(sim), [])
        report = report_of(done)
        equal((report["created"], len(report["resources"])), (False, 4))


@test
def a_disk_with_another_set_or_type_is_a_difference_and_the_group_is_gone():
    for encryption_, told in (({"type": CUSTOMER, "diskEncryptionSetId": des("WestUSDoubleEncryptionSet")}, "disk encryption set: asked"),
                              ({"type": "EncryptionAtRestWithPlatformKey"}, "encryption type: asked " + CUSTOMER)):
        fault = {"method": "GET", "path": "*/disks/*", "times": 1, "status": 200, "body": {"properties": {"encryption": encryption_}}}
        with Sim({**WORLD, "faults": [fault]}) as sim:
            done = ends_with(vm_test(sim, "1.0.0", DEFINITION, "westus", "--yes"), 7, told)
            group_is_gone(sim)
            equal(sorted(d["same"] for d in report_of(done)["disks"]), [False, True])


@test
def regions_and_subscriptions_that_cannot_be_are_refused_before_anything_is_made():
    with Sim(WORLD) as sim:
        ends_with(vm_test(sim, "1.0.0", DEFINITION, "northeurope", "--yes"), 3, "R34", "northeurope is not among the regions")
        ends_with(vm_test(sim, "1.0.0", DEFINITION, "westus", "--yes", "--consumer-subscription", OTHER), 3, "R33")
        ends_with(vm_test(sim, "9.9.9", DEFINITION, "westus", "--yes"), 6, "there is no such version")
        ends_with(run(sim, "vm-test", version("1.0.0"), "--yes"), 2, "--region")
        equal(writes(sim), [])


@test
def a_vm_that_azure_refuses_leaves_nothing():
    fault = {"method": "PUT", "path": "*/virtualMachines/*", "status": 409, "code": "SkuNotAvailable", "message": "none left in westus"}
    with Sim({**WORLD, "faults": [fault]}) as sim:
        ends_with(vm_test(sim, "1.0.0", DEFINITION, "westus", "--yes"), 6, "making the virtual machine", "none left in westus")
        group_is_gone(sim)


@test
def lost_answers_are_settled_by_reading():
    faults = [{"method": "PUT", "path": "*/resourceGroups/acg-vm-test-*", "times": 5, "drop": "after"}]
    with Sim({**WORLD, "faults": faults}) as sim:
        ends_with(vm_test(sim, "1.0.0", DEFINITION, "westus", "--yes"), 0, "looking whether it is there")
        equal(len([m for m, p in writes(sim) if m == "PUT"]), 4)
        group_is_gone(sim)


@test
def a_signal_deletes_what_was_made():
    with Sim({**WORLD, "speeds": {**WORLD["speeds"], "vm_ms": 600000}}) as sim:
        process = start(sim, "vm-test", version("1.0.0"), "--region", "westus", "--yes")
        deadline = time.monotonic() + 60
        while not any("/virtualMachines/" in p for m, p in writes(sim) if m == "PUT"):
            holds(time.monotonic() < deadline, "the VM was not begun")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        ends_with(subprocess.CompletedProcess([], process.returncode, out, err), 130, "what was made is deleted first", "stopped as asked")
        group_is_gone(sim)


@test
def a_group_that_cannot_be_deleted_is_named_with_the_command_that_does():
    fault = {"method": "DELETE", "path": "*/resourceGroups/acg-vm-test-*", "status": 403, "code": "AuthorizationFailed"}
    with Sim({**WORLD, "faults": [fault]}) as sim:
        done = ends_with(vm_test(sim, "1.0.0", DEFINITION, "westus", "--yes"), 4, "left in Azure: /subscriptions/",
                         f"az group delete --subscription {SUBSCRIPTION} --name acg-vm-test-")
        left = report_of(done)["left"]
        equal(sim.get(left, api=GROUP_API).status, 200)


@test
def vm_args_names_the_sets_of_the_region():
    with Sim(WORLD) as sim:
        done = ends_with(run(sim, "vm-args", version("1.0.0"), "--region", "eastus2", "-o", "json"), 0)
        report = report_of(done)
        equal([(d["disk"], d["disk_encryption_set_id"]) for d in report["disks"]],
              [("os", des("EastUS2DiskEncryptionSet1")), (0, des("EastUS2DiskEncryptionSet2"))])
        equal((report["os_state"], "osProfile" in report["bicep"], "--specialized" in report["az"]), ("Generalized", True, False))
        special = report_of(run(sim, "vm-args", SPECIAL + "/versions/1.0.0", "--region", "westus", "-o", "json"))
        equal((special["os_state"], "osProfile" in special["bicep"], "--specialized" in special["az"]), ("Specialized", False, True))
        ends_with(run(sim, "vm-args", version("1.0.0"), "--region", "northeurope"), 3, "R34")
        done = ends_with(run(sim, "vm-args", version("1.0.0"), "--region", "westus", "--consumer-subscription", OTHER), 0, "R33",
                         f"/subscriptions/{OTHER}/resourceGroups/YOUR-GROUP/")
        holds("WestUSDiskEncryptionSet1" not in done.stdout, done.stdout)
        equal(writes(sim), [])


@test
def vm_args_prints_one_tool_alone():
    with Sim(WORLD) as sim:
        words = ["vm-args", version("1.0.0"), "--region", "eastus2"]
        report = report_of(run(sim, *words, "-o", "json"))
        for tool in ("az", "powershell", "bicep"):
            equal(ends_with(run(sim, *words, "--format", tool), 0).stdout, report[tool] + "\n")
        equal(report_of(run(sim, *words, "--format", "az", "-o", "json")), {"az": report["az"]})
        equal(run(sim, *words, "--format", "az", "-o", "markdown").stdout, f"```sh\n{report['az']}\n```\n")
        equal(run(sim, *words, "--format", "all").stdout, run(sim, *words).stdout)
        equal(run(sim, *words, "--format", "az", "-o", "none").stdout, "")
        ends_with(run(sim, *words, "--format", "arm"), 2, "--format: is none of az, powershell, bicep and all")
        equal(ends_with(run(sim, *words[:3], "northeurope", "--format", "az"), 3, "R34").stdout, "")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
