# SPDX-License-Identifier: MPL-2.0
"""versions[].store can change each field of a stored version, and changes nothing else."""
import copy

from rules_test import DATA, MORE_DATA, OS, disks
from simtest import Report, Sim, des, encryption, equal, holds, how_to_body, test, tests_of, version

WEST = "publishingProfile/targetRegions/name=westus"
EAST = "publishingProfile/targetRegions/name=eastus2"
ZONE = "publishingProfile/targetExtendedLocations/extendedLocation.name=microsoftlosangeles1"
NEW_REGION = {"name": "West US 2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS", "encryption": encryption("WestUSDiskEncryptionSet1")}
SECURE = {"confidentialVMEncryptionType": "EncryptedWithCmk", "secureVMDiskEncryptionSetId": des("WestUSConfidentialSet")}


def sent():
    body = how_to_body(endOfLifeDate="2999-01-01T00:00:00Z")
    profile = body["properties"]["publishingProfile"]
    profile["targetExtendedLocations"] = [{"name": "westus", "extendedLocation": {"name": "microsoftlosangeles1", "type": "EdgeZone"},
                                           "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")}]
    for region in profile["targetRegions"]:
        region["encryption"]["osDiskImage"]["securityProfile"] = {"confidentialVMEncryptionType": "EncryptedVMGuestStateOnlyWithPmk"}
        region["excludeFromLatest"] = False
    body["properties"]["storageProfile"] = disks(OS, (0, DATA))
    return body


# what is changed, place, value (None: removed)
FIELDS = (
    ("region missing", EAST, None),
    ("region added", "publishingProfile/targetRegions/+", NEW_REGION),
    ("replica count", WEST + "/regionalReplicaCount", 7),
    ("storage type", EAST + "/storageAccountType", "Premium_LRS"),
    ("exclude from latest", EAST + "/excludeFromLatest", True),
    ("encryption missing", WEST + "/encryption", None),
    ("OS set", WEST + "/encryption/osDiskImage/diskEncryptionSetId", des("other")),
    ("OS set missing", WEST + "/encryption/osDiskImage/diskEncryptionSetId", None),
    ("OS disk missing", WEST + "/encryption/osDiskImage", None),
    ("confidential type", EAST + "/encryption/osDiskImage/securityProfile/confidentialVMEncryptionType", "EncryptedWithPmk"),
    ("confidential set", EAST + "/encryption/osDiskImage/securityProfile", SECURE),
    ("data set", EAST + "/encryption/dataDiskImages/lun=0/diskEncryptionSetId", des("other")),
    ("LUN missing", EAST + "/encryption/dataDiskImages/lun=0", None),
    ("LUN extra", EAST + "/encryption/dataDiskImages/+", {"lun": 5, "diskEncryptionSetId": des("other")}),
    ("LUN changed", EAST + "/encryption/dataDiskImages/lun=0/lun", 4),
    ("edge zones missing", "publishingProfile/targetExtendedLocations", None),
    ("edge zone missing", ZONE, None),
    ("edge zone's count", ZONE + "/extendedLocationReplicaCount", 3),
    ("edge zone's storage type", ZONE + "/storageAccountType", "Premium_LRS"),
    ("edge zone's set", ZONE + "/encryption/osDiskImage/diskEncryptionSetId", des("other")),
    ("end of life", "publishingProfile/endOfLifeDate", "2998-01-01T00:00:00Z"),
    ("end of life missing", "publishingProfile/endOfLifeDate", None),
    ("mode", "publishingProfile/replicationMode", "Shallow"),
    ("version's replica count", "publishingProfile/replicaCount", 2),
    ("version's storage type", "publishingProfile/storageAccountType", "Standard_ZRS"),
    ("version out of latest", "publishingProfile/excludeFromLatest", True),
    ("OS source", "storageProfile/osDiskImage/source/id", MORE_DATA),
    ("data source", "storageProfile/dataDiskImages/lun=0/source/id", MORE_DATA),
    ("data disk missing", "storageProfile/dataDiskImages/lun=0", None),
    ("OS size", "storageProfile/osDiskImage/sizeInGB", 31),
    ("caching", "storageProfile/osDiskImage/hostCaching", "None"),
    ("deletion of regions", "safetyProfile/allowDeletionOfReplicatedLocations", True),
)


def published(store=None):
    world = {"clock": "manual", "clock_start": "2030-01-01T00:00:00Z", "versions": [{"store": [store]}] if store else []}
    with Sim(world) as sim:
        answer = sim.put(version("1.0.0"), sent())
        equal((answer.status, answer.message()), (201, ""))
        return sim.get(version("1.0.0")).body["properties"]


def at(value, place):
    """(parent, key) of a place as scenarios write it, in a body."""
    parent, key = None, None
    for step in place.split("/"):
        parent = value if key is None else parent[key]
        if isinstance(parent, list):
            name, _, want = step.partition("=")
            if step == "+":
                key = len(parent)
            else:
                normal = lambda text: str(text).lower().replace(" ", "")
                member = lambda element: element[name] if name in element else element["extendedLocation"]["name"]
                key = next(i for i, element in enumerate(parent) if normal(member(element)) == want)
        else:
            key = step
    return parent, key


def run_field(place, value, plain):
    store = {"at": place} if value is None else {"at": place, "set": value}
    want = copy.deepcopy(plain)
    parent, key = at(want, place)
    if value is None:
        del parent[key]
    elif isinstance(parent, list) and key == len(parent):
        parent.append(value)
    else:
        parent[key] = value
    have = published(store)
    equal(have, want)
    holds(have != plain, "nothing has changed")


@test
def two_changes_at_once_and_only_for_some_reads():
    changes = [{"at": EAST, "reads": 1}, {"at": WEST + "/regionalReplicaCount", "set": 7}]
    with Sim({"versions": [{"store": changes}]}) as sim:
        sim.put(version("1.0.0"), sent())
        counts = []
        for _ in range(2):
            regions = sim.get(version("1.0.0")).body["properties"]["publishingProfile"]["targetRegions"]
            counts.append([r["regionalReplicaCount"] for r in regions])
        equal(counts, [[7], [7, 1]])


def main():
    report = Report()
    plain = published()
    for name, place, value in FIELDS:
        try:
            run_field(place, value, plain)
            report.check(name, True)
        except Exception as error:  # a test that breaks is a test that fails
            report.check(name, False, f"{type(error).__name__}: {error}")
    report.run(tests_of(globals()))
    report.end()


if __name__ == "__main__":
    main()
