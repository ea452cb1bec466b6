# SPDX-License-Identifier: MPL-2.0
"""Each rule of the service refuses the request that breaks it, with the documented text; and lets a good one pass."""
import copy

from simtest import (COMPUTE, DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds, how_to_body,
                     plain_body, test, tests_of, version)

OS = COMPUTE + "/snapshots/myOSSnapshot"
DATA = COMPUTE + "/snapshots/myDDSnapshot"
MORE_DATA = COMPUTE + "/snapshots/myDDSnapshot1"
OTHER = "aaaaaaaa-0000-0000-0000-000000000000"


def disks(os=OS, *data):
    out = {"osDiskImage": {"source": {"id": os}}}
    if data:
        out["dataDiskImages"] = [{"lun": lun, "source": {"id": source}} for lun, source in data]
    return out


def regions(body):
    return body["properties"]["publishingProfile"]["targetRegions"]


def refuses(sim, body, text, name="1.0.0", status=400, code="InvalidParameter"):
    answer = sim.put(version(name), body)
    equal((answer.status, answer.code()), (status, code), text)
    holds(text in answer.message(), f"{answer.message()!r} lacks {text!r}")
    if name != "0.9.0":
        equal(sim.get(version(name)).status, 404, "a refused version exists")
    return answer


def changed(change):
    body = how_to_body()
    change(body)
    return body


@test
def r1_sets_of_another_subscription():
    foreign = des("WestUSDiskEncryptionSet1").replace(SUBSCRIPTION, OTHER)
    with Sim() as sim:
        body = changed(lambda b: regions(b)[0]["encryption"]["osDiskImage"].update(diskEncryptionSetId=foreign))
        refuses(sim, body, f"The disk encryption set '{foreign}' must be in the same subscription '{SUBSCRIPTION}' as the gallery resource")


@test
def r2_sets_that_do_not_exist():
    with Sim() as sim:
        body = changed(lambda b: regions(b)[1]["encryption"]["dataDiskImages"][0].update(diskEncryptionSetId=des("null")))
        refuses(sim, body, f"The disk encryption set {des('null')} was not found")


@test
def r3_sets_of_another_region():
    with Sim() as sim:
        answer = refuses(sim, changed(lambda b: regions(b)[1].update(name="eastus")), "must be in the same region 'eastus'")
        equal(answer.body["error"]["target"], "galleryImageVersion.properties.publishingProfile.targetRegions")


@test
def r4_and_r39_ids_that_are_none():
    text = "targetRegions.encryption.osDiskImage.diskEncryptionSetId is invalid"
    good = des("WestUSDiskEncryptionSet1")
    with Sim() as sim:
        for bad in ("", good[1:], good.replace("diskEncryptionSets", "diskEncryptionSet"), COMPUTE + "/diskEncryptionSets/",
                    "WestUSDiskEncryptionSet1", IMAGE):
            refuses(sim, changed(lambda b: regions(b)[0]["encryption"]["osDiskImage"].update(diskEncryptionSetId=bad)), text)
        body = changed(lambda b: regions(b)[0]["encryption"]["dataDiskImages"][0].update(diskEncryptionSetId="x"))
        refuses(sim, body, "targetRegions.encryption.dataDiskImages.diskEncryptionSetId is invalid")


@test
def r5_disks_encrypted_in_some_regions_only():
    with Sim() as sim:
        refuses(sim, changed(lambda b: regions(b)[1].pop("encryption")), "in target region 'eastus2' since disk encryption set '"
                + des("WestUSDiskEncryptionSet1") + "' is used for the corresponding disk in region 'westus'")
        refuses(sim, changed(lambda b: regions(b)[1]["encryption"].pop("osDiskImage")), "osDiskImage.diskEncryptionSetId' in target region 'eastus2'")
        refuses(sim, changed(lambda b: regions(b)[0]["encryption"].pop("dataDiskImages")), "for disk 'LUN 0' in target region 'westus'")
        only_data = changed(lambda b: [r["encryption"].pop("osDiskImage") for r in regions(b)])
        equal(sim.put(version("1.0.1"), only_data).status, 201)


@test
def r6_luns_that_the_image_lacks():
    with Sim() as sim:
        body = changed(lambda b: [r["encryption"]["dataDiskImages"][0].update(lun=3) for r in regions(b)])
        refuses(sim, body, "An invalid lun [3] was specified in encryption.dataDiskImages. The lun must be one of the following values ['0']")
        per_disk = how_to_body()
        per_disk["properties"]["storageProfile"] = disks()
        equal(sim.put(version("1.0.1"), per_disk).status, 201, "recorded: not enforced for per-disk sources")


@test
def r7_a_lun_named_twice():
    with Sim() as sim:
        body = changed(lambda b: [r["encryption"]["dataDiskImages"].append(copy.deepcopy(r["encryption"]["dataDiskImages"][0])) for r in regions(b)])
        refuses(sim, body, "Duplicate luns '0' were specified in target region 'westus' encryption.dataDiskImages.")


@test
def r8_a_region_named_twice():
    with Sim() as sim:
        refuses(sim, plain_body(("westus", "West US")), "Duplicate regions are not allowed in target publishing regions")


@test
def r9_the_home_region_missing():
    with Sim() as sim:
        answer = refuses(sim, plain_body(("westus2", "eastus2")), "Gallery image version publishing profile regions 'westus2, eastus2' "
                         "must contain the location of image version 'West US'. ")
        holds("x-ms-failure-cause" not in answer.headers, "the provider's own answer")
        refuses(sim, plain_body(("eastus2",)), "must contain the location", name="0.9.0")


@test
def r10_a_new_lun_in_an_update():
    with Sim() as sim:
        body = changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)])
        equal(sim.put(version("1.0.0"), body).status, 201)
        answer = sim.put(version("1.0.0"), how_to_body())
        equal(answer.status, 400)
        holds("Cannot specify new data disk image encryption lun [0] with a disk encryption set in region [westus]" in answer.message(), answer.message())


@test
def r11_another_set_in_an_update():
    with Sim() as sim:
        equal(sim.put(version("1.0.0"), how_to_body()).status, 201)
        body = changed(lambda b: regions(b)[0]["encryption"]["osDiskImage"].update(diskEncryptionSetId=des("WestUSDiskEncryptionSet2")))
        equal(sim.put(version("1.0.0"), body).status, 400)


@test
def encryption_left_out_of_an_update_is_kept_and_new_regions_need_it():
    with Sim() as sim:
        sim.put(version("1.0.0"), how_to_body())
        body = plain_body(("westus", "eastus2"))
        equal(sim.put(version("1.0.0"), body).status, 200)
        kept = regions(sim.get(version("1.0.0")).body)
        equal(kept[1]["encryption"]["osDiskImage"]["diskEncryptionSetId"], des("EastUS2DiskEncryptionSet1"))
        answer = sim.put(version("1.0.0"), plain_body(("westus", "eastus2", "westeurope")))
        holds(answer.status == 400 and "in target region 'westeurope'" in answer.message(), answer.message())


@test
def r12_and_r14_versions_and_vhds_as_sources():
    with Sim() as sim:
        sim.put(version("1.0.0"), how_to_body())
        from_version = lambda name: {"source": {"id": version(name)}}
        body = changed(lambda b: b["properties"].update(storageProfile=from_version("0.9.0")))
        regions(body).pop()
        refuses(sim, body, f"Encryption is not supported for source resource '{version('0.9.0')}'.", name="1.0.1")
        refuses(sim, plain_body(source=from_version("1.0.0")), "Encryption is not supported for source resource", name="1.0.1")
        equal(sim.put(version("1.0.1"), plain_body(source=from_version("0.9.0"))).status, 201)
        vhd = {"osDiskImage": {"source": {"uri": "https://a.blob.core.windows.net/v/os.vhd", "storageAccountId":
               f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup/providers/Microsoft.Storage/storageAccounts/a"}}}
        equal(sim.put(version("1.0.2"), plain_body(source=vhd)).status, 201)
        refuses(sim, changed(lambda b: b["properties"].update(storageProfile=vhd)), "Encryption is not supported", name="1.0.3")


@test
def r13_an_encrypted_source_of_another_subscription():
    source = OS.replace(SUBSCRIPTION, OTHER)
    seed = {"id": source, "location": "westus", "properties": {"osType": "Linux", "diskSizeGB": 30, "hyperVGeneration": "V1",
            "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": des("x").replace(SUBSCRIPTION, OTHER)}}}
    with Sim({"resources": [seed]}) as sim:
        refuses(sim, plain_body(source=disks(source)), f"Encrypted source: '{source}' is in a different subscription ID than the current gallery image version subscription '{SUBSCRIPTION}'")


@test
def r15_and_r28_fail_after_a_good_start():
    trusted = {"id": COMPUTE + "/snapshots/tl", "location": "westus", "properties": {
        "osType": "Linux", "diskSizeGB": 30, "hyperVGeneration": "V1", "securityProfile": {"securityType": "TrustedLaunch"},
        "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": des("WestUSDiskEncryptionSet1")}}}
    big = {"id": COMPUTE + "/snapshots/big", "location": "westus", "properties": {"osType": "Linux", "diskSizeGB": 2520}}
    with Sim({"resources": [trusted, big]}) as sim:
        body = changed(lambda b: b["properties"].update(storageProfile=disks(trusted["id"])))
        created = sim.put(version("1.0.0"), body)
        equal(created.status, 201)
        failed = sim.poll(created).body
        equal((failed["status"], failed["error"]["code"]), ("Failed", "InternalOperationError"))
        created = sim.put(version("1.0.1"), plain_body(source=disks(big["id"])))
        holds("2520 exceeds the max size 2048" in sim.poll(created).body["error"]["message"], "size")


@test
def r18_replica_counts_out_of_range():
    with Sim() as sim:
        for count in (0, -1, 101):
            refuses(sim, changed(lambda b: regions(b)[0].update(regionalReplicaCount=count)),
                    f"The value {count} of parameter regionalReplicaCount is out of range. The value must be between 1 and 100, inclusive.")
        refuses(sim, changed(lambda b: [r.update(regionalReplicaCount=51) for r in regions(b)]), "is out of range")
        refuses(sim, how_to_body(replicaCount=0), "The value 0 of parameter replicaCount is out of range")
        refuses(sim, changed(lambda b: regions(b)[0].update(regionalReplicaCount="2")), "regionalReplicaCount is invalid")


@test
def r19_an_end_of_life_in_the_past_or_malformed():
    with Sim() as sim:
        refuses(sim, how_to_body(endOfLifeDate="2020-12-01T00:00:00Z"), "EndOfLifeDate must be set to a future date.")
        for bad in ("soon", "2030-13-01T00:00:00Z", "2030-01-01T25:00:00Z"):
            refuses(sim, how_to_body(endOfLifeDate=bad), f"Could not convert string to DateTimeOffset: {bad}. Path 'properties.publishingProfile.endOfLifeDate'")
        equal(sim.put(version("1.0.1"), how_to_body(endOfLifeDate="2999-01-01T12:59:59Z")).status, 201)


@test
def r20_names_that_are_no_versions():
    with Sim() as sim:
        for bad in ("1.0", "1.0.0.0", "1.0.x", "latest", "1.0.2147483648", "-1.0.0", "1..0"):
            refuses(sim, plain_body(), "The image version name is invalid.", name=bad)
        for good in ("01.0.0", "1.0.2147483647"):
            equal(sim.put(version(good), plain_body()).status, 201)


@test
def r21_two_source_styles_or_none():
    text = "One and only one source type (user image, snapshot, disk, virtual machine) can be provided."
    with Sim() as sim:
        refuses(sim, plain_body(source={"source": {"id": IMAGE}, **disks()}), text)
        refuses(sim, plain_body(source={"osDiskImage": {"hostCaching": "None"}}), text)
        missing = plain_body()
        del missing["properties"]["storageProfile"]
        refuses(sim, missing, "storageProfile' is missing")


@test
def r22_sources_that_are_elsewhere_or_nowhere():
    far = {"id": COMPUTE + "/images/far", "location": "eastus2", "properties": {"storageProfile": {"osDisk": {}}}}
    far_disk = {"id": COMPUTE + "/snapshots/far", "location": "eastus2", "properties": {}}
    with Sim({"resources": [far, far_disk]}) as sim:
        refuses(sim, plain_body(source={"source": {"id": IMAGE + "x"}}), f"Source was not found: {IMAGE}x. Please make sure the source exists.")
        refuses(sim, plain_body(source={"source": {"id": far["id"]}}), "is in the same region as gallery image version being created")
        for source in (OS + "x", far_disk["id"]):
            refuses(sim, plain_body(source=disks(source)), f"Source {source} is not found.")
        refuses(sim, {"location": "eastus2", "properties": {"publishingProfile": {"targetRegions": [{"name": "eastus2"}]},
                      "storageProfile": {"source": {"id": version("0.9.0")}}}}, "is not found")


@test
def r23_and_r24_sources_of_the_wrong_type():
    with Sim() as sim:
        refuses(sim, plain_body(source={"source": {"id": OS}}), f"The source id: {OS} must either be a managed image, virtual machine or another gallery image version")
        refuses(sim, plain_body(source=disks(IMAGE)), f"The source id: {IMAGE} must be a managed disk or snapshot.")
        refuses(sim, plain_body(source=disks(OS[1:])), "Expect fully qualified resource Id")


@test
def r25_sources_and_luns_used_twice():
    with Sim() as sim:
        refuses(sim, plain_body(source=disks(OS, (0, DATA), (1, DATA.upper().replace("/SUBSCRIPTIONS", "/subscriptions")))), "Duplicated source ids are found in the input disks.")
        refuses(sim, plain_body(source=disks(OS, (0, OS))), "Duplicated source ids")
        refuses(sim, plain_body(source=disks(OS, (0, DATA), (0, MORE_DATA))), "Duplicated lun numbers have been detected in the input data disks.")
        uri = "https://a.blob.core.windows.net/v/os.vhd"
        refuses(sim, plain_body(source={"osDiskImage": {"source": {"uri": uri}}, "dataDiskImages": [{"lun": 0, "source": {"uri": uri}}]}),
                f"OSDiskImage and DataDiskImage cannot point to same blob {uri}")


@test
def r26_sources_unlike_the_definition():
    def seed(name, osState="Generalized", osType="Linux", generation="V1"):
        return {"id": COMPUTE + "/images/" + name, "location": "westus", "properties": {
            "hyperVGeneration": generation, "storageProfile": {"osDisk": {"osType": osType, "osState": osState, "diskSizeGB": 30}}}}
    with Sim({"resources": [seed("special", osState="Specialized"), seed("windows", osType="Windows"), seed("second", generation="V2")]}) as sim:
        source = lambda name: {"source": {"id": COMPUTE + "/images/" + name}}
        refuses(sim, plain_body(source=source("special")), "since the OS State in the parent gallery image (Generalized) is not Specialized.")
        refuses(sim, plain_body(source=source("windows")), "has a different OS type ['Windows'] than the parent gallery image OS type ['Linux']")
        refuses(sim, plain_body(source=source("second")), "has a different Hypervisor generation ['V2'] than the parent gallery image Hypervisor generation ['V1']")


@test
def r27_vms_with_unsuitable_disks():
    def seed(name, os_disk, data=()):
        return {"id": COMPUTE + "/virtualMachines/" + name, "location": "westus", "properties": {
            "storageProfile": {"osDisk": dict(os_disk, osType="Linux"), "dataDisks": list(data)}}}
    managed = {"managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}}
    ultra = {"lun": 0, "managedDisk": {"id": COMPUTE + "/disks/srcVm_data0", "storageAccountType": "UltraSSD_LRS"}}
    seeds = [seed("ephemeral", dict(managed, diffDiskSettings={"option": "Local"})), seed("blob", {}), seed("ultra", managed, [ultra])]
    with Sim({"resources": seeds}) as sim:
        for name, text in (("ephemeral", "cannot contain an ephemeral OS disk."), ("blob", "must be created from Managed Disks."),
                           ("ultra", "stored in an UltraSSD account type.")):
            refuses(sim, plain_body(source={"source": {"virtualMachineId": COMPUTE + "/virtualMachines/" + name}}), text)
        equal(sim.put(version("1.0.1"), plain_body(source={"source": {"virtualMachineId": COMPUTE + "/virtualMachines/srcVm"}})).status, 201)


@test
def r29_zone_redundancy_where_there_are_no_zones():
    with Sim() as sim:
        refuses(sim, changed(lambda b: regions(b)[0].update(storageAccountType="Standard_ZRS")), "ZRS storage account type is not supported in this region.")
        equal(sim.put(version("1.0.1"), changed(lambda b: regions(b)[1].update(storageAccountType="standard_zrs"))).status, 201)


@test
def r30_sources_and_disks_changed_by_an_update():
    with Sim() as sim:
        sim.put(version("1.0.0"), plain_body(source=disks(OS, (0, DATA))))
        for source, text in ((disks(MORE_DATA), "osDiskImage.source.id' is not allowed."),
                             (disks(OS, (0, MORE_DATA)), "dataDiskImages.source.id' is not allowed."),
                             (disks(OS, (1, DATA)), "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image is not allowed.")):
            answer = sim.put(version("1.0.0"), plain_body(source=source))
            holds(answer.status == 400 and text in answer.message(), answer.message())
        equal(sim.put(version("1.0.0"), plain_body(source={})).status, 200)


@test
def r32_a_disk_and_its_vault_in_different_regions():
    vault = COMPUTE.replace("Microsoft.Compute", "Microsoft.KeyVault/vaults/v1")
    seeds = [{"id": vault, "location": "westcentralus"}, {"id": des("far"), "location": "westus", "properties": {"activeKey": {
        "keyUrl": "https://v1.vault.azure.net/keys/k/1", "sourceVault": {"id": vault}}}}]
    with Sim({"resources": seeds}) as sim:
        answer = sim.put(COMPUTE + "/disks/d1", {"location": "westus", "properties": {"creationData": {"createOption": "Empty"},
                         "diskSizeGB": 10, "encryption": {"diskEncryptionSetId": des("far")}}}, api="2021-04-01")
        equal((answer.status, answer.code()), (409, "KeyVaultAndDiskInDifferentRegions"))
        holds("'v1' is located in region 'westcentralus'" in answer.message(), answer.message())


@test
def r36_parents_and_regions_that_do_not_exist():
    with Sim() as sim:
        answer = sim.put(GALLERY + "x/images/MyImage/versions/1.0.0", plain_body())
        equal((answer.status, answer.code()), (404, "ParentResourceNotFound"))
        equal(sim.put(DEFINITION + "x/versions/1.0.0", plain_body()).status, 404)
        refuses(sim, plain_body(("westus", "atlantis")), "The provided location atlantis is not available for resource type")
        nowhere = dict(plain_body(), location="atlantis")
        refuses(sim, nowhere, "is not available for resource type", code="LocationNotAvailableForResourceType")
        missing = plain_body()
        del missing["location"]
        refuses(sim, missing, "location", code="LocationRequired")
        moved = dict(plain_body(("westus", "eastus2")), location="eastus2")
        equal(sim.put(version("0.9.0"), moved).code(), "InvalidResourceLocation")


@test
def r37_children_go_first():
    with Sim() as sim:
        for place in (GALLERY, DEFINITION):
            answer = sim.arm("DELETE", place)
            equal(answer.status, 409)
            holds("Can not delete resource before nested resources are deleted." in answer.message(), answer.message())
        for place in (version("0.9.0"), DEFINITION, GALLERY):
            equal(sim.arm("DELETE", place).status, 202)
            equal(sim.get(place).status, 404)


@test
def unknown_words_are_refused():
    with Sim() as sim:
        refuses(sim, changed(lambda b: regions(b)[0].update(storageAccountType="Ultra_LRS")), "The value 'Ultra_LRS' of parameter storageAccountType is invalid.")
        refuses(sim, how_to_body(replicationMode="Fast"), "replicationMode is invalid")


@test
def a_good_request_breaks_no_rule_from_any_source():
    with Sim() as sim:
        sources = ({"source": {"id": IMAGE}}, disks(OS, (0, DATA)), {"source": {"id": COMPUTE + "/virtualMachines/srcVm"}},
                   disks(COMPUTE + "/disks/srcVm_os", (0, COMPUTE + "/disks/srcVm_data0")))
        for n, source in enumerate(sources):
            body = changed(lambda b: b["properties"].update(storageProfile=source))
            created = sim.put(version(f"7.0.{n}"), body)
            equal(created.status, 201, created.message())
            luns = [d["lun"] for d in sim.get(version(f"7.0.{n}")).body["properties"]["storageProfile"]["dataDiskImages"]]
            equal(luns, [0])


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
