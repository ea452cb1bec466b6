# SPDX-License-Identifier: MPL-2.0
"""Debian's Azure CLI beside our reports: it runs the line that acg vm-args prints, and what it shows of a version and of its sets is what
acg verify reports.

    az_vm_args_test.py ACG_SIM ACG
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim", "test"))
from az_cli_test import Az
from simtest import DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds, test, tests_of, version

ACG = str(pathlib.Path(sys.argv[2]).resolve())
HYBRID = "2020-09-01-hybrid"  # the profile whose machine and network versions Debian's SDK has
SPECIAL = GALLERY + "/images/Special"
NAMES = ["-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage", "--gallery-image-version", "1.0.0"]
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup2"


def seed(definition):
    """Two data disks, whose order in the version is not that of their LUNs."""
    return {"id": definition + "/versions/1.0.0", "location": "westus", "properties": {
        "publishingProfile": {"targetRegions": [{"name": "westus", "encryption": encryption(
            "WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2", lun7="WestUSDoubleEncryptionSet")}]},
        "storageProfile": {"osDiskImage": {"source": {"id": DISK("myOSSnapshot")}}, "dataDiskImages": [
            {"lun": 7, "source": {"id": DISK("myDDSnapshot1")}}, {"lun": 0, "source": {"id": DISK("myDDSnapshot")}}]}}}


def DISK(name):
    return GALLERY.rpartition("/galleries")[0] + "/snapshots/" + name


WORLD = {"resources": [
    {"id": SPECIAL, "location": "westus", "properties": {"hyperVGeneration": "V1", "osType": "Linux", "osState": "Specialized",
     "identifier": {"publisher": "p", "offer": "o", "sku": "special"}}},
    seed(DEFINITION), seed(SPECIAL)]}


def acg(sim, *words):
    done = subprocess.run([ACG, *words, "-o", "json"], env=sim.environment(), capture_output=True, text=True, timeout=120)
    holds(done.returncode == 0, f"acg {words[0]} exited {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["report"]


def sets_of(sim, place):
    profile = sim.get(place, api="2023-03-01").body["properties"]["storageProfile"]
    disks = {"os": profile["osDisk"], **{d["lun"]: d for d in profile["dataDisks"]}}
    return {k: sim.get(d["managedDisk"]["id"], api="2023-03-01").body["properties"]["encryption"]["diskEncryptionSetId"].rpartition("/")[2]
            for k, d in disks.items()}


def runs(definition):
    with Sim(WORLD, tls=True, sets=["retry_after=1"]) as sim, Az(sim, HYBRID) as az:
        holds(sim.put(GROUP, {"location": "westus"}, api="2021-04-01").status == 201, "no group")
        line = acg(sim, "vm-args", definition + "/versions/1.0.0", "--region", "westus")["az"]
        # the reader's own choices, and no key files of whoever runs the test
        line = line.replace("myResourceGroup", "myResourceGroup2").replace("--generate-ssh-keys", "--admin-username azureuser --admin-password 'Fake-Password-1234' --authentication-type password")
        done = subprocess.run(["sh", "-c", line + " --public-ip-address '' --nsg ''"], env=az.environment, capture_output=True, text=True, timeout=120)
        holds(done.returncode == 0, f"{line}\n{done.stderr}")
        equal(json.loads(done.stdout)["powerState"], "VM running")
        equal(sets_of(sim, GROUP + "/providers/Microsoft.Compute/virtualMachines/myVM"),
              {"os": "WestUSDiskEncryptionSet1", 0: "WestUSDiskEncryptionSet2", 7: "WestUSDoubleEncryptionSet"})


@test
def az_runs_the_line_for_a_generalised_version():
    runs(DEFINITION)


@test
def az_runs_the_line_for_a_specialised_version():
    runs(SPECIAL)


@test
def what_az_shows_of_a_version_and_its_sets_is_what_verify_reports():
    with Sim({"resources": [{"id": version("1.0.0"), "location": "westus", "properties": {
            "publishingProfile": {"targetRegions": [
                {"name": "westus", "regionalReplicaCount": 2, "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDoubleEncryptionSet")},
                {"name": "eastus2", "encryption": encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DoubleEncryptionSet")}]},
            "storageProfile": {"source": {"id": IMAGE}}}}]}, tls=True) as sim, Az(sim) as az:
        report = acg(sim, "verify", *NAMES)
        shown = az.run("sig", "image-version", "show", *NAMES)["publishingProfile"]["targetRegions"]
        equal([(r["display_name"], r["replicas"], r["storage_account_type"], [(d["disk"], d["disk_encryption_set_id"]) for d in r["disks"]])
               for r in report["regions"]],
              [(r["name"], r["regionalReplicaCount"], r["storageAccountType"],
                [("os", r["encryption"]["osDiskImage"]["diskEncryptionSetId"]),
                 *((d["lun"], d["diskEncryptionSetId"]) for d in r["encryption"]["dataDiskImages"])]) for r in shown])
        equal(len(report["disk_encryption_sets"]), 4)
        for one in report["disk_encryption_sets"]:
            theirs = az.run("disk-encryption-set", "show", "-g", "MyResourceGroup", "-n", one["id"].rpartition("/")[2])
            equal((one["encryption_type"], one["key_url"], one["vault_id"], one["location"], one["provisioning_state"]),
                  (theirs["encryptionType"], theirs["activeKey"]["keyUrl"], (theirs["activeKey"]["sourceVault"] or {}).get("id"),
                   theirs["location"], theirs["provisioningState"]))
        equal({d["disk_encryption_set_id"]: d["key_url"] for r in report["regions"] for d in r["disks"]},
              {one["id"]: one["key_url"] for one in report["disk_encryption_sets"]})


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
