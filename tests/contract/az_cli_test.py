# SPDX-License-Identifier: MPL-2.0
"""The Azure CLI logs in to acg-sim and runs both examples of Microsoft's how-to to the end."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim", "test"))
from simtest import COMPUTE, IMAGE, TENANT, Report, Sim, des, equal, holds, test, tests_of, version

AZ = os.environ.get("AZ", "/usr/bin/az")
COMMAND_SECONDS = 120  # az itself takes a second or two; a loaded machine may take long

COMMON = ["-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage", "--location", "westus"]
KEYS = ["--target-region-encryption", "WestUSDiskEncryptionSet1,0,WestUSDiskEncryptionSet2",
        "EastUS2DiskEncryptionSet1,0,EastUS2DiskEncryptionSet2"]
MANAGED_IMAGE = ["sig", "image-version", "create", *COMMON, "--gallery-image-version", "1.0.0", "--target-regions",
                 "westus=2=standard_lrs", "eastus2", *KEYS, "--managed-image", IMAGE]
SNAPSHOTS = ["sig", "image-version", "create", *COMMON, "--gallery-image-version", "1.0.1", "--target-regions",
             "westus=2=standard_lrs", "eastus", *KEYS, "--os-snapshot", COMPUTE + "/snapshots/myOSSnapshot",
             "--data-snapshot-luns", "0", "--data-snapshots", COMPUTE + "/snapshots/myDDSnapshot"]


class Az:
    """az with a profile of its own, logged in to one simulator over TLS."""

    def __init__(self, sim, profile="latest"):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-az-")
        self.environment = dict(os.environ, AZURE_CONFIG_DIR=self.folder.name, REQUESTS_CA_BUNDLE=sim.ca,
                                AZURE_CORE_COLLECT_TELEMETRY="false", AZURE_CORE_SURVEY_MESSAGE="false", AZURE_CORE_NO_COLOR="true")
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            self.environment.pop(name, None)
        endpoints = {"resource-manager": "/", "active-directory": "/adfs", "active-directory-resource-id": "/",
                     "active-directory-graph-resource-id": "/graph/"}
        self.run("cloud", "register", "-n", "Sim", *[w for k, v in endpoints.items() for w in (f"--endpoint-{k}", sim.base + v)])
        # Key vault commands want these two, and the second has no option of its own.
        more = {"suffixes": {"keyvaultDns": ".vault.azure.net"}, "endpoints": {"microsoftGraphResourceId": sim.base + "/graph/"}}
        self.run("cloud", "update", "-n", "Sim", "--cloud-config", json.dumps(more))
        self.run("cloud", "set", "-n", "Sim", "--profile", profile)
        self.run("login", "--service-principal", "-u", "sp", "-p", "secret", "--tenant", TENANT)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def try_to(self, *arguments):
        return subprocess.run([AZ, *arguments], env=self.environment, capture_output=True, text=True, timeout=COMMAND_SECONDS)

    def run(self, *arguments):
        done = self.try_to(*arguments)
        holds(done.returncode == 0, f"az {' '.join(arguments[:3])} exited {done.returncode}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else None


def sets_of(shown):
    return {region["name"]: (region["encryption"]["osDiskImage"]["diskEncryptionSetId"],
                             [(d["lun"], d["diskEncryptionSetId"]) for d in region["encryption"]["dataDiskImages"]])
            for region in shown["publishingProfile"]["targetRegions"]}


@test
def the_managed_image_example_is_published_with_a_key_for_every_disk_in_every_region():
    with Sim(tls=True, sets=["retry_after=1", "speeds.replication_ms=1500"]) as sim, Az(sim) as az:
        shown = az.run(*MANAGED_IMAGE)
        equal(shown["provisioningState"], "Succeeded")
        equal(sets_of(shown), {
            "West US": (des("WestUSDiskEncryptionSet1"), [(0, des("WestUSDiskEncryptionSet2"))]),
            "East US 2": (des("EastUS2DiskEncryptionSet1"), [(0, des("EastUS2DiskEncryptionSet2"))])})
        status = az.run("sig", "image-version", "show", *COMMON[:6], "--gallery-image-version", "1.0.0", "--expand", "ReplicationStatus")
        equal(status["replicationStatus"]["aggregatedState"], "Completed")
        polls = [line for line in sim.log() if "/capsOperations/" in line["path"]]
        holds(len(polls) >= 2, f"az polled {len(polls)} times while the regions replicated")
        az.run("sig", "image-version", "delete", *COMMON[:6], "--gallery-image-version", "1.0.0")
        equal(sim.get(version("1.0.0")).status, 404)


@test
def the_snapshot_example_is_published_when_the_sets_lie_in_its_second_region():
    moved = [{"id": des(f"EastUS2DiskEncryptionSet{n}"), "location": "eastus"} for n in (1, 2)]
    with Sim({"resources": moved}, tls=True, sets=["retry_after=1"]) as sim, Az(sim) as az:
        shown = az.run(*SNAPSHOTS)
        equal(shown["provisioningState"], "Succeeded")
        equal(sorted(sets_of(shown)), ["East US", "West US"])
        equal([(d["lun"], d["sizeInGb"]) for d in shown["storageProfile"]["dataDiskImages"]], [(0, 10)])


@test
def the_snapshot_example_as_printed_is_refused_because_its_sets_lie_elsewhere():
    with Sim(tls=True, sets=["retry_after=1"]) as sim, Az(sim) as az:
        done = az.try_to(*SNAPSHOTS)
        equal(done.returncode, 1)
        holds("InvalidParameter" in done.stderr and "same region 'eastus'" in done.stderr, done.stderr)
        equal(sim.get(version("1.0.1")).status, 404)


@test
def sets_features_and_providers_answer_az():
    with Sim(tls=True, sets=["retry_after=1"]) as sim, Az(sim) as az:
        made = az.run("disk-encryption-set", "create", "-g", "MyResourceGroup", "-n", "desDouble", "--location", "westus", "--key-url",
                      "https://kv.vault.azure.net/keys/k1/0123456789abcdef0123456789abcdef", "--encryption-type",
                      "EncryptionAtRestWithPlatformAndCustomerKeys")
        equal(made["encryptionType"], "EncryptionAtRestWithPlatformAndCustomerKeys")
        equal(az.run("feature", "register", "--namespace", "Microsoft.Compute", "--name", "SIGEncryption")["properties"]["state"], "Registering")
        equal(az.run("provider", "show", "-n", "Microsoft.Compute")["registrationState"], "Registered")
        found = az.run("sig", "image-version", "list", *COMMON[:6])
        equal([v["name"] for v in found], ["0.9.0"])


@test
def a_wrong_secret_is_shown_with_its_code():
    with Sim(tls=True) as sim, Az(sim) as az:
        done = az.try_to("login", "--service-principal", "-u", "sp", "-p", "wrong", "--tenant", TENANT)
        holds(done.returncode != 0 and "AADSTS7000215" in done.stderr, done.stderr)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
