# SPDX-License-Identifier: MPL-2.0
"""What a client reads before it publishes: shapes of the answers, refusals by fault, and how the log times requests."""
import json
import subprocess
import threading

from simtest import (COMPUTE, DEFINITION, GALLERY, IMAGE, SUBSCRIPTION, TENANT, Report, Sim, des, equal, holds, most_at_once, plain_body,
                     program, rounds, test, tests_of, version)

BASE = f"/subscriptions/{SUBSCRIPTION}"
VAULT = COMPUTE.replace("Compute", "KeyVault") + "/vaults/v1"
VERSIONS = "Microsoft.Compute/galleries/images/versions"


def has(body, names, what):
    missing = [name for name in names if name not in body]
    equal(missing, [], what)


@test
def a_subscription_and_its_state():
    for state in ("Enabled", "Disabled", "Warned"):
        with Sim({"subscriptions": [{"subscriptionId": SUBSCRIPTION, "state": state, "tenantId": TENANT}]}) as sim:
            body = sim.get(BASE, api="2022-12-01").body
            equal((body["state"], body["subscriptionId"], body["tenantId"]), (state, SUBSCRIPTION, TENANT))
            equal([s["state"] for s in sim.get("/subscriptions", api="2022-12-01").body["value"]], [state])


@test
def a_provider_with_its_types():
    seeded = {"resource_types": {VERSIONS: {"locations": ["westus", "East US 2"], "apiVersions": ["2019-12-01", "2021-07-01"]}}}
    with Sim({**seeded, "providers": {"Microsoft.Compute": "Registering"}}) as sim:
        body = sim.get(BASE + "/providers/Microsoft.Compute", api="2022-09-01").body
        equal(body["registrationState"], "Registering")
        types = {t["resourceType"]: t for t in body["resourceTypes"]}
        mine = types["galleries/images/versions"]
        equal((mine["locations"], mine["apiVersions"]), (["East US 2", "West US"], ["2021-07-01", "2019-12-01"]))
        holds("2023-07-03" in types["galleries"]["apiVersions"] and "West Europe" in types["galleries"]["locations"], "other types are as they were")
        equal(sim.get(version("0.9.0"), api="2023-07-03").code(), "NoRegisteredProviderFound")
        equal(sim.get(version("0.9.0"), api="2021-07-01").status, 200)


@test
def regions_and_edge_zones():
    with Sim() as sim:
        zones = {z["name"]: z for z in sim.get(BASE + "/locations", api="2022-12-01", query="&includeExtendedLocations=true").body["value"]}
        zone = zones["microsoftlosangeles1"]
        equal((zone["type"], zone["id"], zone["metadata"]["homeLocation"]),
              ("EdgeZone", f"{BASE}/locations/westus/edgeZones/microsoftlosangeles1", "westus"))
        has(zone["metadata"], ("regionType", "regionCategory", "geography", "geographyGroup", "longitude", "latitude"), "edge zone")
        has(zones["eastus2"]["metadata"], ("regionType", "regionCategory", "geography", "geographyGroup", "physicalLocation", "pairedRegion"), "region")
        holds("availabilityZoneMappings" in zones["eastus2"] and "availabilityZoneMappings" not in zones["westus"], "zones as in R29")


@test
def a_gallery_and_its_sharing():
    groups = [{"type": "Subscriptions", "ids": [SUBSCRIPTION]}]
    shared = {"id": GALLERY, "location": "westus", "properties": {"sharingProfile": {"permissions": "Groups", "groups": groups}}}
    with Sim({"resources": [shared]}) as sim:
        equal(sim.get(GALLERY).body["properties"]["sharingProfile"], {"permissions": "Groups"})
        for query in ("&$select=Permissions", "&$expand=SharingProfile/Groups"):
            equal(sim.get(GALLERY, query=query).body["properties"]["sharingProfile"]["groups"], groups)
    with Sim() as sim:
        holds("sharingProfile" not in sim.get(GALLERY).body["properties"], "private")
        properties = sim.get(GALLERY, query="&$select=Permissions").body["properties"]
        equal(properties["sharingProfile"], {"permissions": "Private"})
        equal(list(properties)[-1], "provisioningState", "its place")


@test
def what_sources_show():
    with Sim({"resources": [{"id": DEFINITION, "location": "westus", "properties": {
            "osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2", "architecture": "x64", "purchasePlan": {"name": "n"},
            "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}]}}]}) as sim:
        properties = lambda path, **more: sim.get(path, **more).body["properties"]
        has(properties(DEFINITION), ("osType", "osState", "hyperVGeneration", "architecture", "purchasePlan", "features", "provisioningState"), "definition")
        for path in (COMPUTE + "/snapshots/myOSSnapshot", COMPUTE + "/disks/srcVm_os"):
            has(properties(path, api="2023-10-02"), ("provisioningState", "osType", "hyperVGeneration", "diskSizeGB", "diskSizeBytes", "diskState",
                "timeCreated", "uniqueId", "creationData", "encryption", "networkAccessPolicy", "publicNetworkAccess"), path)
        has(properties(IMAGE, api="2022-11-01"), ("provisioningState", "hyperVGeneration", "storageProfile"), "image")
        has(properties(COMPUTE + "/virtualMachines/srcVm", api="2023-03-01"), ("vmId", "provisioningState", "storageProfile"), "machine")


@test
def sets_vaults_and_keys():
    rotation = {"rotationToLatestKeyVersionEnabled": True, "lastKeyRotationTimestamp": "2026-01-01T00:00:00Z",
                "autoKeyRotationError": {"code": "KeyNotFound", "message": "gone"}}
    vault = {"tenantId": TENANT, "enableSoftDelete": True, "enablePurgeProtection": True, "enableRbacAuthorization": False, "accessPolicies": []}
    key = {"attributes": {"enabled": True, "exp": 4000000000}, "kty": "RSA", "keySize": 3072, "keyUriWithVersion": "https://v1.vault.azure.net/keys/k/1"}
    with Sim({"resources": [
            {"id": VAULT, "location": "westus", "properties": vault}, {"id": VAULT + "/keys/k", "location": "westus", "properties": key},
            {"id": des("s"), "location": "westus", "properties": {"activeKey": {"keyUrl": "https://v1.vault.azure.net/keys/k/1", "sourceVault": {"id": VAULT}},
                                                                  **rotation}}]}) as sim:
        body = sim.get(des("s"), api="2023-10-02").body
        has(body["identity"], ("type", "principalId", "tenantId"), "identity")
        has(body["properties"], ("activeKey", "encryptionType", "provisioningState", *rotation), "set")
        equal(body["properties"]["activeKey"]["sourceVault"], {"id": VAULT})
        shown = sim.get(VAULT, api="2023-02-01").body
        equal((shown["location"], {k: shown["properties"][k] for k in vault}), ("westus", vault))
        shown = sim.get(VAULT + "/keys/k", api="2023-02-01").body
        equal((shown["type"], {k: shown["properties"][k] for k in key}), ("Microsoft.KeyVault/vaults/keys", key))


@test
def counters_per_region():
    place = lambda region: f"{BASE}/providers/Microsoft.Compute/locations/{region}/usages"
    with Sim({"usages": {"East US 2": {"StandardSnapshotCount": {"currentValue": 74999}}, "*": {"ZRSSnapshotCount": {"limit": 5}}}}) as sim:
        def read(region):
            return {u["name"]["value"]: (u["currentValue"], u["limit"]) for u in sim.get(place(region), api="2024-07-01").body["value"]}
        west, east = read("westus"), read("eastus2")
        equal((west["GalleryImageVersion"], west["StandardSnapshotCount"], west["ZRSSnapshotCount"]), ((1, 10000), (3, 75000), (0, 5)))
        equal((east["GalleryImageVersion"], east["StandardSnapshotCount"]), ((0, 10000), (74999, 75000)))
        sim.put(version("1.0.0"), plain_body(("westus", "eastus2")))
        equal((read("westus")["GalleryImageVersion"][0], read("eastus2")["GalleryImageVersion"][0]), (2, 0), "counted in the home region")


@test
def refusals_by_fault():
    paths = {"subscription": BASE, "provider": BASE + "/providers/Microsoft.Compute", "locations": BASE + "/locations", "gallery": GALLERY,
             "definition": DEFINITION, "set": des("WestUSDiskEncryptionSet1"), "image": IMAGE, "snapshot": COMPUTE + "/snapshots/myOSSnapshot",
             "usages": BASE + "/providers/Microsoft.Compute/locations/westus/usages"}
    for path in paths.values():
        with Sim({"faults": [{"method": "GET", "path": path, "times": 1, "status": 403, "code": "AuthorizationFailed"},
                             {"method": "GET", "path": path, "times": 1, "status": 404, "code": "ResourceNotFound"}]}) as sim:
            api = "2023-10-02" if "diskEncryptionSets" in path else "2023-07-03"
            first, second, third = (sim.get(path, api=api) for _ in range(3))
            equal((first.status, first.code()), (403, "AuthorizationFailed"))
            holds("does not have authorization to perform action" in first.message() and path in first.message(), first.message())
            equal((second.status, second.code()), (404, "ResourceNotFound"))
            equal(third.status, 200)
    with Sim({"faults": [{"path": IMAGE, "status": 403, "code": "AuthorizationFailed"}]}) as sim:
        holds("'Microsoft.Compute/images/read'" in sim.get(IMAGE).message(), "the action")
    with Sim({"faults": [{"status": 403, "code": "Own", "message": "own words", "path": IMAGE}]}) as sim:
        equal((sim.get(IMAGE).code(), sim.get(IMAGE).message()), ("Own", "own words"))


def at_once(sim, paths):
    """GET each path over a connection of its own, all at the same time."""
    token = sim.login().body["access_token"]
    ready = threading.Barrier(len(paths))
    found = []

    def one(path):
        connection = sim.connect()
        connection.connect()
        ready.wait()
        connection.request("GET", path + "?api-version=2023-07-03", headers={"Authorization": "Bearer " + token})
        found.append(connection.getresponse().status)
        connection.close()
    threads = [threading.Thread(target=one, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@test
def answers_take_their_time_without_holding_each_other_up():
    with Sim({"latency_ms": 300}) as sim:
        equal(at_once(sim, [IMAGE] * 8), [200] * 8)
        reads = [entry for entry in sim.log() if entry["method"] == "GET"]
        equal((len(reads), rounds(reads), most_at_once(reads)), (8, 1, 8))
        equal(len({entry["connection"] for entry in reads}), 8)
        for entry in reads:
            holds(300000 <= entry["end_us"] - entry["start_us"] < 600000, entry)
    with Sim({"latency_ms": 20}) as sim:
        for path in (IMAGE, GALLERY, DEFINITION):
            sim.get(path)
        log = sim.log()
        equal((rounds(log), most_at_once(log)), (4, 1), "a token and three reads, one after the other")
        equal([entry["n"] for entry in log], [1, 2, 3, 4])
        has(log[0], ("n", "connection", "start_us", "end_us", "method", "path", "status"), "log entry")
        equal(log[0]["start_us"], 0)


@test
def a_faults_delay_replaces_the_latency():
    with Sim({"latency_ms": 5000, "faults": [{"path": "*", "delay_ms": 1}]}) as sim:
        sim.get(IMAGE)
        holds(all(entry["end_us"] - entry["start_us"] < 2000000 for entry in sim.log()), "fast")


@test
def misspelt_facts_are_refused():
    for bad in ({"resource_types": {VERSIONS: {"location": []}}}, {"usages": {"westus": {"Gallery": {"value": 1}}}}):
        done = subprocess.run([program(), "--scenario", "/dev/stdin"], input=json.dumps(bad), text=True, capture_output=True, timeout=20)
        equal(done.returncode, 2)
        holds("no such member" in done.stderr, done.stderr)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
