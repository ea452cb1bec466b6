#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""acg serve, called by Debian's grpcio: every method of acg.v1 against the simulator.

    serve_test.py ACG_SIM ACG
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_house import (SECONDS, SECRET, TOP, Server, configuration, detail, follow, grpc, kinds, publish_request,  # noqa: E402
                         publisher_pb2, post_processor_pb2, errors_pb2, refused, started_sim, until_taken)
from simtest import COMPUTE, IMAGE, Report, equal, holds, test, tests_of, version  # noqa: E402

HOST_FIELDS = ["tenant_id", "client_id", "client_secret", "client_cert_path", "client_cert_password", "oidc_token_file_path", "client_jwt",
               "oidc_request_url", "oidc_request_token", "service_connection_id", "use_msi", "msi_resource_id", "msi_object_id", "use_azure_cli_auth",
               "cloud_environment_name", "metadata_host", "authority_host", "resource_manager_endpoint", "audience", "ca_file", "journal"]
SLOW = {"version_ms": 3_600_000}


def numbers_rise(events):
    numbers = [e.number for e in events if e.WhichOneof("kind") != "started"]
    equal(numbers, sorted(set(numbers)), "numbers of events")
    return numbers


@test
def plan_answers_with_the_request_that_a_publish_would_send_and_sends_nothing():
    with started_sim() as sim, Server(sim) as server:
        answer = server.publisher().Plan(publisher_pb2.PlanRequest(configuration_json=json.dumps(configuration())), timeout=SECONDS)
        equal(len(answer.findings), 0)
        equal(answer.request.method, "PUT")
        holds(answer.request.url.startswith(sim.base + version("7.0.0")), answer.request.url)
        body = json.loads(answer.request.body)
        equal([r["name"] for r in body["properties"]["publishingProfile"]["targetRegions"]], ["westus", "eastus2"])
        holds(len(answer.notes) > 0, "no notes")
        equal(sim.log(), [])


@test
def explain_answers_with_the_request_in_the_words_of_three_tools_and_sends_nothing():
    with started_sim() as sim, Server(sim) as server:
        ask = publisher_pb2.ExplainRequest(configuration_json=json.dumps(configuration()))
        answer = server.publisher().Explain(ask, timeout=SECONDS)
        equal((len(answer.findings), answer.report.kind), (0, "explain"))
        plan = server.publisher().Plan(publisher_pb2.PlanRequest(configuration_json=ask.configuration_json), timeout=SECONDS)
        shown = json.loads(answer.report.json)
        equal((shown["rest"]["url"], shown["rest"]["body"]), (plan.request.url, json.loads(plan.request.body)))
        for tool in ("az", "powershell"):
            holds(shown[tool] in answer.report.text and shown[tool] in answer.report.markdown, tool)
        ask = publisher_pb2.ExplainRequest(configuration_json=json.dumps(configuration("seven")))
        answer = server.publisher().Explain(ask, timeout=SECONDS)
        equal(([f.field for f in answer.findings], answer.HasField("report")), (["gallery_image_version"], False))
        equal(sim.log(), [])


@test
def plan_answers_with_all_findings_at_once():
    with started_sim() as sim, Server(sim) as server:
        text = json.dumps(configuration("seven", replica_count=1000, colour="blue"))
        answer = server.publisher().Plan(publisher_pb2.PlanRequest(configuration_json=text), timeout=SECONDS)
        fields = {f.field for f in answer.findings}
        holds({"gallery_image_version", "replica_count", "colour"} <= fields, fields)
        holds(all(f.rule and f.message and f.fix and f.severity == errors_pb2.SEVERITY_ERROR for f in answer.findings), answer)
        holds(not answer.HasField("request"), answer)
        equal(sim.log(), [])


@test
def an_error_of_azures_has_cause_and_next_step_beside_its_own_words():
    says = "Duplicate regions are not allowed in target publishing regions"
    large = "Replication failed in this region due to 'The GalleryImageVersion source resource size 2520 exceeds the max size 2048 supported.'"
    faults = [{"method": "PUT", "path": "*/versions/*", "status": 400, "body": {"error": {"code": "InvalidParameter", "message": says}}}]
    with started_sim(faults=faults) as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
        for found in (events[-1].done.error, detail(error)):
            holds(says in found.message and found.cause.startswith("a region is named twice") and found.next_step == "keep one of them", found)
        holds(says in error.details() and error.details().endswith("next step: keep one of them"), error.details())
    with started_sim(versions=[{"regions": {"eastus2": {"fail": large}}}]) as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
        region = next(r for r in events[-1].done.result.regions if r.name == "eastus2")
        moved = [e.region for e in events if e.WhichOneof("kind") == "region" and e.region.details]
        for found in (region, moved[-1]):
            holds(found.details == large and "larger" in found.cause and found.next_step, found)


@test
def publish_streams_to_one_final_event_and_ends_in_order():
    with started_sim(speeds={"replication_ms": 1500}) as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
        equal(error, None)
        seen = kinds(events)
        equal(seen[0], "started")
        equal((seen.count("started"), seen.count("done"), seen[-1]), (1, 1, "done"))
        holds("step" in seen and "region" in seen, seen)
        numbers_rise(events)
        done = events[-1].done
        equal((done.error.status, done.result.state, done.result.proved, done.result.created), ("", "succeeded", True, True))
        equal(done.result.version_id, version("7.0.0"))
        sets = {(r.name, d.disk): d.disk_encryption_set_id.rsplit("/", 1)[-1] for r in done.result.regions for d in r.disks}
        equal(sets, {("westus", "os"): "WestUSDiskEncryptionSet1", ("westus", "0"): "WestUSDiskEncryptionSet2",
                     ("eastus2", "os"): "EastUS2DiskEncryptionSet1", ("eastus2", "0"): "EastUS2DiskEncryptionSet2"})
        holds(all(e.text for e in events) and SECRET not in str(events), events)


@test
def a_quorum_that_is_met_ends_the_call_with_ok_and_names_what_is_missing():
    with started_sim(versions=[{"regions": {"eastus2": {"fail": "Storage allocation failure"}}}]) as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request(quorum=1), timeout=SECONDS))
        equal(error, None)
        done = events[-1].done
        equal((done.result.state, done.result.proved, done.error.status, done.error.exit_code), ("succeeded in part", True, "partial", 11))
        holds("eastus2" in done.error.message, done)
        equal({r.name: len(r.disks) for r in done.result.regions}, {"westus": 2, "eastus2": 0})
        equal([p.state for p in server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes], ["succeeded in part"])


@test
def a_name_that_is_chosen_is_told_at_the_end():
    with started_sim() as sim, Server(sim, BUILD_NUMBER="7") as server:
        events, error = follow(server.publisher().Publish(publish_request("auto"), timeout=SECONDS))
        equal((error, events[-1].done.result.version_id), (None, version("0.9.1")))
        equal([p.version_id for p in server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes], [version("0.9.1")])
        answer = server.publisher().Explain(publisher_pb2.ExplainRequest(configuration_json=json.dumps(configuration("auto"))), timeout=SECONDS)
        equal([(f.field, f.fix) for f in answer.findings], [("gallery_image_version", "name the version, as in 1.0.0")])
        # the number of the server's own build is none of its clients'
        events, error = follow(server.publisher().Publish(publish_request("1.4.build"), timeout=SECONDS))
        equal([e.finding.field for e in events[:-1]], ["build_number"])
        events, error = follow(server.publisher().Publish(publish_request("1.4.build", build_number=8), timeout=SECONDS))
        equal((error, events[-1].done.result.version_id), (None, version("1.4.8")))


@test
def a_configuration_with_errors_gives_its_findings_and_no_publish():
    with started_sim() as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request("seven", replica_count=1000), timeout=SECONDS))
        equal(kinds(events), ["finding", "finding", "done"])
        equal({e.finding.field for e in events[:-1]}, {"gallery_image_version", "replica_count"})
        equal((events[-1].done.result.state, events[-1].done.error.status), ("not started", "argument"))
        equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        equal(detail(error).exit_code, 2)
        equal(len(server.publisher().List(publisher_pb2.ListRequest(), timeout=SECONDS).publishes), 0)
        equal(sim.log(), [])


@test
def what_azure_refuses_comes_with_its_code_and_request_id():
    with started_sim() as sim, Server(sim) as server:
        _, error = follow(server.publisher().Publish(publish_request("7.1.0"), timeout=SECONDS))
        equal(error, None)
        events, error = follow(server.publisher().Publish(publish_request("7.1.0", replica_count=2), timeout=SECONDS))
        equal(events[-1].WhichOneof("kind"), "done")
        equal(events[-1].done.error.status, "conflict")
        equal(error.code(), grpc.StatusCode.ALREADY_EXISTS)
        equal(detail(error), events[-1].done.error)


@test
def a_set_of_another_type_is_a_finding_of_the_running_publish():
    with started_sim() as sim, Server(sim) as server:
        events, error = follow(server.publisher().Publish(publish_request("7.2.0", encryption_type="double"), timeout=SECONDS))
        findings = [e.finding for e in events if e.WhichOneof("kind") == "finding"]
        equal(len(findings), 4)
        holds(all(f.field.startswith("target_region[") and f.rule == "encryption_type" and f.fix for f in findings), findings)
        equal(events[-1].done.error.status, "preflight")
        equal(events[-1].done.result.state, "not started")
        equal(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
        equal(detail(error).exit_code, 3)


@test
def cancel_ends_a_publish_with_its_final_event_and_leaves_azure_alone():
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        stub = server.publisher()
        call = stub.Publish(publish_request(), timeout=SECONDS)
        started = next(call).event.started
        equal((started.state, started.ended, started.version_id), ("running", False, version("7.0.0")))
        until_taken(call, sim)
        stub.Cancel(publisher_pb2.CancelRequest(publish_id=started.publish_id), timeout=SECONDS)
        events, error = follow(call)
        equal((events[-1].WhichOneof("kind"), events[-1].done.error.status), ("done", "cancelled"))
        equal(error.code(), grpc.StatusCode.CANCELLED)
        equal([r for r in sim.log() if r["method"] == "DELETE"], [])
        again = stub.Cancel(publisher_pb2.CancelRequest(publish_id=started.publish_id), timeout=SECONDS).publish
        equal(again.ended, True)


@test
def a_deadline_that_expires_ends_the_call_and_not_the_publish():
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        stub = server.publisher()
        events, error = follow(stub.Publish(publish_request(), timeout=1))
        equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        equal(events[0].WhichOneof("kind"), "started")
        name = events[0].started.publish_id
        got = stub.Get(publisher_pb2.GetRequest(publish_id=name), timeout=SECONDS).publish
        equal((got.ended, got.state, got.HasField("done")), (False, "running", False))
        sim.advance(2 * SLOW["version_ms"])
        more, error = follow(stub.Watch(publisher_pb2.WatchRequest(publish_id=name, after_event=got.last_event), timeout=SECONDS))
        equal(error, None)
        holds(all(e.number > got.last_event for e in more[1:]), more)
        equal(more[-1].done.result.state, "succeeded")
        got = stub.Get(publisher_pb2.GetRequest(publish_id=name), timeout=SECONDS).publish
        equal((got.ended, got.state, got.done), (True, "succeeded", more[-1].done))
        holds(got.end_time_unix_s >= got.start_time_unix_s > 1_600_000_000, got)


@test
def watch_attaches_again_after_a_dropped_connection_and_loses_nothing():
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        channel = server.channel()
        call = server.publisher(channel).Publish(publish_request(), timeout=SECONDS)
        name = next(call).event.started.publish_id
        seen = until_taken(call, sim)
        channel.close()
        server.channels.remove(channel)
        sim.advance(2 * SLOW["version_ms"])
        request = publisher_pb2.WatchRequest(publish_id=name, after_event=seen[-1].number)
        rest, error = follow(server.publisher().Watch(request, timeout=SECONDS))
        equal((error, rest[-1].done.result.state), (None, "succeeded"))
        whole, error = follow(server.publisher().Watch(publisher_pb2.WatchRequest(publish_id=name), timeout=SECONDS))
        equal(seen + rest[1:], whole[1:])
        numbers_rise(whole)


@test
def two_calls_follow_the_same_publish():
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        call = server.publisher().Publish(publish_request(), timeout=SECONDS)
        first = next(call).event
        other = server.publisher().Watch(publisher_pb2.WatchRequest(publish_id=first.started.publish_id), timeout=SECONDS)
        next(other)
        seen = until_taken(call, sim)
        sim.advance(2 * SLOW["version_ms"])
        equal(seen + follow(call)[0], follow(other)[0])


@test
def list_pages_through_what_the_server_knows():
    with started_sim() as sim, Server(sim) as server:
        stub = server.publisher()
        for name in ("7.3.0", "7.3.1", "7.3.2"):
            equal(follow(stub.Publish(publish_request(name), timeout=SECONDS))[1], None)
        page = stub.List(publisher_pb2.ListRequest(page_size=2), timeout=SECONDS)
        equal([p.version_id for p in page.publishes], [version("7.3.0"), version("7.3.1")])
        rest = stub.List(publisher_pb2.ListRequest(page_size=2, page_token=page.next_page_token), timeout=SECONDS)
        equal(([p.version_id for p in rest.publishes], rest.next_page_token), ([version("7.3.2")], ""))
        holds(all(p.ended and p.state == "succeeded" for p in [*page.publishes, *rest.publishes]), page)
        error = refused(lambda: stub.List(publisher_pb2.ListRequest(page_token="x"), timeout=SECONDS))
        equal((error.code(), detail(error).field), (grpc.StatusCode.INVALID_ARGUMENT, "page_token"))


@test
def an_id_that_is_not_known_is_not_found():
    with started_sim() as sim, Server(sim) as server:
        stub = server.publisher()
        for call in (lambda: stub.Get(publisher_pb2.GetRequest(publish_id="no"), timeout=SECONDS),
                     lambda: stub.Cancel(publisher_pb2.CancelRequest(), timeout=SECONDS),
                     lambda: list(stub.Watch(publisher_pb2.WatchRequest(publish_id="no"), timeout=SECONDS))):
            error = refused(call)
            equal((error.code(), detail(error).field), (grpc.StatusCode.NOT_FOUND, "publish_id"))


@test
def what_is_the_servers_own_is_refused_by_name_in_every_method():
    with started_sim() as sim, Server(sim) as server:
        publisher, post = server.publisher(), server.post_processor()
        for field in HOST_FIELDS:
            text = json.dumps(configuration(**{field: SECRET + "-of-a-client"}))
            for call in (lambda: publisher.Plan(publisher_pb2.PlanRequest(configuration_json=text), timeout=SECONDS),
                         lambda: list(publisher.Publish(publisher_pb2.PublishRequest(configuration_json=text), timeout=SECONDS)),
                         lambda: post.Configure(post_processor_pb2.ConfigureRequest(configuration_json=text), timeout=SECONDS),
                         lambda: list(post.PostProcess(post_processor_pb2.PostProcessRequest(configuration_json=text), timeout=SECONDS))):
                error = refused(call)
                said = detail(error)
                equal((error.code(), said.field, said.rule), (grpc.StatusCode.INVALID_ARGUMENT, field, "host-field"))
                holds(said.fix != "" and "of-a-client" not in str(error), error)
        equal(sim.log(), [])


@test
def text_that_is_no_configuration_is_refused():
    with started_sim() as sim, Server(sim) as server:
        stub = server.publisher()
        for text in ("", "{", "[]", '{"location": "westus", "location": "eastus"}', "\u00e4"):
            error = refused(lambda: stub.Plan(publisher_pb2.PlanRequest(configuration_json=text), timeout=SECONDS))
            equal((error.code(), detail(error).field), (grpc.StatusCode.INVALID_ARGUMENT, "configuration_json"), text)


@test
def the_configs_shape_is_the_field_table():
    with started_sim() as sim, Server(sim) as server:
        fields = server.post_processor().ConfigSpec(post_processor_pb2.ConfigSpecRequest(), timeout=SECONDS).fields
        by_name = {(f.block, f.name): f for f in fields}
        equal({f.name for f in fields if f.server_only}, set(HOST_FIELDS))
        equal(by_name["", "timeout"].type, post_processor_pb2.FIELD_TYPE_DURATION)
        equal(by_name["target_region.data_disk", "lun"].required, True)
        holds(all(f.help and f.type for f in fields), fields)
        equal(list(by_name["", "tenant_id"].variables), ["AZURE_TENANT_ID", "ARM_TENANT_ID"])
        equal(list(by_name["", "oidc_request_url"].variables), ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"])
        equal(list(by_name["", "gallery_name"].variables), [])
        told = json.loads(subprocess.run([sys.argv[2], "fields", "--json"], capture_output=True, check=True).stdout)
        equal({f["name"]: ([f["variable"]] if f["variable"] else []) + f["more_variables"] for f in told},
              {f.name: list(f.variables) for f in fields if f.block == ""})


@test
def configure_judges_without_the_source_that_the_build_will_make():
    with started_sim() as sim, Server(sim) as server:
        post = server.post_processor()
        good = json.dumps(configuration(managed_image=None))
        equal(len(post.Configure(post_processor_pb2.ConfigureRequest(configuration_json=good), timeout=SECONDS).findings), 0)
        bad = json.dumps(configuration("seven", managed_image=None, replica_count=1000))
        found = post.Configure(post_processor_pb2.ConfigureRequest(configuration_json=bad), timeout=SECONDS).findings
        equal({f.field for f in found}, {"gallery_image_version", "replica_count"})


def post_process(server, artifact, **changes):
    text = json.dumps(configuration(managed_image=None, **changes))
    request = post_processor_pb2.PostProcessRequest(configuration_json=text, artifact=artifact)
    return follow(server.post_processor().PostProcess(request, timeout=SECONDS))


@test
def post_process_publishes_what_azure_arm_made():
    artifact = post_processor_pb2.Artifact(
        builder_id="Azure.ResourceManagement.VMImage", id=IMAGE,
        text=f"Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nManagedImageResourceGroupName: MyResourceGroup\n"
             f"ManagedImageName: myImage\nManagedImageId: {IMAGE}\nManagedImageLocation: westus\n")
    with started_sim() as sim, Server(sim) as server:
        events, error = post_process(server, artifact)
        equal((error, events[0].WhichOneof("kind"), events[-1].done.result.proved), (None, "started", True))
        source = sim.get(version("7.0.0")).body["properties"]["storageProfile"]["source"]["id"]
        equal(source.lower(), IMAGE.lower())


@test
def post_process_takes_snapshots_that_the_state_tells():
    artifact = post_processor_pb2.Artifact(builder_id="Azure.ResourceManagement.VMImage", id=IMAGE, state={
        "ManagedImageId": IMAGE, "ManagedImageOSDiskSnapshotName": "myOSSnapshot",
        "ManagedImageDataDiskSnapshotPrefix": "myDDSnapshot"})
    with started_sim() as sim, Server(sim) as server:
        events, error = post_process(server, artifact, artifact_source="snapshots")
        put = [r for r in sim.log() if r["method"] == "PUT"]
        if error is None:  # the built-in snapshots follow that naming
            equal(len(put), 1)
        else:  # or Azure's facts are named, before any write
            equal((events[-1].WhichOneof("kind"), put), ("done", []))
            holds("myDDSnapshot" in str(events), events)


@test
def an_artifact_without_a_source_is_refused_with_what_would_be_accepted():
    with started_sim() as sim, Server(sim) as server:
        artifact = post_processor_pb2.Artifact(builder_id="mitchellh.virtualbox", id="VM", files=["disk.vmdk", "box.ovf"])
        events, error = post_process(server, artifact)
        equal((events, error.code(), detail(error).field), ([], grpc.StatusCode.INVALID_ARGUMENT, "artifact"))
        holds("managed image" in error.details() and "2 files" in error.details(), error.details())


@test
def post_processors_cancel_ends_its_publish():
    artifact = post_processor_pb2.Artifact(builder_id="any", id=IMAGE)
    with started_sim(speeds=SLOW) as sim, Server(sim) as server:
        post = server.post_processor()
        text = json.dumps(configuration(managed_image=None))
        call = post.PostProcess(post_processor_pb2.PostProcessRequest(configuration_json=text, artifact=artifact), timeout=SECONDS)
        name = next(call).event.started.publish_id
        next(call)
        post.Cancel(post_processor_pb2.PostProcessorCancelRequest(publish_id=name), timeout=SECONDS)
        events, error = follow(call)
        equal((events[-1].done.error.status, error.code()), ("cancelled", grpc.StatusCode.CANCELLED))


@test
def a_login_that_is_refused_says_so_without_the_secret():
    with started_sim() as sim, Server(sim, AZURE_CLIENT_ID="sp2") as server:
        events, error = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
        equal((events[-1].done.error.status, error.code()), ("auth", grpc.StatusCode.PERMISSION_DENIED))
        holds(detail(error).arm_code.startswith("AADSTS"), detail(error))
        holds(SECRET not in str(events) + str(error), "the secret is shown")
        holds(COMPUTE in events[0].started.version_id, events[0])


@test
def the_audience_of_the_token_is_the_servers():
    with started_sim() as sim:
        for audience, status in (("https://elsewhere.example.com", "auth"), ("https://management.azure.com", "")):
            with Server(sim, ACG_AUDIENCE=audience) as server:
                events, _ = follow(server.publisher().Publish(publish_request(), timeout=SECONDS))
                equal(events[-1].done.error.status, status, audience)


@test
def the_example_of_a_configuration_publishes():
    with started_sim() as sim, Server(sim) as server:
        text = (TOP / "examples" / "publish.json").read_text()
        events, error = follow(server.publisher().Publish(publisher_pb2.PublishRequest(configuration_json=text), timeout=SECONDS))
        equal((error, events[-1].done.result.proved), (None, True))


report = Report()
report.run(tests_of(globals()))
report.end()
