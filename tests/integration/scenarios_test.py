#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""`acg publish` when Azure does not do what was asked: each outcome has its exit code and a text that names region, disk, asked and found.

    scenarios_test.py ACG_SIM ACG
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, DEFINITION, Report, Sim, holds, test, tests_of  # noqa: E402

ACG = sys.argv[2]
FAST = {"version_ms": 0, "replication_ms": 0}
VERSION = f"{DEFINITION}/versions/1.0.0"


def configuration(**changes):
    config = {
        "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
        "gallery_image_version": "1.0.0", "location": "westus", "managed_image": f"{COMPUTE}/images/myImage",
        "target_regions": ["westus=2", "eastus2"],
        "disk_encryption_sets": {
            "westus/os": "WestUSDiskEncryptionSet1", "westus/0": "WestUSDiskEncryptionSet2",
            "eastus2/os": "EastUS2DiskEncryptionSet1", "eastus2/0": "EastUS2DiskEncryptionSet2",
        },
    }
    config.update(changes)
    return {k: v for k, v in config.items() if v is not None}


def publish(sim, config, *options):
    path = pathlib.Path(sim.folder.name, "publish.json")
    path.write_text(json.dumps(config))
    return subprocess.run([ACG, "publish", "--file", str(path), *options], env=sim.environment(), capture_output=True, text=True,
                          timeout=120)


def expect(scenario, config, code, *words, puts=None):
    with Sim({"speeds": FAST, **scenario}, tls=True) as sim:
        done = publish(sim, config)
        seen = f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        holds(done.returncode == code, f"expected exit {code}: {seen}")
        for word in words:
            holds(word in done.stdout and word in done.stderr, f"{word!r} stands not in both outputs: {seen}")
        if puts is not None:
            holds([r["method"] for r in sim.log()].count("PUT") == puts, f"expected {puts} PUTs: {sim.log()}")
        return done


@test
def a_publish_ends_proved():
    with Sim({"speeds": FAST}, tls=True) as sim:
        done = publish(sim, configuration(encryption_type="customer_key"))
        holds(done.returncode == 0, done.stderr)
        result = json.loads(done.stdout)
        holds(result["state"] == "succeeded" and result["proved"] is True, done.stdout)
        holds(result["version_id"].lower() == VERSION.lower(), done.stdout)
        stored = sim.get(VERSION).body
        regions = stored["properties"]["publishingProfile"]["targetRegions"]
        holds([r["encryption"]["dataDiskImages"][0]["diskEncryptionSetId"].rsplit("/", 1)[1] for r in regions]
              == ["WestUSDiskEncryptionSet2", "EastUS2DiskEncryptionSet2"], str(regions))


@test
def a_check_that_could_not_be_made_is_said_at_once_and_is_no_failure():
    forbidden = {"faults": [{"method": "GET", "path": "*/diskEncryptionSets/EastUS2DiskEncryptionSet1", "times": 1, "status": 403,
                             "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}]}
    done = expect(forbidden, configuration(encryption_type="customer_key"), 0, "could not be checked", "EastUS2DiskEncryptionSet1", puts=1)
    said = done.stderr
    holds("unknown: " in said and said.index("could not be checked") < said.index("Azure creates the version"), said)
    holds(said.count("could not be checked") == 1, said)


@test
def a_region_that_fails_is_named():
    expect({"versions": [{"regions": {"eastus2": {"fail": "Storage allocation failure"}}}]}, configuration(), 6,
           "eastus2", "Storage allocation failure", puts=1)


TRUSTED = ("Replication failed in this region due to 'Contract.Assert failed: Data model DiskEncryptionSetId '' does not match DiskRP "
           "returned DiskEncryptionSetId '/subscriptions/s/d'")
LARGE = "Replication failed in this region due to 'The GalleryImageVersion source resource size 2520 exceeds the max size 2048 supported.'"


@test
def what_azure_says_of_a_region_comes_with_cause_and_next_step_beside_its_own_words():
    failing = {"eastus2": {"fail": TRUSTED, "ms": 500}, "westus": {"fail": LARGE, "ms": 500}}
    done = expect({"versions": [{"regions": failing}]}, configuration(), 6, TRUSTED, LARGE, "Trusted Launch", "larger than an image version", puts=1)
    by_name = {r["name"]: r for r in json.loads(done.stdout)["regions"]}
    holds("Trusted Launch" in by_name["eastus2"]["cause"] and "platform keys" in by_name["eastus2"]["next_step"], done.stdout)
    holds("larger" in by_name["westus"]["cause"] and by_name["westus"]["details"] == LARGE, done.stdout)
    error = json.loads(done.stdout)["error"]
    holds(error["cause"] and error["next_step"] and TRUSTED in error["message"], done.stdout)


@test
def a_refusal_of_azures_is_followed_by_cause_and_next_step():
    says = "Too many requests on source '/subscriptions/s/i'. Please reduce the number of requests on the source or wait some time before retrying."
    faults = [{"method": "PUT", "path": "*/versions/*", "status": 400, "body": {"error": {"code": "InvalidParameter", "message": says}}}]
    done = expect({"faults": faults}, configuration(timeout="20s"), 6, says, puts=1)  # no time to wait and try again
    lines = done.stderr.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("error: "))
    holds(says in lines[at] and lines[at + 1].startswith("cause: several versions") and lines[at + 2].startswith("next step: publish them one"), done.stderr)
    error = json.loads(done.stdout)["error"]
    holds(error["cause"] in lines[at + 1] and error["next_step"] in lines[at + 2], done.stdout)


@test
def what_the_catalogue_does_not_know_is_shown_as_it_is():
    faults = [{"method": "PUT", "path": "*/versions/*", "status": 400, "body": {"error": {"code": "Unheard", "message": "of this"}}}]
    done = expect({"faults": faults}, configuration(), 6, "Unheard", "of this", puts=1)
    error = json.loads(done.stdout)["error"]
    holds("cause: " not in done.stderr and error["cause"] is None and error["next_step"] is None, done.stdout + done.stderr)


@test
def a_stored_disk_without_its_key_is_a_mismatch():
    lost = "publishingProfile/targetRegions/name=westus/encryption/dataDiskImages/lun=0"
    done = expect({"versions": [{"store": [{"at": lost}]}]}, configuration(), 7, "westus", "LUN 0", "WestUSDiskEncryptionSet2", puts=1)
    holds(json.loads(done.stdout)["error"]["request_id"], f"no request id of the reading, for a support case: {done.stdout}")


@test
def a_publish_that_outlasts_its_time_says_how_to_look():
    with Sim({"speeds": {"version_ms": 3600000}}, tls=True) as sim:
        done = publish(sim, configuration(timeout="1s"))
        holds(done.returncode == 10, f"exit {done.returncode}: {done.stderr}")
        holds(": ;" not in done.stderr, f"a reading that nobody made: {done.stderr}")
        holds("az sig image-version show --subscription" in done.stderr and "-e 1.0.0 --expand ReplicationStatus" in done.stderr, done.stderr)
        result = json.loads(done.stdout)
        holds(result["state"] == "running" and result["encryption_type"] is None, done.stdout)
        holds([r["replicas"] for r in result["regions"]] == [2, None], f"as asked, since nothing was read: {done.stdout}")


@test
def a_source_disk_that_nobody_named_stops_before_the_first_write():
    image = {"id": f"{COMPUTE}/images/myImage", "location": "westus", "properties": {
        "hyperVGeneration": "V2", "storageProfile": {
            "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, "managedDisk": {"id": f"{COMPUTE}/disks/os"}},
            "dataDisks": [{"lun": 0, "diskSizeGB": 4, "managedDisk": {"id": f"{COMPUTE}/disks/d0"}},
                          {"lun": 7, "diskSizeGB": 4, "managedDisk": {"id": f"{COMPUTE}/disks/d7"}}]}}}
    expect({"resources": [image]}, configuration(), 3, "LUN 7", puts=0)


@test
def a_version_that_exists_is_a_conflict():
    expect({}, configuration(gallery_image_version="0.9.0"), 5, "0.9.0", puts=0)


@test
def a_set_that_is_not_double_is_refused():
    done = expect({}, configuration(encryption_type="double"), 3, "WestUSDiskEncryptionSet1",
                  "EncryptionAtRestWithPlatformAndCustomerKeys", "EncryptionAtRestWithCustomerKey", puts=0)
    holds("westus" in done.stderr, done.stderr)


@test
def another_writer_in_between_is_a_conflict():
    expect({"versions": [{"other_writer": True}]}, configuration(), 5, "1.0.0", puts=1)


@test
def an_operation_that_fails_shows_azures_words():
    fail = {"code": "InternalOperationError", "message": "Replication failed in this region"}
    expect({"versions": [{"operation": {"fail": fail}}]}, configuration(), 6, "InternalOperationError", "Replication failed", puts=1)


@test
def a_wrong_secret_is_a_login_failure():
    with Sim({"speeds": FAST}, tls=True) as sim:
        path = pathlib.Path(sim.folder.name, "publish.json")
        path.write_text(json.dumps(configuration()))
        done = subprocess.run([ACG, "publish", "--file", str(path)], env=sim.environment(AZURE_CLIENT_SECRET="wr0ng-s3cret"),
                              capture_output=True, text=True, timeout=120)
        holds(done.returncode == 4 and "AADSTS7000215" in done.stderr, done.stderr)
        holds("wr0ng-s3cret" not in done.stderr + done.stdout, "the secret was shown")


@test
def throttling_is_waited_out():
    fault = {"method": "PUT", "path": "*/versions/*", "times": 2, "status": 429, "headers": {"Retry-After": "1"}}
    expect({"faults": [fault]}, configuration(), 0, puts=3)


@test
def a_lost_answer_to_the_put_is_settled_by_reading():
    expect({"faults": [{"method": "PUT", "path": "*/versions/*", "times": 1, "drop": "after"}]}, configuration(), 0, puts=1)


@test
def an_empty_network_is_temporary():
    with Sim({"speeds": FAST}, tls=True) as sim:
        path = pathlib.Path(sim.folder.name, "publish.json")
        path.write_text(json.dumps(configuration()))
        env = sim.environment(AZURE_AUTHORITY_HOST="https://localhost:1", ACG_RESOURCE_MANAGER_ENDPOINT="https://localhost:1")
        done = subprocess.run([ACG, "publish", "--file", str(path)], env=env, capture_output=True, text=True, timeout=300)
        holds(done.returncode == 75, f"{done.returncode} {done.stderr}")


report = Report()
report.run(tests_of(globals()))
report.end()
