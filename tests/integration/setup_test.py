#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""`acg register` and `acg des` over the simulator: what is made works, a second run writes nothing, an interruption at any request is made good.

    setup_test.py ACG_SIM ACG
"""
import json
import pathlib
import signal
import subprocess
import sys

for folder in ("contract", "sim/test"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
from setuptest import KEY_USER, KEY_VAULT_API, ROLE_API, SET_API, put_disk, put_key, put_vault, set_body, vault  # noqa: E402
from az_cli_test import AZ, Az  # noqa: E402
from simtest import SUBSCRIPTION, Report, Sim, des, equal, holds, test, tests_of  # noqa: E402

ACG = sys.argv[2]
REGIONS = ["westus", "eastus2", "northeurope"]
COMMAND_SECONDS = 120
FAST = {"vault_ms": 0, "des_ms": 0, "identity_ms": 0, "access_ms": 0}
FEATURE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/providers/Microsoft.Compute/features/SIGEncryption"
CREATE = ["des", "create", "--regions", *REGIONS, "--encryption-type", "double", "-g", "MyResourceGroup", "--name", "acg-{region}",
          "--vault", "kv-acg-{region}", "--key", "images", "--create-key"]
REQUESTS_MAX = 200


def run(sim, *words):
    return subprocess.run([ACG, *words], env=sim.environment(), capture_output=True, text=True, timeout=COMMAND_SECONDS)


def expect(sim, code, *words):
    done = run(sim, *words)
    holds(done.returncode == code, f"expected exit {code}, not {done.returncode}: {done.stdout}\n{done.stderr}")
    return done


def report(done):
    return json.loads(done.stdout)["report"]


def writes(sim, since=0):
    """What was sent to change something: asking for a name and for a token does not."""
    return [(r["method"], r["path"]) for r in sim.log()[since:]
            if r["method"] != "GET" and not r["path"].endswith(("/checkNameAvailability", "/token"))]


def state_of(sim):
    """Everything a run makes, without what differs from one simulator to the next."""
    out = {}
    for region in REGIONS:
        name = f"kv-acg-{region}"
        v = sim.get(vault(name), api=KEY_VAULT_API).body
        keys = sim.get(vault(name) + "/keys", api=KEY_VAULT_API).body["value"]
        versions = sim.get(vault(name) + "/keys/images/versions", api=KEY_VAULT_API).body["value"]
        s = sim.get(des(f"acg-{region}"), api=SET_API).body
        principal = s["identity"]["principalId"]
        key = s["properties"]["activeKey"]
        equal(key["keyUrl"], versions[0]["properties"]["keyUriWithVersion"], "the set's key")
        equal(key["sourceVault"]["id"].lower(), vault(name).lower())
        roles = [r["properties"] for r in sim.get(vault(name) + "/providers/Microsoft.Authorization/roleAssignments", api=ROLE_API).body["value"]]
        policies = v["properties"]["accessPolicies"]
        holds(all(r["principalId"] == principal for r in roles) and all(p["objectId"] == principal for p in policies), f"others: {roles} {policies}")
        out[region] = {
            "location": v["location"], "purge": v["properties"]["enablePurgeProtection"], "rbac": v["properties"]["enableRbacAuthorization"],
            "keys": [k["name"] for k in keys], "versions": len(versions), "size": versions[0]["properties"]["keySize"],
            "set": (s["location"], s["properties"]["encryptionType"], s["properties"]["provisioningState"],
                    s["properties"]["rotationToLatestKeyVersionEnabled"]),
            "roles": [r["roleDefinitionId"].rsplit("/", 1)[1] for r in roles], "policies": [sorted(p["permissions"]["keys"]) for p in policies]}
    return out


def wanted(kind, rbac):
    return {r: {"location": r, "purge": True, "rbac": rbac, "keys": ["images"], "versions": 1, "size": 3072, "set": (r, kind, "Succeeded", True),
                "roles": [KEY_USER] if rbac else [], "policies": [] if rbac else [["get", "unwrapKey", "wrapKey"]]} for r in REGIONS}


DOUBLE = wanted("EncryptionAtRestWithPlatformAndCustomerKeys", True)
BY_POLICY = wanted("EncryptionAtRestWithCustomerKey", False)
POLICY = [w if w != "double" else "customer_key" for w in CREATE] + ["--access", "policy"]


# ---- register

@test
def register_waits_and_tells_the_provider_again():
    scenario = {"speeds": {"feature_ms": 1500, "provider_ms": 500}, "providers": {"Microsoft.Compute": "NotRegistered"}}
    with Sim(scenario, tls=True) as sim:
        done = expect(sim, 0, "register", "-o", "json")
        equal(report(done)["feature"]["state"], "Registered")
        equal(report(done)["provider"]["before"], "NotRegistered")
        posts = [p.rsplit("/", 2)[1] for m, p in writes(sim) if m == "POST"]
        equal(sorted(posts), ["Microsoft.Compute", "Microsoft.Compute", "SIGEncryption"])
        equal(posts[-1], "Microsoft.Compute", "the provider comes last")
        equal(sim.get(FEATURE, api="2021-07-01").body["properties"]["state"], "Registered")
        seen = len(sim.log())
        expect(sim, 0, "register")
        equal(writes(sim, seen), [], "a second run")


@test
def register_does_not_need_a_feature_today():
    with Sim({"features": {"Microsoft.Compute/SIGEncryption": {"state": "NotRegistered", "refuses": True}}}, tls=True) as sim:
        done = expect(sim, 0, "register")
        holds("no feature is needed" in done.stdout + done.stderr, done.stderr)
    with Sim(tls=True) as sim:
        done = expect(sim, 6, "register", "--feature", "SIGEncrytion")
        holds("is not known to Azure" in done.stderr, done.stderr)


@test
def register_says_that_somebody_has_to_approve():
    features = {"Microsoft.Compute/SIGEncryption": {"state": "NotRegistered", "approvalType": "ApprovalRequired"}}
    with Sim({"features": features}, tls=True) as sim:
        done = expect(sim, 10, "register", "--timeout", "2s")
        holds("has to approve it" in done.stderr and "the same command goes on" in done.stderr, done.stderr)
        expect(sim, 0, "register", "--no-wait")


@test
def register_goes_by_the_other_address_where_the_first_is_not_served():
    fault = {"path": "*/Microsoft.Features/providers/*", "status": 404, "body": {"error": {"code": "NotFound", "message": "no such address"}}}
    with Sim({"faults": [fault], "speeds": {"feature_ms": 0, "provider_ms": 0}}, tls=True) as sim:
        equal(report(expect(sim, 0, "register", "-o", "json"))["feature"]["form"], "featureProviders")
        holds(any(m == "PUT" and "/subscriptionFeatureRegistrations/" in p for m, p in writes(sim)), str(writes(sim)))


# ---- des create

@test
def sets_by_role_work_and_a_second_run_writes_nothing():
    with Sim({"speeds": {**FAST, "vault_ms": 300, "des_ms": 300}}, tls=True) as sim:
        expect(sim, 0, *CREATE, "--yes")
        equal(state_of(sim), DOUBLE)
        for region in REGIONS:
            equal(put_disk(sim, f"acg-{region}", region, f"disk-{region}").status, 202, "a disk with the set")
        seen = len(sim.log())
        done = expect(sim, 0, *CREATE, "--yes", "-o", "json")
        equal(writes(sim, seen), [], "a second run")
        equal({r["state"] for r in report(done)["regions"]}, {"ready"})
        equal({s["state"] for r in report(done)["regions"] for s in r["steps"]}, {"exists"})


@test
def sets_by_policy_work_and_a_second_run_writes_nothing():
    with Sim({"speeds": FAST}, tls=True) as sim:
        expect(sim, 0, *POLICY, "--yes")
        equal(state_of(sim), BY_POLICY)
        equal(put_disk(sim, "acg-eastus2", "eastus2").status, 202, "a disk with the set")
        seen = len(sim.log())
        expect(sim, 0, *POLICY, "--yes")
        equal(writes(sim, seen), [], "a second run")


@test
def a_declaration_in_a_file_says_the_same():
    with Sim({"speeds": FAST}, tls=True) as sim:
        path = pathlib.Path(sim.folder.name, "sets.json")
        path.write_text(json.dumps({
            "target_regions": REGIONS, "encryption_type": "double", "resource_group": "MyResourceGroup", "name": "acg-{region}",
            "vault": "kv-acg-{region}", "key": "images", "create_key": True, "tags": {"team": "images"}}))
        expect(sim, 0, "des", "create", "--file", str(path), "--yes")
        equal(state_of(sim), DOUBLE)
        equal(sim.get(des("acg-westus"), api=SET_API).body["tags"], {"team": "images"})
        path.write_text(json.dumps({"target_region": ["westus"], "key": 7}))
        done = expect(sim, 2, "des", "create", "--file", str(path))
        holds("target_region:" in done.stderr and "write target_regions" in done.stderr and "key:" in done.stderr, done.stderr)


@test
def without_yes_nothing_is_written():
    with Sim({"speeds": FAST}, tls=True) as sim:
        done = expect(sim, 0, *CREATE)
        equal(writes(sim), [])
        holds(done.stderr.endswith("what is missing is made by the same command with --yes\n"), done.stderr)
        holds("Purge protection cannot be undone" in done.stdout and "make the key images in kv-acg-eastus2" in done.stdout, done.stdout)
        equal({r["state"] for r in report(expect(sim, 0, *CREATE, "-o", "json"))["regions"]}, {"planned"})


@test
def an_identity_that_azure_does_not_know_yet_is_waited_for():
    with Sim({"speeds": {**FAST, "identity_ms": 2500}}, tls=True) as sim:
        done = expect(sim, 0, *CREATE, "--yes")
        holds("the directory does not know the set's identity yet" in done.stderr, done.stderr)
        equal(state_of(sim), DOUBLE)
        holds(sum("/roleAssignments/" in p for _, p in writes(sim)) > len(REGIONS), "nobody tried again")


@test
def lost_answers_are_settled_by_reading():
    faults = [{"method": "PUT", "path": f"*{part}*", "times": 1, "drop": "after"}
              for part in ("/vaults/kv-acg-westus", "/keys/images", "/diskEncryptionSets/acg-eastus2", "/roleAssignments/")]
    with Sim({"speeds": FAST, "faults": faults}, tls=True) as sim:
        done = expect(sim, 0, *CREATE, "--yes")
        holds("is there: the write had arrived" in done.stderr, done.stderr)
        equal(state_of(sim), DOUBLE)
        keys = [p for m, p in writes(sim) if "/keys/" in p]
        equal(len(keys), len(set(keys)), "writes of a key")


# ---- interruptions

def interrupted_at(number, words):
    """A run that is killed while its request of that number is answered, and a second one.
    @return whether the first was killed, and then the state at the end and the writes of keys."""
    hold = {"path": "/subscriptions*", "skip": number - 1, "times": 1, "delay_ms": 1000 * COMMAND_SECONDS}
    with Sim({"speeds": FAST, "faults": [hold]}, tls=True) as sim:
        first = subprocess.Popen([ACG, *words, "--yes"], env=sim.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while first.poll() is None and sum(r["path"].startswith("/subscriptions") for r in sim.log()) < number:
            pass
        killed = first.poll() is None
        first.send_signal(signal.SIGKILL)
        first.wait()
        if not killed:  # it was over before so many requests; the next one would be held
            return False, None, []
        done = run(sim, *words, "--yes")
        holds(done.returncode == 0, f"request {number}: exit {done.returncode}: {done.stderr}")
        return killed, state_of(sim), [p for _, p in writes(sim) if "/keys/" in p]


def every_interruption(words, want):
    for number in range(1, REQUESTS_MAX):
        killed, state, keys = interrupted_at(number, words)
        if not killed:
            print(f"# killed at each of {number - 1} requests")
            holds(number > 30, f"only {number} requests")
            return
        equal(state, want, f"killed at request {number}")
        holds(len(keys) == len(set(keys)), f"killed at request {number}, and a key was asked for twice: {keys}")
    raise AssertionError("the run has no end")


@test
def a_run_by_role_that_is_killed_at_any_request_is_made_good():
    every_interruption(CREATE, DOUBLE)


@test
def a_run_by_policy_that_is_killed_at_any_request_is_made_good():
    every_interruption(POLICY, BY_POLICY)


# ---- what differs

def conflict(prepare, *told, words=CREATE, code=5):
    with Sim({"speeds": FAST}, tls=True) as sim:
        prepare(sim)
        seen = len(sim.log())
        done = expect(sim, code, *words, "--yes")
        equal(writes(sim, seen), [], "what was written all the same")
        for text in told:
            holds(text in done.stderr, f"{text!r} is not told: {done.stderr}")


@test
def a_vault_of_another_kind_is_refused():
    def prepare(sim):
        put_vault(sim, "kv-acg-westus", "eastus", enablePurgeProtection=None)
        put_vault(sim, "kv-acg-eastus2", "eastus2")
    conflict(prepare, "vault-region", "purge-protection", "vault-access", words=[*CREATE, "--access", "rbac"])


@test
def a_key_of_another_kind_is_refused():
    def prepare(sim):
        put_vault(sim, "kv-acg-westus", "westus")
        put_key(sim, "kv-acg-westus", "images", kty="EC", keySize=None)
        put_vault(sim, "kv-acg-eastus2", "eastus2")
        put_key(sim, "kv-acg-eastus2", "images", keySize=2048)
    conflict(prepare, "key-type", "key-size", words=[*CREATE, "--key-size", "4096"])


@test
def a_set_of_another_kind_is_refused():
    def prepare(sim):
        for region in ("westus", "eastus2"):
            put_vault(sim, f"kv-acg-{region}", region)
            key = put_key(sim, f"kv-acg-{region}", "images" if region == "westus" else "other")
            put_key(sim, f"kv-acg-{region}", "images")
            body = set_body(key.body["properties"]["keyUriWithVersion"], region, vault(f"kv-acg-{region}"))
            equal(sim.put(des(f"acg-{region}"), body, api=SET_API).status, 202)
    conflict(prepare, "set-type", "set-key")


@test
def a_vault_name_that_is_taken_elsewhere_is_refused():
    def prepare(sim):
        equal(sim.put(f"/subscriptions/{SUBSCRIPTION}/resourcegroups/elsewhere", {"location": "westus"}, api="2022-09-01").status, 201)
        put_vault(sim, "kv-acg-westus", group=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/elsewhere")
    conflict(prepare, "kv-acg-westus is taken")


@test
def what_is_missing_is_not_made_without_create_key():
    words = [w for w in CREATE if w != "--create-key"]
    conflict(lambda sim: put_vault(sim, "kv-acg-eastus2", "eastus2"), "the vault kv-acg-westus does not exist",
             "the vault kv-acg-eastus2 has no key images", words=words, code=3)


# ---- list, show

@test
def list_and_show_say_who_depends_on_a_set():
    with Sim({"speeds": FAST}, tls=True) as sim:
        expect(sim, 0, *CREATE, "--yes")
        equal(put_disk(sim, "acg-westus", "westus").status, 202)
        listed = report(expect(sim, 0, "des", "list", "-o", "json"))
        regions = {r["name"]: {s["name"]: s for s in r["disk_encryption_sets"]} for r in listed["regions"]}
        equal([r["name"] for r in listed["regions"]], sorted(regions))
        equal(len(regions["westus"]["acg-westus"]["used_by"]), 1)
        equal(regions["eastus2"]["acg-eastus2"]["used_by"], [])
        shown = report(expect(sim, 0, "des", "show", "acg-westus", "-g", "MyResourceGroup", "-o", "json"))["disk_encryption_set"]
        equal(shown, regions["westus"]["acg-westus"])
        stored = sim.get(des("acg-westus"), api=SET_API).body
        equal((shown["encryption_type"], shown["key"]["url"], shown["identity"]["principal_id"]),
              (stored["properties"]["encryptionType"], stored["properties"]["activeKey"]["keyUrl"], stored["identity"]["principalId"]))
        done = expect(sim, 6, "des", "show", des("nobody"))
        holds("nobody" in done.stderr, done.stderr)


# ---- az

@test
def az_reads_what_was_made_as_we_report_it():
    if not pathlib.Path(AZ).exists():
        raise AssertionError(f"{AZ} is not there: ./tests/run installs it")
    with Sim({"speeds": FAST}, tls=True) as sim, Az(sim) as az:
        expect(sim, 0, *CREATE, "--yes")
        for region in REGIONS:
            ours = report(expect(sim, 0, "des", "show", f"acg-{region}", "-g", "MyResourceGroup", "-o", "json"))["disk_encryption_set"]
            theirs = az.run("disk-encryption-set", "show", "-g", "MyResourceGroup", "-n", f"acg-{region}")
            equal((ours["id"], ours["region"], ours["encryption_type"], ours["key"]["url"], ours["identity"]["principal_id"]),
                  (theirs["id"], theirs["location"], theirs["encryptionType"], theirs["activeKey"]["keyUrl"], theirs["identity"]["principalId"]))
            equal((ours["vault_id"], ours["provisioning_state"], ours["rotation"]["enabled"]),
                  (theirs["activeKey"]["sourceVault"]["id"], theirs["provisioningState"], theirs["rotationToLatestKeyVersionEnabled"]))
            kept = az.run("keyvault", "show", "-g", "MyResourceGroup", "-n", f"kv-acg-{region}")
            equal((kept["properties"]["enablePurgeProtection"], kept["properties"]["enableRbacAuthorization"]), (True, True))
            keys = az.run("rest", "--method", "get", "--url", f"{sim.base}{vault(f'kv-acg-{region}')}/keys?api-version={KEY_VAULT_API}")
            equal([k["properties"]["keyUri"] for k in keys["value"]], [ours["key"]["url"].rsplit("/", 1)[0]])
        listed = report(expect(sim, 0, "des", "list", "-o", "json"))
        equal(sorted(s["id"] for r in listed["regions"] for s in r["disk_encryption_sets"]),
              sorted(s["id"] for s in az.run("disk-encryption-set", "list")))


if __name__ == "__main__":
    tap = Report()
    tap.run(tests_of(globals()))
    tap.end()
