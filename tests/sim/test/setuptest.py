# SPDX-License-Identifier: MPL-2.0
"""What the tests of vaults, sets, roles and consumers share: a vault, its key, a set, rights, in the order of a real set-up."""
import json
import urllib.parse

from simtest import COMPUTE, GROUP, SUBSCRIPTION, TENANT, des, equal, holds

KEY_VAULT_API, SET_API, ROLE_API = "2023-02-01", "2023-10-02", "2022-04-01"
KEY_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
GUIDS = [f"88888888-0000-0000-0000-00000000000{n}" for n in range(10)]


def vault(name="acg-vault-1", group=GROUP):
    return f"{group}/providers/Microsoft.KeyVault/vaults/{name}"


def vault_body(location="westus", **changes):
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [], "enablePurgeProtection": True}
    properties.update(changes)
    return {"location": location, "properties": {k: v for k, v in properties.items() if v is not None}}


def put_vault(sim, name="acg-vault-1", location="westus", group=GROUP, **changes):
    return sim.put(vault(name, group), vault_body(location, **changes), api=KEY_VAULT_API)


def put_key(sim, vault_name="acg-vault-1", name="key1", **properties):
    return sim.put(f"{vault(vault_name)}/keys/{name}", {"properties": {"kty": "RSA", "keySize": 3072, **properties}}, api=KEY_VAULT_API)


def set_body(key_url, location="westus", vault_id=None, **properties):
    key = {"keyUrl": key_url, **({"sourceVault": {"id": vault_id}} if vault_id else {})}
    return {"location": location, "identity": {"type": "SystemAssigned"}, "properties": {"activeKey": key, **properties}}


def put_set(sim, name="set1", location="westus", vault_name="acg-vault-1", **properties):
    """Vault, key and set without any rights; the set's principal."""
    if sim.get(vault(vault_name), api=KEY_VAULT_API).status == 404:
        equal(put_vault(sim, vault_name, location).status, 200, "vault")
    key = put_key(sim, vault_name)
    equal(key.status, 200, "key")
    body = set_body(key.body["properties"]["keyUriWithVersion"], location, vault(vault_name), **properties)
    equal(sim.put(des(name), body, api=SET_API).status, 202, "set")
    return sim.get(des(name), api=SET_API).body["identity"]["principalId"]


def policy(principal, *words):
    return {"tenantId": TENANT, "objectId": principal, "permissions": {"keys": list(words or ("get", "wrapKey", "unwrapKey"))}}


def put_policy(sim, how, *policies, name="acg-vault-1"):
    return sim.put(f"{vault(name)}/accessPolicies/{how}", {"properties": {"accessPolicies": list(policies)}}, api=KEY_VAULT_API)


def assignment(scope, guid=GUIDS[0]):
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}"


def put_role(sim, scope, principal, role=KEY_USER, guid=GUIDS[0], **more):
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal", **more}}
    return sim.put(assignment(scope, guid), body, api=ROLE_API)


def put_disk(sim, set_name="set1", location="westus", name="d1", set_id=None):
    encryption = {"diskEncryptionSetId": set_id or des(set_name)}
    return sim.put(f"{COMPUTE}/disks/{name}", {"location": location, "properties": {
        "creationData": {"createOption": "Empty"}, "diskSizeGB": 10, "encryption": encryption}}, api=SET_API)


def refused(answer, status, code, text):
    equal((answer.status, answer.code()), (status, code), answer.message())
    holds(text in answer.message(), f"{answer.message()!r} lacks {text!r}")


def change(sim, resource, body):
    """Change a resource behind everybody's back, as somebody at the portal would."""
    answer = sim.send("PATCH", "/_sim/resource?id=" + urllib.parse.quote(resource), json.dumps(body), {"Content-Type": "application/json"})
    equal(answer.status, 200, resource)
