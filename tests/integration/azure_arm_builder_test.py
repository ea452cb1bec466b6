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
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import House  # noqa: E402
from simtest import COMPUTE, DEFINITION, SUBSCRIPTION, TENANT, Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402
from build_machine import BuildMachine, keys_of_machines  # noqa: E402
from public_names import PublicNames  # noqa: E402

BASE = COMPUTE + "/images/base"  # an image without data disks: the builder's own begin at LUN 0
ODD = COMPUTE + "/images/odd"  # its data disks come along, in this order; the builder counts their snapshots from 0
PACKED = COMPUTE + "/images/packed"


def image(resource_id, **profile):
    return {"id": resource_id, "location": "westus", "properties": {"hyperVGeneration": "V1", "storageProfile": {
        "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, "managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}},
        **profile}}}


SCENARIO = {"speeds": {"version_ms": 0, "replication_ms": 0}, "resources": [
    image(BASE), image(ODD, dataDisks=[{"lun": lun, "diskSizeGB": 4, "managedDisk": {"id": f"{COMPUTE}/disks/odd{lun}"}} for lun in (7, 3)])]}
BUILDER = {
    "type": "azure-arm", "client_id": "sp", "client_secret": "secret", "tenant_id": TENANT, "subscription_id": SUBSCRIPTION,
    "managed_image_name": "packed", "managed_image_resource_group_name": "MyResourceGroup", "location": "westus", "os_type": "Linux",
    "custom_managed_image_name": "base", "custom_managed_image_resource_group_name": "MyResourceGroup", "vm_size": "Standard_DS1_v2",
    "communicator": "ssh", "ssh_username": "packer", "ssh_timeout": "30s",
}
PUBLISH = {"type": "acg-publish", "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
           "gallery_image_version": "1.0.0", "location": "westus", "target_regions": ["westus=2", "eastus2"]}
IMAGE_SOURCE = {"source": {"id": PACKED}}
VERSION_SOURCE = {"source": {"id": version("0.9.5")}}
DATA_DISKS = {"disk_additional_size": [16, 32]}
SNAPSHOTS = {"managed_image_os_disk_snapshot_name": "packedOs", "managed_image_data_disk_snapshot_prefix": "packedData"}
GALLERY = {"shared_image_gallery_destination": {
    "subscription": SUBSCRIPTION, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "image_name": "MyImage",
    "image_version": "0.9.5", "replication_regions": ["westus", "eastus2"]}}


def snapshot_source(*numbers):
    """What names the snapshots one by one: (LUN, the builder's number)."""
    return {"osDiskImage": {"source": {"id": COMPUTE + "/snapshots/packedOs"}}, "dataDiskImages": [
        {"lun": lun, "source": {"id": f"{COMPUTE}/snapshots/packedData{number}"}} for lun, number in numbers]}


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
    """builder and publish change fields; None removes one."""
    fields = {k: v for k, v in {**BUILDER, "ssh_port": machine.port, **(builder or {})}.items() if v is not None}
    post = {k: v for k, v in {**PUBLISH, **(publish or {})}.items() if v is not None}
    return house.run("build", house.write("t.json", {"builders": [fields],
                                                     "post-processors": [post]}))


def disks_of(image):
    """Disk ids of a managed image: the OS disk's under None, each data disk's under its LUN."""
    profile = image["properties"]["storageProfile"]
    return {None: profile["osDisk"]["managedDisk"]["id"], **{d["lun"]: d["managedDisk"]["id"] for d in profile.get("dataDisks", [])}}


def nothing_is_left(sim):
    """The builder took its own group away, and with it the machine."""
    groups = [g["name"] for g in sim.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups", api="2021-04-01").body["value"]]
    equal(groups, ["MyResourceGroup"], "groups")


class Built(typing.NamedTuple):
    """After a build: what the simulator holds of the managed image and of snapshots, its log, and what Packer said."""
    image: dict
    snapshots: dict
    log: list
    out: str


def published(builder, luns, publish, source):
    """One build, with what holds for every mode: the version's PUT, the artifact, the login, and that nothing is left."""
    with places() as (sim, house, names, machine):
        fields, encryption = sets(luns)
        if source == VERSION_SOURCE:  # which may not be encrypted anew (R12)
            fields, encryption = None, {"westus": None, "eastus2": None}
        done = build(house, machine, builder, {"disk_encryption_sets": fields, **publish})
        equal(done.returncode, 0, done.stdout)
        holds(f"azure-arm: {version('1.0.0')}\n" in done.stdout, f"no artifact line with the id in:\n{done.stdout}")
        puts = [r for r in sim.log() if r["method"] == "PUT" and r["path"] == version("1.0.0")]
        equal([r["status"] for r in puts], [201], "the PUTs of the version")
        properties = puts[0]["body"]["properties"]
        equal(properties["storageProfile"], source)
        equal({r["name"]: r.get("encryption") for r in properties["publishingProfile"]["targetRegions"]}, encryption)
        image = sim.get(PACKED).body
        equal(sorted(lun for lun in disks_of(image) if lun is not None), luns, "LUNs of the managed image")
        equal((set(machine.let_in), machine.turned_away), ({"packer"}, []), "logins")
        equal(set(names.led), {"login.microsoftonline.com:443", "management.azure.com:443"}, "where clients went")
        nothing_is_left(sim)
        snapshots = {s["name"]: s["properties"] for s in sim.get(COMPUTE + "/snapshots").body["value"]}
        return Built(image, snapshots, sim.log(), done.stdout)


def nothing_more(_):
    pass


def sizes_are_those_of_the_template(built):
    equal([d["diskSizeGB"] for d in built.image["properties"]["storageProfile"]["dataDisks"]], [16, 32], "sizes")


def snapshots_are_of_the_disks_of_the_image(built):
    disks = disks_of(built.image)
    for name, disk, size in (("packedOs", disks[None], 30), ("packedData0", disks[0], 16), ("packedData1", disks[1], 32)):
        properties = built.snapshots[name]
        equal(properties["creationData"]["sourceResourceId"], disk, name)
        equal((properties["diskSizeGB"], properties["provisioningState"]), (size, "Succeeded"), name)
        equal("osType" in properties, name == "packedOs", f"{name} says which system it holds")
        holds(properties["uniqueId"] and properties["timeCreated"], f"{name}: {properties}")
    equal(len({built.snapshots[name]["uniqueId"] for name in ("packedOs", "packedData0", "packedData1")}), 3, "unique ids")
    for line in ("ManagedImageOSDiskSnapshotName: packedOs\n", "ManagedImageDataDiskSnapshotPrefix: packedData\n"):
        holds(line in built.out, f"{line!r} is not in:\n{built.out}")


def the_builder_published_its_own_version_before(built):
    own, ours = ([n for n, r in enumerate(built.log) if r["method"] == "PUT" and r["path"] == version(name)] for name in ("0.9.5", "1.0.0"))
    equal((len(own), own < ours), (1, True), "the builder's PUT comes first")
    equal(built.log[own[0]]["body"]["properties"]["publishingProfile"]["source"]["managedImage"]["id"], PACKED)
    holds(f"ManagedImageSharedImageGalleryId: {version('0.9.5')}\n" in built.out, built.out)


class Mode(typing.NamedTuple):
    """One way to publish what the builder made: the builder's fields, the LUNs of the image, the post-processor's own fields, the
    storageProfile that the version's PUT must carry, and what else must hold."""
    name: str
    builder: dict
    luns: list
    publish: dict
    source: dict
    look: typing.Callable = nothing_more


MODES = (
    Mode("a managed image of one disk", {}, [], {}, IMAGE_SOURCE),
    Mode("a managed image with the data disk of the image it came from", {"custom_managed_image_name": "myImage"}, [0], {}, IMAGE_SOURCE),
    Mode("a managed image with two data disks", DATA_DISKS, [0, 1], {}, IMAGE_SOURCE, sizes_are_those_of_the_template),
    Mode("a managed image with snapshots of its disks", {**DATA_DISKS, **SNAPSHOTS}, [0, 1], {}, IMAGE_SOURCE,
         snapshots_are_of_the_disks_of_the_image),
    Mode("snapshots of the disks of a managed image", {**DATA_DISKS, **SNAPSHOTS}, [0, 1], {"artifact_source": "snapshots"},
         snapshot_source((0, 0), (1, 1)), snapshots_are_of_the_disks_of_the_image),
    Mode("snapshots whose numbers are no LUNs", {"custom_managed_image_name": "odd", **SNAPSHOTS}, [3, 7], {"artifact_source": "snapshots"},
         snapshot_source((3, 1), (7, 0))),
    Mode("a managed image that is in the gallery already", {**DATA_DISKS, **GALLERY}, [0, 1], {}, IMAGE_SOURCE,
         the_builder_published_its_own_version_before),
    Mode("the version that the builder made in the gallery", {**DATA_DISKS, **GALLERY}, [0, 1], {"artifact_source": "image_version"},
         VERSION_SOURCE, the_builder_published_its_own_version_before),
)


def test_of(mode):
    def run():
        mode.look(published(mode.builder, mode.luns, mode.publish, mode.source))
    run.__name__ = f"published from {mode.name}".replace(" ", "_")
    return run


@test
def a_build_in_a_group_that_exists_takes_its_own_resources_away():
    with places() as (sim, house, _, machine):
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/builds"
        equal(sim.put(group, {"location": "westus"}, api="2021-04-01").status, 201)
        done = build(house, machine, {"build_resource_group_name": "builds", "location": None}, {"disk_encryption_sets": sets(())[0]})
        equal(done.returncode, 0, done.stdout)
        for kind in ("Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces", "Microsoft.Network/publicIPAddresses",
                     "Microsoft.Network/virtualNetworks", "Microsoft.Resources/deployments"):
            made = [r for r in sim.log() if r["method"] == "DELETE" and f"/{kind.rpartition('/')[2]}/" in r["path"]]
            equal(([r["status"] for r in made], sim.get(f"{group}/providers/{kind}", api="2018-04-01").body["value"]), ([202], []), kind)


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
report.run([test_of(mode) for mode in MODES] + tests_of(globals()))
report.end()
