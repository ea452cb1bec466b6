#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every kind of request of `acg publish`, over TLS, times what can become of it on its way: a success after another attempt, or one
error with its exit code. It ends in its time, no region leaves the version, no encryption changes, and a host that answers lead to
hears nothing. What an answer's status alone does is told for all requests in tests/fault/publish_matrix_test.c.

    fault_matrix_test.py ACG_SIM ACG
"""
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, DEFINITION, IMAGE, TENANT, Report, Sim, des, equal, holds, test, tests_of  # noqa: E402

ACG = sys.argv[2]
SIDE_BY_SIDE = 80  # most of them wait for their own next attempt
SECRET = "hush-0123456789"
VAULT = COMPUTE.replace("Compute", "KeyVault") + "/vaults/westus-kv"
REGIONS = ("westus", "eastus2", "westeurope")
CODES = {2, 3, 4, 5, 6, 7, 10, 75}
SHORT_S = 4      # --timeout of what never gets better
MARGIN_S = 20    # a loaded machine starts programs slowly; nothing is measured here, this is where a hang is told from a wait
MANY = 64 * 1024 * 1024


# ---- the world ----

def encryption_set(region, disk):
    active = {"keyUrl": "https://westus-kv.vault.azure.net/keys/k/1", "sourceVault": {"id": VAULT}}
    named = {"properties": {"activeKey": active}, "identity": {"type": "SystemAssigned", "principalId": "p"}} if region == "westus" else {}
    return {"id": des(f"{region}-{disk}"), "location": region, **named}


def resources():
    sets = [encryption_set(region, disk) for region in REGIONS for disk in ("os", "data")]
    vault = {"id": VAULT, "location": "westus", "properties": {
        "sku": {"family": "A", "name": "standard"}, "tenantId": TENANT, "enableRbacAuthorization": True, "enableSoftDelete": True,
        "enablePurgeProtection": True, "accessPolicies": []}}
    key = {"id": VAULT + "/keys/k", "properties": {"kty": "RSA", "keySize": 3072, "attributes": {"enabled": True}}}
    return [*sets, vault, key]


def scenario(faults=(), **more):
    clients = [{"client_id": "sp", "client_secret": SECRET}]
    return {"speeds": {"version_ms": 0, "replication_ms": 0}, "tokens": {"clients": clients}, "rules_off": ["keys"],
            "resources": resources(), "faults": list(faults), **more}


def configuration(**changes):
    config = {
        "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage", "location": "westus",
        "gallery_image_version": "auto", "managed_image": IMAGE, "target_regions": list(REGIONS), "encryption_type": "customer_key",
        "disk_encryption_sets": {f"{region}/{lun}": f"{region}-{disk}" for region in REGIONS for lun, disk in (("os", "os"), ("0", "data"))},
    }
    config.update(changes)
    return {k: v for k, v in config.items() if v is not None}


FAILS_ONCE = [{"regions": {"eastus2": {"fail": "no room", "fail_times": 1}}}]
STORIES = {
    "waves": (configuration(wave_size=1), {}),
    "snapshots": (configuration(gallery_image_version="1.0.0", managed_image=None, os_snapshot=COMPUTE + "/snapshots/myOSSnapshot",
                                data_snapshots={"0": COMPUTE + "/snapshots/myDDSnapshot"}), {}),
    "replace": (configuration(gallery_image_version="0.9.0", on_existing="replace"), {}),
    "repair": (configuration(gallery_image_version="1.0.0", on_failure="repair"), {"versions": FAILS_ONCE}),
}


# ---- one publish ----

Done = collections.namedtuple("Done", "code stdout stderr seconds log version")


def publish(config, scene, *options, tls=True, **environment):
    with Sim(scene, tls=tls) as sim, tempfile.TemporaryDirectory() as folder:
        both = pathlib.Path(folder, "ca.pem")  # the other host is trusted: only its name is against it
        both.write_text("".join(pathlib.Path(ca).read_text() for ca in (sim.ca, FOREIGN.ca) if ca))
        path = pathlib.Path(folder, "publish.json")
        path.write_text(json.dumps(config))
        settings = {"AZURE_CLIENT_SECRET": SECRET, "ACG_CA_FILE": str(both), **environment}
        begun = time.monotonic()
        ran = subprocess.run([ACG, "publish", "--file", str(path), *options], env=sim.environment(**settings), capture_output=True,
                             text=True, timeout=240)
        seconds = time.monotonic() - begun
        log = sim.log()
        written = [entry["path"] for entry in log if entry["method"] == "PUT"]
        version = sim.login(secret=SECRET).body and resource(sim, written[-1]) if written else None
        return Done(ran.returncode, ran.stdout, ran.stderr, seconds, log, version)


def resource(sim, path):
    answer = sim.send("GET", "/_sim/resource?id=" + path)
    return answer.body if answer.status == 200 else None


def sets_of(version):
    """Region to the names of its sets."""
    out = {}
    for target in version["properties"]["publishingProfile"]["targetRegions"]:
        encryption = target.get("encryption", {})
        disks = [encryption.get("osDiskImage", {}), *encryption.get("dataDiskImages", [])]
        out[target["name"].lower().replace(" ", "")] = [d.get("diskEncryptionSetId", "").rsplit("/", 1)[-1] for d in disks]
    return out


WHOLE = {region: [f"{region}-os", f"{region}-data"] for region in REGIONS}


# ---- the exchanges of a story ----

Exchange = collections.namedtuple("Exchange", "story name method path skip")


def kind_of(entry):
    """Requests of one kind before the first write are struck alike."""
    path = re.sub(r"/capsOperations/.*", "/capsOperations/*", entry["path"])
    return re.sub(r"(diskEncryptionSets|disks|snapshots)/[^/]+$", r"\1/*", re.sub(r"locations/[^/]+/usages", "locations/*/usages", path))


def exchanges_of(story):
    config, more = STORIES[story]
    done = publish(config, scenario(**more))
    holds(done.code == 0 and sets_of(done.version) == WHOLE, f"{story}: exit {done.code}\n{done.stderr}\n{done.version}")
    seen, out, names = collections.Counter(), [], set()
    wrote = 0
    for entry in done.log:
        path = kind_of(entry)
        place = (entry["method"], path)
        name = (*place, wrote, seen[place] if wrote else 0)
        if (not wrote or "/versions/" in path or "/capsOperations/" in path or (*place, wrote) not in names) and name not in names:
            out.append(Exchange(story, f"{entry['method']} {path.rsplit('/', 1)[-1] if path.count('/') else path} after {wrote} writes "
                                f"({path.split('/')[-2]})", entry["method"], path, seen[place]))
        names |= {name, (*place, wrote)}
        seen[place] += 1
        wrote += entry["method"] in ("PUT", "DELETE")
    return out


# ---- faults ----

def answered(status, text="", **headers):
    return {"status": status, "text": text, "headers": headers} if headers else {"status": status, "text": text}


def faults():
    """Name to (members of the simulator's fault, whether one strike must be without consequence)."""
    elsewhere = FOREIGN.base.replace("localhost", "127.0.0.1")
    return {
        "closed, not carried out": ({"drop": "before"}, True),
        "reset, not carried out": ({"drop": "before", "manner": "reset"}, True),
        "reset, carried out": ({"drop": "after", "manner": "reset"}, True),
        "broken body": ({"truncate_at": 20}, True),
        "truncated document": ({"act": True, "text": '{"properties": {"provisioningState": "Succ'}, False),
        "other document": ({"act": True, "text": '{"value": {"id": 7}}'}, False),
        "64 MiB": ({"pad_to": MANY}, False),
        "redirect": (answered(302, Location=elsewhere + "/x"), False),
        "redirect with method": (answered(307, Location=FOREIGN.base + "/x"), False),
        "foreign operation": ({"headers": {"Azure-AsyncOperation": elsewhere + "/subscriptions/s/providers/x", "Location": None}}, True),
        "other port": ({"headers": {"Azure-AsyncOperation": FOREIGN.base + "/subscriptions/s/providers/x", "Location": None}}, True),
        "expired token": (answered(401, '{"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}}'), True),
        "409": (answered(409, '{"error": {"code": "Conflict", "message": "busy"}}'), False),
        "429 with Retry-After": (answered(429, **{"Retry-After": "1"}), True),
        "503": (answered(503), True),
    }


LASTING = {
    "reset, not carried out": None, "reset, carried out": None, "64 MiB": None, "expired token": None, "429 with Retry-After": None,
    "503": None, "stalled": {"delay_ms": 60000},
}


OUTLASTING = {"reset, not carried out", "429 with Retry-After", "503", "stalled"}
REPAIRED = {"reset, not carried out", "reset, carried out", "foreign operation", "429 with Retry-After", "503"}


def strike(exchange, members, always):
    fault = {"method": exchange.method, "path": exchange.path, "skip": exchange.skip, **members}
    return fault if always else {**fault, "times": 1}


# ---- what must hold ----

def check(cell, done, must, limit_s):
    seen = f"{cell}: exit {done.code} after {done.seconds:.1f} s\n{done.stdout}\n{done.stderr}"
    holds(done.code == 0 or done.code in CODES, "no exit code of a publish: " + seen)
    holds(done.code == 0 or not must, "one strike was too many: " + seen)
    holds(done.seconds < limit_s, "it outlasts its time: " + seen)
    holds(SECRET not in done.stdout + done.stderr and "Bearer" not in done.stdout + done.stderr, "a secret is shown: " + seen)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    result = json.loads(done.stdout)
    if done.code == 0:
        holds(sets_of(done.version) == WHOLE and not errors, f"not what was asked for: {seen}\n{done.version}")
        holds(result["state"] == "succeeded" and result["proved"] is True, seen)
    else:
        holds(len(errors) == 1 or done.code == 3, "not one error: " + seen)
        holds(errors and len(errors[-1]) > 30 and result["error"]["message"].split(";")[0] in done.stderr, "no clear error: " + seen)
    written = set()
    for entry in done.log:
        if entry["method"] == "PUT" and entry.get("status") in (200, 201) and entry.get("body"):
            body = entry["body"] if isinstance(entry["body"], dict) else json.loads(entry["body"])
            sets = sets_of(body)
            holds(all(WHOLE[region] == names for region, names in sets.items()), f"other encryption: {sets} {seen}")
            holds("repair" in cell or not written - set(sets), f"a region was taken out: {sets} {seen}")
            written = set(sets)
        holds(entry["status"] != 409 or "409" in cell or "carried out" in cell, f"a write beside a write: {entry} {seen}")


def once(exchange, name, members, must, tls=True):
    config, more = STORIES[exchange.story]
    must = must and not (exchange.path.endswith("/token") and name == "expired token")  # there a 401 is a wrong secret
    done = publish(config, scenario([strike(exchange, members, False)], **more), tls=tls)
    check(f"{exchange.story}, {exchange.name}, {name} once", done, must, 100 + MARGIN_S)


def always(exchange, name, members):
    config, more = STORIES[exchange.story]
    done = publish(config, scenario([strike(exchange, members, True)], **more), "--timeout", f"{SHORT_S}s")
    check(f"{exchange.story}, {exchange.name}, {name} always", done, False, SHORT_S + MARGIN_S)
    if name in OUTLASTING:  # reported as such, or not needed
        holds(done.code in (0, 10, 75), f"{exchange.name}, {name}: exit {done.code} {done.stderr}")
    if done.code == 10:
        holds("still running" in done.stderr or " while " in done.stderr, f"not said what was waited for: {done.stderr}")


def applies(exchange, name):
    if exchange.story == "repair" and name not in REPAIRED:
        return False
    return exchange.method in ("PUT", "DELETE") or name not in ("foreign operation", "other port")


def exchanges_in(*stories):
    """What is new about each story. A repair waits half a minute for its region: its second and third write are enough."""
    out = {}
    for story in stories:
        for exchange in exchanges_of(story):
            if story != "repair" or (exchange.method == "PUT" and exchange.skip):
                out.setdefault(exchange.name, exchange)
    return list(out.values())


# ---- hosts that cannot be talked to ----

def unreachable(cell, words, codes, **where):
    done = publish(configuration(), scenario(), "--timeout", f"{SHORT_S}s", **where)
    check(cell, done, False, SHORT_S + MARGIN_S)
    holds(done.code in codes and all(word in done.stderr for word in words), f"{cell}: exit {done.code}\n{done.stderr}")
    holds(not [entry for entry in done.log if "/oauth2/" not in entry["path"]], f"{cell}: {done.log}")


def hosts():
    distrust = {"ACG_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"}
    closed = "https://localhost:1"
    return [
        lambda: unreachable("certificate", ("not trusted", "ca_file"), {2}, **distrust),
        lambda: unreachable("certificate of the resource manager", ("not trusted", "ca_file"), {2},
                            ACG_RESOURCE_MANAGER_ENDPOINT=UNKNOWN.base),
        lambda: unreachable("login refused", ("nothing was written",), {75, 10}, AZURE_AUTHORITY_HOST=closed),
        lambda: unreachable("resource manager refused", ("localhost:1",), {75, 10}, ACG_RESOURCE_MANAGER_ENDPOINT=closed),
    ]


def tell(name, jobs):
    """Run them side by side; all that is wrong is told, not the first alone."""
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for future in concurrent.futures.as_completed([pool.submit(*job) for job in jobs]):
            error = future.exception()
            if error is not None:
                wrong.append(f"{type(error).__name__}: {error}")
    print(f"# {name}: {len(jobs)} cells, {len(wrong)} wrong")
    holds(not wrong, "\n".join(wrong))


@test
def every_request_is_struck_once_and_for_ever():
    exchanges, lasting = exchanges_in("repair", "waves", "snapshots", "replace"), exchanges_in("waves", "replace")
    jobs = [(once, exchange, name, *fault) for exchange in exchanges for name, fault in faults().items() if applies(exchange, name)]
    jobs += [(always, exchange, name, members or faults()[name][0]) for exchange in lasting for name, members in LASTING.items()]
    tell(f"{len(exchanges)} requests", jobs)


@test
def a_header_that_breaks_off():
    plain = {"drop": "after", "manner": "header"}
    tell("header", [(once, exchange, "header, carried out", plain, True, False) for exchange in exchanges_in("waves")])


@test
def a_host_that_cannot_be_talked_to():
    tell("hosts", [(job,) for job in hosts()])


@test
def another_host_that_answers_named_hears_nothing():
    equal(FOREIGN.log(), [], "requests of the other host")


report = Report()
with Sim(tls=True) as FOREIGN, Sim(tls=True) as UNKNOWN:
    report.run(tests_of(globals()))
report.end()
