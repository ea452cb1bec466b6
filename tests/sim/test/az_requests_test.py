# SPDX-License-Identifier: MPL-2.0
"""What az really sends (recorded beside the checkout) is taken or refused as the service would: one expectation per case."""
import json
import os
import sys

from simtest import COMPUTE, SUBSCRIPTION, Report, Sim

STORAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-img/providers/Microsoft.Storage/storageAccounts/account1"
NIC = COMPUTE.replace("Compute", "Network") + "/networkInterfaces/nic1"

# Case to a part of the refusal's text. A case that is not named must be taken.
REFUSED = {
    "bad-version-two-parts": "image version name is invalid",                                      # R20
    "both-image-and-snapshot": "One and only one source type",                                     # R21
    "cvm-and-des": "since disk encryption set",                                                    # R5
    "data-luns-0-and-1": "An invalid lun [1]",                                                     # R6
    "edge-zones": "in target region 'westus' since disk encryption set",                           # R5, our guess for edge zones
    "null-data-disk": "was not found",                                                             # R2
    "quirk-empty-os-set": "diskEncryptionSetId is invalid",                                        # R39
    "storage-types-per-region": "ZRS storage account type is not supported",                       # R29
    "version-update-add-after-encrypted-create": "in target region 'westeurope'",                  # R5
    "vhd-source-with-data": "Encryption is not supported for source resource",                     # R12
}


def seeds_for(case):
    """Sets that a case names in another group than MyResourceGroup exist, and so do the VHD case's storage account and a machine's interface."""
    seeds = [{"id": STORAGE, "location": "westus"}, {"id": NIC, "location": "westus"}]
    for request in case["requests"]:
        for region in ((request["body"] or {}).get("properties", {}).get("publishingProfile", {}).get("targetRegions", [])):
            encryption = region.get("encryption", {})
            ids = [encryption.get("osDiskImage", {}).get("diskEncryptionSetId")]
            ids += [d["diskEncryptionSetId"] for d in encryption.get("dataDiskImages", [])]
            secure = encryption.get("osDiskImage", {}).get("securityProfile", {}).get("secureVMDiskEncryptionSetId")
            if secure:
                seeds.append({"id": secure, "location": region["name"], "properties": {"encryptionType": "ConfidentialVmEncryptedWithCustomerKey"}})
            seeds += [{"id": i, "location": region["name"]} for i in ids if i and not i.startswith(COMPUTE)]
    return seeds


def prepare(sim, case_name, folder):
    """A case that goes on from another one gets that one first."""
    if case_name == "version-update-add-after-encrypted-create":
        with open(os.path.join(folder, "seed-managed-image.json"), encoding="utf-8") as f:
            put = [r for r in json.load(f)["requests"] if r["method"] == "PUT"][0]
        sim.put(put["path"], put["body"], api=put["query"]["api-version"])


def run(case_name, case, folder):
    """Send the case's requests; returns what is wrong."""
    wrong = []
    # Some cases carry a date that was ahead when they were written.
    with Sim({"resources": seeds_for(case), "clock": "manual", "clock_start": "2023-06-01T00:00:00Z"}) as sim:
        prepare(sim, case_name, folder)
        for request in case["requests"]:
            request["path"] = request["path"].replace("{random}", "1")
            if "{" in request["path"] or request["path"].startswith("/adfs"):
                continue  # polls carry the operation's own id
            query = "".join(f"&{k}={v}" for k, v in request["query"].items() if k != "api-version")
            answer = sim.arm(request["method"], request["path"], request["body"], api=request["query"]["api-version"], query=query)
            text = REFUSED.get(case_name)
            if request["method"] in ("GET", "POST") and case_name not in REFUSED and answer.status >= 300:
                wrong.append(f"{request['method']} {answer.status}: {answer.message()}")
            if request["method"] == "PUT" and text and not (answer.status == 400 and text in answer.message()):
                wrong.append(f"PUT {answer.status}, want 400 with {text!r}: {answer.message()}")
            if request["method"] == "PUT" and not text and answer.status >= 300:
                wrong.append(f"PUT {answer.status}: {answer.message()}")
    return wrong


def main(folder):
    report = Report()
    for file in sorted(os.listdir(folder)):
        name = file.removesuffix(".json")
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            case = json.load(f)
        if not case["requests"]:
            continue
        wrong = run(name, case, folder)
        report.check(f"{name} is {'refused' if name in REFUSED else 'taken'}", not wrong, "\n".join(wrong))
    report.end()


if __name__ == "__main__":
    main(sys.argv[2])
