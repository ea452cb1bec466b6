# SPDX-License-Identifier: MPL-2.0
"""Virtual machines of the simulator: the disks they get, their power state, and what is captured and copied from them."""
from simtest import COMPUTE, GROUP, Report, Sim, des, equal, holds, test, tests_of, version

API = "2018-04-01"
NETWORK = GROUP + "/providers/Microsoft.Network"
VM = COMPUTE + "/virtualMachines/vm1"
BASE = COMPUTE + "/images/base"
WITH_BASE = {"resources": [{"id": BASE, "location": "westus", "properties": {"hyperVGeneration": "V2", "storageProfile": {
    "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 40}}}}]}
EMPTY = {"createOption": "Empty", "diskSizeGB": 16}


def machine(image=BASE, **profile):
    return {"location": "westus", "properties": {
        "osProfile": {"computerName": "vm1", "adminUsername": "packer", "adminPassword": "not-for-any-log"},
        "storageProfile": {"imageReference": {"id": image}, **profile}}}


def state(sim, vm=VM):
    body = sim.get(vm, api=API, query="&$expand=instanceView").body
    return sorted(s["code"] for s in body["properties"]["instanceView"]["statuses"])


def act(sim, action, status=202, code=None):
    answer = sim.arm("POST", f"{VM}/{action}", api=API)
    equal((answer.status, answer.code()), (status, code), action)
    return answer


def capture(sim, vm=VM, name="packed"):
    return sim.put(f"{COMPUTE}/images/{name}", {"location": "westus", "properties": {"sourceVirtualMachine": {"id": vm}}}, api=API)


def refused(answer, status, code, text):
    equal((answer.status, answer.code()), (status, code), answer.message())
    holds(text in answer.message(), f"{answer.message()!r} lacks {text!r}")


def disk_of(sim, disk):
    return sim.get(disk["managedDisk"]["id"], api=API).body


@test
def a_machine_gets_its_disks():
    with Sim(WITH_BASE) as sim:
        made = sim.put(VM, machine(osDisk={"name": "os1", "createOption": "FromImage", "managedDisk": {"storageAccountType": "Standard_LRS"}},
                                   dataDisks=[{"lun": 3, "name": "d3", **EMPTY}, {"lun": 1, **EMPTY, "diskSizeGB": 32}]), api=API)
        equal((made.status, "azure-asyncoperation" in made.headers, "location" in made.headers), (201, True, False))
        profile = sim.get(VM, api=API).body["properties"]["storageProfile"]
        os, data = disk_of(sim, profile["osDisk"]), [disk_of(sim, d) for d in profile["dataDisks"]]
        equal((os["id"], os["sku"]["name"], os["managedBy"]), (COMPUTE + "/disks/os1", "Standard_LRS", VM))
        equal({k: os["properties"][k] for k in ("osType", "diskSizeGB", "hyperVGeneration", "diskState", "provisioningState")},
              {"osType": "Linux", "diskSizeGB": 40, "hyperVGeneration": "V2", "diskState": "Attached", "provisioningState": "Succeeded"})
        equal(os["properties"]["creationData"], {"createOption": "FromImage", "imageReference": {"id": BASE}})
        equal([(d["properties"]["diskSizeGB"], d["properties"]["creationData"], "osType" in d["properties"]) for d in data],
              [(16, {"createOption": "Empty"}, False), (32, {"createOption": "Empty"}, False)])
        equal(data[0]["name"], "d3")
        holds(data[1]["name"].startswith("vm1_disk3_"), data[1]["name"])
        holds(all(d["properties"]["uniqueId"] and d["properties"]["timeCreated"] for d in [os, *data]), "uniqueId, timeCreated")


@test
def disks_take_the_sets_that_the_machine_names():
    with Sim(WITH_BASE) as sim:
        keyed = {"managedDisk": {"diskEncryptionSet": {"id": des("WestUSDiskEncryptionSet1")}}}
        equal(sim.put(VM, machine(osDisk={"createOption": "FromImage", **keyed}), api=API).status, 201)
        os = disk_of(sim, sim.get(VM, api=API).body["properties"]["storageProfile"]["osDisk"])
        equal(os["properties"]["encryption"]["diskEncryptionSetId"], des("WestUSDiskEncryptionSet1"))
        missing = {"managedDisk": {"diskEncryptionSet": {"id": des("None")}}}
        answer = sim.put(VM + "b", machine(osDisk={"createOption": "FromImage", **missing}), api=API)
        refused(answer, 404, "NotFound", "was not found")
        equal(sim.get(VM + "b", api=API).status, 404)


@test
def data_disks_of_the_image_come_along_or_have_to_be_named():
    image = COMPUTE + "/images/myImage"
    text = "StorageProfile.dataDisks.lun does not have required value(s)"
    with Sim() as sim:
        for disks in ([], [{"lun": 1, **EMPTY}], [{"lun": 0, **EMPTY}]):
            refused(sim.put(VM, machine(image, dataDisks=disks), api=API), 400, "InvalidParameter", text)
            equal(sim.get(VM, api=API).status, 404)
        for name, profile in (("vm1", {}), ("vm2", {"dataDisks": [{"lun": 0, "createOption": "fromImage"}, {"lun": 7, **EMPTY}]})):
            equal(sim.put(f"{COMPUTE}/virtualMachines/{name}", machine(image, **profile), api=API).status, 201)
            disks = sim.get(f"{COMPUTE}/virtualMachines/{name}", api=API).body["properties"]["storageProfile"]["dataDisks"]
            equal(disk_of(sim, disks[0])["properties"]["diskSizeGB"], 10, "size of the image's disk")
        equal([d["lun"] for d in disks], [0, 7])


@test
def what_a_machine_names_must_exist():
    with Sim(WITH_BASE) as sim:
        refused(sim.put(VM, machine(BASE + "x"), api=API), 404, "ImageNotFound", BASE + "x")
        refused(sim.put(VM, {**machine(), "location": "eastus2"}, api=API), 404, "ImageNotFound", "'eastus2' region")
        body = machine()
        body["properties"]["networkProfile"] = {"networkInterfaces": [{"id": NETWORK + "/networkInterfaces/none"}]}
        refused(sim.put(VM, body, api=API), 400, "InvalidResourceReference", "networkInterfaces/none referenced by resource " + VM)
        for properties in ({}, {"storageProfile": "none"}):
            refused(sim.put(VM, {"location": "westus", "properties": properties}, api=API), 400, "InvalidParameter", "storageProfile")
        equal(sim.get(COMPUTE + "/virtualMachines", api=API).body["value"][0]["name"], "srcVm")


@test
def an_image_needs_a_generalized_machine():
    with Sim(WITH_BASE) as sim:
        sim.put(VM, machine(dataDisks=[{"lun": 2, **EMPTY}]), api=API)
        equal(state(sim), ["PowerState/running"])
        refused(capture(sim), 409, "OperationNotAllowed", "The operation 'Create Image' requires the Virtual Machine 'vm1' to be Generalized.")
        holds("since the VM is running" in act(sim, "generalize", 409, "OperationNotAllowed").message(), "generalize while it runs")
        act(sim, "deallocate")
        equal(state(sim), ["PowerState/deallocated"])
        refused(capture(sim), 409, "OperationNotAllowed", "to be Generalized")
        equal(sim.get(COMPUTE + "/images/packed", api=API).status, 404)
        act(sim, "generalize", 200)
        equal(state(sim), ["OSState/generalized", "PowerState/deallocated"])
        holds("since the VM is generalized" in act(sim, "start", 409, "OperationNotAllowed").message(), "start")
        equal(capture(sim).status, 201)
        disks = sim.get(VM, api=API).body["properties"]["storageProfile"]
        image = sim.get(COMPUTE + "/images/packed", api=API).body["properties"]
        equal(image["hyperVGeneration"], "V2")
        equal(image["storageProfile"]["osDisk"]["managedDisk"]["id"], disks["osDisk"]["managedDisk"]["id"])
        equal([(d["lun"], d["diskSizeGB"], d["managedDisk"]["id"]) for d in image["storageProfile"]["dataDisks"]],
              [(2, 16, disks["dataDisks"][0]["managedDisk"]["id"])])
        shown = sim.get(VM, api=API, query="&$expand=instanceView").body["properties"]["instanceView"]["statuses"]
        equal(sorted(s["displayStatus"] for s in shown), ["VM deallocated", "VM generalized"])
        holds("instanceView" not in sim.get(VM, api=API).body["properties"], "the instance view shows without being asked for")


@test
def a_trusted_launch_machine_makes_no_managed_image():
    seed = {"id": VM, "location": "westus", "properties": {"securityProfile": {"securityType": "TrustedLaunch"}, "storageProfile": {
        "osDisk": {"osType": "Linux", "managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}}}}}
    with Sim({"resources": [seed]}) as sim:
        refused(capture(sim), 409, "OperationNotAllowed", "TrustedLaunch security type")
    with Sim({"resources": [seed], "rules_off": ["generalized"]}) as sim:
        equal(capture(sim).status, 201)


@test
def power_moves_when_the_operation_is_over():
    with Sim({**WITH_BASE, "clock": "manual", "speeds": {"vm_ms": 1000}}) as sim:
        accepted = sim.put(VM, machine(), api=API)
        equal((state(sim), sim.poll(accepted).body["status"]), (["PowerState/starting"], "InProgress"))
        sim.advance(1000)
        equal((state(sim), sim.poll(accepted).body["status"]), (["PowerState/running"], "Succeeded"))
        accepted = act(sim, "deallocate")
        equal((state(sim), sim.poll(accepted, "location").status), (["PowerState/deallocating"], 202))
        act(sim, "generalize", 409, "OperationNotAllowed")
        sim.advance(1000)
        equal((state(sim), sim.poll(accepted, "location").status), (["PowerState/deallocated"], 200))
        act(sim, "start")
        sim.advance(1000)
        act(sim, "powerOff")
        sim.advance(1000)
        equal(state(sim), ["PowerState/stopped"])
        act(sim, "generalize", 200)


@test
def a_machine_that_goes_leaves_its_disks():
    with Sim(WITH_BASE) as sim:
        sim.put(VM, machine(), api=API)
        disk = sim.get(VM, api=API).body["properties"]["storageProfile"]["osDisk"]
        equal(sim.arm("DELETE", VM, api=API).status, 202)
        equal(sim.get(VM, api=API).status, 404)
        left = disk_of(sim, disk)
        equal(("managedBy" in left, left["properties"]["diskState"]), (False, "Unattached"))
        equal(sim.arm("DELETE", VM, api=API).status, 204)


@test
def snapshots_can_be_matched_with_the_disks_of_an_image_after_its_group_is_gone():
    group = GROUP.replace("MyResourceGroup", "temporary")
    vm = VM.replace("MyResourceGroup", "temporary")
    with Sim(WITH_BASE) as sim:
        equal(sim.arm("HEAD", group, api=API).status, 404)
        equal(sim.put(group, {"location": "westus"}, api=API).status, 201)
        equal(sim.arm("HEAD", group, api=API).status, 204)
        sim.put(vm, machine(dataDisks=[{"lun": 5, **EMPTY}]), api=API)
        profile = sim.get(vm, api=API).body["properties"]["storageProfile"]
        disks = {"os": profile["osDisk"]["managedDisk"]["id"], "data0": profile["dataDisks"][0]["managedDisk"]["id"]}
        sources = {name: sim.get(disk, api=API).body["properties"]["uniqueId"] for name, disk in disks.items()}
        for name, disk in disks.items():
            body = {"location": "westus", "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": disk}}}
            equal(sim.put(f"{COMPUTE}/snapshots/{name}", body, api=API).status, 202)
        equal(sim.arm("POST", vm + "/deallocate", api=API).status, 202)
        equal(sim.arm("POST", vm + "/generalize", api=API).status, 200)
        equal(capture(sim, vm).status, 201)
        equal(sim.arm("DELETE", group, api=API).status, 202)
        equal([sim.arm("HEAD", group, api=API).status, sim.get(vm, api=API).status, sim.get(disks["os"], api=API).status], [404] * 3)
        image = sim.get(COMPUTE + "/images/packed", api=API).body["properties"]["storageProfile"]
        equal({"os": image["osDisk"]["managedDisk"]["id"], "data0": image["dataDisks"][0]["managedDisk"]["id"]}, disks)
        for name, disk in disks.items():
            snapshot = sim.get(f"{COMPUTE}/snapshots/{name}", api=API).body
            equal(snapshot["properties"]["creationData"],
                  {"createOption": "Copy", "sourceResourceId": disk, "sourceUniqueId": sources[name]})
            equal((snapshot["sku"]["name"], snapshot["properties"]["incremental"]), ("Standard_LRS", False))
            holds(snapshot["properties"]["uniqueId"] not in sources.values(), "a snapshot has a unique id of its own")
        body = {"location": "westus", "properties": {
            "publishingProfile": {"targetRegions": [{"name": "westus"}]},
            "storageProfile": {"osDiskImage": {"source": {"id": COMPUTE + "/snapshots/os"}},
                               "dataDiskImages": [{"lun": 5, "source": {"id": COMPUTE + "/snapshots/data0"}}]}}}
        equal(sim.put(version("1.0.0"), body).status, 201)


@test
def passwords_stand_neither_in_the_log_nor_in_a_read():
    with Sim(WITH_BASE) as sim:
        made = sim.put(VM, machine(), api=API)
        for text in (made.raw, sim.get(VM, api=API).raw, sim.send("GET", "/_sim/log").raw):
            holds(b"not-for-any-log" not in text, text)
        equal(sim.get(VM, api=API).body["properties"]["osProfile"], {"computerName": "vm1", "adminUsername": "packer"})


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
