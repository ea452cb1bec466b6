#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve, called by Debian's grpcio: plan, register, des, verify, vm-args and vm-test against the simulator, beside the command.

    serve_operations_test.py ACG_SIM ACG
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_house import (ACG, SECONDS, SECRET, Server, configuration, detail, errors_pb2, follow, grpc, kinds, publish_request,  # noqa: E402
                         publisher_pb2, started_sim, until_taken)
from simtest import DEFINITION, IMAGE, SUBSCRIPTION, Report, des, encryption, equal, holds, test, tests_of, version  # noqa: E402

CODE = grpc.StatusCode
LONG_MS = 3_600_000
FAST = {"vault_ms": 0, "des_ms": 0, "identity_ms": 0, "access_ms": 0, "feature_ms": 0, "provider_ms": 0}
OTHER = "99999999-0000-0000-0000-000000000000"
REGIONS = ["westus", "eastus2"]
CREATE = {"target_regions": REGIONS, "encryption_type": "double", "resource_group": "MyResourceGroup", "name": "acg-{region}",
          "vault": "kv-acg-{region}", "key": "images", "create_key": True}
CREATE_WORDS = ["des", "create", "--regions", *REGIONS, "--encryption-type", "double", "-g", "MyResourceGroup", "--name", "acg-{region}",
                "--vault", "kv-acg-{region}", "--key", "images", "--create-key"]
BY_NAMES = {"resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
            "gallery_image_version": "1.0.0"}
BY_ID = {"gallery_image_version_id": version("1.0.0")}


def world(**scenario):
    """A simulator with a version whose disks have their sets."""
    seed = {"id": f"{DEFINITION}/versions/1.0.0", "location": "westus", "properties": {
        "publishingProfile": {"targetRegions": [
            {"name": "westus", "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")},
            {"name": "eastus2", "encryption": encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DiskEncryptionSet2")}]},
        "storageProfile": {"source": {"id": IMAGE}}}}
    speeds = {"vm_ms": 0, "network_ms": 0, "group_ms": 0, **FAST, **scenario.pop("speeds", {})}
    return started_sim(speeds=speeds, resources=[seed], **scenario)


def call(server, method, **fields):
    request = getattr(publisher_pb2, f"{method}Request")(**fields)
    return getattr(server.publisher(), method)(request, timeout=SECONDS)


def ends(server, method, code, **fields):
    """The events of a call that ends with this code; None: in order."""
    events, error = follow(call(server, method, **fields))
    holds((error.code() if error else None) == code, f"{method}: {error}, {events}")
    equal(events[-1].WhichOneof("kind") if events else "done", "done")
    holds(SECRET not in str(events) + str(error), "the secret is shown")
    return events, error


def report_of(events):
    shown = events[-1].done.report
    holds(shown.kind and shown.text and shown.markdown, shown)
    return json.loads(shown.json)


def by_command(sim, *words):
    done = subprocess.run([ACG, *words, "-o", "json"], env=sim.environment(AZURE_CLIENT_SECRET=SECRET), capture_output=True, text=True,
                          timeout=SECONDS)
    return json.loads(done.stdout)["report"]


def writes(sim):
    return [(r["method"], r["path"]) for r in sim.log()
            if r["method"] != "GET" and not r["path"].endswith(("/checkNameAvailability", "/token"))]


def faults(server, method, expected, **fields):
    """A request that is refused with these fields and asks Azure nothing."""
    events, error = ends(server, method, CODE.INVALID_ARGUMENT, **fields)
    equal([e.finding.field for e in events[:-1]], expected, method)
    holds(all(e.finding.message and e.finding.fix for e in events[:-1]), events)
    equal((events[-1].done.result.state, events[-1].done.error.status, detail(error).exit_code), ("not started", "argument", 2))


# ---- plan

@test
def plan_online_reads_and_reports_as_the_command_does():
    with world() as sim, Server(sim) as server:
        text = json.dumps(configuration())
        events, _ = ends(server, "PlanOnline", None, configuration_json=text)
        equal((events[0].started.operation, events[0].started.version_id), ("plan", version("7.0.0")))
        equal(events[-1].done.report.kind, "plan")
        pathlib.Path(server.folder.name, "file.json").write_text(text)
        told = by_command(sim, "plan", "--file", f"{server.folder.name}/file.json")
        equal(set(report_of(events)), set(told))
        equal(writes(sim), [])


@test
def plan_online_tells_faults_of_the_options_and_of_azure_at_once():
    with world() as sim, Server(sim) as server:
        events, error = ends(server, "PlanOnline", CODE.INVALID_ARGUMENT,
                             configuration_json=json.dumps(configuration("seven", encryption_type="double")))
        fields = {e.finding.field for e in events if e.WhichOneof("kind") == "finding"}
        holds("gallery_image_version" in fields and any(f.startswith("target_region[") for f in fields), fields)
        equal(detail(error), events[-1].done.error)
        ends(server, "PlanOnline", CODE.FAILED_PRECONDITION, configuration_json=json.dumps(configuration(encryption_type="double")))
        ends(server, "PlanOnline", CODE.INVALID_ARGUMENT, configuration_json="{")
        faults(server, "PlanOnline", ["colour"], configuration_json=json.dumps(configuration(colour="blue")))
        equal(writes(sim), [])


# ---- register

@test
def register_registers_and_a_second_call_writes_nothing():
    with world(providers={"Microsoft.Compute": "NotRegistered"}) as sim, Server(sim) as server:
        events, _ = ends(server, "RegisterProvider", None)
        equal((events[0].started.operation, events[-1].done.report.kind), ("register", "register"))
        made = report_of(events)
        equal((made["subscription_id"], made["provider"]["before"], made["provider"]["state"]), (SUBSCRIPTION, "NotRegistered", "Registered"))
        seen = len(writes(sim))
        holds(seen > 0, "nothing was written")
        events, _ = ends(server, "RegisterProvider", None, subscription_id=SUBSCRIPTION, provider="Microsoft.Compute", feature="none")
        equal((report_of(events)["feature"], len(writes(sim))), (None, seen))


@test
def register_refuses_by_the_names_of_its_fields():
    with world() as sim, Server(sim, AZURE_SUBSCRIPTION_ID="") as server:
        faults(server, "RegisterProvider", ["subscription_id", "timeout"], timeout="soon")
        for fields, field in (({"subscription_id": "x"}, "subscription_id"), ({"provider": "a b", "subscription_id": SUBSCRIPTION}, "provider"),
                              ({"feature": "a/b", "subscription_id": SUBSCRIPTION}, "feature")):
            _, error = ends(server, "RegisterProvider", CODE.INVALID_ARGUMENT, **fields)
            equal(detail(error).field, field)
        equal(sim.log(), [])
        equal(len(server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes), 0)


def cancelled(server, sim, stream, sign):
    """Cancel a call once the simulator was asked for something that holds sign. @return its events, and all of it as Get says."""
    name = next(stream).event.started.publish_id
    for _ in stream:
        if any(sign in r["path"] for r in sim.log()):
            break
    stub = server.publisher()
    stub.Cancel(publisher_pb2.CancelRequest(publish_id=name), timeout=SECONDS)
    events, error = follow(stream)
    equal((error.code(), events[-1].done.error.status), (CODE.CANCELLED, "cancelled"))
    got = stub.Get(publisher_pb2.GetRequest(publish_id=name), timeout=SECONDS).publish
    equal((got.ended, got.done), (True, events[-1].done))
    return events, got


@test
def register_is_cancelled_in_the_middle():
    with world(providers={"Microsoft.Compute": "NotRegistered"}, speeds={"provider_ms": LONG_MS, "feature_ms": LONG_MS}) as sim, \
            Server(sim) as server:
        events, got = cancelled(server, sim, call(server, "RegisterProvider"), "/register")
        equal((got.operation, events[-1].done.report.kind), ("register", "register"))


# ---- des

@test
def des_create_writes_with_yes_alone_and_list_and_show_read_it():
    with world() as sim, Server(sim) as server:
        events, _ = ends(server, "DesCreate", None, **CREATE)
        equal((events[0].started.operation, events[-1].done.report.kind), ("des create", "des"))
        dry = report_of(events)
        equal((dry["applied"], {r["state"] for r in dry["regions"]}, writes(sim)), (False, {"planned"}, []))
        equal(dry, by_command(sim, *CREATE_WORDS))
        events, _ = ends(server, "DesCreate", None, rotate=True, key_size=3072, tags={"team": "images"}, yes=True, **CREATE)
        made = report_of(events)
        equal((made["applied"], [r["region"] for r in made["regions"]], {r["state"] for r in made["regions"]}), (True, REGIONS, {"ready"}))
        stored = sim.get(des("acg-westus"), api="2022-07-02").body
        equal((stored["tags"]["team"], stored["properties"]["rotationToLatestKeyVersionEnabled"]), ("images", True))
        seen = len(writes(sim))
        listed = report_of(ends(server, "DesList", None)[0])
        equal(listed, by_command(sim, "des", "list"))
        shown = report_of(ends(server, "DesShow", None, name="acg-westus", resource_group="MyResourceGroup")[0])
        equal(shown, by_command(sim, "des", "show", "acg-westus", "-g", "MyResourceGroup"))
        equal(shown, report_of(ends(server, "DesShow", None, name=des("acg-westus"))[0]))
        _, error = ends(server, "DesList", CODE.UNKNOWN, resource_group="nobody")
        equal(detail(error).arm_code, "ResourceGroupNotFound")
        equal(len(writes(sim)), seen)
        _, error = ends(server, "DesCreate", CODE.ALREADY_EXISTS, yes=True, **{**CREATE, "encryption_type": "customer_key"})
        equal((detail(error).status, len(writes(sim))), ("conflict", seen))


@test
def des_refuses_by_the_names_of_its_fields():
    with world() as sim, Server(sim) as server:
        faults(server, "DesCreate", ["resource_group", "vault", "name", "key", "access", "target_regions", "timeout"],
               access="all", timeout="1x", yes=True)
        faults(server, "DesShow", ["name", "resource_group"])
        _, error = ends(server, "DesShow", CODE.INVALID_ARGUMENT, name="a/b", resource_group="g")
        equal(detail(error).field, "name")
        _, error = ends(server, "DesList", CODE.INVALID_ARGUMENT, resource_group="a/b")
        equal(detail(error).field, "resource_group")
        equal(sim.log(), [])


@test
def des_create_is_cancelled_in_the_middle_and_the_same_call_goes_on():
    with world(speeds={"vault_ms": LONG_MS}) as sim, Server(sim) as server:
        events, _ = cancelled(server, sim, call(server, "DesCreate", yes=True, **CREATE), "/vaults/kv-acg-westus")
        equal(report_of(events)["applied"], True)
        sim.advance(2 * LONG_MS)
        report = report_of(ends(server, "DesCreate", None, **{**CREATE, "target_regions": ["westus"]})[0])
        equal(report["applied"], False)


# ---- verify

@test
def verify_reads_a_version_and_compares_it_with_a_declaration():
    with world() as sim, Server(sim) as server:
        for named in (BY_ID, BY_NAMES):
            events, _ = ends(server, "Verify", None, version=publisher_pb2.ImageVersion(**named))
            equal((events[0].started.operation, events[-1].done.report.kind), ("verify", "verify"))
            told, read = by_command(sim, "verify", version("1.0.0")), report_of(events)
            told.pop("read_at"), read.pop("read_at")
            equal((read, read["compared"]), (told, False))
        declared = configuration(None, managed_image=None, replica_count=1)
        events, _ = ends(server, "Verify", None, version=publisher_pb2.ImageVersion(**BY_ID), configuration_json=json.dumps(declared))
        equal(report_of(events)["compared"], True)
        events, _ = ends(server, "Verify", None, configuration_json=json.dumps(configuration("1.0.0")))
        equal(report_of(events)["version_id"], version("1.0.0"))
        swapped = json.loads(json.dumps(declared).replace("WestUSDiskEncryptionSet2", "WestUSDiskEncryptionSet1"))
        events, error = ends(server, "Verify", CODE.DATA_LOSS, version=publisher_pb2.ImageVersion(**BY_ID), configuration_json=json.dumps(swapped))
        holds("finding" in kinds(events) and detail(error).exit_code == 7, events)
        equal(writes(sim), [])


@test
def verify_refuses_by_the_names_of_its_fields():
    with world() as sim, Server(sim) as server:
        faults(server, "Verify", ["gallery_image_version_id"])
        faults(server, "Verify", ["gallery_image_version_id", "timeout"], version=publisher_pb2.ImageVersion(**BY_ID, **BY_NAMES), timeout="x")
        faults(server, "Verify", ["gallery_name", "gallery_image_definition"],
               version=publisher_pb2.ImageVersion(resource_group="g", gallery_image_version="1.0.0"))
        _, error = ends(server, "Verify", CODE.INVALID_ARGUMENT, version=publisher_pb2.ImageVersion(gallery_image_version_id="/x"))
        equal(detail(error).field, "gallery_image_version_id")
        _, error = ends(server, "Verify", CODE.INVALID_ARGUMENT, configuration_json='{"client_secret": "x"}')
        equal((detail(error).field, detail(error).rule), ("client_secret", "host-field"))
        equal(sim.log(), [])
        _, error = ends(server, "Verify", CODE.UNKNOWN, version=publisher_pb2.ImageVersion(gallery_image_version_id=version("9.9.9")))
        equal(detail(error).status, "service")


# ---- wait, status

@test
def wait_and_status_report_as_the_command_does():
    with world() as sim, Server(sim) as server:
        for method in ("Wait", "Status"):
            for named in (BY_ID, BY_NAMES):
                events, _ = ends(server, method, None, version=publisher_pb2.ImageVersion(**named))
                equal((events[0].started.operation, events[0].started.version_id), (method.lower(), version("1.0.0")))
                equal(events[-1].done.report.kind, "status")
                told, read = by_command(sim, method.lower(), version("1.0.0")), report_of(events)
                told.pop("read_at"), read.pop("read_at")
                equal(read, told)
            events, _ = ends(server, method, None, configuration_json=json.dumps(configuration("1.0.0", managed_image=None)))
            equal(report_of(events)["version_id"], version("1.0.0"))
            events, _ = ends(server, method, None, version=publisher_pb2.ImageVersion(**BY_ID), configuration_json=json.dumps({"location": "westus"}))
            equal(report_of(events)["version_id"], version("1.0.0"))
        equal(writes(sim), [])


@test
def wait_ends_with_what_is_waited_for_or_names_what_is_missing():
    slow = {"match": "*/versions/*", "regions": {"eastus2": {"ms": LONG_MS}}}
    with world(versions=[slow], speeds={"replication_ms": 0}) as sim, Server(sim) as server:
        stream = call(server, "Publish", configuration_json=json.dumps(configuration()))
        until_taken(stream, sim)
        named = {"version": publisher_pb2.ImageVersion(gallery_image_version_id=version("7.0.0"))}
        for word in ("accepted", "home"):
            ends(server, "Wait", None, wait_for=word, **named)
        for method, fields in (("Wait", {"timeout": "1s"}), ("Wait", {"timeout": "1s", "wait_for": "all"}), ("Status", {})):
            events, error = ends(server, method, CODE.DEADLINE_EXCEEDED, **fields, **named)
            equal((detail(error).status, detail(error).exit_code), ("timeout", 10), method)
            holds("eastus2 Replicating" in detail(error).message, error)
            equal({r["name"]: r["replication_state"] for r in report_of(events)["regions"]}, {"westus": "Completed", "eastus2": "Replicating"})
        stream = call(server, "Wait", **named)
        began = next(stream).event.started
        server.publisher().Cancel(publisher_pb2.CancelRequest(publish_id=began.publish_id), timeout=SECONDS)
        _, error = follow(stream)
        equal(error.code(), CODE.CANCELLED)
        _, error = ends(server, "Status", CODE.UNKNOWN, version=publisher_pb2.ImageVersion(gallery_image_version_id=version("9.9.9")))
        holds("there is no such version" in detail(error).message, error)


@test
def wait_and_status_refuse_by_the_names_of_their_fields():
    with world() as sim, Server(sim) as server:
        faults(server, "Wait", ["gallery_image_version_id", "timeout", "wait_for"], timeout="x", wait_for="ever")
        faults(server, "Status", ["gallery_image_version_id", "timeout"], version=publisher_pb2.ImageVersion(**BY_ID, **BY_NAMES), timeout="x")
        for method in ("Wait", "Status"):
            _, error = ends(server, method, CODE.INVALID_ARGUMENT, version=publisher_pb2.ImageVersion(gallery_image_version_id="/x"))
            equal(detail(error).field, "gallery_image_version_id")
            _, error = ends(server, method, CODE.INVALID_ARGUMENT, configuration_json='{"client_secret": "x"}')
            equal((detail(error).field, detail(error).rule), ("client_secret", "host-field"))
            _, error = ends(server, method, CODE.INVALID_ARGUMENT, configuration_json='{"location": "westus"}')
            holds(detail(error).field.startswith("gallery") or detail(error).field == "resource_group", error)
        equal(sim.log(), [])


# ---- VMs

@test
def vm_args_and_vm_test_report_as_the_command_does():
    with world() as sim, Server(sim) as server:
        named = {"version": publisher_pb2.ImageVersion(**BY_ID), "region": "westus"}
        events, _ = ends(server, "VmArgs", None, **named)
        equal((events[0].started.operation, events[-1].done.report.kind), ("vm-args", "vm_args"))
        equal(report_of(events), by_command(sim, "vm-args", version("1.0.0"), "--region", "westus"))
        dry = report_of(ends(server, "VmTest", None, **named)[0])
        equal((dry["created"], dry["left"], writes(sim)), (False, None, []))
        events, _ = ends(server, "VmTest", None, yes=True, size="Standard_D4s_v5", **named)
        equal((events[0].started.operation, events[-1].done.report.kind), ("vm-test", "vm_test"))
        done = report_of(events)
        equal((done["created"], done["vm_size"], [d["same"] for d in done["disks"]], done["left"]), (True, "Standard_D4s_v5", [True, True], None))
        equal([m for m, p in writes(sim) if "acg-vm-test-" in p][-1], "DELETE")
        holds("Aa1-" not in str(events), "the password is shown")


@test
def vm_methods_refuse_by_the_names_of_their_fields():
    with world() as sim, Server(sim) as server:
        for method in ("VmArgs", "VmTest"):
            faults(server, method, ["gallery_image_version_id", "region", "timeout"], timeout="never")
        equal(sim.log(), [])
        away = {"version": publisher_pb2.ImageVersion(**BY_ID), "region": "northeurope"}
        other = {"version": publisher_pb2.ImageVersion(**BY_ID), "region": "westus", "consumer_subscription": OTHER}
        for method, code, more in (("VmArgs", None, {}), ("VmTest", CODE.FAILED_PRECONDITION, {"yes": True})):
            events, _ = ends(server, method, code, **other, **more)
            equal({(e.finding.rule, e.finding.field) for e in events if e.WhichOneof("kind") == "finding"}, {("R33", "consumer_subscription")})
            events, error = ends(server, method, CODE.FAILED_PRECONDITION, **away, **more)
            equal(([e.finding.rule for e in events if e.WhichOneof("kind") == "finding"], detail(error).exit_code), (["R34"], 3))
        equal(writes(sim), [])


@test
def vm_test_that_is_cancelled_deletes_what_it_made():
    with world(speeds={"vm_ms": LONG_MS}) as sim, Server(sim) as server:
        stream = call(server, "VmTest", version=publisher_pb2.ImageVersion(**BY_ID), region="westus", yes=True)
        events, _ = cancelled(server, sim, stream, "/virtualMachines/")
        equal(report_of(events)["left"], None)
        equal([m for m, p in writes(sim) if "acg-vm-test-" in p][-1], "DELETE")


@test
def a_server_that_stops_says_what_a_vm_test_leaves_behind():
    with world(speeds={"vm_ms": LONG_MS, "group_ms": LONG_MS}) as sim, Server(sim) as server:
        stream = call(server, "VmTest", version=publisher_pb2.ImageVersion(**BY_ID), region="westus", yes=True)
        for _ in stream:
            if any("acg-vm-test-" in p for _, p in writes(sim)):
                break
        equal(server.stop(), 0)
        holds("[WARN] vm-test " in server.log() and "az group delete --subscription" in server.log(), server.log())


# ---- of all

ALL = (("PlanOnline", {"configuration_json": json.dumps(configuration())}), ("RegisterProvider", {}), ("DesList", {}),
       ("DesShow", {"name": des("WestUSDiskEncryptionSet1")}), ("DesCreate", {**CREATE, "yes": True}),
       ("Verify", {"version": publisher_pb2.ImageVersion(**BY_ID)}), ("Wait", {"version": publisher_pb2.ImageVersion(**BY_ID)}),
       ("Status", {"version": publisher_pb2.ImageVersion(**BY_ID)}),
       ("VmArgs", {"version": publisher_pb2.ImageVersion(**BY_ID), "region": "westus"}),
       ("VmTest", {"version": publisher_pb2.ImageVersion(**BY_ID), "region": "westus", "yes": True}))


@test
def a_permission_that_is_missing_ends_each_with_permission_denied():
    denied = {"path": "/subscriptions/*", "status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no right to this"}}}
    with world(faults=[denied]) as sim, Server(sim) as server:
        for method, fields in ALL:
            if method == "PlanOnline":  # what may not be read is unknown, and no error
                events, _ = ends(server, method, None, **fields)
                equal({e.finding.severity for e in events if e.WhichOneof("kind") == "finding"}, {errors_pb2.SEVERITY_UNKNOWN})
                continue
            _, error = ends(server, method, CODE.PERMISSION_DENIED, **fields)
            equal((error.code(), detail(error).status, detail(error).exit_code), (CODE.PERMISSION_DENIED, "auth", 4), method)
            equal(detail(error).arm_code, "AuthorizationFailed", method)
    with world() as sim, Server(sim, AZURE_CLIENT_ID="sp2") as server:
        for method, fields in ALL:
            _, error = ends(server, method, CODE.PERMISSION_DENIED, **fields)
            holds(detail(error).arm_code.startswith("AADSTS"), detail(error))


@test
def list_names_each_operation_and_watch_repeats_it():
    with world() as sim, Server(sim) as server:
        ran = [ends(server, method, None, **fields)[0] for method, fields in ALL]
        ran.append(follow(server.publisher().Publish(publish_request(), timeout=SECONDS))[0])
        known = server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes
        equal([p.operation for p in known],
              ["plan", "register", "des list", "des show", "des create", "verify", "wait", "status", "vm-args", "vm-test", "publish"])
        for events, entry in zip(ran, known):
            again, error = follow(server.publisher().Watch(publisher_pb2.WatchRequest(publish_id=entry.publish_id), timeout=SECONDS))
            equal((error, again[-1], entry.ended), (None, events[-1], True))


report = Report()
report.run(tests_of(globals()))
report.end()
