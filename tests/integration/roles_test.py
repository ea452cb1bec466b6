#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The role definitions of examples/roles list exactly the actions of the requests that are sent, whatever the source is.

    roles_test.py ACG_SIM PACKER_PLUGIN_ACG ACG
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, House, template  # noqa: E402
from simtest import COMPUTE, SUBSCRIPTION, Report, Sim, des, equal, holds, how_to_body, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[3]).resolve())
VERBS = {"GET": "read", "PUT": "write", "DELETE": "delete"}
VAULT = COMPUTE.replace("Compute", "KeyVault") + "/vaults/v"
# The operation is polled a few times before it is over, so that its polling is seen.
SCENARIO = {"speeds": {"version_ms": 1500, "replication_ms": 1500, "delete_ms": 0}, "resources": [
    {"id": VAULT, "location": "westus", "properties": {"enablePurgeProtection": True}},
    {"id": VAULT + "/keys/k", "location": "westus", "properties": {"kty": "RSA"}},
    {"id": des("WestUSDiskEncryptionSet1"), "location": "westus", "properties": {"activeKey": {
        "keyUrl": "https://v.vault.azure.net/keys/k/1", "sourceVault": {"id": VAULT}}}},
    {"id": f"{COMPUTE}/snapshots/taken0", "location": "westus", "properties": {"diskSizeGB": 4, "creationData": {
        "createOption": "Copy", "sourceResourceId": f"{COMPUTE}/disks/srcVm_data0"}}},
    {"id": f"{COMPUTE}/snapshots/takenOs", "location": "westus", "properties": {"osType": "Linux", "diskSizeGB": 30, "creationData": {
        "createOption": "Copy", "sourceResourceId": f"{COMPUTE}/disks/srcVm_os"}}}]}
FIELDS = {"resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
          "target_regions": ["westus", "eastus2"]}
SETS = {"encryption_type": "customer_key",
        "disk_encryption_sets": {"westus": "WestUSDiskEncryptionSet1", "eastus2": "EastUS2DiskEncryptionSet1"}}
SOURCES = ({"managed_image": "myImage", **SETS}, {"virtual_machine": f"{COMPUTE}/virtualMachines/srcVm", **SETS},
           {"image_version": version("0.9.0")}, {"os_snapshot": "myOSSnapshot", "data_snapshots": {"0": "myDDSnapshot"}, **SETS},
           {"os_snapshot": f"{COMPUTE}/disks/srcVm_os", "data_snapshots": {"0": f"{COMPUTE}/disks/srcVm_data0"}, **SETS},
           {"os_snapshot": "takenOs", "data_snapshot_prefix": "taken", "snapshots_of": "myImage", **SETS})


def actions_of(*names):
    return {a for name in names for a in json.loads((EXAMPLES / "roles" / f"{name}.json").read_text())["Actions"]}


# What is read of a subscription itself.
ABOUT = {"": "", "/locations": "locations/", "/providers/Microsoft.Compute": "providers/", "/providers/Microsoft.KeyVault": "providers/"}


# What Azure names otherwise than its place.
FEATURE = "/providers/Microsoft.Features/providers/Microsoft.Compute/features/SIGEncryption"
NAMED = {FEATURE: "Microsoft.Features/providers/features/read", FEATURE + "/register": "Microsoft.Features/providers/features/register/action",
         "/providers/Microsoft.KeyVault/checkNameAvailability": "Microsoft.KeyVault/checkNameAvailability/read"}
# What acg sends none of: Azure asks for it on what a request names.
ASKED = {"des-create": {"Microsoft.KeyVault/vaults/deploy/action"},
         "vm-test": {"Microsoft.Compute/disks/write", "Microsoft.Network/virtualNetworks/subnets/join/action", "Microsoft.Network/networkInterfaces/join/action"}}


def action(request):
    """The action that Azure asks for: GET /…/providers/Microsoft.Compute/images/NAME is Microsoft.Compute/images/read."""
    about = request["path"].partition(f"/subscriptions/{SUBSCRIPTION}")[2]
    if about in ABOUT:
        return f"Microsoft.Resources/subscriptions/{ABOUT[about]}read"
    if about in NAMED:
        return NAMED[about]
    if "/providers/" not in about:
        return f"Microsoft.Resources/subscriptions/resourceGroups/{VERBS[request['method']]}"
    if request["method"] == "POST":
        return f"{about.removeprefix('/providers/')}/action"
    provider, *rest = request["path"].rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2], VERBS[request["method"]]])


def sent(sim):
    """The actions of all requests but those of the login, with the first request of each."""
    seen = {}
    for request in sim.log():
        if not request["path"].endswith("/oauth2/v2.0/token"):
            seen.setdefault(action(request), f"{request['method']} {request['path']}")
    return seen


def same(seen, allowed):
    equal({a: r for a, r in seen.items() if a not in allowed}, {}, "requests that the role does not allow")
    equal(allowed - set(seen), set(), "actions of the role that no request needs")


@test
def a_publish_sends_what_the_role_allows_and_nothing_else():
    with Sim(SCENARIO, tls=True) as sim:
        running = []
        for number, source in enumerate(SOURCES):  # side by side: each waits for Azure
            process = subprocess.Popen([ACG, "publish", "--file", "-"], env=sim.environment(), text=True, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin.write(json.dumps({**FIELDS, **source, "gallery_image_version": f"2.0.{number}"}))
            process.stdin.close()
            process.stdin = None
            running.append(process)
        for source, process in zip(SOURCES, running):
            _, err = process.communicate(timeout=120)
            equal(process.returncode, 0, f"{source}: {err}")
        same(sent(sim), actions_of("publish", "plan"))


@test
def destroying_the_artifact_needs_one_action_more():
    with Sim(SCENARIO, tls=True) as sim, House(sim) as house:
        chain = template({**FIELDS, "gallery_image_version": "2.1.0", "managed_image": "myImage", "delete_version_on_destroy": True})
        chain["post-processors"] = [[*chain["post-processors"], {"type": "artifice", "files": ["t.json"], "keep_input_artifact": False}]]
        done = house.run("build", house.write("t.json", chain))
        equal(done.returncode, 0, done.stdout)
        seen = sent(sim)
        equal(sim.get(version("2.1.0")).status, 404)
        holds(actions_of("delete") <= set(seen) <= actions_of("publish", "plan", "delete"), seen)


def acg(sim, *words):
    done = subprocess.run([ACG, *words], env=sim.environment(), capture_output=True, text=True, timeout=120)
    equal(done.returncode, 0, f"{words}: {done.stderr}")


@test
def register_sends_what_its_role_allows_and_nothing_else():
    with Sim({"providers": {"Microsoft.KeyVault": "NotRegistered"}}, tls=True) as sim:
        acg(sim, "register")
        acg(sim, "register", "--provider", "Microsoft.KeyVault")
        same(sent(sim), actions_of("register"))


@test
def making_sets_sends_what_its_role_allows_and_nothing_else():
    slow = {"speeds": {"vault_ms": 500, "des_ms": 1500}}  # so that polling is seen
    with Sim(slow, tls=True) as sim:
        names = ["-g", "MyResourceGroup", "--name", "s-{region}", "--vault", "kv-roles-{region}", "--key", "k", "--create-key", "--yes"]
        acg(sim, "des", "create", "--regions", "westus", *names, "--access", "rbac")
        acg(sim, "des", "create", "--regions", "eastus2", *names, "--access", "policy")
        same(sent(sim), actions_of("des-create") - ASKED["des-create"])


@test
def verifying_and_testing_send_what_their_roles_allow_and_nothing_else():
    slow = {"speeds": {"version_ms": 0, "vm_ms": 1500, "network_ms": 1500, "group_ms": 1500}}
    with Sim(slow, tls=True) as sim:
        equal(sim.put(version("2.2.0"), how_to_body()).status, 201)
        sim.send("DELETE", "/_sim/log")
        acg(sim, "verify", version("2.2.0"))
        same(sent(sim), actions_of("verify"))
        sim.send("DELETE", "/_sim/log")
        acg(sim, "vm-test", version("2.2.0"), "--region", "westus", "--yes")
        same(sent(sim), actions_of("vm-test") - ASKED["vm-test"])


@test
def every_role_is_held_against_requests():
    here = {path.stem for path in (EXAMPLES / "roles").iterdir()}
    equal(here, {"publish", "plan", "delete", "sources", "register", "des-create", "verify", "vm-test"})
    for name, asked in ASKED.items():
        holds(asked <= actions_of(name), f"{name}: {asked}")


@test
def what_azure_asks_for_on_a_source_is_never_sent():
    equal(actions_of("sources") & actions_of("publish", "plan", "delete"), set())


report = Report()
report.run(tests_of(globals()))
report.end()
