#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""A whole build: the azure-arm builder of Debian's Packer 1.6.6 makes an image in the simulator, and acg-publish publishes it.

    azure_arm_builder_test.py ACG_SIM PACKER_PLUGIN_ACG

Builder and post-processor use the public names of Azure, which a proxy leads to the simulator; the machine that the builder logs in to
is an SSH server on 127.0.0.1.
"""
import contextlib
import http.client
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import House  # noqa: E402
from simtest import COMPUTE, DEFINITION, GROUP, SUBSCRIPTION, TENANT, Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402
from build_machine import BuildMachine, keys_of_machines  # noqa: E402
from public_names import PublicNames  # noqa: E402

BASE = COMPUTE + "/images/base"  # an image without data disks: the builder's own begin at LUN 0
PACKED = COMPUTE + "/images/packed"
SCENARIO = {"speeds": {"version_ms": 0, "replication_ms": 0}, "resources": [
    {"id": BASE, "location": "westus", "properties": {"hyperVGeneration": "V1", "storageProfile": {
        "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, "managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}}}}}]}
BUILDER = {
    "type": "azure-arm", "client_id": "sp", "client_secret": "secret", "tenant_id": TENANT, "subscription_id": SUBSCRIPTION,
    "managed_image_name": "packed", "managed_image_resource_group_name": "MyResourceGroup", "location": "westus", "os_type": "Linux",
    "custom_managed_image_name": "base", "custom_managed_image_resource_group_name": "MyResourceGroup", "vm_size": "Standard_DS1_v2",
    "communicator": "ssh", "ssh_username": "packer", "ssh_timeout": "30s",
}
PUBLISH = {"type": "acg-publish", "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
           "gallery_image_version": "1.0.0", "location": "westus", "target_regions": ["westus=2", "eastus2"]}
IMAGE_SOURCE = {"source": {"id": PACKED}}
DATA_DISKS = {"disk_additional_size": [16, 32]}
SNAPSHOTS = {"managed_image_os_disk_snapshot_name": "packedOs", "managed_image_data_disk_snapshot_prefix": "packedData"}
GALLERY = {"shared_image_gallery_destination": {
    "subscription": SUBSCRIPTION, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "image_name": "MyImage",
    "image_version": "0.9.5", "replication_regions": ["westus", "eastus2"]}}


def sets(luns):
    """The template's disk_encryption_sets, and what the version's PUT must say of each region."""
    fields, encryption = {}, {}
    for region, place in (("westus", "WestUS"), ("eastus2", "EastUS2")):
        names = {lun: f"{place}DiskEncryptionSet{1 + lun % 2}" for lun in luns}
        fields.update({f"{region}/os": f"{place}DoubleEncryptionSet", **{f"{region}/{lun}": name for lun, name in names.items()}})
        encryption[region] = {"osDiskImage": {"diskEncryptionSetId": des(f"{place}DoubleEncryptionSet")},
                              "dataDiskImages": [{"lun": lun, "diskEncryptionSetId": des(name)} for lun, name in names.items()]}
        if not luns:
            del encryption[region]["dataDiskImages"]
    return fields, encryption


@contextlib.contextmanager
def places():
    """The simulator, a Packer of its own, the proxy and the machine, and the environment in which public names lead to all of that."""
    with Sim(SCENARIO, tls=True) as sim, House(sim) as house, PublicNames(sim) as names, BuildMachine(keys_of_machines(sim)) as machine:
        for name in ("AZURE_AUTHORITY_HOST", "ACG_RESOURCE_MANAGER_ENDPOINT"):
            del house.environment[name]
        house.environment.update(names.environment())
        yield sim, house, names, machine
        equal(names.refused, [], "other places that a client wanted to reach")


def build(house, machine, builder=None, publish=None):
    return house.run("build", house.write("t.json", {"builders": [{**BUILDER, "ssh_port": machine.port, **(builder or {})}],
                                                     "post-processors": [{**PUBLISH, **(publish or {})}]}))


def disks_of(image):
    """Disk ids of a managed image: the OS disk's under None, each data disk's under its LUN."""
    profile = image["properties"]["storageProfile"]
    return {None: profile["osDisk"]["managedDisk"]["id"], **{d["lun"]: d["managedDisk"]["id"] for d in profile.get("dataDisks", [])}}


def nothing_is_left(sim):
    """The builder took its own group away, and with it the machine."""
    groups = [g["name"] for g in sim.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups", api="2021-04-01").body["value"]]
    equal(groups, ["MyResourceGroup"], "groups")


def published(builder, publish=None, luns=(), source=IMAGE_SOURCE):
    """One way to build and to publish. Returns what the simulator holds of the managed image, all its log and what Packer said."""
    with places() as (sim, house, names, machine):
        fields, encryption = sets(luns)
        done = build(house, machine, builder, {"disk_encryption_sets": fields, **(publish or {})})
        equal(done.returncode, 0, done.stdout)
        holds(f"azure-arm: {version('1.0.0')}\n" in done.stdout, f"no artifact line with the id in:\n{done.stdout}")
        puts = [r for r in sim.log() if r["method"] == "PUT" and r["path"] == version("1.0.0")]
        equal([r["status"] for r in puts], [201], "the PUTs of the version")
        properties = puts[0]["body"]["properties"]
        equal(properties["storageProfile"], source)
        equal({r["name"]: r["encryption"] for r in properties["publishingProfile"]["targetRegions"]}, encryption)
        image = sim.get(PACKED).body
        equal(sorted(lun for lun in disks_of(image) if lun is not None), sorted(luns), "LUNs of the managed image")
        equal((set(machine.let_in), machine.turned_away), ({"packer"}, []), "logins")
        equal(set(names.led), {"login.microsoftonline.com:443", "management.azure.com:443"}, "where clients went")
        nothing_is_left(sim)
        snapshots = {s["name"]: s for s in sim.get(GROUP + "/providers/Microsoft.Compute/snapshots").body["value"]}
        return image, snapshots, sim.log(), done.stdout


@test
def a_managed_image_of_one_disk_is_published():
    published({})


@test
def a_managed_image_keeps_the_data_disk_of_the_image_it_came_from():
    published({"custom_managed_image_name": "myImage"}, luns=[0])


@test
def a_managed_image_with_data_disks_is_published_with_the_set_of_each_lun():
    image = published(DATA_DISKS, luns=[0, 1])[0]
    equal([d["diskSizeGB"] for d in image["properties"]["storageProfile"]["dataDisks"]], [16, 32], "sizes")


@test
def an_image_with_snapshots_is_published():
    image, snapshots, _, out = published({**DATA_DISKS, **SNAPSHOTS}, luns=[0, 1])
    disks = disks_of(image)
    for name, disk, size in (("packedOs", disks[None], 30), ("packedData0", disks[0], 16), ("packedData1", disks[1], 32)):
        properties = snapshots[name]["properties"]
        equal(properties["creationData"]["sourceResourceId"], disk, name)
        equal((properties["diskSizeGB"], properties["provisioningState"]), (size, "Succeeded"), name)
        equal("osType" in properties, name == "packedOs", f"{name} says which system it holds")
    holds("ManagedImageDataDiskSnapshotPrefix: packedData" in out or "packedData0" in out, out)


@test
def an_image_that_the_builder_published_to_the_gallery_is_published_once_more():
    log, out = published({**DATA_DISKS, **GALLERY}, luns=[0, 1])[2:]
    own = [r for r in log if r["method"] == "PUT" and r["path"] == version("0.9.5")]
    equal([r["status"] for r in own], [201], "the builder's PUTs")
    equal(own[0]["body"]["properties"]["publishingProfile"]["source"]["managedImage"]["id"], PACKED)
    holds(version("0.9.5") in out, out)


@test
def a_build_in_a_group_that_exists_takes_its_own_resources_away():
    with places() as (sim, house, _, machine):
        equal(sim.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/builds", {"location": "westus"}, api="2021-04-01").status, 201)
        builder = {"build_resource_group_name": "builds", "location": None}
        done = build(house, machine, {k: v for k, v in builder.items() if v}, {"disk_encryption_sets": sets(())[0]})
        print(done.stdout)
        equal(done.returncode, 0, done.stdout)


@test
def a_machine_that_lets_nobody_in_leaves_nothing_and_publishes_nothing():
    with places() as (sim, house, _, machine):
        machine.accepted = lambda: []
        done = build(house, machine, {"ssh_timeout": "2s"})
        equal(done.returncode, 1, done.stdout)
        holds("packer" in machine.turned_away and not machine.let_in, f"logins: {machine.let_in}")
        equal(sim.get(PACKED).status, 404)
        equal([r for r in sim.log() if r["method"] == "PUT" and r["path"].startswith(DEFINITION)], [], "versions")
        nothing_is_left(sim)


@test
def the_proxy_leads_nowhere_else():
    with Sim(tls=True) as sim, PublicNames(sim) as names:
        for place in ("example.com:443", "management.azure.com:80", "127.0.0.1:22", f"localhost:{names.target}"):
            proxy = http.client.HTTPConnection(*names.server_address, timeout=20)
            host, _, port = place.partition(":")
            proxy.set_tunnel(host, int(port))
            try:
                proxy.connect()
                raise AssertionError(f"the proxy led to {place}")
            except OSError as error:
                holds("403" in str(error), f"{place}: {error}")
        equal(len(names.refused), 4)
        equal((names.led, sim.log()), ([], []), "what went through")


report = Report()
report.run(tests_of(globals()))
report.end()
