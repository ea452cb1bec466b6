# SPDX-License-Identifier: MPL-2.0
"""Microsoft's own clients set up keys on acg-sim and make machines from image versions: Debian's Azure CLI and Python SDK.

What Debian's CLI cannot do whatever the server says: `az keyvault key create` (its data plane module is not packaged; acg-sim has no
data plane either) and `az role assignment ...` (it reads a member that the packaged SDK renamed). The SDK itself does both here."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim", "test"))
from az_cli_test import Az
from azure_sdk_test import client
from setuptest import GUIDS, KEY_USER, vault
from simtest import COMPUTE, DEFINITION, GROUP, IMAGE, SUBSCRIPTION, TENANT, Report, Sim, des, encryption, equal, holds, test, tests_of, version

from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient

KEY_URL = "https://azvault1.vault.azure.net/keys/k1/0123456789abcdef0123456789abcdef"
HYBRID = "2020-09-01-hybrid"  # the profile whose machine and network versions Debian's SDK has (real-clients.md, 1)
ENCRYPTED = {"id": version("1.0.0"), "location": "westus", "properties": {
    "publishingProfile": {"targetRegions": [{"name": "westus", "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")}]},
    "storageProfile": {"source": {"id": IMAGE}}}}
ADMIN = ["--admin-username", "azureuser", "--admin-password", "Fake-Password-1234", "--authentication-type", "password",
         "--public-ip-address", "", "--nsg", ""]


def sdk(sim, kind, **more):
    os.environ["REQUESTS_CA_BUNDLE"] = sim.ca
    credential = ClientSecretCredential("adfs", "sp", "secret", authority=sim.base)
    return kind(credential, SUBSCRIPTION, base_url=sim.base, credential_scopes=[sim.base + "/.default"], polling_interval=1, **more)


def disk_sets(sim, place):
    profile = sim.get(place, api="2023-03-01").body["properties"]["storageProfile"]
    found = [sim.get(d["managedDisk"]["id"], api="2023-03-01").body for d in [profile["osDisk"], *profile["dataDisks"]]]
    return [d["properties"]["encryption"].get("diskEncryptionSetId") for d in found]


@test
def the_sdk_sets_up_vault_key_set_and_role_until_a_disk_is_encrypted():
    with Sim(tls=True, sets=["retry_after=1"]) as sim:
        vaults, roles, compute = sdk(sim, KeyVaultManagementClient), sdk(sim, AuthorizationManagementClient), client(sim)
        made = vaults.vaults.begin_create_or_update("MyResourceGroup", "acg-vault-1", {"location": "westus", "properties": {
            "tenant_id": TENANT, "sku": {"family": "A", "name": "standard"}, "enable_rbac_authorization": True,
            "enable_purge_protection": True}}).result()
        equal((made.properties.vault_uri, made.properties.provisioning_state), ("https://acg-vault-1.vault.azure.net/", "Succeeded"))
        key = vaults.keys.create_if_not_exist("MyResourceGroup", "acg-vault-1", "key1", {"properties": {"kty": "RSA", "key_size": 4096}})
        equal((key.key_size, key.attributes.enabled), (4096, True))
        equal([v.key_uri_with_version for v in vaults.keys.list_versions("MyResourceGroup", "acg-vault-1", "key1")], [key.key_uri_with_version])
        used = compute.disk_encryption_sets.begin_create_or_update("MyResourceGroup", "set1", {
            "location": "westus", "identity": {"type": "SystemAssigned"}, "active_key": {"key_url": key.key_uri_with_version}}).result()
        disk = {"location": "westus", "creation_data": {"create_option": "Empty"}, "disk_size_gb": 4, "encryption": {"disk_encryption_set_id": used.id}}
        try:
            compute.disks.begin_create_or_update("MyResourceGroup", "d1", disk)
            refusal = None
        except HttpResponseError as error:
            refusal = error.error.code
        equal(refusal, "KeyVaultAccessForbidden")
        wish = {"role_definition_id": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{KEY_USER}",
                "principal_id": used.identity.principal_id, "principal_type": "ServicePrincipal"}
        given = roles.role_assignments.create(vault(), GUIDS[0], wish)
        equal((given.scope, given.principal_id), (vault(), used.identity.principal_id))
        try:
            roles.role_assignments.create(vault(), GUIDS[1], wish)
            again = None
        except ResourceExistsError as error:
            again = error.error.code
        equal(again, "RoleAssignmentExists")
        found = roles.role_assignments.list_for_scope(vault(), filter=f"principalId eq '{used.identity.principal_id}'")
        equal([a.name for a in found], [GUIDS[0]])
        equal(roles.role_definitions.get_by_id(wish["role_definition_id"]).role_name, "Key Vault Crypto Service Encryption User")
        encrypted = compute.disks.begin_create_or_update("MyResourceGroup", "d1", disk).result()
        equal((encrypted.encryption.type, encrypted.encryption.disk_encryption_set_id), ("EncryptionAtRestWithCustomerKey", used.id))
        equal(list(compute.disk_encryption_sets.list_associated_resources("MyResourceGroup", "set1")), [encrypted.id])


@test
def the_sdk_makes_a_machine_from_a_version_and_reads_its_disks():
    with Sim({"resources": [ENCRYPTED]}, tls=True, sets=["retry_after=1"]) as sim:
        compute = client(sim)
        made = compute.virtual_machines.begin_create_or_update("MyResourceGroup", "vm1", {
            "location": "westus", "os_profile": {"computer_name": "vm1", "admin_username": "azureuser"},
            "storage_profile": {"image_reference": {"id": DEFINITION}}}).result()
        equal((made.provisioning_state, made.storage_profile.image_reference.exact_version), ("Succeeded", "1.0.0"))
        disk = compute.disks.get("MyResourceGroup", made.storage_profile.os_disk.name)
        equal((disk.encryption.type, disk.encryption.disk_encryption_set_id), ("EncryptionAtRestWithCustomerKey", des("WestUSDiskEncryptionSet1")))
        compute.virtual_machines.begin_delete("MyResourceGroup", "vm1").result()
        compute.disks.begin_delete("MyResourceGroup", disk.name).result()
        equal(sim.get(disk.id, api="2023-03-01").status, 404)


@test
def az_makes_vaults_and_sets_and_lists_what_was_deleted():
    with Sim(tls=True, sets=["retry_after=1"]) as sim, Az(sim) as az:
        group = ["-g", "MyResourceGroup"]
        made = az.run("keyvault", "create", *group, "-n", "azvault1", "--location", "westus", "--enable-purge-protection", "true", "--no-self-perms")
        equal((made["properties"]["provisioningState"], made["properties"]["enablePurgeProtection"]), ("Succeeded", True))
        used = az.run("disk-encryption-set", "create", *group, "-n", "azset", "--location", "westus", "--key-url", KEY_URL, "--source-vault", "azvault1")
        equal((used["activeKey"]["sourceVault"]["id"], used["encryptionType"]), (vault("azvault1"), "EncryptionAtRestWithCustomerKey"))
        principal = az.run("disk-encryption-set", "show", *group, "-n", "azset")["identity"]["principalId"]
        holds("azset" in [d["name"] for d in az.run("disk-encryption-set", "list", *group)], "the set is in the list")
        allowed = az.run("keyvault", "set-policy", *group, "-n", "azvault1", "--object-id", principal, "--key-permissions", "get", "wrapKey", "unwrapKey")
        equal([(p["objectId"], sorted(p["permissions"]["keys"])) for p in allowed["properties"]["accessPolicies"]],
              [(principal, ["get", "unwrapKey", "wrapKey"])])
        refused = az.try_to("keyvault", "update", *group, "-n", "azvault1", "--enable-purge-protection", "false")
        holds(refused.returncode != 0 and "irreversible action" in refused.stderr, refused.stderr)
        az.run("keyvault", "delete", "-n", "azvault1")
        equal([v["name"] for v in az.run("keyvault", "list-deleted", "--resource-type", "vault")], ["azvault1"])
        again = az.try_to("keyvault", "create", *group, "-n", "azvault1", "--location", "westus", "--no-self-perms")
        holds(again.returncode != 0 and "deleted state" in again.stderr, again.stderr)


@test
def az_registers_features_and_providers_and_waits():
    providers = {"Microsoft.Compute": "NotRegistered", "Microsoft.KeyVault": "NotRegistered"}
    with Sim({"providers": providers}, tls=True, sets=["retry_after=1"]) as sim, Az(sim) as az:
        name = ["--namespace", "Microsoft.Compute", "--name", "SIGEncryption"]
        equal(az.run("feature", "show", *name)["properties"]["state"], "NotRegistered")
        equal(az.run("feature", "registration", "create", *name)["properties"]["state"], "Registering")
        equal(az.run("feature", "show", *name)["properties"]["state"], "Registered")
        made = az.try_to("disk-encryption-set", "create", "-g", "MyResourceGroup", "-n", "s", "--location", "westus", "--key-url", KEY_URL)
        holds(made.returncode == 0 and "'Microsoft.Compute' used by this operation is not registered. We are registering for you" in made.stderr, made.stderr)
        equal(az.run("provider", "show", "-n", "Microsoft.Compute")["registrationState"], "Registered")
        az.run("provider", "register", "-n", "Microsoft.KeyVault", "--wait")
        equal(az.run("provider", "show", "-n", "Microsoft.KeyVault")["registrationState"], "Registered")


@test
def az_makes_machines_with_sets_of_their_own_or_of_the_version():
    with Sim({"resources": [ENCRYPTED]}, tls=True, sets=["retry_after=1"]) as sim, Az(sim, HYBRID) as az:
        create = lambda name, *more: ["vm", "create", "-g", "MyResourceGroup", "-n", name, "--location", "westus", *ADMIN, *more]
        own = ["--os-disk-encryption-set", "WestUSDoubleEncryptionSet", "--data-disk-encryption-sets", "WestUSDiskEncryptionSet1"]
        equal(az.run(*create("vm1", "--image", version("1.0.0"), *own))["powerState"], "VM running")
        equal(disk_sets(sim, COMPUTE + "/virtualMachines/vm1"), [des("WestUSDoubleEncryptionSet"), des("WestUSDiskEncryptionSet1")])
        az.run(*create("vm2", "--image", DEFINITION))
        equal(disk_sets(sim, COMPUTE + "/virtualMachines/vm2"), [des("WestUSDiskEncryptionSet1"), des("WestUSDiskEncryptionSet2")])
        wrong = az.try_to(*create("vm3", "--image", version("1.0.0"), "--os-disk-encryption-set", "EastUS2DiskEncryptionSet1"))
        holds(wrong.returncode != 0 and "must be in the same region 'westus'" in wrong.stderr, wrong.stderr)
        az.run("vm", "delete", "-g", "MyResourceGroup", "-n", "vm1", "-y")
        equal([sim.get(f"{COMPUTE}/virtualMachines/{n}", api="2023-03-01").status for n in ("vm1", "vm2", "vm3")], [404, 200, 404])
        az.run("group", "delete", "-n", "MyResourceGroup", "-y")
        equal(sim.get(GROUP, api="2021-04-01").status, 404)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
