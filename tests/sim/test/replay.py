# SPDX-License-Identifier: MPL-2.0
"""Sends recorded conversations to acg-sim again and compares the shapes of its answers.

A step is {method, path, api, expand, body, status, present, absent, shape}: what is sent, and of the answer the status, the headers
that matter (there or not there) and the shape of the body: member names and JSON types, lists element by element.
"""
import ast
import json
import re
from email.utils import parsedate_to_datetime

from simtest import Sim

# Headers that clients act upon. The command-line recorder drops others (retry-after, x-ms-request-id ...), so their absence
# there proves nothing: "unsure" ones are compared only when the recording has every header.
MATTER = ("azure-asyncoperation", "location", "x-ms-failure-cause", "www-authenticate")
WELCOME = ("x-ms-ratelimit-remaining-resource",)  # lists began to have it between two recordings
UNSURE = ("retry-after", "x-ms-request-id", "x-ms-correlation-request-id")

GALLERY_TYPES = ("galleries", "images", "versions")
SERVED = re.compile(r"/providers/Microsoft\.Compute/(galleries/[^/]+(/images(/[^/]+(/versions(/[^/]+)?)?)?)?"
                    r"|(diskEncryptionSets|disks|snapshots|images)/[^/]+)$", re.IGNORECASE)
POLL = re.compile(r"/locations/[^/]+/(capsOperations|DiskOperations)/", re.IGNORECASE)

# What recordings show that the simulator does not keep: sizes and performance that the disk provider derives, old details.
NOT_SIMULATED = {
    "diskIOPSReadWrite", "diskMBpsReadWrite", "tier", "sourceUniqueId", "supportedCapabilities", "burstingEnabled",
    "dataAccessAuthMode", "zoneResilient", "lastKeyRotationTimestamp", "supportsHibernation", "isArmResource",
    "publicNetworkAccess",
}


def shape(value):
    """Member names and JSON types."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items() if name not in NOT_SIMULATED}
    if isinstance(value, list):
        return [shape(element) for element in value]
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "null" if value is None else "text"


def differences(want, have, place="body"):
    """Texts of every difference between two shapes."""
    if isinstance(want, dict) and isinstance(have, dict):
        out = [f"{place}.{name}: missing" for name in want if name not in have]
        out += [f"{place}.{name}: unexpected" for name in have if name not in want]
        for name in want:
            if name in have:
                out += differences(want[name], have[name], f"{place}.{name}")
        return out
    if isinstance(want, list) and isinstance(have, list):
        if len(want) != len(have):
            return [f"{place}: {len(have)} elements, want {len(want)}"]
        return [d for i in range(len(want)) for d in differences(want[i], have[i], f"{place}[{i}]")]
    return [] if want == have else [f"{place}: {have}, want {want}"]


def expected(exchange, every_header):
    names = MATTER + (UNSURE if every_header else ())
    headers = exchange["response_headers"]
    body = exchange["response_body"]
    return {"status": exchange["status"], "present": [n for n in names + WELCOME if n in headers],
            "absent": [n for n in names if n not in headers], "shape": shape(body) if isinstance(body, dict) else None}


def shape_of_disk_answer(body):
    """Recorded answers to disk and snapshot PUTs hold name, id and type in one case and lack some in another."""
    return {name: part for name, part in body.items() if name not in ("name", "id", "type")}


def request_body(exchange):
    """Some recordings hold the body as the text of a Python bytes literal."""
    body = exchange["request_body"]
    return json.loads(ast.literal_eval(body)) if isinstance(body, str) and body.startswith("b'") else body or None


def when(exchange):
    """Recordings of concurrent calls are not always in the order of their dates."""
    return parsedate_to_datetime(exchange["response_headers"]["date"])


def steps_of(exchanges, every_header):
    """The steps of a recording that the simulator serves. A poll becomes a poll of the operation started last."""
    steps = []
    for exchange in sorted(exchanges, key=when):
        path, _, query = exchange["url"].split("://", 1)[1].partition("/")[2].partition("?")
        path = "/" + path
        step = {"method": exchange["method"], "path": path}
        if POLL.search(path) and exchange["method"] == "GET":
            if not isinstance(exchange["response_body"], dict) or exchange["response_body"].get("status") != "Succeeded":
                continue  # the simulator's operations are over at the first look
            step["poll"] = True
        elif not (SERVED.search(path) and exchange["method"] in ("GET", "PUT", "PATCH", "DELETE")):
            continue
        elif "$select=" in query:
            continue  # sharing is not simulated
        body = request_body(exchange)
        step["api"] = re.search(r"api-version=([^&]*)", query).group(1)
        step["expand"] = "ReplicationStatus" in query
        step["body"] = body
        step.update(expected(exchange, every_header))
        steps.append(step)
    return steps


def seeds_of(exchanges):
    """Resources that the recording reads or deletes but does not make."""
    seeds = {}
    for exchange in exchanges:
        body = exchange["response_body"]
        if exchange["method"] == "GET" and isinstance(body, dict) and body.get("type") == "Microsoft.Compute/virtualMachines":
            disks = body["properties"]["storageProfile"]
            if "managedDisk" not in disks["osDisk"]:
                continue
            seeds[body["id"].lower()] = {"id": body["id"], "location": body["location"], "properties": {"storageProfile": {
                "osDisk": {"osType": disks["osDisk"].get("osType", "Linux"), "caching": disks["osDisk"].get("caching", "ReadWrite"),
                           "managedDisk": {"id": disks["osDisk"]["managedDisk"]["id"]}},
                "dataDisks": [{"lun": d["lun"], "caching": d.get("caching", "None"), "managedDisk": {"id": d["managedDisk"]["id"]}}
                              for d in disks.get("dataDisks", [])]}}}
    made = {e["url"].split("?")[0].lower() for e in exchanges if e["method"] == "PUT"}
    for exchange in exchanges:
        place = exchange["url"].split("?")[0]
        if exchange["method"] == "DELETE" and exchange["status"] == 202 and place.lower() not in made:
            seeds[place.lower()] = {"id": "/" + place.split("://", 1)[1].partition("/")[2], "location": "westus"}
    return list(seeds.values())


def groups_of(steps):
    """One seed per resource group that the steps use."""
    found = {}
    for step in steps:
        match = re.match(r"(/subscriptions/[^/]+)/resourceGroups/([^/]+)", step["path"], re.IGNORECASE)
        if match and not step.get("poll"):
            found[match.group(0).lower()] = {"id": match.group(0), "location": "westus"}
    return list(found.values())


def send(sim, step, last):
    if step.get("poll"):
        url = last.headers.get("azure-asyncoperation") if last else None
        return sim.get(url[len(sim.base):]) if url else None
    query = "&$expand=ReplicationStatus" if step.get("expand") else ""
    return sim.arm(step["method"], step["path"], step["body"], api=step["api"], query=query)


def compare(step, answer):
    out = [] if answer.status == step["status"] else [f"status {answer.status}, want {step['status']}: {answer.message()}"]
    out += [f"header {name}: missing" for name in step["present"] if name not in answer.headers]
    out += [f"header {name}: unexpected" for name in step["absent"] if name in answer.headers]
    if step["shape"] is None:
        if answer.body is not None and step["status"] < 300 and answer.raw:
            out.append("a body where none was recorded")
    else:
        want, have = step["shape"], shape(answer.body)
        if step["status"] == 202 and isinstance(have, dict):
            want, have = shape_of_disk_answer(want), shape_of_disk_answer(have)
        out += differences(want, have)
    return out


def replay(steps, seeds, report, name, seed_groups=True):
    """Send all steps to one simulator; a result per step."""
    scenario = {"extends": "nothing", "resources": (groups_of(steps) if seed_groups else []) + seeds,
                "tokens": {"lifetime_s": 86400},
                "rules_off": ["zones", "generalized"]}  # names are replaced; machines are not deallocated again
    with Sim(scenario) as sim:
        last = None
        for number, step in enumerate(steps):
            answer = send(sim, step, last)
            what = f"{name} {number}: {step['method']} {'operation' if step.get('poll') else step['path'].split('/providers/')[-1]}"
            if answer is None:
                report.check(what, False, "no operation to poll")
                continue
            found = compare(step, answer)
            report.check(what, not found, "\n".join(found))
            if "azure-asyncoperation" in answer.headers:
                last = answer
