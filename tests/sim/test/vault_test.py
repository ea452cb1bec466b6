# SPDX-License-Identifier: MPL-2.0
"""Key vaults and their keys through the Resource Manager."""
from setuptest import KEY_VAULT_API, policy, put_key, put_policy, put_vault, refused, vault, vault_body
from simtest import GROUP, SUBSCRIPTION, TENANT, Report, Sim, equal, holds, test, tests_of

PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault"
OTHER_GROUP = GROUP.replace("MyResourceGroup", "other")
WITH_OTHER = {"resources": [{"id": OTHER_GROUP, "location": "eastus2"}]}


def read(sim, name="acg-vault-1"):
    return sim.get(vault(name), api=KEY_VAULT_API)


@test
def a_vault_is_made_with_the_services_defaults_and_registers_its_name():
    with Sim({"clock": "manual", "speeds": {"vault_ms": 2000}}) as sim:
        equal((read(sim).status, read(sim).code()), (404, "ResourceNotFound"))
        made = put_vault(sim, networkAcls={"bypass": "AzureServices", "defaultAction": "Allow"})
        equal((made.status, "azure-asyncoperation" in made.headers), (200, False))
        equal(made.body["properties"], {
            "sku": {"family": "A", "name": "standard"}, "tenantId": TENANT, "accessPolicies": [], "enabledForDeployment": False,
            "enableSoftDelete": True, "softDeleteRetentionInDays": 90, "enablePurgeProtection": True,
            "vaultUri": "https://acg-vault-1.vault.azure.net", "provisioningState": "RegisteringDns", "publicNetworkAccess": "Enabled"})
        holds(made.body["systemData"]["createdAt"] and made.body["tags"] == {}, made.body)
        later = read(sim).body["properties"]
        equal((later["vaultUri"], later["provisioningState"]), ("https://acg-vault-1.vault.azure.net/", "RegisteringDns"))
        sim.advance(2000)
        equal(read(sim).body["properties"]["provisioningState"], "Succeeded")
        for place in (GROUP, f"/subscriptions/{SUBSCRIPTION}"):
            listed = sim.get(place + "/providers/Microsoft.KeyVault/vaults", api=KEY_VAULT_API).body["value"]
            equal([v["name"] for v in listed], ["acg-vault-1"], place)
        again = put_vault(sim, accessPolicies=[policy("p1")])
        equal((again.status, again.body["properties"]["provisioningState"]), (200, "Succeeded"))


@test
def a_vault_without_its_parts_is_refused():
    with Sim() as sim:
        for changes, text in (({"tenantId": None}, "tenantId"), ({"sku": {"family": "A", "name": "gold"}}, "sku"),
                              ({"accessPolicies": None}, "accessPolicies"), ({"softDeleteRetentionInDays": 6}, "between 7 and 90"),
                              ({"enableSoftDelete": False}, "irreversible action")):
            refused(put_vault(sim, **changes), 400, "BadRequest", text)
        equal(put_vault(sim, accessPolicies=None, enableRbacAuthorization=True).status, 200)
        for name in ("ab", "1vault", "vault-", "vau--lt", "v" * 25, "v_ault"):
            refused(put_vault(sim, name), 400, "VaultNameNotValid", f"The vault name '{name}' is invalid.")


@test
def protection_cannot_be_undone():
    with Sim() as sim:
        equal(put_vault(sim, enablePurgeProtection=None, softDeleteRetentionInDays=7).status, 200)
        holds("enablePurgeProtection" not in read(sim).body["properties"], "not protected before it was asked for")
        put_vault(sim, softDeleteRetentionInDays=7)
        text = 'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.'
        refused(put_vault(sim, enablePurgeProtection=False), 400, "BadRequest", text)
        refused(sim.arm("PATCH", vault(), {"properties": {"enablePurgeProtection": False}}, api=KEY_VAULT_API), 400, "BadRequest", text)
        refused(put_vault(sim, softDeleteRetentionInDays=8), 400, "BadRequest", "has been set already and it can't be modified")
        put_vault(sim, enablePurgeProtection=None)
        kept = read(sim).body["properties"]
        equal((kept["enablePurgeProtection"], kept["softDeleteRetentionInDays"]), (True, 7))
        equal(sim.arm("PATCH", vault(), {"properties": {"enableRbacAuthorization": True}}, api=KEY_VAULT_API).status, 200)
        equal(read(sim).body["properties"]["enableRbacAuthorization"], True)


@test
def the_names_of_vaults_are_global():
    with Sim(WITH_OTHER) as sim:
        put_vault(sim)
        refused(put_vault(sim, group=OTHER_GROUP, location="eastus2"), 409, "VaultAlreadyExists",
                "The vault name 'acg-vault-1' is already in use. Vault names are globally unique")
        ask = lambda name: sim.arm("POST", PROVIDER + "/checkNameAvailability", {"name": name, "type": "Microsoft.KeyVault/vaults"},
                                   api=KEY_VAULT_API).body
        equal((ask("ACG-vault-1")["nameAvailable"], ask("ACG-vault-1")["reason"], ask("free")), (False, "AlreadyExists", {"nameAvailable": True}))
        refused(put_vault(sim, location="eastus2"), 409, "InvalidResourceLocation", "already exists in location 'westus'")


@test
def a_deleted_vault_keeps_its_name_until_it_is_recovered_or_purged():
    with Sim(WITH_OTHER) as sim:
        put_vault(sim)
        key = put_key(sim).body
        equal(sim.arm("DELETE", vault(), api=KEY_VAULT_API).status, 200)
        equal((read(sim).status, sim.arm("DELETE", vault(), api=KEY_VAULT_API).status), (404, 204))
        equal(sim.get(vault() + "/keys/key1", api=KEY_VAULT_API).status, 404)
        refused(put_vault(sim), 409, "ConflictError", "A vault with the same name already exists in deleted state. You need to either recover or purge")
        refused(put_vault(sim, group=OTHER_GROUP), 409, "VaultAlreadyExists", "recently deleted but not purged")
        deleted = sim.get(PROVIDER + "/deletedVaults", api=KEY_VAULT_API).body["value"]
        equal([(d["name"], d["properties"]["vaultId"], d["properties"]["purgeProtectionEnabled"]) for d in deleted], [("acg-vault-1", vault(), True)])
        place = PROVIDER + "/locations/westus/deletedVaults/acg-vault-1"
        equal(sim.get(place, api=KEY_VAULT_API).body["id"], place)
        refused(sim.arm("POST", place + "/purge", api=KEY_VAULT_API), 409, "OperationNotAllowed", "protected against purge")
        equal(sim.put(vault(), vault_body(createMode="recover"), api=KEY_VAULT_API).status, 200)
        equal((read(sim).body["properties"]["enablePurgeProtection"], sim.get(vault() + "/keys/key1", api=KEY_VAULT_API).body), (True, key))
        refused(sim.put(vault("none"), vault_body(createMode="recover"), api=KEY_VAULT_API), 404, "DeletedVaultNotFound", "'none'")


@test
def an_unprotected_vault_can_be_purged():
    with Sim() as sim:
        put_vault(sim, enablePurgeProtection=None)
        sim.arm("DELETE", vault(), api=KEY_VAULT_API)
        place = PROVIDER + "/locations/westus/deletedVaults/acg-vault-1"
        purged = sim.arm("POST", place + "/purge", api=KEY_VAULT_API)
        equal((purged.status, sim.poll(purged, "location").status), (202, 200))
        equal((sim.get(place, api=KEY_VAULT_API).status, sim.arm("POST", place + "/purge", api=KEY_VAULT_API).status), (404, 404))
        equal(put_vault(sim).status, 200)


@test
def a_vault_goes_with_its_group_and_is_kept_as_deleted():
    with Sim(WITH_OTHER) as sim:
        put_vault(sim, "vault-in-group", "eastus2", OTHER_GROUP)
        equal(sim.arm("DELETE", OTHER_GROUP, api="2021-04-01").status, 202)
        equal(sim.get(OTHER_GROUP, api="2021-04-01").status, 404)
        equal([d["name"] for d in sim.get(PROVIDER + "/deletedVaults", api=KEY_VAULT_API).body["value"]], ["vault-in-group"])
        sim.put(OTHER_GROUP, {"location": "eastus2"}, api="2021-04-01")
        refused(put_vault(sim, "vault-in-group", "eastus2", OTHER_GROUP), 409, "ConflictError", "deleted state")


@test
def a_key_is_made_once_and_never_changed():
    with Sim() as sim:
        put_vault(sim)
        made = put_key(sim, attributes={"exp": 4102444800})
        equal((made.status, made.body["id"], made.body["type"]), (200, vault() + "/keys/key1", "Microsoft.KeyVault/vaults/keys"))
        properties = made.body["properties"]
        equal((properties["kty"], properties["keySize"], properties["keyUri"]), ("RSA", 3072, "https://acg-vault-1.vault.azure.net/keys/key1"))
        equal({k: properties["attributes"][k] for k in ("enabled", "exp", "exportable", "recoveryLevel")},
              {"enabled": True, "exp": 4102444800, "exportable": False, "recoveryLevel": "Recoverable"})
        equal(properties["keyOps"], ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"])
        url, _, version = properties["keyUriWithVersion"].rpartition("/")
        equal((url, len(version)), (properties["keyUri"], 32))
        for other in ({"keySize": 4096, "attributes": {"enabled": False}}, {"keySize": 1024}):
            again = put_key(sim, **other)
            equal((again.status, again.body), (200, made.body), "a second PUT answers the key that is there")
        versions = sim.get(vault() + "/keys/key1/versions", api=KEY_VAULT_API).body["value"]
        equal([(v["name"], v["properties"]["keyUriWithVersion"]) for v in versions], [(version, properties["keyUriWithVersion"])])
        equal(sim.get(f"{vault()}/keys/key1/versions/{version}", api=KEY_VAULT_API).body, versions[0])
        equal(sim.get(f"{vault()}/keys/key1/versions/{'0' * 32}", api=KEY_VAULT_API).status, 404)
        equal([k["name"] for k in sim.get(vault() + "/keys", api=KEY_VAULT_API).body["value"]], ["key1"])
        equal(sim.get(vault() + "/keys/none/versions", api=KEY_VAULT_API).status, 404)


@test
def keys_that_a_vault_cannot_hold_are_refused():
    with Sim() as sim:
        refused(put_key(sim), 404, "ParentResourceNotFound", "Parent resource 'acg-vault-1' not found.")
        put_vault(sim)
        refused(put_key(sim, kty="oct"), 400, "BadRequest", "'kty' must be one of")
        refused(put_key(sim, keySize=1024), 400, "BadRequest", "'keySize' must be 2048, 3072 or 4096")
        refused(put_key(sim, kty="RSA-HSM"), 400, "BadRequest", "premium")
        refused(put_key(sim, name="key_1"), 400, "BadRequest", "letters, digits and hyphens")
        put_vault(sim, "acg-vault-2", sku={"family": "A", "name": "premium"})
        equal(put_key(sim, "acg-vault-2", kty="RSA-HSM").body["properties"]["kty"], "RSA-HSM")
        equal([put_key(sim, name=f"k{size}", keySize=size).status for size in (2048, 3072, 4096)], [200] * 3)
        equal(sim.arm("DELETE", vault() + "/keys/k2048", api=KEY_VAULT_API).status, 405)


@test
def access_policies_are_added_replaced_and_removed():
    with Sim() as sim:
        refused(put_policy(sim, "add", policy("p1")), 404, "ParentResourceNotFound", "acg-vault-1")
        put_vault(sim, accessPolicies=[policy("admin", "all")])
        added = put_policy(sim, "add", policy("p1", "get"), policy("p2"))
        equal((added.status, added.body["id"]), (200, vault() + "/accessPolicies/"))
        rights = lambda: {p["objectId"]: p["permissions"]["keys"] for p in read(sim).body["properties"]["accessPolicies"]}
        equal(rights(), {"admin": ["all"], "p1": ["get"], "p2": ["get", "wrapKey", "unwrapKey"]})
        put_policy(sim, "add", policy("p1", "get", "wrapKey"))
        put_policy(sim, "remove", policy("p2", "wrapKey"))
        put_policy(sim, "replace", policy("admin", "list"))
        equal(rights(), {"admin": ["list"], "p1": ["get", "wrapKey"], "p2": ["get", "unwrapKey"]})
        refused(put_policy(sim, "change", policy("p1")), 400, "BadRequest", "add, replace or remove")
        refused(put_policy(sim, "add", {"objectId": "p3"}), 400, "BadRequest", "tenantId, objectId and permissions")


@test
def nothing_is_written_while_the_provider_is_not_registered():
    with Sim({"clock": "manual", "providers": {"Microsoft.KeyVault": "NotRegistered"}, "speeds": {"provider_ms": 1000}}) as sim:
        answer = put_vault(sim)
        refused(answer, 409, "MissingSubscriptionRegistration",
                "The subscription is not registered to use namespace 'Microsoft.KeyVault'. See https://aka.ms/rps-not-found")
        equal((answer.body["error"]["details"][0]["target"], answer.headers["x-ms-failure-cause"]), ("Microsoft.KeyVault", "gateway"))
        equal(read(sim).code(), "ResourceNotFound", "reads go through")
        equal(sim.arm("POST", PROVIDER + "/register", api="2022-09-01").body["registrationState"], "Registering")
        equal(put_vault(sim).status, 200, "ARM lets writes through while it registers")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
