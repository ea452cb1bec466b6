# SPDX-License-Identifier: MPL-2.0
"""Each feature of SCENARIO.md does what the page says."""
import http.client
import json
import os
import socket
import subprocess
import time

from simtest import (COMPUTE, DEFINITION, GALLERY, GROUP, IMAGE, SUBSCRIPTION, Report, Sim, des, encryption, equal, holds,
                     how_to_body, plain_body, program, test, tests_of, version)

BROKEN = (http.client.HTTPException, ConnectionError, socket.error)


def status_of(sim, name):
    return sim.get(version(name), query="&$expand=ReplicationStatus").body["properties"]["replicationStatus"]


def regions_of(body):
    return body["properties"]["publishingProfile"]["targetRegions"]


@test
def the_how_to_example_is_published_and_read_back():
    with Sim() as sim:
        created = sim.put(version("1.0.0"), how_to_body())
        equal(created.status, 201)
        equal(created.body["properties"]["provisioningState"], "Creating")
        holds("location" not in created.headers and "retry-after" not in created.headers, "neither Location nor Retry-After")
        poll = sim.poll(created)
        equal((poll.status, poll.body["status"]), (200, "Succeeded"))
        read = sim.get(version("1.0.0"))
        equal(read.body["properties"]["provisioningState"], "Succeeded")
        equal(read.body["properties"]["storageProfile"]["osDiskImage"],
              {"sizeInGB": 30, "hostCaching": "ReadWrite", "source": {}})
        equal(read.body["properties"]["storageProfile"]["dataDiskImages"], [{"lun": 0, "sizeInGB": 10, "hostCaching": "None"}])
        west, east = regions_of(read.body)
        equal((west["name"], west["regionalReplicaCount"], west["storageAccountType"]), ("West US", 2, "Standard_LRS"))
        equal((east["name"], east["regionalReplicaCount"]), ("East US 2", 1))
        equal(east["encryption"]["osDiskImage"], {"securityProfile": {}, "diskEncryptionSetId": des("EastUS2DiskEncryptionSet1")})


@test
def an_update_answers_200_and_keeps_sources_and_date():
    with Sim() as sim:
        before = sim.get(version("0.9.0")).body["properties"]
        update = plain_body(("westus", "eastus2"), {"osDiskImage": {"hostCaching": "ReadWrite"}})
        answer = sim.put(version("0.9.0"), update)
        equal((answer.status, answer.body["properties"]["provisioningState"]), (200, "Updating"))
        after = sim.get(version("0.9.0")).body["properties"]
        equal(after["storageProfile"], before["storageProfile"])
        equal(after["publishingProfile"]["publishedDate"], before["publishingProfile"]["publishedDate"])
        equal([r["name"] for r in after["publishingProfile"]["targetRegions"]], ["West US", "East US 2"])


@test
def an_update_at_the_oldest_api_version_answers_202_with_location():
    with Sim() as sim:
        old = {"location": "westus", "properties": {"publishingProfile": {
            "targetRegions": [{"name": "westus"}], "source": {"managedImage": {"id": IMAGE}}}}}
        equal(sim.put(version("0.1.0"), old, api="2018-06-01").status, 201)
        again = sim.put(version("0.1.0"), old, api="2018-06-01")
        equal(again.status, 202)
        holds("monitor=true" in again.headers["location"], "Location in the monitor form")
        done = sim.poll(again, "location")
        equal((done.status, done.raw), (200, b""))


@test
def packer_1_6s_place_of_the_source_is_understood_at_2019_03_01():
    with Sim() as sim:
        body = {"location": "westus", "tags": {}, "properties": {"publishingProfile": {
            "excludeFromLatest": False, "replicaCount": 1, "source": {"managedImage": {"id": IMAGE}},
            "targetRegions": [{"name": "westus"}, {"name": "eastus2"}]}}}
        equal(sim.put(version("2.0.0"), body, api="2019-03-01").status, 201)
        shown = sim.get(version("2.0.0"), api="2019-03-01").body["properties"]
        equal(shown["publishingProfile"]["source"], {"managedImage": {"id": IMAGE}})
        equal(sim.get(version("2.0.0")).body["properties"]["storageProfile"]["source"], {"id": IMAGE})


@test
def older_api_versions_do_not_see_newer_members():
    with Sim() as sim:
        sim.put(version("1.0.0"), how_to_body())
        at_2019 = sim.get(version("1.0.0"), api="2019-12-01").body["properties"]
        holds("safetyProfile" not in at_2019, "no safetyProfile at 2019-12-01")
        holds("securityProfile" not in at_2019["publishingProfile"]["targetRegions"][0]["encryption"]["osDiskImage"],
              "no securityProfile at 2019-12-01")
        older = sim.get(version("1.0.0"), api="2019-07-01").body["properties"]
        holds("encryption" not in older["publishingProfile"]["targetRegions"][0], "no encryption at 2019-07-01")


@test
def manual_clock_moves_only_when_told():
    with Sim({"clock": "manual", "clock_start": "2030-01-01T00:00:00Z", "speeds": {"version_ms": 1000}}) as sim:
        created = sim.put(version("1.0.0"), plain_body())
        holds(created.body["properties"]["publishingProfile"]["publishedDate"].startswith("2030-01-01T00:00:00"), "date")
        equal(sim.poll(created).body["status"], "InProgress")
        sim.advance(999)
        running = sim.poll(created).body
        equal(running["status"], "InProgress")
        holds("endTime" not in running, "no endTime while it runs")
        sim.advance(1)
        done = sim.poll(created).body
        equal(done["status"], "Succeeded")
        holds(done["endTime"].startswith("2030-01-01T00:00:01"), "endTime")


@test
def clock_factor_makes_hours_short():
    with Sim({"clock_factor": 3600000, "tokens": {"lifetime_s": 10 ** 9}, "speeds": {"version_ms": 3600000}}) as sim:
        created = sim.put(version("1.0.0"), plain_body())
        for _ in range(500):  # an hour takes a millisecond
            if sim.poll(created).body["status"] == "Succeeded":
                return
        raise AssertionError("an hour at that factor did not pass")


@test
def replication_percent_grows_per_region():
    scenario = {"clock": "manual", "speeds": {"version_ms": 100, "replication_ms": 1000,
                                              "replication_ms_by_region": {"East US 2": 2000}}}
    with Sim(scenario) as sim:
        sim.put(version("1.0.0"), plain_body(("westus", "eastus2")))
        seen = []
        for _ in range(5):
            status = status_of(sim, "1.0.0")
            seen.append((status["aggregatedState"], *[(r["region"], r["state"], r["progress"]) for r in status["summary"]]))
            sim.advance(500)
        equal(seen[0], ("InProgress", ("westus", "Replicating", 0), ("eastus2", "Replicating", 0)))
        equal(seen[1], ("InProgress", ("westus", "Replicating", 50), ("eastus2", "Replicating", 25)))
        equal(seen[2], ("InProgress", ("westus", "Completed", 100), ("eastus2", "Replicating", 50)))
        equal(seen[4], ("Completed", ("westus", "Completed", 100), ("eastus2", "Completed", 100)))
        equal(sim.get(version("1.0.0")).body["properties"].get("replicationStatus"), None)


@test
def without_a_speed_the_operation_ends_with_the_slowest_region():
    with Sim({"clock": "manual", "speeds": {"replication_ms": 1000, "replication_ms_by_region": {"eastus2": 5000}}}) as sim:
        created = sim.put(version("1.0.0"), plain_body(("westus", "eastus2")))
        sim.advance(4999)
        equal(sim.poll(created).body["status"], "InProgress")
        sim.advance(1)
        equal(sim.poll(created).body["status"], "Succeeded")


@test
def a_region_added_by_an_update_replicates_alone():
    with Sim({"clock": "manual", "speeds": {"replication_ms": 1000}}) as sim:
        sim.put(version("1.0.0"), plain_body())
        sim.advance(1000)
        sim.put(version("1.0.0"), plain_body(("westus", "eastus2")))
        states = [r["state"] for r in status_of(sim, "1.0.0")["summary"]]
        equal(states, ["Completed", "Replicating"])


@test
def one_region_can_fail_while_the_operation_succeeds():
    entry = {"match": "*/versions/1.0.0", "regions": {"East US 2": {"fail": "Storage allocation failure"}}}
    with Sim({"versions": [entry]}) as sim:
        created = sim.put(version("1.0.0"), plain_body(("westus", "eastus2")))
        equal(sim.poll(created).body["status"], "Succeeded")
        status = status_of(sim, "1.0.0")
        equal(status["aggregatedState"], "Failed")
        equal(status["summary"][1], {"region": "eastus2", "state": "Failed", "details": "Storage allocation failure",
                                     "progress": 0})
        equal(sim.get(version("1.0.0")).body["properties"]["provisioningState"], "Succeeded")


@test
def a_region_can_stay_at_a_percentage_for_ever():
    with Sim({"clock": "manual", "speeds": {"version_ms": 0, "replication_ms": 100}, "tokens": {"lifetime_s": 10 ** 9},
              "versions": [{"regions": {"westus": {"stop_at": 40}}}]}) as sim:
        sim.put(version("1.0.0"), plain_body())
        sim.advance(10 ** 9)
        equal(status_of(sim, "1.0.0"), {"aggregatedState": "InProgress", "summary": [
            {"region": "westus", "state": "Replicating", "details": "", "progress": 40}]})


@test
def a_region_can_end_with_an_unknown_word():
    with Sim({"versions": [{"regions": {"westus": {"state": "Unknown"}}}]}) as sim:
        sim.put(version("1.0.0"), plain_body())
        equal(status_of(sim, "1.0.0")["summary"][0]["state"], "Unknown")


@test
def an_operation_can_fail_with_code_and_message():
    fail = {"code": "ReplicationJobFailed", "message": "made to fail"}
    with Sim({"versions": [{"operation": {"fail": fail, "ms": 0}}]}) as sim:
        created = sim.put(version("1.0.0"), plain_body())
        poll = sim.poll(created)
        equal((poll.status, poll.body["status"], poll.body["error"]), (200, "Failed", fail))
        equal(sim.get(version("1.0.0")).body["properties"]["provisioningState"], "Failed")


@test
def an_operation_can_end_canceled_and_a_version_failed_after_success():
    with Sim({"versions": [{"match": "*/1.0.0", "operation": {"end_state": "Canceled"}},
                           {"match": "*/1.0.1", "final_state": "Failed"}]}) as sim:
        equal(sim.poll(sim.put(version("1.0.0"), plain_body())).body["status"], "Canceled")
        equal(sim.poll(sim.put(version("1.0.1"), plain_body())).body["status"], "Succeeded")
        equal(sim.get(version("1.0.1")).body["properties"]["provisioningState"], "Failed")


@test
def storage_can_lose_a_data_disks_set():
    place = "publishingProfile/targetRegions/name=eastus2/encryption/dataDiskImages/lun=0"
    with Sim({"versions": [{"store": [{"at": place}]}]}) as sim:
        created = sim.put(version("1.0.0"), how_to_body())
        holds(regions_of(created.body)[1]["encryption"]["dataDiskImages"], "the answer to the PUT still has it")
        west, east = regions_of(sim.get(version("1.0.0")).body)
        equal(east["encryption"]["dataDiskImages"], [])
        equal(len(west["encryption"]["dataDiskImages"]), 1)


@test
def storage_can_change_counts_and_types_and_pass_after_reads():
    changes = [{"at": "publishingProfile/targetRegions/0/regionalReplicaCount", "set": 9},
               {"at": "publishingProfile/targetRegions/name=eastus2/storageAccountType", "set": "Premium_LRS", "reads": 2}]
    with Sim({"versions": [{"store": changes}]}) as sim:
        sim.put(version("1.0.0"), how_to_body())
        types = []
        for _ in range(3):
            west, east = regions_of(sim.get(version("1.0.0")).body)
            equal(west["regionalReplicaCount"], 9)
            types.append(east["storageAccountType"])
        equal(types, ["Premium_LRS", "Premium_LRS", "Standard_LRS"])


@test
def stale_reads_show_the_unfinished_version_first():
    with Sim({"versions": [{"stale": {"reads": 2, "show": "unfinished"}}]}) as sim:
        equal(sim.poll(sim.put(version("1.0.0"), plain_body())).body["status"], "Succeeded")
        states = [sim.get(version("1.0.0")).body["properties"]["provisioningState"] for _ in range(3)]
        equal(states, ["Creating", "Creating", "Succeeded"])


@test
def stale_reads_can_show_no_version_at_all():
    with Sim({"versions": [{"stale": {"reads": 2, "show": "absent"}}]}) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).status, 201)
        equal([sim.get(version("1.0.0")).status for _ in range(3)], [404, 404, 200])


@test
def another_writer_turns_the_create_into_an_update():
    with Sim({"versions": [{"match": "*/1.0.0", "other_writer": True},
                           {"match": "*/1.0.1", "other_writer": plain_body(("westus", "westus2"))}]}) as sim:
        equal(sim.get(version("1.0.0")).status, 404)
        equal(sim.put(version("1.0.0"), plain_body()).status, 200)
        equal(sim.put(version("1.0.1"), plain_body()).status, 200)


@test
def an_existing_version_is_read_with_200():
    with Sim({"resources": [dict(plain_body(), id=version("3.0.0"))]}) as sim:
        read = sim.get(version("3.0.0"))
        equal((read.status, read.body["properties"]["provisioningState"]), (200, "Succeeded"))
        equal(status_of(sim, "3.0.0")["aggregatedState"], "Completed")


@test
def retry_after_is_sent_as_the_scenario_says():
    with Sim({"retry_after": 7, "speeds": {"version_ms": 60000}}) as sim:
        created = sim.put(version("1.0.0"), plain_body())
        equal(created.headers["retry-after"], "7")
        equal(sim.poll(created).headers["retry-after"], "7")
    with Sim(sets=['retry_after="0.5"']) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).headers["retry-after"], "0.5")


@test
def poll_urls_are_long_signed_and_bound():
    with Sim() as sim:
        created = sim.put(version("1.0.0"), plain_body())
        url = created.headers["azure-asyncoperation"]
        holds(2300 < len(url) < 2700, f"about 2.5 KB, not {len(url)}")
        equal(sim.get(url[len(sim.base):] + "x").status, 403)
        equal(sim.get(url[len(sim.base):]).status, 200)
        equal(url.split("/capsOperations/")[1][:36], created.headers["x-ms-request-id"])
    with Sim(sets=["poll_url_bytes=0"]) as sim:
        holds(len(sim.put(version("1.0.0"), plain_body()).headers["azure-asyncoperation"]) < 300, "short on demand")


@test
def an_unknown_operation_is_404():
    with Sim() as sim:
        guid = "00000000-0000-4000-8000-000000000000"
        equal(sim.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westus/capsOperations/{guid}").status, 404)


@test
def faults_replace_answers_and_spare_the_world():
    fault = {"method": "PUT", "path": "*/versions/*", "skip": 1, "times": 2, "status": 503,
             "body": {"error": {"code": "ServerTimeout", "message": "made to fail"}}, "headers": {"Retry-After": "1"}}
    with Sim({"faults": [fault]}) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).status, 201)
        for _ in range(2):
            failed = sim.put(version("1.0.1"), plain_body())
            equal((failed.status, failed.code(), failed.headers["retry-after"]), (503, "ServerTimeout", "1"))
            equal(sim.get(version("1.0.1")).status, 404)
        equal(sim.put(version("1.0.1"), plain_body()).status, 201)


@test
def faults_can_act_and_answer_something_else():
    with Sim({"faults": [{"method": ["PUT"], "times": 1, "status": 504, "act": True}]}) as sim:
        equal(sim.put(version("1.0.0"), plain_body()).status, 504)
        equal(sim.get(version("1.0.0")).status, 200)


@test
def faults_can_send_html_and_wrong_types():
    with Sim({"faults": [{"method": "GET", "times": 1, "status": 502, "text": "<html>bad</html>",
                          "content_type": "text/html"}]}) as sim:
        answer = sim.get(version("0.9.0"))
        equal((answer.status, answer.raw, answer.headers["content-type"]), (502, b"<html>bad</html>", "text/html"))


@test
def faults_can_remove_and_change_headers():
    with Sim({"faults": [{"method": "PUT", "headers": {"Azure-AsyncOperation": None, "X-Test": "1"}}]}) as sim:
        created = sim.put(version("1.0.0"), plain_body())
        equal((created.status, created.headers["x-test"]), (201, "1"))
        holds("azure-asyncoperation" not in created.headers, "header removed")


@test
def a_connection_is_reset_and_not_closed():
    for manner, begun in ((None, b""), ("reset", None), ("header", None)):
        fault = {"path": "/metadata/*", "drop": "before", **({"manner": manner} if manner else {})}
        with Sim({"faults": [fault]}) as sim, socket.create_connection(("localhost", int(sim.base.rsplit(":", 1)[1]))) as s:
            s.sendall(b"GET /metadata/endpoints HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                have = s.recv(4096)
                if manner == "header" and have:
                    holds(have.startswith(b"HTTP/1.1 200") and b"\r\n\r\n" not in have, f"the begin of a header: {have}")
                    have = s.recv(4096)
            except ConnectionResetError:
                have = None
            equal(have, begun, f"manner {manner}")


@test
def an_answer_is_made_as_long_as_it_is_wanted():
    with Sim({"faults": [{"path": "*/versions/0.9.0", "times": 1, "pad_to": 300000}]}) as sim:
        answer = sim.get(version("0.9.0"))
        equal((len(answer.raw), answer.body["name"]), (300000, "0.9.0"))
        equal(answer.raw.rstrip(b" "), sim.get(version("0.9.0")).raw)


@test
def a_dropped_request_leaves_nothing_behind():
    with Sim({"faults": [{"method": "PUT", "times": 1, "drop": "before"}]}) as sim:
        sim.get(version("0.9.0"))
        try:
            sim.put(version("1.0.0"), plain_body())
            raise AssertionError("the connection was not dropped")
        except BROKEN:
            equal(sim.get(version("1.0.0")).status, 404)


@test
def a_lost_reply_leaves_the_version_behind():
    with Sim({"faults": [{"method": "PUT", "times": 1, "drop": "after"}]}) as sim:
        sim.get(version("0.9.0"))
        try:
            sim.put(version("1.0.0"), plain_body())
            raise AssertionError("the reply was not lost")
        except BROKEN:
            equal(sim.get(version("1.0.0")).status, 200)
        equal(sim.put(version("1.0.0"), plain_body()).status, 200)


@test
def a_truncated_body_breaks_off():
    with Sim({"faults": [{"method": "GET", "path": "*/versions/0.9.0", "times": 1, "truncate_at": 20}]}) as sim:
        try:
            sim.get(version("0.9.0"))
            raise AssertionError("the body was whole")
        except http.client.IncompleteRead as error:
            equal(len(error.partial), 20)
        equal(sim.get(version("0.9.0")).status, 200)


@test
def a_delayed_answer_waits_while_others_are_served():
    with Sim({"faults": [{"method": "GET", "path": "*/versions/0.9.0", "times": 1, "delay_ms": 300}]}) as sim:
        sim.get(DEFINITION)
        slow, headers = sim.connect(), {"Authorization": "Bearer " + sim.token}
        begun = time.monotonic()
        slow.request("GET", version("0.9.0") + "?api-version=2023-07-03", headers=headers)
        equal(sim.get(DEFINITION).status, 200)
        between = time.monotonic() - begun
        equal(slow.getresponse().status, 200)
        waited = time.monotonic() - begun
        slow.close()
        holds(between < waited and waited >= 0.3, f"others after {between:.3f} s, the slow one after {waited:.3f} s")


@test
def rules_can_be_switched_off_one_by_one():
    body = how_to_body()
    regions_of(body)[1]["name"] = "eastus"
    with Sim() as sim:
        equal(sim.put(version("1.0.0"), body).status, 400)
    with Sim({"rules_off": ["R3"]}) as sim:
        equal(sim.put(version("1.0.0"), body).status, 201)


@test
def the_old_preview_can_be_required():
    with Sim({"require_feature": "Microsoft.Compute/SIGEncryption", "clock": "manual",
              "speeds": {"feature_ms": 1000}}) as sim:
        refused = sim.put(version("1.0.0"), how_to_body())
        equal((refused.status, refused.code()), (400, "BadRequest"))
        holds("SIGEncryption" in refused.message(), refused.message())
        feature = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/providers/Microsoft.Compute/features/SIGEncryption"
        state = lambda answer: answer.body["properties"]["state"]
        equal(state(sim.get(feature, api="2021-07-01")), "NotRegistered")
        equal(state(sim.arm("POST", feature + "/register", api="2021-07-01")), "Registering")
        equal(state(sim.get(feature, api="2021-07-01")), "Registering")
        sim.advance(1000)
        equal(state(sim.get(feature, api="2021-07-01")), "Registered")
        newer = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/featureProviders/Microsoft.Compute/subscriptionFeatureRegistrations/SIGEncryption"
        equal(state(sim.get(newer, api="2021-07-01")), "Registered")
        equal(sim.put(version("1.0.0"), how_to_body()).status, 201)


@test
def a_provider_registers_in_its_time():
    with Sim({"clock": "manual", "providers": {"Microsoft.Compute": "NotRegistered"}, "speeds": {"provider_ms": 500}}) as sim:
        place = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute"
        state = lambda: sim.get(place, api="2022-09-01").body["registrationState"]
        equal(state(), "NotRegistered")
        equal(sim.arm("POST", place + "/register", api="2022-09-01").body["registrationState"], "Registering")
        equal(state(), "Registering")
        sim.advance(500)
        equal(state(), "Registered")
        types = {t["resourceType"]: t for t in sim.get(place, api="2022-09-01").body["resourceTypes"]}
        holds("2023-07-03" in types["galleries/images/versions"]["apiVersions"], "api-versions are listed")


@test
def rate_limits_count_down_and_can_be_enforced():
    with Sim({"clock": "manual", "rate_limits": {"enforce": True}}) as sim:
        first = sim.get(GALLERY)
        equal(first.headers["x-ms-ratelimit-remaining-resource"], "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;2499")
        for _ in range(349):
            sim.get(GALLERY)
        over = sim.get(GALLERY)
        equal((over.status, over.code(), over.headers["retry-after"]), (429, "OperationNotAllowed", "180"))
        equal((over.headers["x-ms-failure-cause"], over.headers["x-ms-ratelimit-remaining-resource"].partition(",")[0]),
              ("service", "Microsoft.Compute/GetGallery3Min;0"))
        counter = json.loads(over.body["error"]["details"][0]["message"])
        equal((counter["operationGroup"], counter["allowedRequestCount"], counter["measuredRequestCount"]), ("GetGallery3Min", 350, 351))
        sim.advance(180000)
        equal(sim.get(GALLERY).status, 200)


@test
def polls_are_throttled_too_and_each_region_by_itself():
    with Sim({"clock": "manual", "rate_limits": {"enforce": True}, "speeds": {"version_ms": 3600000}}) as sim:
        put = sim.put(version("1.0.0"), plain_body())
        for _ in range(1200):
            equal(sim.poll(put).status, 200)
        equal(sim.poll(put).status, 429)
        equal(sim.get(put.headers["azure-asyncoperation"][len(sim.base):].replace("westus", "eastus2")).status, 200)


@test
def arm_throttles_by_buckets_that_fill_up_again():
    with Sim({"clock": "manual", "rate_limits": {"enforce": True, "arm": "buckets"}}) as sim:
        first = sim.get(IMAGE)
        equal(first.headers["x-ms-ratelimit-remaining-subscription-reads"], "249")
        for _ in range(249):
            equal(sim.get(IMAGE).status, 200)
        over = sim.get(IMAGE)
        equal((over.status, over.code(), over.headers["retry-after"], over.headers["x-ms-failure-cause"]),
              (429, "SubscriptionRequestsThrottled", "1", "gateway"))
        holds("x-ms-ratelimit-remaining-resource" not in over.headers, "the provider never saw it")
        equal(sim.put(version("1.0.0"), plain_body()).headers["x-ms-ratelimit-remaining-subscription-writes"], "199")
        sim.advance(1000)
        equal([sim.get(IMAGE).status for _ in range(26)], [200] * 25 + [429])


@test
def r31_a_source_that_too_many_versions_are_made_from():
    says = f"Too many requests on source '{IMAGE}'. Please reduce the number of requests on the source or wait some time before retrying."
    with Sim({"clock": "manual", "rate_limits": {"versions_per_source": 2}, "speeds": {"version_ms": 60000}}) as sim:
        equal([sim.put(version(f"1.0.{i}"), plain_body()).status for i in range(2)], [201, 201])
        third = sim.put(version("1.0.2"), plain_body())
        equal((third.status, third.code(), third.message()), (400, "InvalidParameter", says))
        equal(sim.put(version("1.0.1"), plain_body()).status, 200, "the same again")
        sim.advance(60000)
        equal(sim.put(version("1.0.2"), plain_body()).status, 201)


@test
def resources_can_be_seeded_replaced_and_removed():
    seeds = [{"id": des("Mine"), "location": "westus3", "properties": {"encryptionType": "EncryptionAtRestWithPlatformAndCustomerKeys"}},
             {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Other/providers/Any.Thing/boxes/b1", "location": "westus", "properties": {"x": 1}}]
    with Sim({"resources": seeds, "remove": ["*/snapshots/*"]}) as sim:
        mine = sim.get(des("mine").upper().replace("/SUBSCRIPTIONS", "/subscriptions"), api="2023-10-02").body
        equal((mine["name"], mine["location"], mine["properties"]["provisioningState"]), ("Mine", "westus3", "Succeeded"))
        equal(sim.get(seeds[1]["id"]).body["properties"]["x"], 1)
        equal(sim.get(COMPUTE + "/snapshots/myOSSnapshot").status, 404)
        equal(sim.get(f"/subscriptions/{SUBSCRIPTION}/resourcegroups/other", api="2021-04-01").body["location"], "westus")
    with Sim({"extends": "nothing"}) as sim:
        equal(sim.get(DEFINITION).code(), "ResourceGroupNotFound")


@test
def a_misspelt_member_is_refused():
    bad = {"speed": {"speed": {}}, "version": {"speeds": {"version": 1}}, "metod": {"faults": [{"metod": "PUT"}]},
           "stores": {"versions": [{"stores": []}]}, "full id": {"resources": [{"location": "westus"}]},
           "manual": {"clock": "slow"}}
    for word, scenario in bad.items():
        done = subprocess.run([program(), "--scenario", "/dev/stdin"], input=json.dumps(scenario), text=True,
                              capture_output=True, timeout=20)
        holds(done.returncode == 2 and word in done.stderr, f"{scenario}: {done.returncode} {done.stderr}")


@test
def the_log_holds_requests_and_no_secrets():
    with Sim() as sim:
        created = sim.put(version("1.0.0"), how_to_body(), headers={"x-ms-client-request-id": "me-1", "User-Agent": "t/1"})
        sim.poll(created)
        lines = sim.log()
        put = [line for line in lines if line["method"] == "PUT"]
        equal([line["n"] for line in lines], [1, 2, 3])
        equal((put[0]["status"], put[0]["api_version"], put[0]["client_request_id"], put[0]["user_agent"]),
              (201, "2023-07-03", "me-1", "t/1"))
        equal(put[0]["body"], how_to_body())
        equal(put[0]["request_id"], created.headers["x-ms-request-id"])
        text = json.dumps(lines) + open(os.path.join(sim.folder.name, "log"), encoding="utf-8").read()
        signature = created.headers["azure-asyncoperation"].split("&s=")[1][:20]
        for secret in (sim.token, "client_secret", "Bearer", signature):
            holds(secret not in text, f"{secret[:12]} is in the log")
        equal(sim.send("DELETE", "/_sim/log").status, 204)
        equal(sim.log(), [])


@test
def stats_count_requests_connections_and_tokens():
    with Sim() as sim:
        fresh = sim.stats()
        equal((fresh["requests"], fresh["connections"], fresh["by_method"]), (0, 0, {}))
        sim.get(version("0.9.0"))
        other = sim.connect()
        other.request("GET", version("0.9.0") + "?api-version=2023-07-03", headers={"Authorization": "Bearer " + sim.token})
        other.getresponse().read()
        other.close()
        stats = sim.stats()
        equal((stats["requests"], stats["connections"], stats["tokens"]), (3, 2, 1))
        equal((stats["by_method"], stats["by_status"]), ({"token": 1, "GET": 2}, {"200": 3}))


@test
def a_resource_can_be_changed_behind_everybodys_back():
    with Sim() as sim:
        place = "/_sim/resource?id=" + des("WestUSDiskEncryptionSet1")
        change = json.dumps({"location": "northeurope"})
        equal(sim.send("PATCH", place, change, {"Content-Type": "application/json"}).body["location"], "northeurope")
        equal(sim.get(des("WestUSDiskEncryptionSet1"), api="2023-10-02").body["location"], "northeurope")
        equal(sim.send("DELETE", place).status, 204)
        equal(sim.get(des("WestUSDiskEncryptionSet1"), api="2023-10-02").status, 404)


@test
def deletes_run_through_their_operation():
    with Sim({"clock": "manual", "speeds": {"delete_ms": 1000}}) as sim:
        gone = sim.arm("DELETE", version("0.9.0"))
        equal((gone.status, gone.raw), (202, b""))
        equal(sim.get(version("0.9.0")).body["properties"]["provisioningState"], "Deleting")
        equal(sim.put(version("0.9.0"), plain_body(("westus", "westus2"))).status, 409)
        equal(sim.poll(gone, "location").status, 202)
        sim.advance(1000)
        equal(sim.poll(gone, "location").status, 200)
        equal(sim.get(version("0.9.0")).status, 404)
        equal(sim.arm("DELETE", version("0.9.0")).status, 204)


@test
def a_busy_version_takes_the_same_put_again_but_no_other():
    with Sim({"clock": "manual", "speeds": {"version_ms": 1000}}) as sim:
        sim.put(version("1.0.0"), plain_body())
        equal(sim.put(version("1.0.0"), plain_body()).status, 200)
        equal(sim.put(version("1.0.0"), plain_body(("westus", "westus2"))).code(), "Conflict")


@test
def a_patch_changes_what_it_names():
    with Sim() as sim:
        patch = {"tags": {"a": "b"}, "properties": {"publishingProfile": {"excludeFromLatest": True}}}
        equal(sim.arm("PATCH", version("0.9.0"), patch).status, 200)
        read = sim.get(version("0.9.0")).body
        equal((read["tags"], read["properties"]["publishingProfile"]["excludeFromLatest"]), ({"a": "b"}, True))
        equal(len(regions_of(read)), 1)


@test
def a_new_set_gets_identity_and_type_when_it_is_done():
    with Sim({"clock": "manual", "speeds": {"des_ms": 100}}) as sim:
        body = {"location": "westus", "identity": {"type": "SystemAssigned"}, "properties": {
            "activeKey": {"keyUrl": "https://v.vault.azure.net/keys/k/0123"}}}
        created = sim.put(des("New"), body, api="2023-10-02")
        equal(created.status, 202)
        holds("name" not in created.body and "encryptionType" not in created.body["properties"], "bare answer")
        equal(sim.get(des("New"), api="2023-10-02").body["properties"]["provisioningState"], "Updating")
        sim.advance(100)
        output = sim.poll(created).body["properties"]["output"]
        equal(output["properties"]["encryptionType"], "EncryptionAtRestWithCustomerKey")
        holds(output["identity"]["principalId"], "principal")
        listed = sim.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/diskEncryptionSets", api="2023-10-02")
        holds(des("New") in [d["id"] for d in listed.body["value"]], "listed in the subscription")


@test
def edge_zones_get_their_recorded_defaults():
    with Sim() as sim:
        zone = {"name": "westus", "extendedLocation": {"name": "microsoftlosangeles1", "type": "EdgeZone"}}
        body = plain_body()
        body["properties"]["publishingProfile"]["targetExtendedLocations"] = [zone]
        shown = sim.put(version("1.0.0"), body).body["properties"]["publishingProfile"]["targetExtendedLocations"][0]
        equal((shown["name"], shown["storageAccountType"], shown["extendedLocationReplicaCount"]), ("West US", "StandardSSD_LRS", 1))


@test
def groups_are_made_probed_and_deleted_in_either_casing():
    with Sim() as sim:
        place = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/fresh"
        equal(sim.arm("HEAD", place, api="2021-04-01").status, 404)
        equal(sim.put(place, {"location": "West US"}, api="2021-04-01").status, 201)
        equal(sim.arm("HEAD", place.replace("groups", "Groups"), api="2021-04-01").status, 204)
        equal(sim.arm("DELETE", GROUP, api="2021-04-01").status, 202)
        equal(sim.get(version("0.9.0")).code(), "ResourceGroupNotFound")


@test
def locations_usages_and_subscriptions_are_listed():
    with Sim() as sim:
        base = f"/subscriptions/{SUBSCRIPTION}"
        names = {l["name"]: l for l in sim.get(base + "/locations", api="2022-12-01").body["value"]}
        equal(names["westus2"]["displayName"], "West US 2")
        equal(names["unitedstates"]["metadata"]["regionType"], "Logical")
        holds("microsoftlosangeles1" not in names, "edge zones only on demand")
        more = sim.get(base + "/locations", api="2022-12-01", query="&includeExtendedLocations=true").body["value"]
        holds("microsoftlosangeles1" in [l["name"] for l in more], "edge zones on demand")
        usages = {u["name"]["value"]: u for u in
                  sim.get(base + "/providers/Microsoft.Compute/locations/westus/usages", api="2024-07-01").body["value"]}
        equal((usages["GalleryImageVersion"]["currentValue"], usages["GalleryImageVersion"]["limit"]), (1, 10000))
        equal([s["subscriptionId"] for s in sim.get("/subscriptions", api="2020-01-01").body["value"]], [SUBSCRIPTION])
        equal(sim.get(base, api="2020-01-01").body["state"], "Enabled")


@test
def an_image_is_captured_from_a_vm():
    with Sim() as sim:
        vm = COMPUTE + "/virtualMachines/srcVm"
        equal(sim.arm("POST", vm + "/deallocate", api="2022-11-01").status, 202)
        equal(sim.arm("POST", vm + "/generalize", api="2022-11-01").status, 200)
        made = sim.put(COMPUTE + "/images/captured", {"location": "westus", "properties": {"sourceVirtualMachine": {"id": vm}}},
                       api="2022-11-01")
        equal(made.status, 201)
        disks = sim.get(COMPUTE + "/images/captured", api="2022-11-01").body["properties"]["storageProfile"]["dataDisks"]
        equal([(d["lun"], d["diskSizeGB"]) for d in disks], [(0, 10)])


@test
def a_snapshot_is_copied_from_a_disk():
    with Sim() as sim:
        source = COMPUTE + "/disks/srcVm_os"
        body = {"location": "westus", "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": source}}}
        equal(sim.put(COMPUTE + "/snapshots/s1", body, api="2023-10-02").status, 202)
        made = sim.get(COMPUTE + "/snapshots/s1", api="2023-10-02").body["properties"]
        equal((made["diskSizeGB"], made["osType"], made["hyperVGeneration"]), (30, "Linux", "V1"))
        body["properties"]["creationData"]["sourceResourceId"] += "x"
        equal(sim.put(COMPUTE + "/snapshots/s2", body, api="2023-10-02").status, 404)


@test
def tls_serves_every_name_in_the_certificate():
    with Sim(tls=True) as sim:
        equal(sim.get(version("0.9.0")).status, 200)
        equal(sim.connection.sock.version(), "TLSv1.3")
        names = dict(sim.connection.sock.getpeercert()).get("subjectAltName")
        for name in ("localhost", "login.microsoftonline.com", "management.azure.com"):
            holds(("DNS", name) in names, f"{name} in {names}")
        holds(("IP Address", "127.0.0.1") in names, "127.0.0.1")


@test
def bodies_over_the_limit_are_refused():
    with Sim() as sim:
        answer = sim.put(version("1.0.0"), {"location": "westus", "tags": {"a": "x" * (4 * 1024 * 1024)}})
        equal((answer.status, answer.code()), (413, "RequestContentTooLarge"))


@test
def many_versions_run_at_once():
    with Sim({"clock": "manual", "speeds": {"replication_ms": 1000}}) as sim:
        polls = [sim.put(version(f"5.0.{n}"), how_to_body()) for n in range(200)]
        sim.advance(1000)
        equal({sim.poll(p).body["status"] for p in polls}, {"Succeeded"})
        equal(len(sim.get(DEFINITION + "/versions").body["value"]), 201)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
