#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""examples/how-to.md: the commands of each row as they stand there, from top to bottom, and what they have done in the simulator.

    howto_test.py ACG_SIM PACKER_PLUGIN_ACG ACG
"""
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]
from packer_house import EXAMPLES, House  # noqa: E402
from az_cli_test import Az  # noqa: E402
from simtest import COMPUTE, DEFINITION, GALLERY, GROUP, IMAGE, Report, Sim, des, encryption, equal, holds, version  # noqa: E402

ACG = pathlib.Path(sys.argv[3]).resolve()
PAGE = (EXAMPLES / "how-to.md").read_text()
HYBRID = "2020-09-01-hybrid"  # az: the profile whose machine and network versions Debian's SDK has
SPECIAL = GALLERY + "/images/MySpecialImage/versions/1.0.0"
CUSTOMER, DOUBLE = "EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys"
SET_API, VM_API, PROVIDER_API, FEATURE_API = "2023-10-02", "2023-03-01", "2022-09-01", "2021-07-01"
PROGRAMS = ("acg", "packer", "sh", "sed")
COMMAND = re.compile(r"`((?:" + "|".join(PROGRAMS) + r") [^`]+)`(?: \(exit code (\d+)\))?|\[[^]]+\]\(#([\w-]+)\)")
MINUTES = 300  # seconds


# ---- the page

def anchor(title):
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


# What stands below a heading of its own, by the heading's anchor.
BLOCKS = {anchor(title): text for title, text in re.findall(r"^### ([^\n]+)\n\n```sh\n(.+?)```$", PAGE, re.M | re.S)}
PRELUDE = re.search(r"^```sh\n(COMPUTE=.+?)```$", PAGE, re.M | re.S)[1]
ROWS = {int(number): cell for number, cell in re.findall(r"^\| (\d+) \|.*\| (.+) \|$", PAGE, re.M)}


def commands_of(number):
    """What a row says to type, with the exit code."""
    return [(BLOCKS[place] if place else command, int(code or 0)) for command, code, place in COMMAND.findall(ROWS[number])]


# ---- the house in which they run

@dataclasses.dataclass
class Done:
    """What the commands of one row did: their outputs in order, and the requests since the row before."""
    sim: Sim
    out: list
    told: str
    log: list

    def puts(self, part):
        return [r for r in self.log if r["method"] == "PUT" and part in r["path"]]

    def writes(self):
        """Asking for a name and for a token changes nothing."""
        return [(r["method"], r["path"]) for r in self.log if r["method"] != "GET" and not r["path"].endswith(("/checkNameAvailability", "/token", "/token/"))]


class Reader:
    """Somebody with acg and Packer on PATH who types what the page says, in a folder that holds examples/."""

    def __init__(self, sim, house, az):
        self.sim, self.folder, self.seen = sim, house.work, 0
        tools = house.path / "tools"
        tools.mkdir()
        for name, program in (("acg", ACG), ("packer", house.packer.program)):
            (tools / name).symlink_to(program)
        (self.folder / "examples").symlink_to(EXAMPLES)
        for_az = {k: v for k, v in az.environment.items() if k.startswith("AZURE_CO") or k == "REQUESTS_CA_BUNDLE"}
        own = {k: v for k, v in house.environment.items() if k.lower() not in ("http_proxy", "https_proxy")}
        self.environment = {**own, **for_az, "PATH": f"{tools}:{os.environ['PATH']}"}

    def type(self, number):
        out, told = [], ""
        for command, code in commands_of(number):
            done = subprocess.run(["bash", "-euc", PRELUDE + command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=MINUTES, check=False)
            equal(done.returncode, code, f"exit code of {command}: {done.stdout}{done.stderr}")
            out.append(done.stdout)
            told += done.stdout + done.stderr
        log = self.sim.log()
        log, self.seen = log[self.seen:], len(log)
        return Done(self.sim, out, told, log)


# ---- what is looked at

def provider_state(sim, namespace):
    return sim.get(f"{GROUP.rpartition('/resourceGroups')[0]}/providers/{namespace}", api=PROVIDER_API).body["registrationState"]


def regions_of(sim, place):
    """The version as stored: its regions, by name without blanks."""
    body = sim.get(place).body
    equal(body["properties"]["provisioningState"], "Succeeded", place)
    return body, {r["name"].lower().replace(" ", ""): r for r in body["properties"]["publishingProfile"]["targetRegions"]}


def is_published(sim, place, sets, source):
    """@param sets region to its member encryption, as written in a PUT; None: none.  @param source an id that the version was made of."""
    body, regions = regions_of(sim, place)
    found = {name: r.get("encryption") for name, r in regions.items()}
    for one in filter(None, found.values()):
        equal(one["osDiskImage"].pop("securityProfile", {}), {}, "confidential")
    equal(found, sets, place)
    holds(json.dumps(source) in json.dumps(body["properties"]["storageProfile"]), f"{source} is not in {body['properties']['storageProfile']}")
    return body["properties"], regions


SETS = {"westus": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2"),
        "eastus2": encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DiskEncryptionSet2")}
DOUBLE_SETS = {name: encryption(one, lun0=one) for name, one in (("westus", "WestUSDoubleEncryptionSet"), ("eastus2", "EastUS2DoubleEncryptionSet"))}
WEST = {"westus": SETS["westus"]}
IN_MY_RG = json.loads(json.dumps({
    "westus": encryption("myDESet", lun1="myDESet1", lun2="myDESet2"),
    "eastus2": encryption("myEastUS2DESet", lun1="myEastUS2DESet1", lun2="myEastUS2DESet2")}).replace("MyResourceGroup", "myRG"))


def sets_are_made(done, name, kind=CUSTOMER, rotates=True, key=None):
    """A set in each region on a key of that region; a disk made with it shows that its identity may use the key."""
    for region in ("westus", "eastus2"):
        one = done.sim.get(des(f"{name}-{region}"), api=SET_API).body
        equal((one["location"], one["properties"]["encryptionType"], one["properties"].get("rotationToLatestKeyVersionEnabled", False)), (region, kind, rotates))
        holds(one["properties"]["activeKey"]["keyUrl"].startswith(f"https://{key.format(region=region)}/"), one)
        disk = {"location": region, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4,
                                                   "encryption": {"type": kind, "diskEncryptionSetId": one["id"]}}}
        equal(done.sim.put(f"{COMPUTE}/disks/{name}-{region}", disk, api=VM_API).status, 202, f"a disk with {name}-{region}")


def is_refused(done, told):
    holds(told in done.told, done.told)
    equal(done.writes(), [])


def is_encrypted(sim, machine, sets):
    """The machine runs, and each of its disks is as said: "os" or LUN to a set's name."""
    body = sim.get(f"{COMPUTE}/virtualMachines/{machine}", api=VM_API).body
    profile = body["properties"]["storageProfile"]
    disks = {"os": profile["osDisk"], **{d["lun"]: d for d in profile["dataDisks"]}}
    found = {k: sim.get(d["managedDisk"]["id"], api=VM_API).body["properties"]["encryption"]["diskEncryptionSetId"].rpartition("/")[2] for k, d in disks.items()}
    equal(found, sets, machine)


# ---- a function for each row

def row_1(done):
    equal(provider_state(done.sim, "Microsoft.Compute"), "Registered")
    posts = [path.rsplit("/", 2)[1] for method, path in done.writes() if method == "POST"]
    equal((set(posts), posts[-1]), ({"SIGEncryption", "Microsoft.Compute"}, "Microsoft.Compute"))


def row_2(done):
    report = json.loads(done.out[0])["report"]
    equal((report["feature"]["state"], report["provider"]["state"], done.writes()), ("Registered", "Registered", []))


def row_3(done):
    equal((provider_state(done.sim, "Microsoft.KeyVault"), [p.rsplit("/", 2)[1:] for _, p in done.writes()]), ("Registered", [["Microsoft.KeyVault", "register"]]))


def row_4(done):
    sets_are_made(done, "imported", key="kv-imported-{region}.vault.azure.net/keys/imported")
    equal(done.puts("/Microsoft.KeyVault/vaults/kv-imported-westus/keys/") + done.puts("/providers/Microsoft.KeyVault/vaults/kv-imported-westus?"), [])


def row_5(done):
    sets_are_made(done, "acg", key="kv-mycompany-{region}.vault.azure.net/keys/images")
    equal(len(done.puts("/keys/images")), 2)


def row_6(done):
    sets_are_made(done, "fixed", rotates=False, key="kv-mycompany-{region}.vault.azure.net/keys/images")


def row_7(done):
    sets_are_made(done, "double", DOUBLE, key="kv-mycompany-{region}.vault.azure.net/keys/images")


def row_8(done):
    stored = done.sim.get(f"{GROUP.rpartition('/resourceGroups')[0]}/providers/Microsoft.Compute/diskEncryptionSets", api=SET_API).body["value"]
    equal([s["name"] for s in stored if not re.search(rf"^{s['name']} ", done.out[0], re.M)], [])
    holds(len(stored) > 8 and stored[0]["properties"]["activeKey"]["keyUrl"], stored)
    holds(done.sim.get(des("acg-westus"), api=SET_API).body["properties"]["activeKey"]["keyUrl"] in done.out[1], done.out[1])
    equal(done.writes(), [])


def row_9(done):
    is_refused(done, "both must be in one subscription (R1). Fix: ")
    equal(done.log, [])


def row_10(done):
    is_refused(done, "error R3, target_region[1].os_disk")


def row_11(done):
    is_refused(done, "error R16, ")


def row_12(done):
    is_published(done.sim, version("1.3.0"), {"westus": None}, IMAGE)


def row_13(done):
    for name in ("1.2.0", "1.2.1"):
        properties, regions = is_published(done.sim, version(name), IN_MY_RG, COMPUTE + "/images/twoDataDisks")
        profile = properties["publishingProfile"]
        equal((profile["replicaCount"], profile["storageAccountType"]), (2, "Standard_LRS"))
        equal({(r["regionalReplicaCount"], r["storageAccountType"]) for r in regions.values()}, {(1, "Standard_LRS")})
        holds(re.match(r"20\d\d-\d\d-\d\dT", profile["endOfLifeDate"]), profile)


def row_14(done):
    shown = json.loads(done.out[0])
    equal({r["name"]: r["encryption"] for r in shown["body"]["properties"]["publishingProfile"]["targetRegions"]}, SETS)
    equal(done.log, [])


def row_15(done):
    for name in ("1.0.0", "1.0.1"):
        _, regions = is_published(done.sim, version(name), SETS, IMAGE)
        equal({n: r["regionalReplicaCount"] for n, r in regions.items()}, {"westus": 2, "eastus2": 1})


def row_16(done):
    is_published(done.sim, version("1.4.0"), WEST, COMPUTE + "/virtualMachines/srcVm")


def row_17(done):
    is_published(done.sim, version("1.5.0"), {"westus": encryption("WestUSDiskEncryptionSet1")}, COMPUTE + "/disks/srcVm_os")


def row_18(done):
    properties, _ = is_published(done.sim, version("1.1.1"), SETS, COMPUTE + "/snapshots/myOSSnapshot")
    equal([(d["lun"], d["source"]["id"]) for d in properties["storageProfile"]["dataDiskImages"]], [(0, COMPUTE + "/snapshots/myDDSnapshot")])


def row_19(done):
    is_published(done.sim, version("1.1.0"), DOUBLE_SETS, COMPUTE + "/snapshots/myOSSnapshot")


def row_20(done):
    holds("--encryption-type" in done.told and "--file" in done.told, done.told)
    holds(f"Declared encryption: {CUSTOMER}." in done.out[1], done.out[1])
    equal(done.writes(), [])


def row_21(done):
    for region, sets in SETS.items():
        for one in (sets["osDiskImage"], *sets["dataDiskImages"]):
            holds(re.search(rf"^{region} .* {one['diskEncryptionSetId'].rpartition('/')[2]} .* Completed$", done.out[0], re.M), done.out[0])
    equal(done.writes(), [])


def row_22(done):
    is_refused(done, "error R14, image_version")


def row_23(done):
    is_refused(done, "--gallery-image-version: the version exists")
    is_published(done.sim, version("1.0.0"), SETS, IMAGE)
    holds("warning source-keys, os_snapshot: the source is under customer keys" in done.out[1], done.out[1])


def row_24(done):
    is_refused(done, "error R26, managed_image: the purchase plans differ")


def row_25(done):
    is_encrypted(done.sim, "myVM", {"os": "EastUS2DiskEncryptionSet1", 0: "EastUS2DiskEncryptionSet2"})


def row_26(done):
    is_published(done.sim, SPECIAL, {"westus": DOUBLE_SETS["westus"]}, COMPUTE + "/snapshots/myOSSnapshot")
    is_encrypted(done.sim, "mySpecialVM", {"os": "WestUSDoubleEncryptionSet", 0: "WestUSDoubleEncryptionSet"})


def row_27(done):
    holds(f"--os-disk-encryption-set {des('WestUSDoubleEncryptionSet')} " in done.out[0], done.out[0])
    equal(done.writes(), [])


def row_28(done):
    machines = [r for r in done.puts("/virtualMachines/") if "/resourceGroups/acg-vm-test-" in r["path"]]
    images = [r["body"]["properties"]["storageProfile"]["imageReference"]["id"] for r in machines]
    equal(images, [version("1.0.1"), SPECIAL])
    groups = {r["path"].split("/")[4] for r in machines}
    equal([done.sim.get(GROUP.replace("MyResourceGroup", g), api=PROVIDER_API).status for g in groups], [404, 404])
    equal(done.told.count("every disk is encrypted as the version says"), 2)


def row_29(done):
    holds("az sig image-version create" in done.out[0] and "New-AzGalleryImageVersion" in done.out[0], done.out[0])
    equal(done.log, [])


# ---- all of it

def every_row_is_run_and_nothing_else_is_to_be_typed():
    checks = {int(name[4:]) for name in globals() if re.fullmatch(r"row_\d+", name)}
    equal((sorted(ROWS), sorted(checks)), (list(range(1, len(ROWS) + 1)),) * 2, "rows of the page, and functions of this test")
    equal(len(re.findall(r"^\|(?!---| \| the how-to)", PAGE, re.M)), len(ROWS), "lines of tables, and rows that were understood")
    equal([n for n in ROWS if not commands_of(n)], [], "rows without a command")
    linked = [place for n in ROWS for _, _, place in COMMAND.findall(ROWS[n]) if place]
    equal(sorted(linked), sorted(BLOCKS), "blocks, and the rows that name them")
    equal(PAGE.count("```sh\n"), len(BLOCKS) + 1, "blocks, and the one of all")
    spans = [span.split() for cell in ROWS.values() for span in re.findall(r"`([^`]+)`", cell)]
    equal({words[0] for words in spans if len(words) > 1 and words[0][0] != "-"} - set(PROGRAMS), set(), "programs")


def row(number, reader):
    def run():
        try:
            globals()[f"row_{number}"](reader.type(number))
        finally:
            reader.seen = len(reader.sim.log())  # what a check asks itself is not the next row's
    run.__name__ = f"row {number}: {ROWS[number][:60]}"
    return run


def main():
    report = Report()
    report.run([every_row_is_run_and_nothing_else_is_to_be_typed])
    started = re.search(r"^acg-sim .*--scenario examples/(\S+)$", PAGE, re.M)[1]
    with Sim(json.loads((EXAMPLES / started).read_text()), tls=True) as sim, House(sim) as house, Az(sim, HYBRID) as az:
        reader = Reader(sim, house, az)
        reader.seen = len(sim.log())  # az has logged in
        report.run([row(n, reader) for n in ROWS])
    report.end()


main()
