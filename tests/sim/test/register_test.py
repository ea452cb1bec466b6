# SPDX-License-Identifier: MPL-2.0
"""Features, providers and resource groups: what takes its time, and what is refused meanwhile."""
from setuptest import refused
from simtest import COMPUTE, GROUP, SUBSCRIPTION, Report, Sim, equal, holds, test, tests_of

API = "2021-07-01"
FEATURES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features"
OLD = FEATURES + "/providers/Microsoft.Compute/features/SIGEncryption"
NEW = FEATURES + "/featureProviders/Microsoft.Compute/subscriptionFeatureRegistrations/SIGEncryption"
SLOW = {"clock": "manual", "speeds": {"feature_ms": 1000, "provider_ms": 1000, "group_ms": 1000}}
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute"


def old_state(answer):
    equal((answer.status, answer.body.get("id"), answer.body.get("name")), (200, OLD, "Microsoft.Compute/SIGEncryption"))
    return answer.body["properties"]["state"]


def new_state(answer):
    equal((answer.status, answer.body.get("id"), answer.body.get("type")),
          (200, NEW, "microsoft.features/featureproviders/subscriptionfeatureregistrations"))
    return answer.body["properties"]["state"]


def feature(**members):
    return {**SLOW, "features": {"Microsoft.Compute/SIGEncryption": {"state": "NotRegistered", **members}}}


@test
def a_feature_registers_in_either_form():
    for register, unregister in ((lambda sim: old_state(sim.arm("POST", OLD + "/register", api=API)),
                                  lambda sim: old_state(sim.arm("POST", OLD + "/unregister", api=API))),
                                 (lambda sim: new_state(sim.put(NEW, {}, api=API)), lambda sim: new_state(sim.arm("DELETE", NEW, api=API)))):
        with Sim(SLOW) as sim:
            both = lambda: (old_state(sim.get(OLD, api=API)), new_state(sim.get(NEW, api=API)))
            equal(both(), ("NotRegistered",) * 2)
            equal(unregister(sim), "NotRegistered", "there is nothing to take back")
            equal(register(sim), "Registering")
            sim.advance(999)
            equal((register(sim), both()), ("Registering", ("Registering",) * 2), "asking again does not start over")
            sim.advance(1)
            equal((register(sim), both()), ("Registered", ("Registered",) * 2))
            equal(unregister(sim), "Unregistering")
            sim.advance(1000)
            equal(both(), ("Unregistered",) * 2)


@test
def a_feature_that_needs_approval_is_pending():
    with Sim(feature(approvalType="ApprovalRequired")) as sim:
        equal(old_state(sim.arm("POST", OLD + "/register", api=API)), "Pending")
        sim.advance(10 ** 6)
        equal(sim.get(NEW, api=API).body["properties"]["approvalType"], "ApprovalRequired")
        equal(old_state(sim.get(OLD, api=API)), "Pending", "nobody ever approves it")
    with Sim(feature(approvalType="ApprovalRequired", approve_ms=5000)) as sim:
        equal(new_state(sim.put(NEW, {}, api=API)), "Pending")
        sim.advance(4999)
        equal(old_state(sim.arm("POST", OLD + "/register", api=API)), "Pending")
        sim.advance(1)
        equal(new_state(sim.get(NEW, api=API)), "Registered")


@test
def what_cannot_be_registered_says_so():
    with Sim(feature(refuses=True)) as sim:
        for answer in (sim.arm("POST", OLD + "/register", api=API), sim.put(NEW, {}, api=API)):
            refused(answer, 400, "FeatureRegistrationUnsupported", "The feature 'SIGEncryption' does not support registration.")
        equal(old_state(sim.get(OLD, api=API)), "NotRegistered")
        for answer in (sim.get(OLD + "x", api=API), sim.arm("POST", OLD + "x/register", api=API), sim.put(NEW + "x", {}, api=API)):
            refused(answer, 404, "FeatureNotFound", "The feature 'SIGEncryptionx' could not be found.")
        for method, place in (("POST", NEW + "/register"), ("DELETE", OLD), ("PUT", OLD), ("GET", OLD + "/register"), ("POST", OLD)):
            equal(sim.arm(method, place, {} if method == "PUT" else None, api=API).status, 405, f"{method} {place}")


@test
def features_are_listed_with_their_states():
    with Sim({**SLOW, "features": {"Microsoft.Network/Other": {"state": "Registered"}}}) as sim:
        states = lambda place: {f["name"]: f["properties"]["state"] for f in sim.get(place, api=API).body["value"]}
        equal(states(FEATURES + "/features"), {"Microsoft.Compute/SIGEncryption": "NotRegistered", "Microsoft.Network/Other": "Registered"})
        sim.arm("POST", OLD + "/register", api=API)
        equal(states(FEATURES + "/providers/Microsoft.Compute/features"), {"Microsoft.Compute/SIGEncryption": "Registering"})
        sim.advance(1000)
        equal(states(FEATURES + "/features")["Microsoft.Compute/SIGEncryption"], "Registered")


@test
def a_provider_registers_in_its_time_and_asking_again_does_not_start_over():
    with Sim({**SLOW, "providers": {"Microsoft.Compute": "NotRegistered"}}) as sim:
        state = lambda method, action="": sim.arm(method, PROVIDER.lower() + action, api="2022-09-01").body["registrationState"]
        disk = lambda: sim.put(COMPUTE + "/disks/d1", {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}, api=API)
        refused(disk(), 409, "MissingSubscriptionRegistration", "not registered to use namespace 'Microsoft.Compute'")
        equal(state("POST", "/unregister"), "NotRegistered")
        equal(state("POST", "/register"), "Registering")
        sim.advance(999)
        equal(state("POST", "/register"), "Registering")
        sim.advance(1)
        equal((state("GET"), state("POST", "/register"), disk().status), ("Registered", "Registered", 202))
        listed = {p["namespace"]: p["registrationState"] for p in sim.get(PROVIDER.rpartition("/")[0], api="2022-09-01").body["value"]}
        equal((listed["Microsoft.Compute"], listed["Microsoft.KeyVault"]), ("Registered", "Registered"))
        equal(state("POST", "/unregister"), "Unregistering")
        sim.advance(1000)
        equal(state("GET"), "Unregistered")
        refused(disk(), 409, "MissingSubscriptionRegistration", "Microsoft.Compute")
        refused(sim.arm("POST", PROVIDER + "x/register", api="2022-09-01"), 404, "InvalidResourceNamespace", "Microsoft.Computex")


@test
def a_group_goes_with_everything_in_it_when_its_time_is_over():
    group = GROUP.replace("MyResourceGroup", "vmtest")
    disk = group + "/providers/Microsoft.Compute/disks/d1"
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}}
    with Sim(SLOW) as sim:
        made = sim.put(group, {"location": "westus", "tags": {"made-by": "acg"}}, api=API)
        equal((made.status, made.body["tags"], sim.get(group, api=API).body), (201, {"made-by": "acg"}, made.body))
        equal((sim.put(group, {"location": "westus", "tags": {}}, api=API).status, sim.arm("HEAD", group, api=API).status), (200, 204))
        refused(sim.put(group, {"location": "eastus2"}, api=API), 409, "InvalidResourceLocation", "already exists in location 'westus'")
        equal(sim.put(disk, body, api=API).status, 202)
        going = sim.arm("DELETE", group, api=API)
        equal((going.status, "azure-asyncoperation" in going.headers, sim.poll(going, "location").status), (202, False, 202))
        equal((sim.get(group, api=API).body["properties"]["provisioningState"], sim.get(disk, api=API).status), ("Deleting", 200))
        text = "The resource group 'vmtest' is in deprovisioning state and cannot perform this operation."
        for answer in (sim.put(disk + "b", body, api=API), sim.put(group, {"location": "westus"}, api=API)):
            refused(answer, 409, "ResourceGroupBeingDeleted", text)
        sim.advance(1000)
        equal((sim.poll(going, "location").status, sim.arm("HEAD", group, api=API).status, sim.get(disk, api=API).status), (200, 404, 404))
        refused(sim.arm("DELETE", group, api=API), 404, "ResourceGroupNotFound", "'vmtest'")
        equal(sim.put(group, {"location": "eastus2"}, api=API).status, 201)
        equal((sim.get(disk, api=API).status, sim.get(group + "/resources", api=API).body), (404, {"value": []}))


@test
def what_is_in_a_group_is_listed():
    vaults = "/providers/Microsoft.KeyVault/vaults"
    with Sim({"resources": [{"id": GROUP + vaults + "/v1", "location": "westus"}, {"id": GROUP + vaults + "/v1/keys/k1"},
                            {"id": GROUP.replace("MyResourceGroup", "other") + vaults + "/v2", "location": "eastus2", "tags": {"a": "b"}}]}) as sim:
        names = lambda place, text="": [r["name"] for r in sim.get(place + "/resources", api=API, query=text and "&$filter=" + text).body["value"]]
        own = names(GROUP)
        holds({"MyGallery", "srcVm", "v1"} <= set(own) and not {"MyImage", "k1", "v2", "MyResourceGroup"} & set(own), own)
        of_type = "resourceType%20eq%20'Microsoft.KeyVault/vaults'"
        subscription = f"/subscriptions/{SUBSCRIPTION}"
        equal((names(GROUP, of_type), names(subscription, of_type)), (["v1"], ["v1", "v2"]))
        equal(names(subscription, of_type + "%20and%20name%20eq%20'V2'"), ["v2"])
        one = sim.get(subscription + "/resources", api=API, query="&$filter=name%20eq%20'v2'").body["value"][0]
        equal(one, {"id": GROUP.replace("MyResourceGroup", "other") + vaults + "/v2", "name": "v2", "type": "Microsoft.KeyVault/vaults",
                    "location": "eastus2", "tags": {"a": "b"}})
        refused(sim.get(GROUP + "x/resources", api=API), 404, "ResourceGroupNotFound", "MyResourceGroupx")


@test
def a_misspelt_member_of_a_feature_is_no_scenario():
    try:
        with Sim({"features": {"Microsoft.Compute/SIGEncryption": {"sate": "Registered"}}}):
            started = True
    except RuntimeError:
        started = False
    holds(not started, "acg-sim took it")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
