#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg verify against the simulator: what a publish proves is what verify reads; what is stored otherwise is named, field by field.

    verify_test.py ACG_SIM ACG
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import Report, Sim, des, equal, holds, how_to_body, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
NAMES = ["-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage", "--gallery-image-version"]
# The managed-image example of the how-to, as a declaration.
DECLARED = {
    "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
    "location": "westus", "encryption_type": "customer_key",
    "target_region": [
        {"name": "westus", "replicas": 2, "storage_account_type": "Standard_LRS",
         "os_disk": {"disk_encryption_set_id": "WestUSDiskEncryptionSet1"},
         "data_disk": [{"lun": 0, "disk_encryption_set_id": "WestUSDiskEncryptionSet2"}]},
        {"name": "eastus2", "replicas": 1,
         "os_disk": {"disk_encryption_set_id": "EastUS2DiskEncryptionSet1"},
         "data_disk": [{"lun": 0, "disk_encryption_set_id": "EastUS2DiskEncryptionSet2"}]}]}


def run(sim, *words, declaration=None, secret="secret"):
    """acg with a declaration in a file beside --file, when there is one."""
    with tempfile.TemporaryDirectory() as folder:
        more = []
        if declaration is not None:
            path = pathlib.Path(folder) / "declaration.json"
            path.write_text(json.dumps(declaration))
            more = ["--file", str(path)]
        return subprocess.run([ACG, *words, *more], env=sim.environment(AZURE_CLIENT_SECRET=secret), capture_output=True, text=True, timeout=120)


def verify(sim, *words, **more):
    return run(sim, "verify", *words, **more)


def ends_with(done, code, *words):
    seen = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    holds(done.returncode == code, f"expected exit {code}: {seen}")
    for word in words:
        holds(word in done.stdout + done.stderr, f"{word!r} is not said: {seen}")
    return done


def wrote(sim):
    return [(r["method"], r["path"]) for r in sim.log() if r["method"] not in ("GET", "POST")]


def put_version(sim, name="1.0.0", body=None):
    answer = sim.put(version(name), body or how_to_body())
    holds(answer.status == 201, answer.raw)


@test
def what_a_publish_proved_is_what_verify_reads():
    with Sim(FAST) as sim, tempfile.TemporaryDirectory() as folder:
        whole = dict(DECLARED, managed_image="myImage", gallery_image_version="1.0.0")
        proof, page = pathlib.Path(folder) / "proof.json", pathlib.Path(folder) / "proof.md"
        ends_with(run(sim, "publish", "--report", str(proof), declaration=whole), 0, "published")
        published = json.loads(proof.read_text())
        equal((published["kind"], published["exit_code"], published["findings"]), ("proof", 0, []))
        sim.send("DELETE", "/_sim/log")
        done = ends_with(verify(sim, "-o", "json", declaration=whole), 0, "verified")
        read = json.loads(done.stdout)
        equal((read["schema_version"], read["kind"], read["exit_code"], read["error"]), (1, "verify", 0, None))
        equal(wrote(sim), [])
        equal(len(sim.log()), 6)  # login, version, four sets
        for report in (published["report"], read["report"]):
            for each in ("verdict", "read_at"):
                report.pop(each)
        equal(read["report"], published["report"])
        disks = {(r["name"], d["disk"]): d for r in read["report"]["regions"] for d in r["disks"]}
        equal({k: d["disk_encryption_set_id"] for k, d in disks.items()}, {
            ("westus", "os"): des("WestUSDiskEncryptionSet1"), ("westus", 0): des("WestUSDiskEncryptionSet2"),
            ("eastus2", "os"): des("EastUS2DiskEncryptionSet1"), ("eastus2", 0): des("EastUS2DiskEncryptionSet2")})
        ends_with(run(sim, "publish", "--report", str(page), declaration=dict(whole, gallery_image_version="1.0.1")), 0)
        holds("| westus | LUN 0 | WestUSDiskEncryptionSet2 | EncryptionAtRestWithCustomerKey |" in page.read_text(), page.read_text())


@test
def a_publish_without_a_proof_says_so_in_its_report():
    with Sim({**FAST, "faults": [{"method": "PUT", "path": "*/versions/*", "status": 400, "code": "InvalidParameter", "message": "no"}]}) as sim, \
            tempfile.TemporaryDirectory() as folder:
        whole = dict(DECLARED, managed_image="myImage", gallery_image_version="1.0.0")
        proof, page = pathlib.Path(folder) / "proof.json", pathlib.Path(folder) / "proof.md"
        page.write_text("an older proof")
        ends_with(run(sim, "publish", "--report", str(proof), declaration=whole), 6)
        equal([json.loads(proof.read_text())[k] for k in ("kind", "exit_code", "report")], ["proof", 6, None])
        ends_with(run(sim, "publish", "--report", str(page), declaration=whole), 6)
        holds(page.read_text().startswith("No proof: "), page.read_text())
        ends_with(run(sim, "publish", "--report", "proof.pdf", declaration=whole), 2, "ends neither in .md nor in .json")
        seen = len(wrote(sim))
        ends_with(run(sim, "publish", "--report", folder + "/nowhere/proof.md", declaration=whole), 2, "cannot be written: No such file", "name a file in a folder")
        equal(len(wrote(sim)), seen, "writes, after all")
        ends_with(run(sim, "publish", "--dry-run", "--report", folder + "/new.md", declaration=dict(whole, location="westus")), 0)
        holds(not pathlib.Path(folder, "new.md").exists(), "a dry run made the file")


@test
def the_forms_of_its_output():
    with Sim(FAST) as sim:
        put_version(sim)
        text = ends_with(verify(sim, version("1.0.0")), 0, "nothing was declared").stdout
        holds("eastus2  LUN 0    EastUS2DiskEncryptionSet2  EncryptionAtRestWithCustomerKey" in text, text)
        page = ends_with(verify(sim, *NAMES, "1.0.0", "-o", "markdown"), 0).stdout
        holds(page.startswith("## Encryption of an image version") and "| westus | OS disk | WestUSDiskEncryptionSet1 |" in page, page)
        equal(ends_with(verify(sim, version("1.0.0"), "-o", "none"), 0).stdout, "")
        ends_with(verify(sim, version("1.0.0"), "-o", "tsv"), 2, "--output")
        ends_with(verify(sim, "--gallery-name", "MyGallery"), 2, "--resource-group", "--gallery-image-version")
        ends_with(verify(sim, version("1.0.0"), *NAMES, "1.0.0"), 2, "stands beside names")
        ends_with(verify(sim, "/subscriptions/x"), 2, "is not the full id of a gallery image version")


@test
def a_declaration_may_leave_source_and_version_out():
    with Sim(FAST) as sim:
        put_version(sim)
        ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 0, "verified")
        ends_with(verify(sim, *NAMES, "1.0.0", declaration=dict(DECLARED, managed_image="another")), 0, "verified")
        ends_with(verify(sim, version("1.0.0"), declaration=dict(DECLARED, gallery_image_version="0.0.1")), 0, "verified")
        ends_with(verify(sim, declaration=DECLARED), 2, "gallery_image_version")
        ends_with(verify(sim, version("1.0.0"), declaration=dict(DECLARED, location="northeurope")), 2, "R9")


@test
def what_is_not_there_or_not_done_or_not_allowed_has_its_exit_code():
    with Sim({"speeds": {"version_ms": 0, "replication_ms": 600000}}) as sim:
        done = ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 6, "there is no such version")
        holds("See how far Azure is" not in done.stderr, done.stderr)
        put_version(sim)
        ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 10, "still running", "Replicating", "See how far Azure is: az sig image-version show ")
        ends_with(verify(sim, version("1.0.0"), secret="wrong"), 4, "AADSTS7000215")
    with Sim({**FAST, "versions": [{"match": "*/versions/*", "regions": {"eastus2": {"fail": "Storage allocation failure"}}}]}) as sim:
        put_version(sim)
        ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 7, "Storage allocation failure")


@test
def sets_that_are_gone_or_not_readable_are_told_apart():
    with Sim(FAST) as sim:
        put_version(sim)
        sim.send("DELETE", f"/_sim/resource?id={des('WestUSDiskEncryptionSet2')}")
        ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 7, "westus: the disk encryption set does not exist")
    with Sim({**FAST, "faults": [{"method": "GET", "path": "*/diskEncryptionSets/EastUS2*", "status": 403, "code": "AuthorizationFailed"}]}) as sim:
        put_version(sim)
        ends_with(verify(sim, version("1.0.0"), declaration=DECLARED), 0, "eastus2: could not be checked: no permission", "verified")


@test
def a_set_of_another_type_than_declared_is_a_difference():
    with Sim(FAST) as sim:
        put_version(sim)
        done = ends_with(verify(sim, version("1.0.0"), declaration=dict(DECLARED, encryption_type="double")), 7)
        for place in ("westus", "eastus2"):
            holds(f"{place}: encryption type: declared EncryptionAtRestWithPlatformAndCustomerKeys, found EncryptionAtRestWithCustomerKey" in done.stderr, done.stderr)


REGIONS = "publishingProfile/targetRegions/"
EAST = REGIONS + "name=eastus2"
OTHER = des("EastUS2DoubleEncryptionSet")
STORED = [  # place, value (None: removed), what is said
    (EAST, None, "eastus2: asked, but the version is not published there"),
    (REGIONS + "+", {"name": "northeurope", "regionalReplicaCount": 1}, "not asked for, but the version is published there"),
    (REGIONS + "name=westus/regionalReplicaCount", 1, "westus, replicas: asked 2, found 1"),
    (REGIONS + "name=westus/storageAccountType", "Premium_LRS", "westus, storage account type: asked 'Standard_LRS', found 'Premium_LRS'"),
    (EAST + "/excludeFromLatest", False, "eastus2, exclude from latest: asked 'true', found 'false'"),
    (EAST + "/encryption", None, "eastus2, OS disk: asked"),
    (EAST + "/encryption/osDiskImage/diskEncryptionSetId", OTHER, "eastus2, OS disk: asked"),
    (EAST + "/encryption/osDiskImage/securityProfile/confidentialVMEncryptionType", "EncryptedWithPmk", "eastus2, confidential VM encryption type: asked none, found"),
    (EAST + "/encryption/osDiskImage/securityProfile/secureVMDiskEncryptionSetId", OTHER, "eastus2, secure VM disk encryption set: asked none, found"),
    (EAST + "/encryption/dataDiskImages/lun=0", None, "eastus2, LUN 0: asked"),
    (EAST + "/encryption/dataDiskImages/lun=0/diskEncryptionSetId", OTHER, "eastus2, LUN 0: asked"),
    (EAST + "/encryption/dataDiskImages/+", {"lun": 5, "diskEncryptionSetId": OTHER}, "eastus2, LUN 5: asked none, found"),
    ("storageProfile/dataDiskImages/lun=0", None, "LUN 0: asked, but the version has no such data disk"),
    ("storageProfile/dataDiskImages/+", {"lun": 4}, "westus, LUN 4: nobody named this disk"),
    ("publishingProfile/excludeFromLatest", True, "exclude from latest: asked false, found true"),
    ("publishingProfile/endOfLifeDate", "2031-01-01T00:00:00+00:00", "end of life date: asked 2030-01-01T"),
]


def stored_otherwise(row):
    place, value, told = row
    change = {"at": place} if value is None else {"at": place, "set": value}
    declared = dict(DECLARED, exclude_from_latest=False, end_of_life_date="2030-01-01T00:00:00Z",
                    target_region=[DECLARED["target_region"][0], dict(DECLARED["target_region"][1], exclude_from_latest=True)])
    body = how_to_body(endOfLifeDate="2030-01-01T00:00:00Z")
    body["properties"]["publishingProfile"]["targetRegions"][1]["excludeFromLatest"] = True
    with Sim({**FAST, "versions": [{"match": "*/versions/1.0.0", "store": [change]}]}) as sim:
        put_version(sim, body=body)
        put_version(sim, "1.0.1", body)
        done = ends_with(verify(sim, version("1.0.0"), "-o", "json", declaration=declared), 7, told)
        findings = [f["message"] for f in json.loads(done.stdout)["findings"]]
        holds(any(told in f for f in findings), f"{told!r} is no finding: {findings}")
        ends_with(verify(sim, version("1.0.1"), declaration=declared), 0, "verified")


@test
def each_field_that_is_stored_otherwise_is_named():
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(STORED)) as pool:
        done = [pool.submit(stored_otherwise, row) for row in STORED]
    faults = [f"{row[0]}: {each.exception()}" for row, each in zip(STORED, done) if each.exception()]
    equal(faults, [])


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
