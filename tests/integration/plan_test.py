#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg plan: each rule broken alone is found, alone; kept, nothing is found; all at once, all are found. What plan refuses, the
simulator refuses too, with Azure's own text, when the same request is sent past it.

    plan_test.py ACG_SIM ACG
"""
import copy
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from rule_pairs_test import FOREIGN, FOREIGN_PLAIN, MACHINES, OTHER, TRAITS, VERSIONS, gallery, seed  # noqa: E402
from simtest import (COMPUTE, DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, TENANT, Report, Sim, des, equal, holds, how_to_body,  # noqa: E402
                     most_at_once, test, tests_of, version)

ACG = str(pathlib.Path(sys.argv[2]).resolve())
BASE = f"/subscriptions/{SUBSCRIPTION}"
IDENTITY = "33333333-4444-5555-6666-777777777777"  # that of every set
VAULT = COMPUTE.replace("Compute", "KeyVault") + "/vaults/"


def a_set(name, region, vault=None, key=None, **properties):
    """A set with the vault and the key that belong to it."""
    vault = vault or "v-" + region
    active = {"keyUrl": f"https://{vault}.vault.azure.net/keys/{key or name}/1", "sourceVault": {"id": VAULT + vault}}
    return {"id": des(name), "location": region, "identity": {"type": "SystemAssigned", "principalId": IDENTITY, "tenantId": TENANT}, "properties": {"activeKey": active, **properties}}


def a_vault(name, region, **properties):
    return {"id": VAULT + name, "location": region, "properties": {
        "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableSoftDelete": True, "enablePurgeProtection": True,
        "enableRbacAuthorization": False, "accessPolicies": [{"tenantId": TENANT, "objectId": IDENTITY,
                                                              "permissions": {"keys": ["get", "wrapKey", "unwrapKey"]}}], **properties}}


def a_key(vault, name, kty="RSA", **attributes):
    return {"id": f"{VAULT}{vault}/keys/{name}", "location": "westus", "properties": {
        "kty": kty, "keySize": 3072, "attributes": {"enabled": True, **attributes}, "keyUriWithVersion": f"https://{vault}.vault.azure.net/keys/{name}/1"}}


DOUBLE = "EncryptionAtRestWithPlatformAndCustomerKeys"
WORLD = [a_vault("v-westus", "westus"), a_vault("v-eastus2", "eastus2"),
         *(a_key("v-westus", k) for k in ("w1", "w2", "wd")), *(a_key("v-eastus2", k) for k in ("e1", "e2", "ed")),
         a_set("w1", "westus"), a_set("w2", "westus"), a_set("e1", "eastus2"), a_set("e2", "eastus2"),
         a_set("wd", "westus", encryptionType=DOUBLE), a_set("ed", "eastus2", encryptionType=DOUBLE)]


def region(name, os_set=None, data=None, **more):
    out = {"name": name, **more}
    if os_set:
        out["os_disk"] = {"disk_encryption_set_id": os_set}
    if data:
        out["data_disk"] = [{"lun": lun, "disk_encryption_set_id": value} for lun, value in data.items()]
    return out


CONFIG = {"subscription_id": SUBSCRIPTION, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery",
          "gallery_image_definition": "MyImage", "gallery_image_version": "2.0.0", "location": "westus", "managed_image": "myImage",
          "target_region": [region("westus", "w1", {0: "w1"}), region("eastus2", "e1", {0: "e1"})]}
PLAIN = [region("westus"), region("eastus2")]
OS_ONLY = [region("westus", "w1"), region("eastus2", "e1")]


def config(**changes):
    out = {**copy.deepcopy(CONFIG), **changes}
    return {name: value for name, value in out.items() if value is not None}


def of(source, target_region=None, **more):
    """Another source: one of its fields, the rest of the request without sets."""
    return config(**{"managed_image": None, "target_region": target_region or PLAIN, **source, **more})


def snapshot(name, target_region=None, **more):
    return of({"os_snapshot": name if name.startswith("/") else f"{COMPUTE}/snapshots/{name}"}, target_region, **more)


def run(verb, sim, what, *more):
    done = subprocess.run([ACG, verb, "--file", "-", "--only-show-errors", *more], env=sim.environment(), input=json.dumps(what), text=True,
                          capture_output=True, timeout=60)
    return done


def plan(sim, what, *more):
    done = run("plan", sim, what, "--output", "json", *more)
    holds(done.stdout, done.stderr)
    return done.returncode, json.loads(done.stdout)


def rules(shown, severity="error"):
    return [f["rule"] for f in shown["findings"] if f["severity"] == severity]


def request_of(sim, what):
    done = run("publish", sim, what, "--dry-run", "--output", "json")
    equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)["body"]


def placed(vault_region):
    return [a_vault("v-other", vault_region), a_key("v-other", "k"), a_set("r32", "westus", vault="v-other", key="k")]


R32 = config(target_region=[region("westus", "r32", {0: "r32"}), region("eastus2", "e1", {0: "e1"})])
KEYED = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": des("w1")}
PLAN = {"name": "n", "publisher": "p", "product": "q"}
NOT_FOUND = "Please check source exists, and is in the same region as gallery image version being created."
FULL = {"usages": {"West US": {"GalleryImageVersion": {"limit": 10, "currentValue": 10}}}}
ROOM = {"usages": {"West US": {"GalleryImageVersion": {"limit": 100, "currentValue": 94}}}}

# name, breaks it, keeps it, the scenario of both (or of each), a piece of the service's text when the request is sent past plan
ONLINE = (
    ("R2", config(target_region=[region("westus", "none", {0: "w1"}), region("eastus2", "e1", {0: "e1"})]), config(), {},
     f"The disk encryption set {des('none')} was not found"),
    ("R3", config(target_region=[region("westus", "e2", {0: "w1"}), region("eastus2", "e1", {0: "e1"})]),
     config(target_region=[region("West US", "w2", {0: "w1"}), region("East US 2", "e1", {0: "e1"})]), {}, "must be in the same region 'westus'"),
    ("R6", config(target_region=[region("westus", "w1", {0: "w1", 5: "w1"}), region("eastus2", "e1", {0: "e1", 5: "e1"})]), config(), {},
     "An invalid lun [5] was specified in encryption.dataDiskImages."),
    ("R13", snapshot(f"{COMPUTE}/snapshots/keyed".replace(SUBSCRIPTION, OTHER)), snapshot(f"{COMPUTE}/snapshots/plain".replace(SUBSCRIPTION, OTHER)),
     {"resources": [FOREIGN, FOREIGN_PLAIN], "subscriptions": [{"subscriptionId": OTHER, "state": "Enabled", "tenantId": TENANT}]}, "is in a different subscription ID than the current gallery image version subscription"),
    ("R15", snapshot("trusted", OS_ONLY), snapshot("keyed", OS_ONLY), {"resources": [
        seed("snapshots", "trusted", osType="Linux", securityProfile={"securityType": "TrustedLaunch"}, encryption=KEYED),
        seed("snapshots", "keyed", osType="Linux", encryption=KEYED)]}, None),
    ("R16", config(), config(target_region=PLAIN), {"resources": [gallery("Groups")]}, "sharing permission is 'Groups'"),
    ("R22 region", snapshot("far"), snapshot("far", [region("eastus2")], location="eastus2"),
     {"resources": [seed("snapshots", "far", "eastus2", osType="Linux")]}, NOT_FOUND),
    ("R22 absent", snapshot("none"), snapshot("myOSSnapshot"), {}, NOT_FOUND),
    ("R26 state", of({"managed_image": "special"}), config(target_region=PLAIN), {"resources": TRAITS}, "is not Specialized."),
    ("R26 generation", of({"managed_image": "second"}), config(target_region=PLAIN), {"resources": TRAITS}, "different Hypervisor generation"),
    ("R26 system", of({"managed_image": "windows"}), config(target_region=PLAIN), {"resources": TRAITS}, "different OS type"),
    ("R26 plan", snapshot("planned"), snapshot("myOSSnapshot"), {"resources": TRAITS}, "different plan"),
    ("R26 machine", of({"virtual_machine": f"{COMPUTE}/virtualMachines/running"}), of({"virtual_machine": f"{COMPUTE}/virtualMachines/srcVm"}),
     {"resources": TRAITS}, "is not Specialized."),
    ("R27 ephemeral", of({"virtual_machine": f"{COMPUTE}/virtualMachines/ephemeral"}), of({"virtual_machine": f"{COMPUTE}/virtualMachines/srcVm"}),
     {"resources": MACHINES}, "cannot contain an ephemeral OS disk."),
    ("R27 ultra", of({"virtual_machine": f"{COMPUTE}/virtualMachines/ultra2"}), of({"virtual_machine": f"{COMPUTE}/virtualMachines/srcVm"}),
     {"resources": MACHINES}, "stored in an UltraSSD account type."),
    ("R27 blob", of({"virtual_machine": f"{COMPUTE}/virtualMachines/blob"}), of({"virtual_machine": f"{COMPUTE}/virtualMachines/srcVm"}),
     {"resources": MACHINES}, "must be created from Managed Disks."),
    ("R28", snapshot("big"), snapshot("fits"), {"resources": [seed("snapshots", "big", osType="Linux", diskSizeGB=2049),
                                                             seed("snapshots", "fits", osType="Linux", diskSizeGB=2048)]}, None),
    ("R29", config(target_region=[region("westus", storage_account_type="Standard_ZRS"), region("eastus2")]),
     config(target_region=[region("westus"), region("eastus2", storage_account_type="Standard_ZRS")]), {}, "ZRS storage account type is not supported"),
    ("R32", R32, R32, ({"resources": placed("eastus2")}, {"resources": placed("westus")}), None),
    ("R36 definition", config(gallery_image_definition="None"), config(), {}, "Parent resource None not found."),
    ("R36 gallery", config(gallery_name="None"), config(), {}, "Parent resource None not found."),
    ("R36 region", config(), config(target_region=[region("westus", "w1", {0: "w1"})]), {"resource_types": {VERSIONS: {"locations": ["westus"]}}},
     "The provided location eastus2 is not available for resource type"),
    ("R36 zone", config(target_region=PLAIN, edge_zone=[{"region": "eastus2", "name": "microsoftlosangeles1"}]),
     config(target_region=PLAIN, edge_zone=[{"region": "westus", "name": "microsoftlosangeles1"}]), {}, "is not available for resource type"),
    ("half-encrypted", config(target_region=OS_ONLY), config(target_region=OS_ONLY, platform_key_disks=["0"]), {}, None),
    ("encryption_type declared", config(encryption_type="double"), config(encryption_type="customer_key"), {}, None),
    ("encryption_type mixed", config(target_region=[region("westus", "wd", {0: "w1"}), region("eastus2", "e1", {0: "e1"})]),
     config(target_region=[region("westus", "wd", {0: "w1"}), region("eastus2", "ed", {0: "e1"})]), {}, None),
    ("subscription", config(), config(), ({"subscriptions": [{"subscriptionId": SUBSCRIPTION, "state": "Disabled", "tenantId": TENANT}]}, {}), ""),
    ("provider", config(), config(), ({"providers": {"Microsoft.Compute": "NotRegistered"}}, {}), "Microsoft.Compute"),
    ("quota", config(), config(), (FULL, ROOM), ""),
    ("set-identity", R32, R32, ({"resources": [*placed("westus")[:2], {**placed("westus")[2], "identity": {"type": "None"}}]},
                                {"resources": placed("westus")}), None),
    ("set-rotation", R32, R32, ({"resources": [*placed("westus"), a_set("r32", "westus", vault="v-other", key="k", autoKeyRotationError={
        "code": "KeyNotFound", "message": "gone"})]}, {"resources": placed("westus")}), None),
    ("key-vault purge", R32, R32, ({"resources": [*placed("westus"), a_vault("v-other", "westus", enablePurgeProtection=False)]},
                                   {"resources": placed("westus")}), None),
    ("key-vault soft", R32, R32, ({"resources": [*placed("westus"), a_vault("v-other", "westus", enableSoftDelete=False)]},
                                  {"resources": placed("westus")}), None),
    ("key-vault absent", R32, R32, ({"resources": placed("westus")[2:]}, {"resources": placed("westus")}), None),
    ("key disabled", R32, R32, ({"resources": [*placed("westus"), a_key("v-other", "k", enabled=False)]}, {"resources": placed("westus")}), None),
    ("key expired", R32, R32, ({"resources": [*placed("westus"), a_key("v-other", "k", exp=1000000000)]},
                               {"resources": [*placed("westus"), a_key("v-other", "k", exp=4000000000)]}), None),
    ("key kind", R32, R32, ({"resources": [*placed("westus"), a_key("v-other", "k", kty="EC")]}, {"resources": placed("westus")}), None),
    ("key absent", R32, R32, ({"resources": [placed("westus")[0], placed("westus")[2]]}, {"resources": placed("westus")}), None),
)


def scenario_of(of_row, kept=False):
    chosen = of_row[1 if kept else 0] if isinstance(of_row, tuple) else of_row
    return {**chosen, "resources": WORLD + chosen.get("resources", [])}


def broken_and_kept(row):
    name, bad, good, scenario, text = row
    rule = name.split()[0]
    with Sim(scenario_of(scenario)) as sim:
        code, shown = plan(sim, bad)
        equal((code, set(rules(shown)), rules(shown, "unknown")), (3, {rule}, []), shown["findings"])
        found = shown["report"]["findings"][0]
        holds(found["rule_text"] and found["fix"] and found["field"], found)
        equal(sum(r["method"] == "PUT" for r in sim.log()), 0, "a plan writes nothing")
        done = run("publish", sim, bad)
        equal(done.returncode, 3, done.stderr)
        equal(sum(r["method"] == "PUT" for r in sim.log()), 0, "a publish that plan refuses writes nothing")
        if text is not None:
            answer = sim.put(f"{COMPUTE}/galleries/{bad['gallery_name']}/images/{bad['gallery_image_definition']}/versions/2.0.0", request_of(sim, bad))
            holds(400 <= answer.status < 500 and text in answer.message(), f"{answer.status} {answer.message()}")
    with Sim(scenario_of(scenario, kept=True)) as sim:
        code, shown = plan(sim, good)
        equal((code, [(f["rule"], f["message"]) for f in shown["findings"]]), (0, []), "kept")


FOREIGN_SET = des("x").replace(SUBSCRIPTION, OTHER)
SINGULAR = des("x").replace("Sets", "Set")
EAST = region("eastus2", "e1", {0: "e1"})
TARGETS, PROFILE = "properties/publishingProfile/targetRegions", "properties/storageProfile"
OS_IMAGE = TARGETS + "/0/encryption/osDiskImage"
TWO_ENTRIES = {**region("westus", "w1"), "data_disk": [{"lun": 0, "disk_encryption_set_id": "w1"}] * 2}
DATA_ONLY = config(target_region=[region("westus", None, {0: "w1"}), region("eastus2", None, {0: "e1"})], platform_key_disks=["os"])
SNAPSHOT = f"{COMPUTE}/snapshots/myOSSnapshot"
WEST_SET = [{"name": "westus", "encryption": {"osDiskImage": {"diskEncryptionSetId": des("w1")}}}]


def with_data(name):
    return snapshot("myOSSnapshot", data_snapshot=[{"lun": 0, "id": f"{COMPUTE}/snapshots/{name}"}])


# name, breaks it, just keeps it; where and how the body of what keeps it is changed into the request that breaks it, which the
# command never sends; and a piece of the service's text for that (azure-arm.md 4.2; "": refused there in words that are not known)
OFFLINE = (
    ("R1", config(target_region=[region("westus", FOREIGN_SET, {0: "w1"}), EAST]), config(target_region=[region("westus", des("w2"), {0: "w1"}), EAST]),
     OS_IMAGE + "/diskEncryptionSetId", FOREIGN_SET, "must be in the same subscription"),
    ("R4", config(target_region=[region("westus", SINGULAR, {0: "w1"}), EAST]), config(target_region=[region("westus", des("w2").upper(), {0: "w1"}), EAST]),
     OS_IMAGE + "/diskEncryptionSetId", SINGULAR, "encryption.osDiskImage.diskEncryptionSetId is invalid"),
    ("R5", config(target_region=[region("westus", "w1", {0: "w1"}), region("eastus2", "e1")]), config(),
     TARGETS + "/1/encryption/dataDiskImages", [], "A disk encryption set is required for disk 'LUN 0'"),
    ("R7", config(target_region=[TWO_ENTRIES, EAST]), config(),
     TARGETS + "/0/encryption/dataDiskImages", [{"lun": 0, "diskEncryptionSetId": des("w1")}] * 2, "Duplicate luns '0' were specified"),
    ("R8", config(target_region=[*PLAIN, region("East US 2")]), config(target_region=[*PLAIN, region("East US")]),
     TARGETS + "/2/name", "East US 2", "Duplicate regions are not allowed in target publishing regions"),
    ("R9", config(target_region=[EAST]), config(location="West US"),
     TARGETS, [{"name": "eastus2"}], "must contain the location of image version"),
    ("R12", of({"image_version": version("0.9.0")}, OS_ONLY), of({"image_version": version("0.9.0")}, [region("westus")]),
     TARGETS, WEST_SET, "Encryption is not supported for source resource"),
    ("R17", config(replication_mode="Shallow", target_region=[region("westus", "w1", {0: "w1"})]),
     config(replication_mode="Shallow", target_region=[region("westus")]), TARGETS, WEST_SET, ""),
    ("R18", config(target_region=[region("westus", replicas=100), region("eastus2")]), config(target_region=[region("westus", replicas=99), region("eastus2")]),
     TARGETS + "/0/regionalReplicaCount", 100, "The value must be between 1 and 100, inclusive."),
    ("R19", config(end_of_life_date="2020-12-01"), config(end_of_life_date="+1d"),
     "properties/publishingProfile/endOfLifeDate", "2020-12-01T00:00:00Z", "EndOfLifeDate must be set to a future date."),
    ("R20", config(gallery_image_version="2147483648.0.0"), config(gallery_image_version="2147483647.0.0"), None, None, "The image version name is invalid."),
    ("R21", config(os_snapshot="myOSSnapshot"), config(),
     PROFILE + "/osDiskImage", {"source": {"id": SNAPSHOT}}, "One and only one source type"),
    ("R23", config(managed_image=SNAPSHOT), config(managed_image=IMAGE.upper()),
     PROFILE + "/source/id", SNAPSHOT, "must either be a managed image, virtual machine or another gallery image version"),
    ("R24", snapshot(IMAGE), snapshot(COMPUTE + "/disks/srcVm_os"), PROFILE + "/osDiskImage/source/id", IMAGE, "must be a managed disk or snapshot."),
    ("R25", with_data("myOSSnapshot"), with_data("myDDSnapshot"),
     PROFILE + "/dataDiskImages/0/source/id", SNAPSHOT, "Duplicated source ids are found in the input disks."),
    ("R39", config(target_region=[{"name": "westus", "os_disk": {"disk_encryption_set_id": ""}, "data_disk": [{"lun": 0, "disk_encryption_set_id": "w1"}]}, EAST]),
     DATA_ONLY, OS_IMAGE, {"diskEncryptionSetId": ""}, "encryption.osDiskImage.diskEncryptionSetId is invalid"),
)


def changed(body, place, value):
    at = body
    *way, last = place.split("/")
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    at[last] = value
    return body


def broken_and_kept_offline(row):
    name, bad, good, place, value, text = row
    with Sim({"resources": WORLD}) as sim:
        code, shown = plan(sim, bad, "--offline")
        equal((code, rules(shown)), (2, [name]), shown["findings"])
        done = run("publish", sim, bad, "--output", "json")
        equal((done.returncode, rules(json.loads(done.stdout))), (2, [name]), done.stderr)
        equal(sim.log(), [], "nothing is asked")
        code, shown = plan(sim, bad)
        equal((code, [f["rule"] for f in shown["findings"]]), (2, [name]), shown["findings"])
        holds(any(entry["path"].startswith(BASE) for entry in sim.log()), "what can be read is read")
        equal(sum(r["method"] == "PUT" for r in sim.log()), 0, "a plan writes nothing")
        body = request_of(sim, good)
        answer = sim.put(version(bad["gallery_image_version"]), changed(body, place, value) if place else body)
        holds(answer.status == 400 and text in answer.message(), f"{answer.status} {answer.message()}")
    with Sim({"resources": WORLD}) as sim:
        code, shown = plan(sim, good, "--offline")
        equal((code, shown["findings"]), (0, []), "kept")
        code, shown = plan(sim, good)
        equal((code, shown["findings"]), (0, []), "kept, with network")


@test
def what_needs_no_network_and_what_azure_answers_stand_in_one_answer():
    what = config(end_of_life_date="2020-12-01", managed_image="special", target_region=[
        region("westus", "none", {0: "w1"}), region("eastus2", "e1", {0: des("x").replace("Sets", "Set")}), region("East US 2", "e2", {0: "e2"})])
    want = ["R16", "R19", "R2", "R26", "R4", "R8", "half-encrypted"]
    with Sim({"resources": [*WORLD, *TRAITS, gallery("Groups")]}) as sim:
        code, shown = plan(sim, what)
        equal((code, sorted(f["rule"] for f in shown["findings"])), (2, want), shown["findings"])
        equal(sorted(f["rule"] for f in shown["report"]["findings"]), want)
        done = run("plan", sim, what)
        equal((done.returncode, [done.stdout.count(f"error {rule}, ") for rule in want]), (2, [1] * len(want)), done.stdout)
        asked = len(sim.log())
        equal(run("publish", sim, what).returncode, 2)
        equal(len(sim.log()), asked, "a publish with such options asks nothing")


@test
def keys_of_the_source_that_the_version_would_not_have_are_a_warning():
    keyed = [seed(kind, "keyed", osType="Linux", hyperVGeneration="V1", encryption=KEYED) for kind in ("snapshots", "disks")]
    image = seed("images", "keyedImage", hyperVGeneration="V1", storageProfile={"osDisk": {
        "osType": "Linux", "osState": "Generalized", "diskEncryptionSet": {"id": des("w1")}}})
    with Sim({"resources": [*WORLD, *keyed, image]}) as sim:
        for source, field in ((snapshot("keyed"), "os_snapshot"), (snapshot(COMPUTE + "/disks/keyed"), "os_snapshot"), (of({"managed_image": "keyedImage"}), "managed_image")):
            code, shown = plan(sim, source)
            equal((code, [(f["severity"], f["rule"], f["field"]) for f in shown["findings"]]), (0, [("warning", "source-keys", field)]), shown["findings"])
            for more in ({"encryption_type": "platform"}, {"target_region": OS_ONLY}):
                code, shown = plan(sim, {**source, **more})
                equal((code, shown["findings"]), (0, []), more)
        done = run("publish", sim, snapshot("keyed"))
        equal(done.returncode, 0, done.stderr)


@test
def r14_a_version_under_keys_is_no_source():
    with Sim({"resources": WORLD}) as sim:
        equal(sim.put(version("1.0.0"), how_to_body()).status, 201)
        bad = of({"image_version": version("1.0.0")})
        code, shown = plan(sim, bad)
        equal((code, rules(shown)), (3, ["R14"]), shown["findings"])
        holds("Encryption is not supported for source resource" in sim.put(version("2.0.0"), request_of(sim, bad)).message(), "R14's text")
        code, shown = plan(sim, of({"image_version": version("0.9.0")}, [region("westus")]))
        equal((code, shown["findings"]), (0, []))


def exists_and(before, bad, rule, text):
    """A version that exists: asked for again it is only there; asked for otherwise, that is what is wrong."""
    with Sim({"resources": WORLD}) as sim:
        equal(sim.put(version("2.0.0"), request_of(sim, before)).status, 201)
        code, shown = plan(sim, before)
        equal((code, rules(shown)), (5, ["version-exists"]), shown["findings"])
        code, shown = plan(sim, bad)
        equal((code, set(rules(shown))), (5, {rule}), shown["findings"])
        answer = sim.put(version("2.0.0"), request_of(sim, bad))
        holds(answer.status == 400 and text in answer.message(), answer.message())


@test
def r10_no_new_encrypted_lun():
    exists_and(config(target_region=OS_ONLY, platform_key_disks=["0"]), config(), "R10", "Cannot specify new data disk image encryption lun [0]")


@test
def r11_encryption_stays():
    exists_and(config(), config(target_region=[region("westus", "w2", {0: "w1"}), region("eastus2", "e1", {0: "e1"})]), "R11", "is not allowed.")


@test
def r30_sources_stay():
    exists_and(snapshot("myOSSnapshot"), snapshot("myDDSnapshot"), "R30", "Changing property 'galleryImageVersion.properties.storageProfile.osDiskImage")


@test
def an_api_version_that_is_not_served_is_named():
    with Sim({"resources": WORLD, "resource_types": {VERSIONS: {"apiVersions": ["2019-12-01", "2021-07-01"]}}}) as sim:
        code, shown = plan(sim, config())
        equal((code, rules(shown)), (3, ["api-version"]), shown["findings"])
        holds("2023-07-03" in shown["findings"][0]["message"] and "2021-07-01" in shown["findings"][0]["message"], shown["findings"][0])


@test
def a_purchase_plan_shows_both_and_the_line_that_mends_it():
    with Sim({"resources": WORLD + TRAITS}) as sim:
        _, shown = plan(sim, snapshot("planned"))
        found = shown["findings"][0]
        holds("source name n, publisher p, product q; definition none" in found["message"], found)
        holds("az sig image-definition create -g 'MyResourceGroup' -r 'MyGallery'" in found["fix"], found)
        holds("--plan-name 'n' --plan-publisher 'p' --plan-product 'q'" in found["fix"], found)


@test
def ten_broken_at_once_are_all_found():
    world = [gallery("Community"), *TRAITS, a_vault("v-bad", "eastus2", enablePurgeProtection=False),
             a_key("v-bad", "k", enabled=False), {**a_set("bad", "westus", vault="v-bad", key="k"), "identity": {"type": "None"}},
             a_set("turned", "westus", key="w1", autoKeyRotationError={"code": "KeyNotFound", "message": "gone"})]
    what = config(managed_image="special", target_region=[
        region("westus", "bad", {0: "turned", 9: "none"}, storage_account_type="Standard_ZRS"), region("eastus2", "w2", {0: "e1", 9: "e2"}),
        region("westeurope", "none1", {0: "none2", 9: "none3"})])
    want = {"R2", "R3", "R16", "R26", "R29", "R32", "R36", "set-identity", "set-rotation", "key-vault", "key", "quota"}
    with Sim({"resources": WORLD + world, **FULL, "resource_types": {VERSIONS: {"locations": ["westus", "eastus2"]}}}) as sim:
        code, shown = plan(sim, what)
        equal((code, set(rules(shown))), (3, want), shown["findings"])
        text = run("plan", sim, what).stdout
        for rule in want:
            holds(f"error {rule}, " in text, f"{rule} is missing in the text")


READABLE = {"subscription": BASE, "provider": BASE + "/providers/Microsoft.Compute", "R29": BASE + "/locations", "R16": GALLERY,
            "version-exists": version("2.0.0"), "R3": des("w1"), "R22": IMAGE, "R32": VAULT + "v-westus", "key": VAULT + "v-westus/keys/w1",
            "quota": BASE + "/providers/Microsoft.Compute/locations/westus/usages", "R28": COMPUTE + "/disks/srcVm_os", "R26": DEFINITION}


@test
def what_may_not_be_read_is_unknown_never_a_pass_and_no_error():
    for rule, path in READABLE.items():
        with Sim({"resources": WORLD, "faults": [{"method": "GET", "path": path, "status": 403, "code": "AuthorizationFailed"}]}) as sim:
            code, shown = plan(sim, config())
            equal((code, rules(shown), rules(shown, "unknown")), (0, [], [rule]), shown["findings"])
            holds("could not be checked" in shown["findings"][0]["message"] and path in shown["findings"][0]["message"], shown["findings"])
            if rule not in ("version-exists", "R22"):
                done = run("publish", sim, config(gallery_image_version="2.0.1"))
                equal(done.returncode, 0, f"{rule}: a publish goes on: {done.stderr}")


@test
def a_login_that_fails_is_no_plan():
    with Sim({"resources": WORLD}) as sim:
        done = subprocess.run([ACG, "plan", "--file", "-", "--output", "json"], env=sim.environment(AZURE_CLIENT_SECRET="wrong"),
                              input=json.dumps(config()), text=True, capture_output=True, timeout=60)
        equal(done.returncode, 4, done.stderr)


@test
def the_text_has_a_line_per_region_and_disk():
    with Sim({"resources": WORLD}) as sim:
        for form in ("text", "markdown"):
            done = run("plan", sim, config(), "--output", form)
            equal(done.returncode, 0, done.stderr)
            for where in ("westus", "eastus2"):
                for disk in ("OS disk", "LUN 0"):
                    holds(any(where in line and disk in line and "Succeeded" in line for line in done.stdout.splitlines()), done.stdout)
        equal(run("plan", sim, config(), "--output", "none").stdout, "")


@test
def options_as_of_publish_and_its_own_words():
    words = ["--subscription", SUBSCRIPTION, "-g", "MyResourceGroup", "-r", "MyGallery", "-i", "MyImage", "-e", "2.0.0", "--managed-image", "myImage",
             "--target-regions", "westus", "eastus2", "--target-region-encryption", "w1,0,w1", "e1,0,none"]

    def acg(sim, *more):
        return subprocess.run([ACG, "plan", *words, *more], env=sim.environment(), text=True, capture_output=True, timeout=60)
    with Sim({"resources": WORLD}) as sim:
        done = acg(sim)
        equal(done.returncode, 3, done.stderr)
        holds("error R2" in done.stdout and "1 finding, a publish would be refused" in done.stderr, done.stdout + done.stderr)
        equal(done.stdout.count("does not exist") + done.stderr.count("\n* "), 1, "each finding is told once")
        done = acg(sim, "--output", "json")
        holds("--target-region-encryption" in json.loads(done.stdout)["findings"][0]["field"], "a field in the words of who wrote it")
        asked = len(sim.log())
        done = acg(sim, "--offline")
        equal((done.returncode, len(sim.log())), (0, asked), done.stderr)
        for wrong in (("--output", "tsv"), ("--dry-run",), ("--on-existing", "ever")):
            equal(acg(sim, *wrong).returncode, 2, wrong)
        help_text = subprocess.run([ACG, "plan", "--help"], text=True, capture_output=True, timeout=60).stdout
        holds("--offline" in help_text and "unknown" in help_text and "--dry-run" not in help_text, help_text)


def deep(log):
    """How deep each read stands: one deeper than the answer it needed. A token; what the request names; what stands behind it."""
    ends = {entry["path"]: entry["end_us"] for entry in log}
    token = next(entry for entry in log if entry["path"].endswith("/token"))
    depths = {token["path"]: 1}
    behind = {}
    for entry in log:
        if entry["path"].startswith(BASE):
            needs = behind_of(entry["path"])
            depths[entry["path"]] = 3 if needs else 2
            behind[entry["path"]] = needs
    for path, needs in behind.items():
        start = next(entry["start_us"] for entry in log if entry["path"] == path)
        holds(start >= ends[token["path"]], f"{path} before the token")
        holds(not needs or start >= min(ends[n] for n in needs if n in ends), f"{path} before what it needs")
    return depths


def behind_of(path):
    if "/vaults/" in path:
        name = path.split("/vaults/")[1]
        return [des(f"s{name.split('-')[1].split('/')[0]}-{d}") for d in range(3)] if "/keys/" not in name else [des("s" + name.split("/keys/")[1][1:])]
    return [IMAGE] if "/disks/" in path else None


@test
def twenty_regions_with_three_disks_each():
    with Sim() as sim:
        listed = sim.get(BASE + "/locations", api="2022-12-01").body["value"]
    names = ["westus"] + [r["name"] for r in listed if r["metadata"]["regionType"] == "Physical" and r["name"] != "westus"][:19]
    equal(len(names), 20)
    world = []
    for number, name in enumerate(names):
        world.append(a_vault(f"v-{number}", name))
        for disk in range(3):
            world += [a_key(f"v-{number}", f"k{number}-{disk}"), a_set(f"s{number}-{disk}", name, vault=f"v-{number}", key=f"k{number}-{disk}")]
    image = {"id": IMAGE, "location": "westus", "properties": {"hyperVGeneration": "V1", "storageProfile": {
        "osDisk": {"osType": "Linux", "osState": "Generalized", "managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}},
        "dataDisks": [{"lun": lun, "managedDisk": {"id": f"{COMPUTE}/disks/d{lun}"}} for lun in (0, 1)]}}}
    world += [image, *(seed("disks", f"d{lun}", diskSizeGB=10, encryption={"type": "EncryptionAtRestWithPlatformKey"}) for lun in (0, 1))]
    targets = [region(name, f"s{n}-0", {0: f"s{n}-1", 1: f"s{n}-2"}) for n, name in enumerate(names)]
    with Sim({"resources": world, "latency_ms": 40}) as sim:
        begun = time.monotonic()
        code, shown = plan(sim, config(target_region=targets))
        wall = time.monotonic() - begun
        equal((code, shown["findings"]), (0, []))
        log = sim.log()
    paths = [entry["path"] for entry in log]
    equal(len(paths), len(set(paths)), "each resource is asked for once")
    distinct = 60 + 20 + 60 + 20 + 7 + 3  # sets, vaults, keys, counters, what there is one of, disks
    equal(len(paths), distinct + 1, "and the token")
    connections = len({entry["connection"] for entry in log})
    depths = deep(log)
    equal(max(depths.values()), 3)
    holds(connections <= 64, connections)
    print(f"# 20 regions x 3 disks at 40 ms: {len(paths)} requests, depth {max(depths.values())}, {connections} connections, "
          f"{most_at_once(log)} at once, {wall * 1000:.0f} ms")


def main():
    report = Report()
    for rows, one in ((ONLINE, broken_and_kept), (OFFLINE, broken_and_kept_offline)):
        for row in rows:
            try:
                one(row)
                report.check(row[0], True)
            except Exception as error:  # a test that breaks is a test that fails
                report.check(row[0], False, f"{type(error).__name__}: {error}")
    report.run(tests_of(globals()))
    report.end()


main()
