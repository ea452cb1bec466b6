# SPDX-License-Identifier: MPL-2.0
"""Rules that show only when the service sets to work: the request is accepted, the operation and the regions concerned end Failed."""
from rules_test import disks
from simtest import (COMPUTE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds, how_to_body, plain_body, test, tests_of, version)

VAULT = COMPUTE.replace("Compute", "KeyVault") + "/vaults/v1"
KEY_URL = "https://v1.vault.azure.net/keys/k1/0123"
PRINCIPAL = "99999999-0000-0000-0000-000000000001"
SET = des("WestUSDiskEncryptionSet1")
ROLE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6"
NOW_S = 1893456000  # 2030-01-01


def policy(*keys, who=PRINCIPAL):
    return {"accessPolicies": [{"tenantId": "t", "objectId": who, "permissions": {"keys": list(keys)}}]}


def scenario(vault=None, vault_location="westus", key=None, identity=None, state="Succeeded", more=(), with_source=True):
    """WestUSDiskEncryptionSet1 with its vault and key; everything in order unless told otherwise."""
    active = {"keyUrl": KEY_URL, **({"sourceVault": {"id": VAULT}} if with_source else {})}
    return {"clock": "manual", "clock_start": "2030-01-01T00:00:00Z", "resources": [
        {"id": SET, "location": "westus", "identity": identity or {"type": "SystemAssigned", "principalId": PRINCIPAL, "tenantId": "t"},
         "properties": {"activeKey": active, "provisioningState": state}},
        {"id": VAULT, "location": vault_location, "properties": {"tenantId": "t", "enableSoftDelete": True, "enablePurgeProtection": True,
                                                                **policy("get", "wrapKey", "unwrapKey"), **(vault or {})}},
        {"id": VAULT + "/keys/k1", "location": "westus", "properties": {"kty": "RSA", "keySize": 2048, "attributes": {"enabled": True}, **(key or {})}},
        *more]}


def body():
    out = plain_body(("westus", "eastus2"))
    for region, name in zip(out["properties"]["publishingProfile"]["targetRegions"], ("WestUSDiskEncryptionSet1", "EastUS2DiskEncryptionSet1")):
        region["encryption"] = encryption(name)
    return out


def states(sim, name="1.0.0"):
    shown = sim.get(version(name), query="&$expand=ReplicationStatus").body["properties"]
    return shown["provisioningState"], {s["region"]: s for s in shown["replicationStatus"]["summary"]}


def fails(world, code, message, sent=None, regions=("westus",)):
    with Sim(world) as sim:
        created = sim.put(version("1.0.0"), sent or body())
        equal((created.status, created.message()), (201, ""))
        done = sim.poll(created).body
        equal((done["status"], done["error"]["code"], done["error"]["message"]), ("Failed", code, message))
        state, summary = states(sim)
        equal(state, "Failed")
        for region, status in summary.items():
            equal(status["state"], "Failed" if region in regions else "Completed", region)
        details = message if message.startswith("Replication failed") else f"Replication failed in this region due to '{message}'"
        equal(summary[regions[0]]["details"], details)


def succeeds(world, sent=None):
    with Sim(world) as sim:
        created = sim.put(version("1.0.0"), sent or body())
        equal((created.status, created.message()), (201, ""))
        equal(sim.poll(created).body["status"], "Succeeded")
        equal(states(sim)[0], "Succeeded")


@test
def a_set_in_order_works():
    succeeds(scenario())
    succeeds(scenario(with_source=False))


@test
def r32_the_vault_in_another_region():
    text = ("The key vault 'v1' is located in region 'westcentralus'. Key vault must be located in the same region 'westus' as the disk and disk "
            "encryption set.")
    fails(scenario(vault_location="westcentralus"), "KeyVaultAndDiskInDifferentRegions", text)
    fails(scenario(vault_location="westcentralus", with_source=False), "KeyVaultAndDiskInDifferentRegions", text)
    succeeds({**scenario(vault_location="westcentralus"), "rules_off": ["R32"]})


@test
def a_set_without_identity():
    fails(scenario(identity={"type": "None"}), "DiskEncryptionSetIdentityMissing",
          "The disk encryption set 'WestUSDiskEncryptionSet1' has no identity to reach its key with.")


@test
def a_set_that_failed():
    fails(scenario(state="Failed"), "DiskEncryptionSetNotReady", "The disk encryption set 'WestUSDiskEncryptionSet1' is in state 'Failed'.")


@test
def a_vault_without_protection():
    text = "The key vault 'v1' of disk encryption set 'WestUSDiskEncryptionSet1' must have soft delete and purge protection enabled."
    fails(scenario(vault={"enablePurgeProtection": False}), "KeyVaultPurgeProtectionNotEnabled", text)
    fails(scenario(vault={"enableSoftDelete": False}), "KeyVaultPurgeProtectionNotEnabled", text)


FORBIDDEN = (f"Unable to access key vault resource '{KEY_URL}' to enable encryption at rest. Please grant get, wrap and unwrap key permissions to "
             "disk encryption set 'WestUSDiskEncryptionSet1'. Please visit https://aka.ms/keyvaultaccessssecmk for more information.")


@test
def a_set_without_rights():
    for lacking in (policy("get", "wrapKey"), policy("get", "wrapKey", "unwrapKey", who="somebody"), {"accessPolicies": []},
                    {"enableRbacAuthorization": True}):
        fails(scenario(vault=lacking), "KeyVaultAccessForbidden", FORBIDDEN)


@test
def rights_by_role_and_by_a_user_assigned_identity():
    def assignment(scope, role=ROLE):
        return {"id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/a1", "location": "westus",
                "properties": {"roleDefinitionId": role, "principalId": PRINCIPAL}}
    rbac = {"enableRbacAuthorization": True}
    for scope in (f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup"):
        succeeds(scenario(vault=rbac, more=[assignment(scope)]))
    reader = ROLE.replace("e147488a-f6f5-4113-8e2d-b22465e65bf6", "acdd72a7-3385-48ef-bd42-f606fba81ae7")
    fails(scenario(vault=rbac, more=[assignment(f"/subscriptions/{SUBSCRIPTION}", reader)]), "KeyVaultAccessForbidden", FORBIDDEN)
    fails(scenario(vault=rbac, more=[assignment(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyRes")]), "KeyVaultAccessForbidden", FORBIDDEN)
    user = {"type": "UserAssigned", "userAssignedIdentities": {"/x/u1": {"principalId": PRINCIPAL, "clientId": "c"}}}
    succeeds(scenario(identity=user))


@test
def a_key_of_no_use():
    of = f"key '{KEY_URL}'"
    for key, code, text in (
            ({"attributes": {"enabled": False}}, "NotEnabled", f"The key vault {of} used for disk encryption set 'WestUSDiskEncryptionSet1' is not enabled."),
            ({"attributes": {"enabled": True, "exp": NOW_S}}, "Expired", f"Unable to access {of}. Key is expired."),
            ({"attributes": {"enabled": True, "nbf": NOW_S + 1}}, "NotYetValid", f"Unable to access {of}. Key is not valid yet."),
            ({"kty": "EC"}, "TypeNotSupported", f"The {of} must be an RSA key.")):
        fails(scenario(key=key), "KeyVaultKey" + code, text)
    succeeds(scenario(key={"attributes": {"enabled": True, "exp": NOW_S + 1}, "kty": "RSA-HSM"}))
    succeeds({**scenario(key={"kty": "EC"}), "rules_off": ["keys"]})


@test
def the_same_put_again_works_once_the_set_is_in_order():
    with Sim(scenario(vault={"accessPolicies": []})) as sim:
        sim.put(version("1.0.0"), body())
        equal(states(sim)[0], "Failed")
        sim.send("PATCH", f"/_sim/resource?id={VAULT}", '{"properties": ' + '{"accessPolicies": [{"objectId": "%s", "permissions": {"keys": '
                 '["get", "wrapKey", "unwrapKey"]}}]}}' % PRINCIPAL, {"Content-Type": "application/json"})
        again = sim.put(version("1.0.0"), body())
        equal((again.status, sim.poll(again).body["status"]), (200, "Succeeded"))
        state, summary = states(sim)
        equal((state, summary["westus"]["state"]), ("Succeeded", "Completed"))


def snapshot(name, **properties):
    return {"id": f"{COMPUTE}/snapshots/{name}", "location": "westus", "properties": {"osType": "Linux", "diskSizeGB": 30, **properties}}


@test
def r15_trusted_launch_under_a_set():
    keyed = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": SET}
    trusted = {"securityProfile": {"securityType": "TrustedLaunch"}}
    vm = {"id": COMPUTE + "/virtualMachines/tl", "location": "westus", "properties": {**trusted, "storageProfile": {"osDisk": {
        "osType": "Linux", "managedDisk": {"id": COMPUTE + "/disks/srcVm_os", "diskEncryptionSet": {"id": SET}}}}}}
    world = {"resources": [snapshot("both", encryption=keyed, **trusted), snapshot("keyed", encryption=keyed), snapshot("trusted", **trusted), vm]}
    text = ("Replication failed in this region due to 'Contract.Assert failed: Data model DiskEncryptionSetId '' does not match DiskRP returned "
            f"DiskEncryptionSetId '{SET}''.")
    from_snapshot = lambda name: {**how_to_body(), "properties": {**how_to_body()["properties"], "storageProfile": disks(f"{COMPUTE}/snapshots/{name}")}}
    fails(world, "InternalOperationError", text, from_snapshot("both"), ("westus", "eastus2"))
    fails(world, "InternalOperationError", text, plain_body(source={"source": {"virtualMachineId": vm["id"]}}))
    for good in ("keyed", "trusted"):
        succeeds(world, from_snapshot(good))


@test
def r28_sources_that_are_too_big():
    text = "Replication failed in this region due to 'The GalleryImageVersion source resource size %d exceeds the max size %d supported.'"
    image = lambda name, os, data: {"id": f"{COMPUTE}/images/{name}", "location": "westus", "properties": {"storageProfile": {
        "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": os}, "dataDisks": [{"lun": 0, "diskSizeGB": data}]}}}
    world = {"resources": [snapshot("big", diskSizeGB=2520), snapshot("full", diskSizeGB=2048), snapshot("huge", diskSizeGB=32769),
                           image("big", 30, 2049), image("full", 2048, 2048)]}
    of = lambda name: plain_body(source=disks(f"{COMPUTE}/snapshots/{name}"))
    whole = lambda name: plain_body(source={"source": {"id": f"{COMPUTE}/images/{name}"}})
    fails(world, "InternalOperationError", text % (2520, 2048), of("big"))
    fails(world, "InternalOperationError", text % (2049, 2048), whole("big"))
    succeeds(world, of("full"))
    succeeds(world, whole("full"))
    shallow = of("big")
    shallow["properties"]["publishingProfile"]["replicationMode"] = "Shallow"
    succeeds(world, shallow)
    shallow["properties"]["storageProfile"] = disks(COMPUTE + "/snapshots/huge")
    fails(world, "InternalOperationError", text % (32769, 32768), shallow)


@test
def the_scenarios_own_failure_wins():
    world = {**scenario(state="Failed"), "versions": [{"operation": {"fail": {"code": "Own", "message": "own"}}}]}
    with Sim(world) as sim:
        created = sim.put(version("1.0.0"), body())
        equal(sim.poll(created).body["error"]["code"], "Own")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
