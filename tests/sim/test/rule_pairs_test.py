# SPDX-License-Identifier: MPL-2.0
"""Each rule of the service as a pair: one request that breaks it, refused with exactly the documented code and text (or ours,
README.md says which), and one that just keeps it."""
import copy

from rules_test import DATA, MORE_DATA, OS, OTHER, changed, disks, regions
from simtest import (COMPUTE, DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, Report, Sim, des, equal, holds, how_to_body, plain_body, test,
                     tests_of, version)

STORAGE = COMPUTE.replace("Compute", "Storage") + "/storageAccounts/acc"
URI = "https://acc.blob.core.windows.net/v/os.vhd"
ONE_SOURCE = ("The gallery artifact version source can only be specified either directly under storageProfile or within individual OS or "
              "data disks. One and only one source type (user image, snapshot, disk, virtual machine) can be provided.")
SET_PATH = "galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption"
VERSIONS = "Microsoft.Compute/galleries/images/versions"


def whole(name, kind="images"):
    return {"source": {"id": f"{COMPUTE}/{kind}/{name}"}}


def seed(kind, name, location="westus", subscription=SUBSCRIPTION, **properties):
    more = {"plan": properties.pop("plan")} if "plan" in properties else {}
    sku = {"sku": {"name": properties.pop("sku")}} if "sku" in properties else {}
    return {"id": f"{COMPUTE}/{kind}/{name}".replace(SUBSCRIPTION, subscription), "location": location, "properties": properties, **more, **sku}


def image(name, location="westus", generation="V1", **os_disk):
    return seed("images", name, location, hyperVGeneration=generation,
                storageProfile={"osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, **os_disk},
                                "dataDisks": [{"lun": 0, "diskSizeGB": 10}, {"lun": 9, "diskSizeGB": 10}]})


def machine(name, os_disk=None, data=None, **more):
    os_disk = {"managedDisk": {"id": COMPUTE + "/disks/srcVm_os"}} if os_disk is None else os_disk
    return seed("virtualMachines", name, storageProfile={"osDisk": {"osType": "Linux", **os_disk}, "dataDisks": data or []}, **more)


def first(**changes):
    """The how-to's request with changes to its first region."""
    return changed(lambda b: regions(b)[0].update(changes))


def os_set(value, region=0):
    return changed(lambda b: regions(b)[region]["encryption"]["osDiskImage"].update(diskEncryptionSetId=value))


def luns(*numbers):
    def put(b):
        for region in regions(b):
            disk = region["encryption"]["dataDiskImages"][0]
            region["encryption"]["dataDiskImages"] = [dict(disk, lun=n) for n in numbers]
    return changed(put)


def sourced(source, sets=False):
    return changed(lambda b: b["properties"].update(storageProfile=source)) if sets else plain_body(source=source)


def with_zone(zone_set, name="microsoftlosangeles1", parent="westus"):
    zone = {"name": parent, "extendedLocation": {"name": name, "type": "EdgeZone"}}
    if zone_set:
        zone["encryption"] = copy.deepcopy(regions(how_to_body())[0]["encryption"])
    return how_to_body(targetExtendedLocations=[zone])


def secure(west, east="EastUS2ConfidentialSet", kind="EncryptedWithCmk"):
    body = plain_body(("westus", "eastus2"))
    for region, name in zip(regions(body), (west, east)):
        region["encryption"] = {"osDiskImage": {"securityProfile": {"confidentialVMEncryptionType": kind, "secureVMDiskEncryptionSetId": des(name)}}}
    return body


def gallery(permissions):
    return {"id": GALLERY, "location": "westus", "properties": {"sharingProfile": {"permissions": permissions}}}


FAR_SET = des("x").replace(SUBSCRIPTION, OTHER)
PLAN = {"name": "n", "publisher": "p", "product": "q"}
PLAN_TEXT = '{"name":"n","publisher":"p","product":"q"}'
TRAITS = [image("special", osState="Specialized"), image("windows", osType="Windows"), image("second", generation="V2"),
          seed("snapshots", "planned", osType="Linux", diskSizeGB=30, purchasePlan=PLAN), machine("running", instanceView={"statuses": []}),
          machine("planned", plan=PLAN), seed("disks", "gen2", osType="Linux", hyperVGeneration="V2"),
          machine("second", {"managedDisk": {"id": COMPUTE + "/disks/gen2"}})]
DIFFERENT = f"The resource with id '{COMPUTE}/%s' has a different %s than the parent gallery image %s"
MACHINES = [machine("ephemeral", {"diffDiskSettings": {"option": "Local"}}), machine("blob", {"vhd": {"uri": URI}}),
            machine("ultra", data=[{"lun": 0, "managedDisk": {"id": COMPUTE + "/disks/u", "storageAccountType": "UltraSSD_LRS"}}]),
            seed("disks", "ultra2", sku="UltraSSD_LRS", diskSizeGB=10),
            machine("ultra2", data=[{"lun": 0, "managedDisk": {"id": COMPUTE + "/disks/ultra2"}}])]
VHD = {"osDiskImage": {"source": {"uri": URI, "storageAccountId": STORAGE}}}
FOREIGN = dict(seed("snapshots", "keyed", subscription=OTHER, osType="Linux", encryption={"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": FAR_SET}))
FOREIGN_PLAIN = seed("snapshots", "plain", subscription=OTHER, osType="Linux", encryption={"type": "EncryptionAtRestWithPlatformKey"})
FOREIGN_IMAGE = dict(image("keyed", diskEncryptionSet={"id": FAR_SET}), id=f"{COMPUTE}/images/keyed".replace(SUBSCRIPTION, OTHER))
OTHER_PLACE = "Source %s is not found. Please check source exists, and is in the same region as gallery image version being created."
TWICE = "Duplicated source ids are found in the input disks. Source id should be unique for each disk."
PUBLISHED = how_to_body()
ELSEWHERE = f"Encrypted source: '%s' is in a different subscription ID than the current gallery image version subscription '{SUBSCRIPTION}'. " \
    f"Please retry with an unencrypted source(s) or use the source's subscription '{OTHER}' to create the gallery image version."


# rule, breaks it, the exact text (without "code": 400 InvalidParameter), just keeps it, what else the scenario holds
ROWS = (
    ("R1", os_set(FAR_SET), f"The disk encryption set '{FAR_SET}' must be in the same subscription '{SUBSCRIPTION}' as the gallery resource",
     os_set(des("WestUSDiskEncryptionSet1").upper().replace("/SUBSCRIPTIONS", "/subscriptions")), {"resources": [{"id": FAR_SET, "location": "westus"}]}),
    ("R2", os_set(des("none")), f"The disk encryption set {des('none')} was not found", os_set(des("WestUSDiskEncryptionSet2")), {}),
    ("R3", os_set(des("EastUS2DiskEncryptionSet1")), f"The disk encryption set '{des('EastUS2DiskEncryptionSet1')}' in location 'eastus2' must be in "
     "the same region 'westus' as the target region and in the same subscription as the gallery resource", first(name="West US"), {}),
    ("R4", os_set(des("A")[1:]), f"The value of parameter {SET_PATH}.osDiskImage.diskEncryptionSetId is invalid", how_to_body(), {}),
    ("R4 data", changed(lambda b: regions(b)[0]["encryption"]["dataDiskImages"][0].update(diskEncryptionSetId=IMAGE)),
     f"The value of parameter {SET_PATH}.dataDiskImages.diskEncryptionSetId is invalid", how_to_body(), {}),
    ("R39", os_set(""), f"The value of parameter {SET_PATH}.osDiskImage.diskEncryptionSetId is invalid",
     changed(lambda b: [r["encryption"].pop("osDiskImage") for r in regions(b)]), {}),
    ("R5", changed(lambda b: regions(b)[1]["encryption"].pop("osDiskImage")),
     f"A disk encryption set is required for disk '{SET_PATH}.osDiskImage.diskEncryptionSetId' in target region 'eastus2' since disk encryption "
     f"set '{des('WestUSDiskEncryptionSet1')}' is used for the corresponding disk in region 'westus'", how_to_body(), {}),
    ("R5 data", changed(lambda b: regions(b)[0]["encryption"].pop("dataDiskImages")), "A disk encryption set is required for disk 'LUN 0' in target "
     f"region 'westus' since disk encryption set '{des('EastUS2DiskEncryptionSet2')}' is used for the corresponding disk in region 'eastus2'",
     changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)]), {}),
    ("R5 edge", with_zone(False), f"A disk encryption set is required for disk '{SET_PATH}.osDiskImage.diskEncryptionSetId' in target region "
     f"'microsoftlosangeles1' since disk encryption set '{des('WestUSDiskEncryptionSet1')}' is used for the corresponding disk in region 'westus'",
     with_zone(True), {}),
    ("R6", luns(1), "An invalid lun [1] was specified in encryption.dataDiskImages. The lun must be one of the following values ['0,9']", luns(9),
     {"resources": [dict(image("x"), id=IMAGE)]}),
    ("R7", luns(0, 0), "Duplicate luns '0' were specified in target region 'westus' encryption.dataDiskImages.", luns(0, 9),
     {"resources": [dict(image("x"), id=IMAGE)]}),
    ("R8", plain_body(("westus", "West US")), "Duplicate regions are not allowed in target publishing regions", plain_body(("westus", "West US 2")), {}),
    ("R9", plain_body(("westus2", "eastus2")), "Gallery image version publishing profile regions 'westus2, eastus2' must contain the location of image "
     "version 'West US'. ", plain_body(("westus2", "WEST US")), {}),
    ("R12 version", sourced({"source": {"id": version("0.9.0")}}, sets=True), f"Encryption is not supported for source resource '{version('0.9.0')}'. "
     "Please use a different source resource type which supports encryption properties.", sourced({"source": {"id": version("0.9.0")}}), {}),
    ("R12 blob", sourced(VHD, sets=True), f"Encryption is not supported for source resource '{URI}'. Please use a different source resource type which "
     "supports encryption properties.", sourced(VHD), {}),
    ("R13", sourced(disks(FOREIGN["id"])), ELSEWHERE % FOREIGN["id"], sourced(disks(FOREIGN_PLAIN["id"])), {"resources": [FOREIGN, FOREIGN_PLAIN]}),
    ("R13 image", sourced({"source": {"id": FOREIGN_IMAGE["id"]}}), ELSEWHERE % FOREIGN_IMAGE["id"],
     sourced(whole("ours")), {"resources": [FOREIGN_IMAGE, image("ours", diskEncryptionSet={"id": des("WestUSDiskEncryptionSet1")})]}),
    ("R16 groups", how_to_body(), f"Disk encryption sets cannot be used in gallery '{GALLERY}' since its sharing permission is 'Groups'.", plain_body(),
     {"resources": [gallery("Groups")]}),
    ("R16 community", how_to_body(), f"Disk encryption sets cannot be used in gallery '{GALLERY}' since its sharing permission is 'Community'.",
     plain_body(), {"resources": [gallery("Community")]}),
    ("R17", how_to_body(replicationMode="Shallow"), "Replication mode 'Shallow' cannot be used together with disk encryption sets.",
     how_to_body(replicationMode="Full"), {}),
    ("R18 low", first(regionalReplicaCount=0), "The value 0 of parameter regionalReplicaCount is out of range. The value must be between 1 and 100, "
     "inclusive.", first(regionalReplicaCount=1), {}),
    ("R18 sum", first(regionalReplicaCount=100), "The value 101 of parameter regionalReplicaCount is out of range. The value must be between 1 and "
     "100, inclusive.", first(regionalReplicaCount=99), {}),
    ("R18 common", how_to_body(replicaCount=101), "The value 101 of parameter replicaCount is out of range. The value must be between 1 and 100, "
     "inclusive.", how_to_body(replicaCount=98), {}),
    ("R19", how_to_body(endOfLifeDate="2030-01-01T00:00:00Z"), "EndOfLifeDate must be set to a future date.", how_to_body(endOfLifeDate="2030-01-01T00:00:01Z"),
     {"clock": "manual", "clock_start": "2030-01-01T00:00:00Z"}),
    ("R19 form", how_to_body(endOfLifeDate="soon"), "Could not convert string to DateTimeOffset: soon. Path 'properties.publishingProfile.endOfLifeDate'",
     how_to_body(endOfLifeDate="2999-01-01"), {}),
    ("R21", sourced({"source": {"id": IMAGE}, **disks()}), ONE_SOURCE, sourced({"source": {"id": IMAGE}, "osDiskImage": {"hostCaching": "ReadOnly"}}), {}),
    ("R21 two", sourced({"source": {"id": IMAGE, "virtualMachineId": COMPUTE + "/virtualMachines/srcVm"}}), ONE_SOURCE,
     sourced({"source": {"virtualMachineId": COMPUTE + "/virtualMachines/srcVm"}}), {}),
    ("R22", sourced(whole("none")), f"Source was not found: {COMPUTE}/images/none. Please make sure the source exists.", sourced(whole("myImage")), {}),
    ("R22 region", sourced(whole("far")), OTHER_PLACE % (COMPUTE + "/images/far"), sourced(whole("near")),
     {"resources": [image("far", "eastus2"), image("near", "West US")]}),
    ("R22 disk", sourced(disks(OS + "x")), OTHER_PLACE % (OS + "x"), sourced(disks(OS)), {}),
    ("R22 blob", sourced({"osDiskImage": {"source": {"uri": URI, "storageAccountId": STORAGE + "2"}}}), OTHER_PLACE % (STORAGE + "2"), sourced(VHD),
     {"resources": [{"id": STORAGE, "location": "westus"}, {"id": STORAGE + "2", "location": "eastus"}]}),
    ("R23", sourced({"source": {"id": OS}}), f"The source id: {OS} must either be a managed image, virtual machine or another gallery image version",
     sourced({"source": {"id": COMPUTE + "/virtualMachines/srcVm"}}), {}),
    ("R24", sourced(disks(IMAGE)), f"The source id: {IMAGE} must be a managed disk or snapshot.", sourced(disks(COMPUTE + "/disks/srcVm_os")), {}),
    ("R24 slash", sourced(disks(OS[1:])), f"Property id {OS[1:]} at path 'properties.storageProfile.osDiskImage.source.id' is invalid. Expect fully "
     "qualified resource Id that start with '/subscriptions/{subscriptionID}' or '/providers/{resourceProviderNamespace}/'.", sourced(disks(OS)), {}),
    ("R24 data slash", sourced(disks(OS, (0, DATA[1:]))), f"Property id {DATA[1:]} at path 'properties.storageProfile.dataDiskImages.source.id' is "
     "invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionID}' or '/providers/{resourceProviderNamespace}/'.",
     sourced(disks(OS, (0, DATA))), {}),
    ("R25", sourced(disks(OS, (0, DATA), (1, DATA))), TWICE, sourced(disks(OS, (0, DATA), (1, MORE_DATA))), {}),
    ("R25 lun", sourced(disks(OS, (0, DATA), (0, MORE_DATA))), "Duplicated lun numbers have been detected in the input data disks. Lun number must be "
     "unique for each data disk.", sourced(disks(OS, (63, DATA), (0, MORE_DATA))), {}),
    ("R25 blob", sourced({**VHD, "dataDiskImages": [{"lun": 0, "source": {"uri": URI}}]}), f"OSDiskImage and DataDiskImage cannot point to same blob {URI}",
     sourced({**VHD, "dataDiskImages": [{"lun": 0, "source": {"uri": URI + "2"}}]}), {}),
    ("R26 state", sourced(whole("special")), f"Cannot create Gallery Image Version from: {COMPUTE}/images/special since the OS State in the parent gallery "
     "image (Generalized) is not Specialized.", sourced(whole("myImage")), {"resources": TRAITS}),
    ("R26 machine", sourced(whole("running", "virtualMachines")), f"Cannot create Gallery Image Version from: {COMPUTE}/virtualMachines/running since the OS "
     "State in the parent gallery image (Generalized) is not Specialized.", sourced(whole("srcVm", "virtualMachines")), {"resources": TRAITS}),
    ("R26 generation", sourced(whole("second")), DIFFERENT % ("images/second", "Hypervisor generation ['V2']", "Hypervisor generation ['V1']"),
     sourced(whole("myImage")), {"resources": TRAITS}),
    ("R26 machine generation", sourced(whole("second", "virtualMachines")),
     DIFFERENT % ("virtualMachines/second", "Hypervisor generation ['V2']", "Hypervisor generation ['V1']"), sourced(disks(COMPUTE + "/disks/gen2")),
     {"resources": TRAITS}),
    ("R26 system", sourced(whole("windows")), DIFFERENT % ("images/windows", "OS type ['Windows']", "OS type ['Linux']"), sourced(whole("myImage")),
     {"resources": TRAITS}),
    ("R26 plan", sourced(disks(COMPUTE + "/snapshots/planned")), DIFFERENT % ("snapshots/planned", f"plan ['{PLAN_TEXT}']", "plan ['null'].") , sourced(disks(OS)),
     {"resources": TRAITS}),
    ("R26 machine plan", sourced(whole("planned", "virtualMachines")), DIFFERENT % ("virtualMachines/planned", f"plan ['{PLAN_TEXT}']", "plan ['null']."),
     sourced(whole("srcVm", "virtualMachines")), {"resources": TRAITS}),
    ("R26 no plan", sourced(disks(OS)), DIFFERENT % ("snapshots/myOSSnapshot", "plan ['null']", f"plan ['{PLAN_TEXT}']."),
     sourced(disks(COMPUTE + "/snapshots/planned")), {"resources": TRAITS + [{"id": DEFINITION, "location": "westus", "properties": {
         "osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V1", "purchasePlan": PLAN}}]}),
    ("R27 ephemeral", sourced(whole("ephemeral", "virtualMachines")), f"Source virtual machine {COMPUTE}/virtualMachines/ephemeral cannot contain an ephemeral "
     "OS disk.", sourced(whole("srcVm", "virtualMachines")), {"resources": MACHINES}),
    ("R27 ultra", sourced(whole("ultra", "virtualMachines")), f"Source virtual machine {COMPUTE}/virtualMachines/ultra cannot contain disk "
     f"['{COMPUTE}/disks/u'] stored in an UltraSSD account type.", sourced(whole("srcVm", "virtualMachines")), {"resources": MACHINES}),
    ("R27 ultra by its disk", sourced(whole("ultra2", "virtualMachines")), f"Source virtual machine {COMPUTE}/virtualMachines/ultra2 cannot contain disk "
     f"['{COMPUTE}/disks/ultra2'] stored in an UltraSSD account type.", sourced(whole("srcVm", "virtualMachines")), {"resources": MACHINES}),
    ("R27 managed", sourced(whole("blob", "virtualMachines")), f"Source virtual machine {COMPUTE}/virtualMachines/blob must be created from Managed Disks.",
     sourced(whole("srcVm", "virtualMachines")), {"resources": MACHINES}),
    ("R29", first(storageAccountType="Standard_ZRS"), "ZRS storage account type is not supported in this region.",
     changed(lambda b: regions(b)[1].update(storageAccountType="Standard_ZRS")), {}),
    ("set_type", os_set(des("WestUSConfidentialSet")), f"The disk encryption set '{des('WestUSConfidentialSet')}' with encryption type "
     "'ConfidentialVmEncryptedWithCustomerKey' cannot be used as osDiskImage.diskEncryptionSetId in target region 'westus'.",
     os_set(des("WestUSDoubleEncryptionSet")), {}),
    ("set_type secure", secure("WestUSDiskEncryptionSet1"), f"The disk encryption set '{des('WestUSDiskEncryptionSet1')}' with encryption type "
     "'EncryptionAtRestWithCustomerKey' cannot be used as osDiskImage.securityProfile.secureVMDiskEncryptionSetId in target region 'westus'.",
     secure("WestUSConfidentialSet"), {}),
    ("words", secure("WestUSConfidentialSet", kind="Some"), "The value 'Some' of parameter confidentialVMEncryptionType is invalid.",
     secure("WestUSConfidentialSet"), {}),
)


def run_row(row):
    rule, bad, text, good, scenario = row
    with Sim(scenario) as sim:
        answer = sim.put(version("1.0.0"), bad)
        equal((answer.status, answer.code(), answer.message()), (400, "InvalidParameter", text), rule)
        equal(sim.get(version("1.0.0")).status, 404, "a refused version exists")
        answer = sim.put(version("1.0.0"), good)
        equal((answer.status, answer.message()), (201, ""), f"{rule}, kept")
    with Sim({**scenario, "rules_off": [rule.split()[0].replace("R39", "R4")]}) as sim:
        holds(sim.put(version("1.0.0"), bad).message() != text, f"{rule} switched off still refuses")


# rule, published before, breaks it, its text, just keeps it
UPDATES = (
    ("R10", changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)]), PUBLISHED,
     "Cannot specify new data disk image encryption lun [0] with a disk encryption set in region [westus] for update gallery image version request...",
     changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)])),
    ("R11", PUBLISHED, os_set(des("WestUSDiskEncryptionSet2")),
     "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.encryption' is not allowed.",
     first(regionalReplicaCount=5)),
    ("R11 lost", PUBLISHED, changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)]),
     "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.encryption' is not allowed.",
     changed(lambda b: [r.pop("encryption") for r in regions(b)])),
    ("R11 added", plain_body(("westus", "eastus2")), changed(lambda b: [r["encryption"].pop("dataDiskImages") for r in regions(b)]),
     "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.encryption' is not allowed.",
     plain_body(("westus", "eastus2", "westus2"))),
    ("R11 confidential", secure("WestUSConfidentialSet"), secure("WestUSConfidentialSet", kind="NonPersistedTPM"),
     "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.encryption' is not allowed.", secure("WestUSConfidentialSet")),
    ("R30", sourced(disks(OS, (0, DATA))), sourced(disks(MORE_DATA, (0, DATA))),
     "Changing property 'galleryImageVersion.properties.storageProfile.osDiskImage.source.id' is not allowed.", sourced(disks(OS, (0, DATA)))),
    ("R30 data", sourced(disks(OS, (0, DATA))), sourced(disks(OS, (0, MORE_DATA))),
     "Changing property 'galleryImageVersion.properties.storageProfile.dataDiskImages.source.id' is not allowed.", sourced(disks(OS))),
    ("R30 lun", sourced(disks(OS, (0, DATA))), sourced(disks(OS, (1, DATA))),
     "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image is not allowed.", sourced({})),
    ("R30 whole", plain_body(), sourced({"source": {"id": COMPUTE + "/virtualMachines/srcVm"}}),
     "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.", plain_body()),
    ("fixed", PUBLISHED, first(storageAccountType="Premium_LRS"),
     "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.storageAccountType' is not allowed.",
     first(storageAccountType="STANDARD_LRS")),
    ("fixed mode", plain_body(), changed(lambda b: (b["properties"]["publishingProfile"].update(replicationMode="Shallow"),
                                                    [r.pop("encryption") for r in regions(b)], regions(b).pop())),
     "Changing property 'galleryImageVersion.properties.publishingProfile.replicationMode' is not allowed.", plain_body()),
)


def run_update(row):
    rule, before, bad, text, good = row
    with Sim() as sim:
        equal(sim.put(version("1.0.0"), before).status, 201, rule)
        answer = sim.put(version("1.0.0"), bad)
        equal((answer.status, answer.code(), answer.message()), (400, "InvalidParameter", text), rule)
        answer = sim.put(version("1.0.0"), good)
        equal((answer.status, answer.message()), (200, ""), f"{rule}, kept")


@test
def r14_a_version_under_customer_keys_is_no_source():
    with Sim() as sim:
        sim.put(version("1.0.0"), how_to_body())
        sim.put(version("1.1.0"), plain_body())
        answer = sim.put(version("2.0.0"), sourced({"source": {"id": version("1.0.0")}}))
        equal((answer.status, answer.message()), (400, f"Encryption is not supported for source resource '{version('1.0.0')}'. Please use a different "
                                                       "source resource type which supports encryption properties."))
        equal(sim.put(version("2.0.0"), sourced({"source": {"id": version("1.1.0")}})).status, 201)


@test
def r20_names_at_the_edge():
    text = ("The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, "
            "2018.12.1 etc.")
    with Sim() as sim:
        answer = sim.put(version("1.0.2147483648"), plain_body())
        equal((answer.status, answer.code(), answer.message()), (400, "InvalidParameter", text))
        equal(sim.put(version("0.0.2147483647"), plain_body()).status, 201)


@test
def r26_versions_stand_for_their_definitions():
    other = DEFINITION + "2"
    seeds = [{"id": other, "location": "westus", "properties": {"osType": "Linux", "osState": "Specialized", "hyperVGeneration": "V1"}}]
    with Sim({"resources": seeds}) as sim:
        body = sourced({"source": {"id": version("0.9.0")}})
        answer = sim.put(other + "/versions/1.0.0", body)
        equal(answer.message(), f"Cannot create Gallery Image Version from: {version('0.9.0')} since the OS State in the parent gallery image "
                                "(Specialized) is not Generalized.")
        equal(sim.put(version("1.0.0"), body).status, 201)


@test
def r36_parents_and_regions():
    missing = "Can not perform requested operation on nested resource. Parent resource %s not found."
    with Sim({"resource_types": {VERSIONS: {"locations": ["West US", "eastus2"]}}}) as sim:
        for path, name in ((GALLERY + "x/images/MyImage/versions/1.0.0", "MyGalleryx"), (DEFINITION + "x/versions/1.0.0", "MyImagex")):
            answer = sim.put(path, plain_body())
            equal((answer.status, answer.code(), answer.message()), (404, "ParentResourceNotFound", missing % name))
        closed = (f"The provided location westus2 is not available for resource type '{VERSIONS}'. List of available regions for the resource type is "
                  "'eastus2,westus'.")
        answer = sim.put(version("1.0.0"), plain_body(("westus", "westus2")))
        equal((answer.status, answer.code(), answer.message()), (400, "InvalidParameter", closed))
        answer = sim.put(version("1.0.0"), dict(plain_body(("westus2",)), location="westus2"))
        equal((answer.status, answer.code(), answer.message()), (400, "LocationNotAvailableForResourceType", closed))
        equal(sim.put(version("1.0.0"), plain_body(("westus", "eastus2"))).status, 201)


@test
def edge_zones_must_exist_below_their_region():
    with Sim() as sim:
        for bad in (with_zone(True, "atlantis1"), with_zone(True, parent="eastus2")):
            answer = sim.put(version("1.0.0"), bad)
            holds(answer.status == 400 and "is not available for resource type" in answer.message(), answer.message())
        equal(sim.put(version("1.0.0"), with_zone(True)).status, 201)
        answer = sim.put(version("1.0.1"), changed(lambda b: b["properties"]["publishingProfile"].update(
            targetExtendedLocations=with_zone(True)["properties"]["publishingProfile"]["targetExtendedLocations"] * 2)))
        equal(answer.message(), "Duplicate regions are not allowed in target publishing regions")


@test
def what_arm_itself_refuses():
    disabled = {"subscriptions": [{"subscriptionId": SUBSCRIPTION, "state": "Disabled"}]}
    with Sim(disabled) as sim:
        answer = sim.put(version("1.0.0"), plain_body())
        equal((answer.status, answer.code()), (409, "ReadOnlyDisabledSubscription"))
        equal(sim.get(version("0.9.0")).status, 200)
    with Sim({"subscriptions": [{"subscriptionId": SUBSCRIPTION, "state": "Warned"}]}) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).status, 201)
    with Sim({"providers": {"Microsoft.Compute": "NotRegistered"}}) as sim:
        answer = sim.put(version("1.0.0"), plain_body())
        equal((answer.status, answer.code()), (409, "MissingSubscriptionRegistration"))
        sim.arm("POST", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/register", api="2022-09-01")
        equal(sim.put(version("1.0.0"), plain_body()).status, 201)
    with Sim({"usages": {"West US": {"GalleryImageVersion": {"limit": 10, "currentValue": 10}}}}) as sim:
        answer = sim.put(version("1.0.0"), plain_body())
        equal((answer.status, answer.code()), (409, "QuotaExceeded"))
        equal(sim.put(version("0.9.0"), plain_body()).status, 200, "an update needs no room")
    with Sim({"usages": {"*": {"GalleryImageVersion": {"limit": 10, "currentValue": 9}}}}) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).status, 201)


def main():
    report = Report()
    for rows, run in ((ROWS, run_row), (UPDATES, run_update)):
        for row in rows:
            try:
                run(row)
                report.check(row[0], True)
            except Exception as error:  # a test that breaks is a test that fails
                report.check(row[0], False, f"{type(error).__name__}: {error}")
    report.run(tests_of(globals()))
    report.end()


if __name__ == "__main__":
    main()
