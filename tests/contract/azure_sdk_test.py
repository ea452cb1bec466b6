# SPDX-License-Identifier: MPL-2.0
"""Microsoft's Python SDK publishes an encrypted image version on acg-sim: create, poll, read back, replication status."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim", "test"))
from simtest import COMPUTE, IMAGE, SUBSCRIPTION, Report, Sim, des, equal, holds, test, tests_of, version

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient

PLACE = ("MyResourceGroup", "MyGallery", "MyImage")


def client(sim, secret="secret"):
    """The adfs authority spares MSAL the instance discovery at a public host."""
    os.environ["REQUESTS_CA_BUNDLE"] = sim.ca
    credential = ClientSecretCredential("adfs", "sp", secret, authority=sim.base)
    return ComputeManagementClient(credential, SUBSCRIPTION, base_url=sim.base, credential_scopes=[sim.base + "/.default"],
                                   polling_interval=1)


def region(name, os_set, data_set, count=1):
    return {"name": name, "regional_replica_count": count, "storage_account_type": "Standard_LRS", "encryption": {
        "os_disk_image": {"disk_encryption_set_id": des(os_set)},
        "data_disk_images": [{"lun": 0, "disk_encryption_set_id": des(data_set)}]}}


def wanted(source):
    return {"location": "westus", "publishing_profile": {"target_regions": [
        region("westus", "WestUSDiskEncryptionSet1", "WestUSDiskEncryptionSet2", 2),
        region("eastus2", "EastUS2DiskEncryptionSet1", "EastUS2DiskEncryptionSet2")]}, "storage_profile": source}


@test
def the_managed_image_example_is_created_polled_and_read():
    with Sim(tls=True, sets=["speeds.replication_ms=1500", "retry_after=1"]) as sim:
        versions = client(sim).gallery_image_versions
        made = versions.begin_create_or_update(*PLACE, "1.0.0", wanted({"source": {"id": IMAGE}})).result()
        equal(made.provisioning_state, "Succeeded")
        read = versions.get(*PLACE, "1.0.0", expand="ReplicationStatus")
        equal(read.replication_status.aggregated_state, "Completed")
        equal([(r.region, r.progress) for r in read.replication_status.summary], [("westus", 100), ("eastus2", 100)])
        sets = [(r.name, r.encryption.os_disk_image.disk_encryption_set_id,
                 [(d.lun, d.disk_encryption_set_id) for d in r.encryption.data_disk_images]) for r in read.publishing_profile.target_regions]
        equal(sets, [("West US", des("WestUSDiskEncryptionSet1"), [(0, des("WestUSDiskEncryptionSet2"))]),
                     ("East US 2", des("EastUS2DiskEncryptionSet1"), [(0, des("EastUS2DiskEncryptionSet2"))])])
        holds(len([line for line in sim.log() if "/capsOperations/" in line["path"]]) >= 2, "the SDK polled the operation")
        versions.begin_delete(*PLACE, "1.0.0").result()
        equal(sim.get(version("1.0.0")).status, 404)


@test
def the_snapshot_example_is_created_with_double_encryption():
    source = {"os_disk_image": {"source": {"id": COMPUTE + "/snapshots/myOSSnapshot"}},
              "data_disk_images": [{"lun": 0, "source": {"id": COMPUTE + "/snapshots/myDDSnapshot"}}]}
    body = wanted(source)
    body["publishing_profile"]["target_regions"] = [region("westus", "WestUSDoubleEncryptionSet", "WestUSDoubleEncryptionSet"),
                                                    region("eastus2", "EastUS2DoubleEncryptionSet", "EastUS2DoubleEncryptionSet")]
    with Sim(tls=True, sets=["retry_after=1"]) as sim:
        compute = client(sim)
        made = compute.gallery_image_versions.begin_create_or_update(*PLACE, "1.0.1", body).result()
        equal(made.provisioning_state, "Succeeded")
        used = compute.disk_encryption_sets.get("MyResourceGroup", "EastUS2DoubleEncryptionSet")
        equal((used.encryption_type, used.location), ("EncryptionAtRestWithPlatformAndCustomerKeys", "eastus2"))


@test
def sets_of_another_region_are_refused():
    body = wanted({"source": {"id": IMAGE}})
    body["publishing_profile"]["target_regions"][1]["name"] = "eastus"
    with Sim(tls=True) as sim:
        try:
            client(sim).gallery_image_versions.begin_create_or_update(*PLACE, "1.0.0", body)
            raise AssertionError("the SDK saw no error")
        except HttpResponseError as error:
            equal((error.status_code, error.error.code), (400, "InvalidParameter"))


@test
def a_failed_operation_and_a_missing_version_raise():
    fail = {"code": "ReplicationJobFailed", "message": "made to fail"}
    with Sim({"versions": [{"operation": {"fail": fail}}]}, tls=True, sets=["retry_after=1"]) as sim:
        versions = client(sim).gallery_image_versions
        try:
            versions.begin_create_or_update(*PLACE, "1.0.0", wanted({"source": {"id": IMAGE}})).result()
            raise AssertionError("the SDK saw no failure")
        except HttpResponseError as error:
            holds("ReplicationJobFailed" in str(error), error)
        try:
            versions.get(*PLACE, "9.9.9")
            raise AssertionError("the SDK found a version that is not there")
        except ResourceNotFoundError as error:
            equal(error.status_code, 404)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
