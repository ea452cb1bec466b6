# SPDX-License-Identifier: MPL-2.0
"""`acg publish --dry-run` sends what `az sig image-version create` sends for the same options, or says why not.

Our own cases (tests/golden/az) stand alone; the recordings of real az runs are read when they lie beside the checkout.
Every difference from az is in the tables below, with its reason."""
import json
import os
import pathlib
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
RECORDED = TOP.parent / "shared" / "az-requests"
HOW_TO = TOP.parent / "shared" / "how-to.txt"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"

# az says nothing (or fails later); acg refuses before anything is sent. Each with what its answer must say.
REFUSED = {
    "bad-cvm-type": ("'Wrong' is none of", "az refuses too"),
    "bad-encryption-count-mismatch": ("has 1 item, but --target-regions has 2", "az refuses too"),
    "bad-luns-without-snapshots": ("stands without --data-snapshots", "az refuses too"),
    "bad-odd-terms": ("must come in pairs", "az refuses too"),
    "bad-replica-not-integer": ("must be a whole number", "az refuses too"),
    "bad-replication-mode": ("'Fast' is none of", "az refuses too"),
    "bad-storage-type-default": ("'Ultra_LRS' is none of", "az refuses too"),
    "bad-vhd-without-account": ("without its storage account", "az refuses too"),
    "bad-version-two-parts": ("(R20)", "the service refuses it; acg does before anything is sent"),
    "version-leading-zero": ("(R20)", "a leading zero makes two spellings of one version"),
    "both-image-and-snapshot": ("(R21)", "the service takes one kind of source only"),
    "cvm-and-des": ("(R5)", "LUN 0 would be encrypted in westus and not in eastus2: half encrypted"),
    "edge-zones": ("(R5)", "the disks would be encrypted in the edge zone and not in westus: half encrypted"),
    "end-of-life-date": ("(R19)", "the recorded date lies in the past by now"),
    "quirk-end-of-life-date-dropped": ("(R19)", "az drops a date that it cannot read, without a word"),
    "quirk-empty-os-set": ("a term is empty", "az sends an id without a name"),
    "no-target-regions": ("cannot ask Azure", "no --location: a dry run sends nothing, so the region stays unknown"),
}


def without_null_set(body):
    """`null` in a data disk's place: az sends a set that is named null; acg leaves the disk on platform keys."""
    for region in body["properties"]["publishingProfile"]["targetRegions"]:
        del region["encryption"]["dataDiskImages"]


def vm_by_its_own_name(body):
    """api-version 2023-07-03 has a member of its own for a VM; az's older one has only id."""
    source = body["properties"]["storageProfile"]["source"]
    source["virtualMachineId"] = source.pop("id")


def account_by_its_own_name(body):
    """api-version 2023-07-03 has a member of its own for the account of a VHD; az's older one puts it into id."""
    profile = body["properties"]["storageProfile"]
    for disk in [profile["osDiskImage"], *profile["dataDiskImages"]]:
        disk["source"]["storageAccountId"] = disk["source"].pop("id")


DIFFERENT = {"null-data-disk": without_null_set, "virtual-machine-source": vm_by_its_own_name,
             "vhd-source-with-data": account_by_its_own_name}


def plain(value):
    """Without what means nothing: order of members, empty tags, case of storage types."""
    if isinstance(value, dict):
        return {k: v.lower() if k == "storageAccountType" else plain(v) for k, v in value.items() if (k, v) != ("tags", {})}
    return [plain(v) for v in value] if isinstance(value, list) else value


def run(acg, words):
    environment = {"PATH": os.environ["PATH"], "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return subprocess.run([acg, "publish", *words, "--dry-run"], capture_output=True, text=True, env=environment, timeout=60)


def check_recorded(acg, name, case):
    done = run(acg, shlex.split(case["command"])[4:])
    if name in REFUSED:
        assert done.returncode == 2 and REFUSED[name][0] in done.stderr, done.stderr
        return
    assert done.returncode == 0, done.stderr
    sent = next(r for r in case["requests"] if r["method"] == "PUT")
    mine = json.loads(done.stdout)
    if name in DIFFERENT:
        assert plain(sent["body"]) != plain(mine["body"]), "there is no difference any more"
        DIFFERENT[name](sent["body"])
    assert plain(sent["body"]) == plain(mine["body"]), json.dumps(mine["body"])
    assert mine["method"] == "PUT" and sent["path"] in mine["url"], mine["url"]


def check_own(acg, name, case):
    done = run(acg, case["arguments"])
    if "faults" in case:
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().splitlines() == case["faults"], done.stderr
        assert json.loads(done.stdout)["state"] == "not started"
        return
    assert done.returncode == 0, done.stderr
    mine = json.loads(done.stdout)
    assert mine["body"] == case["body"], json.dumps(mine["body"], indent=2)
    assert mine["url"] == case["url"], mine["url"]


def how_to_commands():
    """The two commands that Microsoft's page prints, as a shell reads them, ids filled in."""
    text = HOW_TO.read_text() if HOW_TO.is_file() else ""
    for block in text.split("```"):
        if "az sig image-version create" in block:
            command = block.replace("\\\n", "").replace("<subscription ID>", SUBSCRIPTION)
            yield shlex.split(command[command.index("az sig"):])[4:]


def encryption(os_set, data_set):
    sets = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup/providers/Microsoft.Compute/diskEncryptionSets/"
    return {"osDiskImage": {"diskEncryptionSetId": sets + os_set}, "dataDiskImages": [{"lun": 0, "diskEncryptionSetId": sets + data_set}]}


def check_how_to(acg, name, words):
    done = run(acg, words)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)["body"]
    compute = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute"
    snapshots = {"osDiskImage": {"source": {"id": f"{compute}/snapshots/myOSSnapshot"}},
                 "dataDiskImages": [{"lun": 0, "source": {"id": f"{compute}/snapshots/myDDSnapshot"}}]}
    whole = {"source": {"id": f"{compute}/images/myImage"}}
    regions = [{"name": "westus", "regionalReplicaCount": 2, "storageAccountType": "Standard_LRS",
                "encryption": encryption("WestUSDiskEncryptionSet1", "WestUSDiskEncryptionSet2")},
               {"name": "eastus2" if name == "1" else "eastus",
                "encryption": encryption("EastUS2DiskEncryptionSet1", "EastUS2DiskEncryptionSet2")}]
    assert body == {"location": "westus", "properties": {"publishingProfile": {"targetRegions": regions},
                                                         "storageProfile": whole if name == "1" else snapshots}}, json.dumps(body)


def cases():
    for number, words in enumerate(how_to_commands(), 1):
        yield f"how-to example {number}", check_how_to, str(number), words
    for path in sorted((TOP / "tests" / "golden" / "az").glob("*.json")):
        yield f"own {path.stem}", check_own, path.stem, json.loads(path.read_text())
    recorded = sorted(RECORDED.glob("*.json")) if RECORDED.is_dir() else []
    found = {p.stem for p in recorded}
    for path in recorded:
        case = json.loads(path.read_text())
        if case["command"].startswith("az sig image-version create "):
            yield f"recorded {path.stem}", check_recorded, path.stem, case
    if recorded and not (set(REFUSED) | set(DIFFERENT)) <= found:
        raise SystemExit("a difference is listed for a recording that is not there")


def main(acg):
    failed = count = 0
    for title, check, name, case in cases():
        count += 1
        try:
            check(acg, name, case)
            print(f"ok {count} - {title}")
        except AssertionError as fault:
            failed += 1
            print(f"not ok {count} - {title}\n{fault}")
    print(f"1..{count}")
    return 1 if failed or count == 0 else 0


sys.exit(main(sys.argv[1]))
