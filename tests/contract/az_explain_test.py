# SPDX-License-Identifier: MPL-2.0
"""The line that `acg explain --format az` prints, run by /bin/sh with Debian's az against acg-sim, sends the body that
`acg publish --dry-run` shows. Every difference that is left to az stands below, with its reason."""
import copy
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from az_cli_test import COMMAND_SECONDS, Az
from simtest import COMPUTE, DEFINITION, Report, Sim, equal, holds, test, tests_of

ACG = sys.argv[2]
ODD = {"it's": 'a "quoted" word', "cash": "$HOME `id` $(id) \\ back\\slash \\", "equals": "a=b = c", "empty": "", "stars": "* ? [a] {b,c} ~ # ! & ; |",
       "letters": "Grüße ‘single’ 日本", "spaces": "  two  "}


def region(name, os_set=None, disks=None, **more):
    """One target region of a configuration; disks is LUN to set."""
    out = dict(name=name, **more)
    if os_set:
        out["os_disk"] = {"disk_encryption_set_id": os_set}
    if disks:
        out["data_disk"] = [{"lun": lun, "disk_encryption_set_id": name_of} for lun, name_of in disks.items()]
    return out


def confidential(name, secure):
    return {"name": name, "os_disk": {"confidential_vm_encryption_type": "EncryptedWithCmk", "secure_vm_disk_encryption_set_id": secure}}


def configuration(version, **fields):
    return {"gallery_image_version_id": f"{DEFINITION}/versions/{version}", "location": "westus", **fields}


def acg(sim, verb, config, *words):
    done = subprocess.run([ACG, *verb, "--file", "-", *words], input=json.dumps(config), env=sim.environment(), capture_output=True, text=True,
                          timeout=60)
    equal(done.returncode, 0, done.stderr)
    return done.stdout


def plain(value):
    """Without what means nothing: empty tags, the case of storage types, az's milliseconds, the order of data disks."""
    if isinstance(value, dict):
        out = {k: plain(v) for k, v in value.items() if (k, v) != ("tags", {})}
        if "storageAccountType" in out:
            out["storageAccountType"] = out["storageAccountType"].lower()
        if "endOfLifeDate" in out:
            out["endOfLifeDate"] = re.sub(r"\.000Z$", "Z", out["endOfLifeDate"])
        if "dataDiskImages" in out:
            out["dataDiskImages"] = sorted(out["dataDiskImages"], key=lambda disk: disk["lun"])
        return out
    return [plain(v) for v in value] if isinstance(value, list) else value


def vm_by_its_older_name(body):
    """az 2.45 writes with api-version 2022-03-03, which has no member of its own for a virtual machine."""
    source = body["properties"]["storageProfile"]["source"]
    source["id"] = source.pop("virtualMachineId")


def account_by_its_older_name(body):
    """Nor for the storage account of a VHD."""
    profile = body["properties"]["storageProfile"]
    for disk in [profile["osDiskImage"], *profile["dataDiskImages"]]:
        if "storageAccountId" in disk["source"]:
            disk["source"]["id"] = disk["source"].pop("storageAccountId")


class Talk:
    """One simulator and one login for all cases: az takes seconds to start."""
    sim = az = None

    @classmethod
    def begin(cls):
        cls.sim = Sim(tls=True, sets=["retry_after=1", "speeds.replication_ms=500"])
        cls.az = Az(cls.sim)

    @classmethod
    def end(cls):
        for part in (cls.az, cls.sim):
            if part is not None:
                part.__exit__(None, None, None)

    @classmethod
    def compare(cls, config, command, difference=None):
        """Run what is printed. @return how az ended, and the log entry of its PUT."""
        line = acg(cls.sim, ["explain"], config, "--format", "az")
        holds(line.startswith(f"az {command} "), line)
        wanted = json.loads(acg(cls.sim, ["publish"], config, "--dry-run", "--output", "json"))["body"]
        equal(json.loads(acg(cls.sim, ["explain"], config, "--output", "json"))["report"]["rest"]["body"], wanted)
        done = subprocess.run(["/bin/sh"], input=line, env=cls.az.environment, capture_output=True, text=True, timeout=COMMAND_SECONDS)
        puts = [entry for entry in cls.sim.log() if entry["method"] == "PUT" and config["gallery_image_version_id"] in entry["path"]]
        equal(len(puts), 1, f"PUTs ({done.stderr}\n{line})")
        if difference:
            before = copy.deepcopy(wanted)
            difference(wanted)
            holds(plain(puts[0]["body"]) != plain(before), "there is no difference any more")
        equal(plain(puts[0]["body"]), plain(wanted), line)
        return done, puts[0]


@test
def the_managed_image_of_the_how_to_with_every_value_and_tags_that_need_quotes():
    done, put = Talk.compare(configuration(
        "2.0.0", managed_image="myImage", tags=ODD, replica_count=1, storage_account_type="standard_lrs", end_of_life_date="2099-01-31",
        exclude_from_latest=True, replication_mode="Full", allow_deletion_of_replicated_locations=True,
        target_region=[region("westus", "WestUSDiskEncryptionSet1", {0: "WestUSDiskEncryptionSet2"}, replicas=2, storage_account_type="Standard_LRS"),
                       region("East US 2", "EastUS2DiskEncryptionSet1", {0: "EastUS2DiskEncryptionSet2"})]), "sig image-version create")
    equal((done.returncode, put["status"]), (0, 201), done.stderr)
    equal(json.loads(done.stdout)["provisioningState"], "Succeeded")


@test
def snapshots_with_double_encryption_in_regions_and_an_edge_zone_and_the_os_disk_on_platform_keys():
    west, east = ({lun: f"{name}DoubleEncryptionSet" for lun in (7, 0)} for name in ("WestUS", "EastUS2"))
    Talk.compare(configuration(
        "2.0.1", os_snapshot="myOSSnapshot", data_snapshot=[{"lun": 7, "id": "myDDSnapshot1"}, {"lun": 0, "id": "myDDSnapshot"}],
        platform_key_disks=["os"], encryption_type="double", wait="accepted", exclude_from_latest=False,
        target_region=[region("westus", disks=west), region("eastus2", disks=east, storage_account_type="premium_lrs")],
        edge_zone=[region("microsoftlosangeles1", disks=west, region="westus", replicas=1, storage_account_type="standardssd_lrs")]),
        "sig image-version create")


@test
def a_data_disk_on_platform_keys_beside_an_encrypted_os_disk():
    done, put = Talk.compare(configuration(
        "2.0.2", managed_image="myImage", platform_key_disks=["0"], wait="accepted",
        target_region=[region("westus", "WestUSDiskEncryptionSet1"), region("eastus2", "EastUS2DiskEncryptionSet1")]), "sig image-version create")
    holds("null" not in json.dumps(put["body"]), "a set named null was sent")
    equal((done.returncode, put["status"]), (0, 201), done.stderr)


@test
def confidential_machines_with_their_sets():
    Talk.compare(configuration("2.0.3", managed_image="myImage", wait="accepted", target_region=[
        confidential("westus", "WestUSConfidentialSet"),
        confidential("eastus2", "EastUS2ConfidentialSet")]), "sig image-version create")


@test
def confidential_machines_with_customer_keys_from_a_virtual_machine():
    places = [region(name, f"{sets}DiskEncryptionSet1", {0: f"{sets}DiskEncryptionSet2"}) for name, sets in (("westus", "WestUS"), ("eastus2", "EastUS2"))]
    for place in places:
        place["os_disk"]["confidential_vm_encryption_type"] = "EncryptedVMGuestStateOnlyWithPmk"
    Talk.compare(configuration("2.0.4", virtual_machine=f"{COMPUTE}/virtualMachines/srcVm", wait="accepted", target_region=places),
                 "sig image-version create", vm_by_its_older_name)


@test
def vhds_beside_a_snapshot():
    vhd = "https://account1.blob.core.windows.net/vhds/"
    Talk.compare(configuration(
        "2.0.5", os_vhd_uri=vhd + "os.vhd", os_vhd_storage_account="account1", data_snapshot=[{"lun": 3, "id": "myDDSnapshot"}],
        data_vhd=[{"lun": 1, "uri": vhd + "d1.vhd", "storage_account": "account1"}], wait="accepted"), "sig image-version create",
        account_by_its_older_name)


@test
def what_no_option_says_goes_by_az_rest_to_the_letter():
    tags = dict(ODD, file="=@/etc/hosts", at="@/etc/hosts", **{"-dash": "-x", "a=b": "c"}, lines="a line\nend", style="a \x1b[1mstyle")
    done, put = Talk.compare(configuration("2.0.6", managed_image="myImage", tags=tags, target_region=[
        {"name": "westus", "exclude_from_latest": True}]), "rest")
    equal((done.returncode, put["status"]), (0, 201), done.stderr)


def _main():
    report = Report()
    try:
        Talk.begin()
        report.run(tests_of(globals()))
    finally:
        Talk.end()
    report.end()


if __name__ == "__main__":
    _main()
