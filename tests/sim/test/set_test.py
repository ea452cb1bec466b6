# SPDX-License-Identifier: MPL-2.0
"""Disk encryption sets: how they are written, and when they work."""
from setuptest import (GUIDS, KEY_USER, READER, SET_API, change, policy, put_disk, put_key, put_policy, put_role, put_set, put_vault,
                       refused, set_body, vault)
from simtest import COMPUTE, GROUP, SUBSCRIPTION, TENANT, Report, Sim, des, equal, holds, test, tests_of

KEY_URL = "https://elsewhere.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef"
OTHER_URL = KEY_URL.replace("/k/", "/k2/")
FORBIDDEN = "Please grant get, wrap and unwrap key permissions to disk encryption set 'set1'"
OTHER = "99999999-0000-0000-0000-000000000000"


def patch(sim, body, name="set1", api=SET_API):
    return sim.arm("PATCH", des(name), body, api=api)


def read(sim, name="set1"):
    return sim.get(des(name), api=SET_API)


@test
def a_set_is_accepted_and_shows_its_principal_when_it_is_finished():
    with Sim({"clock": "manual", "speeds": {"des_ms": 1000}}) as sim:
        made = sim.put(des("set1"), set_body(KEY_URL, vault_id=vault()), api=SET_API)
        equal(made.status, 202)
        equal(made.body, {**set_body(KEY_URL, vault_id=vault()), "properties": {
            "activeKey": {"keyUrl": KEY_URL, "sourceVault": {"id": vault()}}, "provisioningState": "Updating"}})
        holds("/DiskOperations/" in made.headers["azure-asyncoperation"] and "monitor=true" in made.headers["location"], made.headers)
        equal((sim.poll(made).body["status"], sim.poll(made, "location").status), ("InProgress", 202))
        sim.advance(1000)
        shown = sim.poll(made).body["properties"]["output"]
        equal((shown["properties"]["encryptionType"], shown["properties"]["provisioningState"]), ("EncryptionAtRestWithCustomerKey", "Succeeded"))
        equal((len(shown["identity"]["principalId"]), shown["identity"]["tenantId"], shown), (36, TENANT, read(sim).body))
        for place in (GROUP, f"/subscriptions/{SUBSCRIPTION}"):
            names = [d["name"] for d in sim.get(place + "/providers/Microsoft.Compute/diskEncryptionSets", api=SET_API).body["value"]]
            holds("set1" in names and "WestUSDiskEncryptionSet1" in names, names)


@test
def a_key_without_its_version_and_an_unknown_type_are_refused():
    with Sim() as sim:
        for url in (KEY_URL.rpartition("/")[0], "http://v/keys/k/1", "x", ""):
            refused(sim.put(des("set1"), set_body(url), api=SET_API), 400, "InvalidParameter", "a key URL with its version is expected")
        refused(sim.put(des("set1"), set_body(KEY_URL, encryptionType="None"), api=SET_API), 400, "InvalidParameter", "The value 'None'")
        equal(read(sim).status, 404)


@test
def an_update_keeps_the_principal_and_changes_the_key():
    with Sim() as sim:
        sim.put(des("set1"), set_body(KEY_URL), api=SET_API)
        before = read(sim).body
        holds("lastKeyRotationTimestamp" not in before["properties"], "no rotation yet")
        sim.put(des("set1"), set_body(OTHER_URL, rotationToLatestKeyVersionEnabled=True), api=SET_API)
        after = read(sim).body
        equal((after["identity"], after["properties"]["activeKey"]["keyUrl"]), (before["identity"], OTHER_URL))
        equal(after["properties"]["rotationToLatestKeyVersionEnabled"], True)
        holds(after["properties"]["lastKeyRotationTimestamp"], "the rotation has a time")
        equal(patch(sim, {"properties": {"activeKey": {"keyUrl": KEY_URL}}}).status, 202)
        equal(read(sim).body["properties"]["activeKey"]["keyUrl"], KEY_URL)
        refused(patch(sim, {"properties": {"activeKey": {"keyUrl": KEY_URL.rpartition("/")[0]}}}), 400, "InvalidParameter", "version")
        for send in (lambda b: patch(sim, b), lambda b: sim.put(des("set1"), {**set_body(KEY_URL), **b}, api=SET_API)):
            body = {"properties": {"encryptionType": "EncryptionAtRestWithPlatformAndCustomerKeys", "activeKey": {"keyUrl": KEY_URL}}}
            refused(send(body), 409, "PropertyChangeNotAllowed", "'encryptionType'")


@test
def the_first_api_version_cannot_change_the_key():
    old = "2019-07-01"
    with Sim() as sim:
        equal(sim.put(des("set1"), set_body(KEY_URL), api=old).status, 202)
        for answer in (patch(sim, {"properties": {"activeKey": {"keyUrl": OTHER_URL}}}, api=old), sim.put(des("set1"), set_body(OTHER_URL), api=old)):
            refused(answer, 409, "OperationNotAllowed", "Changing the key")
        equal((patch(sim, {"tags": {"a": "b"}}, api=old).status, sim.put(des("set1"), set_body(KEY_URL), api=old).status), (202, 202))
        equal(read(sim).body["properties"]["activeKey"]["keyUrl"], KEY_URL)


@test
def identities_come_and_go():
    user = GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity1"
    with Sim() as sim:
        sim.put(des("set1"), set_body(KEY_URL), api=SET_API)
        first = read(sim).body["identity"]["principalId"]
        answer = patch(sim, {"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {user: {}}}})
        equal((answer.status, answer.body["identity"]["type"]), (202, "SystemAssigned"), "the answer shows the set from before")
        both = read(sim).body["identity"]
        equal((both["principalId"], sorted(both["userAssignedIdentities"][user])), (first, ["clientId", "principalId"]))
        patch(sim, {"identity": {"type": "None"}})
        holds("identity" not in read(sim).body, "None takes the identity away")
        patch(sim, {"identity": {"type": "SystemAssigned"}})
        holds(read(sim).body["identity"]["principalId"] != first, "a new identity has a new principal")


@test
def a_set_works_when_an_access_policy_lets_its_identity_use_the_key():
    with Sim() as sim:
        principal = put_set(sim)
        answer = put_disk(sim)
        refused(answer, 403, "KeyVaultAccessForbidden", FORBIDDEN)
        holds("Unable to access key vault resource 'https://acg-vault-1.vault.azure.net/keys/key1/" in answer.message(), answer.message())
        equal(sim.get(COMPUTE + "/disks/d1", api=SET_API).status, 404)
        for policies in ((policy(principal, "get", "wrapKey"),), (policy("somebody"),)):
            put_policy(sim, "add", *policies)
            refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)
        put_policy(sim, "add", policy(principal, "unwrapKey"))
        equal(put_disk(sim).status, 202)
        equal(sim.get(COMPUTE + "/disks/d1", api=SET_API).body["properties"]["encryption"],
              {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": des("set1")})
        put_policy(sim, "remove", policy(principal, "get"))
        refused(put_disk(sim, name="d2"), 403, "KeyVaultAccessForbidden", FORBIDDEN)


@test
def a_set_works_when_a_role_lets_its_identity_use_the_key_after_a_while():
    subscription = f"/subscriptions/{SUBSCRIPTION}"
    scopes = [vault(), vault() + "/keys/key1", GROUP, subscription]
    for scope in scopes:
        with Sim({"clock": "manual", "speeds": {"access_ms": 60000}}) as sim:
            put_vault(sim, enableRbacAuthorization=True)
            principal = put_set(sim)
            put_policy(sim, "add", policy(principal))
            refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)
            equal(put_role(sim, scope, principal, READER, GUIDS[1]).status, 201)
            equal(put_role(sim, scope, principal).status, 201, scope)
            sim.advance(59999)
            refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)
            sim.advance(1)
            equal(put_disk(sim).status, 202, scope)
    with Sim() as sim:
        principal = put_set(sim)
        put_role(sim, vault(), principal)
        refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)  # a vault without RBAC looks at its policies only


@test
def a_role_elsewhere_is_no_help():
    with Sim() as sim:
        put_vault(sim)
        put_vault(sim, "acg-vault-12", enableRbacAuthorization=True)
        principal = put_set(sim, vault_name="acg-vault-12")
        put_role(sim, vault("acg-vault-1"), principal)  # a name that begins alike is another place
        refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)
        put_role(sim, vault("acg-vault-12"), principal, guid=GUIDS[1])
        equal(put_disk(sim).status, 202)


@test
def a_key_that_is_off_expired_or_not_yet_valid_encrypts_nothing():
    key = vault() + "/keys/key1"
    with Sim({"clock": "manual", "clock_start": "2030-01-01T00:00:00Z"}) as sim:
        put_policy_for = put_set(sim)
        put_policy(sim, "add", policy(put_policy_for))
        now = 1893456000
        for attributes, code, text in (({"enabled": False}, "KeyVaultKeyNotEnabled", "is not enabled"), ({"exp": now}, "KeyVaultKeyExpired", "Key is expired."),
                                       ({"nbf": now + 1}, "KeyVaultKeyNotYetValid", "not valid yet")):
            change(sim, key, {"properties": {"attributes": attributes}})
            refused(put_disk(sim), 400, code, text)
            change(sim, key, {"properties": {"attributes": {"enabled": True, "exp": now + 10, "nbf": 0}}})
            equal(put_disk(sim).status, 202)
        sim.advance(10000)
        refused(put_disk(sim), 400, "KeyVaultKeyExpired", "Key is expired.")
        change(sim, key, {"properties": {"kty": "EC", "attributes": {"exp": now + 1000}}})
        refused(put_disk(sim), 400, "KeyVaultKeyTypeNotSupported", "must be an RSA key")
        sim.send("DELETE", "/_sim/resource?id=" + key)
        refused(put_disk(sim), 400, "KeyVaultKeyNotFound", "was not found")


@test
def the_vault_must_be_protected_and_let_the_service_in():
    with Sim() as sim:
        put_vault(sim, enablePurgeProtection=None, enableRbacAuthorization=None)
        principal = put_set(sim)
        put_policy(sim, "add", policy(principal))
        refused(put_disk(sim), 400, "KeyVaultPurgeProtectionNotEnabled", "'acg-vault-1' of disk encryption set 'set1' must have soft delete and purge")
        closed = {"defaultAction": "Deny", "bypass": "None"}
        put_vault(sim, accessPolicies=[policy(principal)], networkAcls=closed)
        refused(put_disk(sim), 403, "KeyVaultAccessForbidden", FORBIDDEN)
        put_vault(sim, accessPolicies=[policy(principal)], networkAcls={**closed, "bypass": "AzureServices"})
        equal(put_disk(sim).status, 202)


@test
def set_vault_and_disk_share_one_region_and_set_and_disk_one_subscription():
    other_set = des("set9").replace(SUBSCRIPTION, OTHER)
    seeds = {"subscriptions": [{"subscriptionId": OTHER}], "resources": [{"id": other_set, "location": "westus"}]}
    with Sim(seeds) as sim:
        principal = put_set(sim)
        put_policy(sim, "add", policy(principal))
        refused(put_disk(sim, location="eastus2"), 400, "InvalidParameter", "is located in region 'westus'. It must be in the same region 'eastus2'")
        refused(put_disk(sim, set_id=other_set), 400, "InvalidParameter", f"must be in the same subscription '{SUBSCRIPTION}'")
        refused(put_disk(sim, "none"), 404, "NotFound", "was not found")
        key = put_key(sim).body["properties"]["keyUriWithVersion"]
        sim.put(des("far"), set_body(key, "eastus2"), api=SET_API)
        refused(put_disk(sim, "far", "eastus2"), 409, "KeyVaultAndDiskInDifferentRegions",
                "The key vault 'acg-vault-1' is located in region 'westus'. Key vault must be located in the same region 'eastus2' as the disk")


@test
def what_is_not_known_of_a_vault_stands_in_nobodys_way():
    with Sim() as sim:
        sim.put(des("set1"), set_body(KEY_URL), api=SET_API)
        equal(put_disk(sim).status, 202)
    with Sim({"rules_off": ["keys"]}) as sim:
        put_set(sim)
        equal(put_disk(sim).status, 202)


@test
def a_set_for_confidential_machines_is_for_nothing_else():
    kind = "ConfidentialVmEncryptedWithCustomerKey"
    body = lambda sets: {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4, **sets}}
    secure = lambda name: {"securityProfile": {"securityType": "ConfidentialVM_DiskEncryptedWithCustomerKey", "secureVMDiskEncryptionSetId": des(name)}}
    with Sim() as sim:
        put = lambda sets: sim.put(COMPUTE + "/disks/d1", body(sets), api=SET_API)
        refused(put_disk(sim, "WestUSConfidentialSet"), 400, "InvalidParameter", f"The type of the Disk Encryption Set in the request is {kind}")
        refused(put(secure("WestUSDiskEncryptionSet1")), 400, "InvalidParameter", "in the request is EncryptionAtRestWithCustomerKey")
        equal(put(secure("WestUSConfidentialSet")).status, 202)
        rotating = set_body(KEY_URL, encryptionType=kind, rotationToLatestKeyVersionEnabled=True)
        refused(sim.put(des("set1"), rotating, api=SET_API), 400, "InvalidParameter", f"Auto-key rotation for DiskEncryptionSet with EncryptionType '{kind}'")
        equal(sim.put(des("set1"), set_body(KEY_URL, encryptionType=kind), api=SET_API).status, 202)
        refused(patch(sim, {"properties": {"rotationToLatestKeyVersionEnabled": True}}), 400, "InvalidParameter", "is not supported")


@test
def a_double_set_shows_on_its_disks_and_its_users_are_listed():
    with Sim() as sim:
        principal = put_set(sim, encryptionType="EncryptionAtRestWithPlatformAndCustomerKeys")
        put_policy(sim, "add", policy(principal))
        users = lambda: sim.get(des("set1") + "/associatedResources", api=SET_API)
        equal(users().body, {"value": []})
        put_disk(sim)
        disk = COMPUTE + "/disks/d1"
        equal(sim.get(disk, api=SET_API).body["properties"]["encryption"]["type"], "EncryptionAtRestWithPlatformAndCustomerKeys")
        sim.put(COMPUTE + "/snapshots/s1", {"location": "westus", "properties": {
            "creationData": {"createOption": "Copy", "sourceResourceId": disk}}}, api=SET_API)
        equal(users().body, {"value": [disk, COMPUTE + "/snapshots/s1"]})
        refused(sim.arm("DELETE", des("set1"), api=SET_API), 409, "OperationNotAllowed", "it is used by 2 resources, such as " + disk)
        for used in (disk, COMPUTE + "/snapshots/s1"):
            equal(sim.arm("DELETE", used, api=SET_API).status, 202)
        gone = sim.arm("DELETE", des("set1"), api=SET_API)
        equal((gone.status, read(sim).status, users().status), (202, 404, 404))
        equal(sim.arm("DELETE", des("set1"), api=SET_API).status, 204)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
