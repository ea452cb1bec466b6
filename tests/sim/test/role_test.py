# SPDX-License-Identifier: MPL-2.0
"""Role assignments and role definitions."""
from setuptest import GUIDS, KEY_USER, READER, ROLE_API, assignment, put_role, put_set, refused, vault
from simtest import GROUP, SUBSCRIPTION, TENANT, Report, Sim, equal, holds, test, tests_of

ROOT = f"/subscriptions/{SUBSCRIPTION}"
DEFINITIONS = ROOT + "/providers/Microsoft.Authorization/roleDefinitions"
SIGNED_IN = "22222222-3333-4444-5555-777777777777"


def listed(sim, scope, filter_text=""):
    query = "&$filter=" + filter_text.replace(" ", "%20") if filter_text else ""
    answer = sim.get(scope + "/providers/Microsoft.Authorization/roleAssignments", api=ROLE_API, query=query)
    equal(answer.status, 200, scope)
    return sorted(a["name"][-1] for a in answer.body["value"])


@test
def an_assignment_is_made_and_read_as_recorded():
    with Sim() as sim:
        principal = put_set(sim)
        made = put_role(sim, vault(), principal, READER)
        properties = made.body["properties"]
        equal((made.status, made.body["id"], made.body["name"], made.body["type"]),
              (201, assignment(vault()), GUIDS[0], "Microsoft.Authorization/roleAssignments"))
        equal({k: properties[k] for k in ("principalId", "principalType", "scope", "condition", "createdBy")},
              {"principalId": principal, "principalType": "ServicePrincipal", "scope": vault(), "condition": None, "createdBy": None})
        holds(properties["roleDefinitionId"].endswith(READER) and properties["createdOn"], properties)
        equal(sim.get(assignment(vault()), api=ROLE_API).body, made.body)


@test
def the_same_assignment_again_is_no_new_one():
    with Sim() as sim:
        principal = put_set(sim)
        first = put_role(sim, vault(), principal)
        again = put_role(sim, vault(), principal)
        equal((first.status, again.status, again.body), (201, 200, first.body))
        refused(put_role(sim, vault(), principal, guid=GUIDS[1]), 409, "RoleAssignmentExists", "The role assignment already exists.")
        refused(put_role(sim, vault().upper().replace("/SUBSCRIPTIONS", "/subscriptions").replace("/RESOURCEGROUPS", "/resourceGroups")
                         .replace("/PROVIDERS", "/providers"), principal, guid=GUIDS[1]), 409, "RoleAssignmentExists", "already exists")
        text = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        refused(put_role(sim, vault(), SIGNED_IN), 400, "RoleAssignmentUpdateNotPermitted", text)
        refused(put_role(sim, vault(), principal, READER), 400, "RoleAssignmentUpdateNotPermitted", text)
        equal(put_role(sim, vault(), SIGNED_IN, guid=GUIDS[3]).status, 201)
        refused(put_role(sim, vault(), SIGNED_IN), 409, "RoleAssignmentExists", "already exists")
        equal(put_role(sim, GROUP, principal, guid=GUIDS[2]).status, 201, "another scope is another assignment")


@test
def an_identity_is_unknown_for_a_while_after_it_was_made():
    with Sim({"clock": "manual", "speeds": {"identity_ms": 30000}}) as sim:
        principal = put_set(sim)
        answer = put_role(sim, vault(), principal)
        refused(answer, 400, "PrincipalNotFound", f"Principal {principal.replace('-', '')} does not exist in the directory {TENANT}.")
        holds("this error might be related to a replication delay" in answer.message(), answer.message())
        sim.advance(29999)
        refused(put_role(sim, vault(), principal), 400, "PrincipalNotFound", "does not exist")
        sim.advance(1)
        equal(put_role(sim, vault(), principal).status, 201)
        refused(put_role(sim, vault(), GUIDS[9], guid=GUIDS[1]), 400, "PrincipalNotFound", "does not exist")
    with Sim({"principals": [GUIDS[9]]}) as sim:
        equal([put_role(sim, GROUP, p, guid=g).status for p, g in ((GUIDS[9], GUIDS[1]), (SIGNED_IN, GUIDS[2]))], [201, 201])
    with Sim({"rules_off": ["principals"]}) as sim:
        equal(put_role(sim, GROUP, GUIDS[8]).status, 201)


@test
def what_an_assignment_names_must_exist():
    with Sim() as sim:
        refused(put_role(sim, vault(), SIGNED_IN), 404, "ResourceNotFound", "'acg-vault-1'")
        refused(put_role(sim, GROUP + "x", SIGNED_IN), 404, "ResourceGroupNotFound", "'MyResourceGroupx'")
        refused(put_role(sim, GROUP, SIGNED_IN, GUIDS[7]), 404, "RoleDefinitionDoesNotExist", GUIDS[7])
        refused(put_role(sim, GROUP, None), 400, "InvalidCreateRoleAssignmentRequest", "principal are required")
        refused(put_role(sim, GROUP, SIGNED_IN, guid="mine"), 400, "InvalidRoleAssignmentId", "must be a GUID")
        refused(sim.get(assignment(GROUP), api=ROLE_API), 404, "RoleAssignmentNotFound", GUIDS[0])


@test
def lists_follow_their_scope_and_filter():
    with Sim() as sim:
        principal = put_set(sim)
        put_role(sim, ROOT, principal, guid=GUIDS[1])
        put_role(sim, GROUP, SIGNED_IN, guid=GUIDS[2])
        put_role(sim, vault(), principal, guid=GUIDS[3])
        put_role(sim, vault() + "/keys/key1", SIGNED_IN, guid=GUIDS[4])
        equal(listed(sim, vault()), ["1", "2", "3", "4"])
        equal(listed(sim, vault(), "atScope()"), ["1", "2", "3"])
        equal(listed(sim, vault(), f"principalId eq '{principal}'"), ["1", "3"])
        equal(listed(sim, GROUP, f"atScope() and assignedTo('{SIGNED_IN}')"), ["2"])
        equal(listed(sim, ROOT), ["1", "2", "3", "4"])
        equal(listed(sim, ROOT, "atScope()"), ["1"])
        equal(sim.get(vault() + "x/providers/Microsoft.Authorization/roleAssignments", api=ROLE_API).status, 404)


@test
def assignments_go_by_themselves_and_with_their_scope():
    with Sim() as sim:
        principal = put_set(sim)
        put_role(sim, vault(), principal, guid=GUIDS[1])
        put_role(sim, vault(), SIGNED_IN, guid=GUIDS[2])
        gone = sim.arm("DELETE", assignment(vault(), GUIDS[1]), api=ROLE_API)
        equal((gone.status, gone.body["name"]), (200, GUIDS[1]))
        equal((sim.arm("DELETE", assignment(vault(), GUIDS[1]), api=ROLE_API).status, listed(sim, GROUP)), (204, ["2"]))
        sim.arm("DELETE", vault(), api="2023-02-01")
        equal(listed(sim, GROUP), [])


@test
def built_in_roles_are_found_by_id_and_by_name():
    with Sim() as sim:
        one = sim.get(f"{DEFINITIONS}/{KEY_USER}", api=ROLE_API).body
        equal((one["properties"]["roleName"], one["properties"]["type"], one["name"]),
              ("Key Vault Crypto Service Encryption User", "BuiltInRole", KEY_USER))
        found = sim.get(vault().rpartition("/providers")[0] + "/providers/Microsoft.Authorization/roleDefinitions", api=ROLE_API,
                        query="&$filter=roleName%20eq%20'Reader'").body["value"]
        equal([r["name"] for r in found], [READER])
        holds(len(sim.get(DEFINITIONS, api=ROLE_API).body["value"]) > 3, "all of them without a filter")
        refused(sim.get(f"{DEFINITIONS}/{GUIDS[0]}", api=ROLE_API), 404, "RoleDefinitionDoesNotExist", GUIDS[0])


@test
def a_template_assigns_a_role_at_a_vault():
    line = {"type": "Microsoft.KeyVault/vaults/providers/roleAssignments", "apiVersion": ROLE_API,
            "name": f"acg-vault-1/Microsoft.Authorization/{GUIDS[5]}",
            "properties": {"roleDefinitionId": f"{DEFINITIONS}/{KEY_USER}", "principalId": SIGNED_IN}}
    body = {"properties": {"mode": "Incremental", "template": {"resources": [line]}}}
    with Sim() as sim:
        put_set(sim)
        place = GROUP + "/providers/Microsoft.Resources/deployments/d1"
        equal(sim.put(place, body, api="2021-04-01").status, 201)
        equal(sim.get(place, api="2021-04-01").body["properties"]["provisioningState"], "Succeeded")
        equal(listed(sim, vault(), f"principalId eq '{SIGNED_IN}'"), ["5"])


@test
def a_seeded_assignment_counts_at_once():
    seed = {"id": assignment(GROUP), "properties": {"roleDefinitionId": f"{DEFINITIONS}/{KEY_USER}", "principalId": SIGNED_IN}}
    with Sim({"resources": [seed], "speeds": {"access_ms": 60000}}) as sim:
        equal(listed(sim, GROUP, f"principalId eq '{SIGNED_IN}'"), ["0"])
        refused(put_role(sim, GROUP, SIGNED_IN, guid=GUIDS[1]), 409, "RoleAssignmentExists", "already exists")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
