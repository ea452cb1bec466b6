# SPDX-License-Identifier: MPL-2.0
"""Virtual machines made from image versions: which version, which sets, which refusals (R33, R34, R38)."""
from setuptest import policy, put_policy, put_set, refused
from simtest import (COMPUTE, DEFINITION, GALLERY, GROUP, IMAGE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds, how_to_body, test,
                     tests_of, version)

API = "2023-03-01"
VM = COMPUTE + "/virtualMachines/vm1"
NETWORK = GROUP + "/providers/Microsoft.Network"
OTHER = "99999999-0000-0000-0000-000000000000"
OTHER_GROUP = f"/subscriptions/{OTHER}/resourceGroups/consumer"
WEST = encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")
FROM_IMAGE = {"createOption": "FromImage"}


def seed_version(name, regions, **profile):
    return {"id": version(name), "location": "westus", "properties": {
        "publishingProfile": {"targetRegions": regions, **profile}, "storageProfile": {"source": {"id": IMAGE}}}}


def region(name="westus", **more):
    return {"name": name, **more}


def world(*resources, **more):
    return {"resources": list(resources), **more}


ENCRYPTED = seed_version("1.0.0", [region(encryption=WEST), region("eastus2", encryption=encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DiskEncryptionSet2"))])


def machine(image=None, location="westus", profile=None, zones=None, **properties):
    body = {"location": location, "properties": {
        "hardwareProfile": {"vmSize": "Standard_DS1_v2"}, "osProfile": {"computerName": "vm1", "adminUsername": "azureuser"},
        "storageProfile": {"imageReference": {"id": image or version("1.0.0")}, **(profile or {})}}}
    body["properties"].update(properties)
    body["properties"] = {k: v for k, v in body["properties"].items() if v is not None}
    return {**body, "zones": zones} if zones else body


def keyed(name):
    return {**FROM_IMAGE, "managedDisk": {"diskEncryptionSet": {"id": des(name)}}}


def put_vm(sim, *arguments, place=VM, **more):
    return sim.put(place, machine(*arguments, **more), api=API)


def disks(sim, place=VM):
    """The machine's disks as the disk provider shows them: OS first."""
    profile = sim.get(place, api=API).body["properties"]["storageProfile"]
    return [sim.get(d["managedDisk"]["id"], api=API).body for d in [profile["osDisk"], *profile["dataDisks"]]]


def sets(sim, place=VM):
    return [(d["properties"]["encryption"].get("type"), d["properties"]["encryption"].get("diskEncryptionSetId")) for d in disks(sim, place)]


CUSTOMER = "EncryptionAtRestWithCustomerKey"


@test
def a_machine_without_sets_gets_the_versions_regional_ones():
    with Sim(world(ENCRYPTED)) as sim:
        made = put_vm(sim)
        equal((made.status, "azure-asyncoperation" in made.headers), (201, True))
        equal(sets(sim), [(CUSTOMER, des("WestUSDiskEncryptionSet1")), (CUSTOMER, des("WestUSDiskEncryptionSet2"))])
        shown = sim.get(VM, api=API).body["properties"]["storageProfile"]
        equal(shown["imageReference"], {"id": version("1.0.0"), "exactVersion": "1.0.0"})
        equal(shown["osDisk"]["managedDisk"]["diskEncryptionSet"]["id"], des("WestUSDiskEncryptionSet1"))
        equal((shown["osDisk"]["osType"], shown["osDisk"]["deleteOption"], [d["lun"] for d in shown["dataDisks"]]), ("Linux", "Detach", [0]))
        os, data = disks(sim)
        equal([d["properties"]["creationData"] for d in (os, data)],
              [{"createOption": "FromImage", "galleryImageReference": {"id": version("1.0.0")}},
               {"createOption": "FromImage", "galleryImageReference": {"id": version("1.0.0"), "lun": 0}}])
        equal((os["properties"]["hyperVGeneration"], os["managedBy"], os["properties"]["diskState"]), ("V1", VM, "Attached"))
        east = COMPUTE + "/virtualMachines/vm2"
        equal(put_vm(sim, location="eastus2", place=east).status, 201)
        equal([s for _, s in sets(sim, east)], [des("EastUS2DiskEncryptionSet1"), des("EastUS2DiskEncryptionSet2")])


@test
def a_set_named_for_a_disk_wins():
    with Sim(world(ENCRYPTED)) as sim:
        put_vm(sim, profile={"osDisk": keyed("WestUSDoubleEncryptionSet")})
        equal(sets(sim), [("EncryptionAtRestWithPlatformAndCustomerKeys", des("WestUSDoubleEncryptionSet")), (CUSTOMER, des("WestUSDiskEncryptionSet2"))])
        second = COMPUTE + "/virtualMachines/vm2"
        put_vm(sim, place=second, profile={"osDisk": FROM_IMAGE, "dataDisks": [{"lun": 0, **keyed("WestUSDiskEncryptionSet1")},
                                                                               {"lun": 5, "createOption": "Empty", "diskSizeGB": 4}]})
        equal(sets(sim, second), [(CUSTOMER, des("WestUSDiskEncryptionSet1"))] * 2 + [("EncryptionAtRestWithPlatformKey", None)])


@test
def a_version_without_keys_gives_platform_keys():
    with Sim() as sim:
        equal(put_vm(sim, version("0.9.0")).status, 201)
        equal(sets(sim), [("EncryptionAtRestWithPlatformKey", None)] * 2)


@test
def sets_of_another_region_or_subscription_or_without_rights_are_refused():
    foreign = des("set9").replace(SUBSCRIPTION, OTHER)
    with Sim(world(ENCRYPTED, {"id": foreign, "location": "westus"}, subscriptions=[{"subscriptionId": OTHER}])) as sim:
        refused(put_vm(sim, profile={"osDisk": keyed("EastUS2DiskEncryptionSet1")}), 400, "InvalidParameter", "It must be in the same region 'westus'")
        named = {**FROM_IMAGE, "managedDisk": {"diskEncryptionSet": {"id": foreign}}}
        refused(put_vm(sim, profile={"osDisk": named}), 400, "InvalidParameter", f"must be in the same subscription '{SUBSCRIPTION}'")
        principal = put_set(sim)
        refused(put_vm(sim, profile={"osDisk": keyed("set1")}), 403, "KeyVaultAccessForbidden", "grant get, wrap and unwrap")
        late = {"dataDisks": [{"lun": 0, **keyed("set1")}]}
        refused(put_vm(sim, profile=late), 403, "KeyVaultAccessForbidden", "grant get, wrap and unwrap")
        left = [d["name"] for d in sim.get(COMPUTE + "/disks", api=API).body["value"]]
        equal(left, ["srcVm_os", "srcVm_data0"], "a refused machine leaves no disk behind")
        equal(sim.get(VM, api=API).status, 404)
        put_policy(sim, "add", policy(principal))
        equal(put_vm(sim, profile={"osDisk": keyed("set1")}).status, 201)


@test
def r33_a_consumer_in_another_subscription_names_its_own_sets():
    own = f"{OTHER_GROUP}/providers/Microsoft.Compute/diskEncryptionSets/own"
    vm = f"{OTHER_GROUP}/providers/Microsoft.Compute/virtualMachines/vm1"
    scenario = world(ENCRYPTED, {"id": own, "location": "westus"}, subscriptions=[{"subscriptionId": OTHER}])
    text = "Disk encryption set {} in shared image gallery {} belongs to subscription {} and cannot be used with resource '' in subscription {}"
    named = {**FROM_IMAGE, "managedDisk": {"diskEncryptionSet": {"id": own}}}
    with Sim(scenario) as sim:
        for profile, which in (({}, "WestUSDiskEncryptionSet1"), ({"osDisk": named}, "WestUSDiskEncryptionSet2")):
            answer = put_vm(sim, place=vm, profile=profile)
            refused(answer, 409, "OperationNotAllowed", text.format(des(which), version("1.0.0"), SUBSCRIPTION, OTHER))
        equal(put_vm(sim, place=vm, profile={"osDisk": named, "dataDisks": [{"lun": 0, **named}]}).status, 201)
        equal(sets(sim, vm), [(CUSTOMER, own)] * 2)
        equal(put_vm(sim, version("0.9.0"), place=vm + "b").status, 201, "a version without keys crosses subscriptions")


@test
def r34_a_region_without_the_version_is_refused():
    text = "The gallery image {} is not available in {} region. Please contact image owner to replicate to this region, or change your requested region."
    with Sim(world(ENCRYPTED)) as sim:
        refused(put_vm(sim, location="eastus"), 404, "GalleryImageNotFound", text.format(version("1.0.0"), "eastus"))
        refused(put_vm(sim, DEFINITION, location="eastus"), 404, "GalleryImageNotFound", text.format(DEFINITION, "eastus"))
        refused(put_vm(sim, version("9.9.9")), 404, "ImageNotFound", version("9.9.9"))
    slow = {"clock": "manual", "speeds": {"replication_ms_by_region": {"eastus2": 5000}, "version_ms": 0}}
    with Sim(slow) as sim:
        equal(sim.put(version("1.0.0"), how_to_body()).status, 201)
        refused(put_vm(sim, location="eastus2"), 404, "GalleryImageNotFound", text.format(version("1.0.0"), "eastus2"))
        equal(put_vm(sim).status, 201)
        sim.advance(5000)
        equal(put_vm(sim, location="eastus2", place=VM + "b").status, 201)
    failing = {"versions": [{"match": "*/1.0.0", "regions": {"eastus2": {"fail": "no room"}}}]}
    with Sim(failing) as sim:
        sim.put(version("1.0.0"), how_to_body())
        refused(put_vm(sim, location="eastus2"), 404, "GalleryImageNotFound", "is not available in eastus2 region")


@test
def a_definition_means_its_latest_version_in_the_region():
    everywhere = [region(), region("eastus2")]
    scenario = world(seed_version("1.9.0", everywhere), seed_version("1.10.0", [region(), region("eastus2", excludeFromLatest=True)]),
                     seed_version("2.0.0", everywhere, excludeFromLatest=True), seed_version("3.0.0", [region("eastus2"), region("centralus")]))
    with Sim(scenario) as sim:
        exact = lambda: sim.get(VM, api=API).body["properties"]["storageProfile"]["imageReference"]
        equal(put_vm(sim, DEFINITION).status, 201)
        equal(exact(), {"id": DEFINITION, "exactVersion": "1.10.0"})
        sim.arm("DELETE", version("3.0.0"))
        sim.arm("DELETE", VM, api=API)
        equal(put_vm(sim, DEFINITION, location="eastus2").status, 201)
        equal(exact()["exactVersion"], "1.9.0")
    text = f'There is no latest image version exists for "{DEFINITION}"'
    with Sim(world(seed_version("2.0.0", everywhere, excludeFromLatest=True), remove=["*/versions/0.9.0"])) as sim:
        refused(put_vm(sim, DEFINITION), 404, "GalleryImageNotFound", text)
        equal(put_vm(sim, version("2.0.0")).status, 201, "named by itself it can be used")


@test
def r38_the_definitions_state_decides_about_the_os_profile():
    with Sim(world(ENCRYPTED)) as sim:
        refused(put_vm(sim, osProfile=None), 400, "InvalidParameter", "Required parameter 'osProfile' is missing (null).")
    special = {"id": DEFINITION, "location": "westus", "properties": {
        "osType": "Linux", "osState": "Specialized", "hyperVGeneration": "V2", "identifier": {"publisher": "p", "offer": "o", "sku": "s"}}}
    with Sim(world(special, ENCRYPTED)) as sim:
        refused(put_vm(sim), 400, "InvalidParameter", "Parameter 'osProfile' is not allowed.")
        equal(put_vm(sim, osProfile=None).status, 201)
        equal(disks(sim)[0]["properties"]["hyperVGeneration"], "V2")
    with Sim({**world(special, ENCRYPTED), "rules_off": ["R38"]}) as sim:
        equal(put_vm(sim).status, 201)


@test
def a_confidential_machine_gets_the_confidential_set():
    confidential = {"id": DEFINITION, "location": "westus", "properties": {
        "osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2", "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
        "features": [{"name": "SecurityType", "value": "ConfidentialVM"}]}}
    secure = des("WestUSConfidentialSet")
    os = {"osDiskImage": {"securityProfile": {"confidentialVMEncryptionType": "EncryptedWithCmk", "secureVMDiskEncryptionSetId": secure}}}
    vm = {"securityType": "ConfidentialVM"}
    asked = lambda kind, **more: {"osDisk": {**FROM_IMAGE, "managedDisk": {"securityProfile": {"securityEncryptionType": kind, **more}}}}
    with Sim(world(confidential, seed_version("1.0.0", [region(encryption=os)]))) as sim:
        refused(put_vm(sim), 400, "InvalidParameter", "The security type of the image is 'ConfidentialVM'")
        refused(put_vm(sim, profile=asked("DiskWithVMGuestState")), 400, "InvalidParameter", "needs securityType 'ConfidentialVM'")
        refused(put_vm(sim, securityProfile=vm), 400, "InvalidParameter", "'securityEncryptionType' is missing")
        refused(put_vm(sim, securityProfile=vm, profile=asked("Disk")), 400, "InvalidParameter", "securityEncryptionType is invalid")
        equal(put_vm(sim, securityProfile=vm, profile=asked("DiskWithVMGuestState")).status, 201)
        equal(disks(sim)[0]["properties"]["securityProfile"],
              {"securityType": "ConfidentialVM_DiskEncryptedWithCustomerKey", "secureVMDiskEncryptionSetId": secure})
        wrong = asked("DiskWithVMGuestState", diskEncryptionSet={"id": des("EastUS2ConfidentialSet")})
        refused(put_vm(sim, place=VM + "b", securityProfile=vm, profile=wrong), 400, "InvalidParameter", "must be in the same region 'westus'")
    with Sim(world(confidential, seed_version("1.0.0", [region()]))) as sim:
        for kind, word in (("DiskWithVMGuestState", "DiskEncryptedWithPlatformKey"), ("NonPersistedTPM", "NonPersistedTPM"),
                           ("VMGuestStateOnly", "VMGuestStateOnlyEncryptedWithPlatformKey")):
            place = VM + kind
            equal(put_vm(sim, place=place, securityProfile=vm, profile=asked(kind)).status, 201)
            equal([d["properties"].get("securityProfile") for d in disks(sim, place)], [{"securityType": "ConfidentialVM_" + word}, None])


@test
def zones_need_a_region_that_has_them():
    with Sim(world(ENCRYPTED)) as sim:
        refused(put_vm(sim, zones=["1"]), 400, "LocationNotSupportAvailabilityZones", "does not support availability zones at location 'westus'")
        equal(put_vm(sim, location="eastus2", zones=["2"]).status, 201)
        equal([d["zones"] for d in [sim.get(VM, api=API).body, *disks(sim)]], [["2"]] * 3)


@test
def writing_a_machine_again_makes_no_new_disks():
    with Sim(world(ENCRYPTED)) as sim:
        put_vm(sim)
        before = [d["id"] for d in disks(sim)]
        equal(put_vm(sim).status, 200)
        equal([d["id"] for d in disks(sim)], before)
        of_vm = [d["name"] for d in sim.get(COMPUTE + "/disks", api=API).body["value"] if d["name"].startswith("vm1_")]
        equal(len(of_vm), 2)


@test
def delete_options_are_honoured_and_attached_disks_stay():
    nic = NETWORK + "/networkInterfaces/nic1"
    with Sim(world(ENCRYPTED, clock="manual", speeds={"vm_ms": 1000})) as sim:
        sim.put(nic, {"location": "westus", "properties": {}}, api=API)
        put_vm(sim, profile={"osDisk": {**FROM_IMAGE, "deleteOption": "Delete"}},
               networkProfile={"networkInterfaces": [{"id": nic, "properties": {"deleteOption": "Delete"}}]})
        os, data = [d["id"] for d in disks(sim)]
        refused(sim.arm("DELETE", os, api=API), 409, "OperationNotAllowed", f"is attached to VM {VM}.")
        gone = sim.arm("DELETE", VM, api=API)
        equal((gone.status, sim.poll(gone).body["status"], sim.get(os, api=API).status), (202, "InProgress", 200))
        sim.advance(1000)
        equal((sim.poll(gone).body["status"], [sim.get(r, api=API).status for r in (VM, os, nic, data)]), ("Succeeded", [404, 404, 404, 200]))
        equal((sim.arm("DELETE", data, api=API).status, sim.arm("DELETE", VM, api=API).status), (202, 204))


@test
def a_test_group_goes_with_machine_disks_and_network():
    group = GROUP.replace("MyResourceGroup", "acg-vm-test")
    network = group + "/providers/Microsoft.Network"
    vm = group + "/providers/Microsoft.Compute/virtualMachines/vm1"
    with Sim(world(ENCRYPTED)) as sim:
        sim.put(group, {"location": "westus", "tags": {"acg": "vm-test"}}, api=API)
        equal(sim.put(network + "/virtualNetworks/net", {"location": "westus", "properties": {"subnets": [{"name": "s", "properties": {}}]}}, api=API).status, 201)
        subnet = {"name": "c", "properties": {"subnet": {"id": network + "/virtualNetworks/net/subnets/s"}}}
        equal(sim.put(network + "/networkInterfaces/nic", {"location": "westus", "properties": {"ipConfigurations": [subnet]}}, api=API).status, 201)
        made = put_vm(sim, place=vm, networkProfile={"networkInterfaces": [{"id": network + "/networkInterfaces/nic"}]})
        equal((made.status, [s for _, s in sets(sim, vm)]), (201, [des("WestUSDiskEncryptionSet1"), des("WestUSDiskEncryptionSet2")]))
        everything = [vm, network + "/networkInterfaces/nic", network + "/virtualNetworks/net", *(d["id"] for d in disks(sim, vm))]
        holds(all(sim.get(r, api=API).status == 200 for r in everything), everything)
        equal(sim.arm("DELETE", group, api=API).status, 202)
        equal([sim.get(r, api=API).status for r in [group, *everything]], [404] * 6)
        equal(sim.get(GALLERY).status, 200)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
