# SPDX-License-Identifier: MPL-2.0
"""The token endpoint, discovery, and what the Resource Manager says to bad tokens and bad requests."""
import json
import urllib.parse

from simtest import (SUBSCRIPTION, TENANT, Report, Sim, equal, holds, plain_body, test, tests_of, version)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refused(answer, status, code):
    equal((answer.status, answer.body.get("error_codes")), (status, [code]))
    holds(answer.body["error_description"].startswith(f"AADSTS{code}: "), answer.body["error_description"])
    for member in ("error", "timestamp", "trace_id", "correlation_id", "error_uri"):
        holds(isinstance(answer.body.get(member), str), member)


@test
def v2_grants_a_bearer_token_with_numbers():
    with Sim() as sim:
        body = sim.login().body
        equal((body["token_type"], body["expires_in"], body["ext_expires_in"], len(body["access_token"])),
              ("Bearer", 3599, 3599, 1400))
        holds("expires_on" not in body, "v2 has no expires_on")


@test
def v1_grants_with_texts_and_expires_on():
    with Sim() as sim:
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "sp", "client_secret": "secret",
                                       "resource": "https://management.azure.com/"})
        body = sim.send("POST", f"/{TENANT}/oauth2/token?api-version=1.0", form, FORM).body
        equal((body["expires_in"], body["resource"]), ("3599", "https://management.azure.com/"))
        holds(int(body["expires_on"]) > int(body["not_before"]), "expires_on")


@test
def the_adfs_form_of_msal_is_taken_with_all_its_fields():
    with Sim() as sim:
        form = urllib.parse.urlencode({
            "client_id": "sp", "grant_type": "client_credentials", "client_info": "1", "client_secret": "secret",
            "claims": '{"access_token": {"xms_cc": {"values": ["CP1"]}}}', "scope": sim.base + "//.default"})
        equal(sim.send("POST", "/adfs/oauth2/token/", form, FORM).status, 200)


@test
def wrong_credentials_are_refused_by_their_codes():
    expired = [{"client_id": "old", "client_secret": "new", "expired_secret": "old"}]
    with Sim({"tokens": {"clients": expired + [{"client_id": "sp", "client_secret": "secret"},
                                               {"client_id": "far", "client_secret": "x", "tenants": ["elsewhere"]}]}}) as sim:
        refused(sim.login(secret="wrong"), 401, 7000215)
        refused(sim.login(secret=None), 401, 7000218)
        refused(sim.login(client="nobody"), 400, 700016)
        refused(sim.login(client="far", secret="x"), 400, 700016)
        refused(sim.login(tenant="99999999-2222-3333-4444-555555555555"), 400, 90002)
        refused(sim.login(client="old", secret="old"), 401, 7000222)
        equal(sim.login(client="old", secret="new").status, 200)


@test
def malformed_forms_are_refused():
    with Sim() as sim:
        refused(sim.login(grant_type="password"), 400, 70003)
        refused(sim.login(scope=None), 400, 900144)
        refused(sim.login(scope="https://management.azure.com"), 400, 1002012)
        refused(sim.login(scope="https://elsewhere.example/.default"), 400, 500011)
        refused(sim.login(client=None), 400, 900144)
        path = f"/{TENANT}/oauth2/v2.0/token"
        refused(sim.send("POST", path, "grant_type=client_credentials&grant_type=x", FORM), 400, 9002313)
        refused(sim.send("POST", path, "grant_type=%zz", FORM), 400, 9002313)
        refused(sim.send("POST", path, json.dumps({"grant_type": "client_credentials"}), {"Content-Type": "application/json"}), 400, 900144)
        refused(sim.send("GET", path), 400, 900561)


@test
def openid_documents_name_their_own_endpoints():
    with Sim() as sim:
        for place, token in ((f"/{TENANT}/v2.0", f"/{TENANT}/oauth2/v2.0/token"), (f"/{TENANT}", f"/{TENANT}/oauth2/token"),
                             ("/adfs", "/adfs/oauth2/token/")):
            document = sim.send("GET", place + "/.well-known/openid-configuration").body
            equal(document["token_endpoint"], sim.base + token)
            holds(document["authorization_endpoint"].startswith(sim.base), "authorization_endpoint")


@test
def instance_discovery_keeps_the_port_of_the_authority():
    with Sim() as sim:
        authority = "https://login.microsoftonline.com:18443/common"
        query = urllib.parse.urlencode({"api-version": "1.1", "authorization_endpoint": authority + "/oauth2/v2.0/authorize"})
        found = sim.send("GET", "/common/discovery/instance?" + query).body
        equal(found["tenant_discovery_endpoint"], authority + "/v2.0/.well-known/openid-configuration")
        equal(found["metadata"][0]["aliases"], ["login.microsoftonline.com:18443"])


@test
def cloud_metadata_has_both_forms():
    with Sim() as sim:
        old = sim.send("GET", "/metadata/endpoints?api-version=2015-01-01").body
        equal(old["authentication"]["loginEndpoint"], sim.base + "/adfs")
        new = sim.send("GET", "/metadata/endpoints?api-version=2019-05-01").body
        equal((new[0]["resourceManager"], new[0]["authentication"]["loginEndpoint"]), (sim.base + "/", sim.base + "/adfs"))


@test
def a_missing_token_names_the_tenant():
    with Sim() as sim:
        answer = sim.send("GET", f"/subscriptions/{SUBSCRIPTION}?api-version=2020-01-01")
        equal((answer.status, answer.code()), (401, "AuthenticationFailed"))
        holds(f'Bearer authorization_uri="{sim.base}/{TENANT}"' in answer.headers["www-authenticate"],
              answer.headers["www-authenticate"])


@test
def wrong_expired_and_foreign_tokens_are_401():
    with Sim({"clock": "manual", "tokens": {"lifetime_s": 60}}) as sim:
        equal(sim.get(version("0.9.0")).status, 200)
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer nonsense"}).code(), "InvalidAuthenticationToken")
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Basic eDp5"}).code(), "AuthenticationFailed")
        vault = sim.login(scope="https://vault.azure.net/.default").body["access_token"]
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + vault}).status, 401)
        sim.advance(60000)
        late = sim.get(version("0.9.0"))
        equal((late.status, late.code()), (401, "ExpiredAuthenticationToken"))
        holds('error="invalid_token"' in late.headers["www-authenticate"], "challenge")


@test
def every_request_needs_an_api_version():
    with Sim() as sim:
        def code(path):
            return sim.get(path).code()
        equal(code(version("0.9.0") + "?x=1"), "MissingApiVersionParameter")
        equal(code(version("0.9.0") + "?api-version=yesterday"), "InvalidApiVersionParameter")
        equal(code(version("0.9.0") + "?api-version=2020-01-01"), "NoRegisteredProviderFound")


@test
def ids_are_found_in_any_casing():
    with Sim() as sim:
        path = version("0.9.0").upper().replace("/SUBSCRIPTIONS", "/Subscriptions")
        equal(sim.get(path).status, 200)


@test
def what_is_not_there_is_said_in_arms_words():
    with Sim() as sim:
        missing = sim.get(version("9.9.9"))
        equal((missing.status, missing.code(), missing.headers["x-ms-failure-cause"]), (404, "ResourceNotFound", "gateway"))
        equal(sim.get(version("0.9.0").replace(SUBSCRIPTION, "1" + SUBSCRIPTION[1:])).code(), "SubscriptionNotFound")
        equal(sim.get(version("0.9.0").replace("MyResourceGroup", "nowhere")).code(), "ResourceGroupNotFound")
        equal(sim.arm("POST", version("0.9.0")).status, 405)
        equal(sim.get("/somewhere").status, 404)
        equal(sim.get(version("0.9.0") + "/%zz").status, 404)


@test
def request_ids_come_with_every_answer_and_are_echoed_on_demand():
    with Sim() as sim:
        answer = sim.get(version("0.9.0"), headers={"x-ms-client-request-id": "abc", "x-ms-return-client-request-id": "true"})
        equal(answer.headers["x-ms-client-request-id"], "abc")
        for name in ("x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id",
                     "x-ms-ratelimit-remaining-subscription-reads"):
            holds(answer.headers.get(name), name)
        holds("x-ms-client-request-id" not in sim.get(version("0.9.0"), headers={"x-ms-client-request-id": "abc"}).headers, "echo only on demand")


@test
def bodies_must_be_json_objects():
    with Sim() as sim:
        equal(sim.arm("PUT", version("1.0.0"), headers={"Content-Type": "application/json"}).code(), "InvalidRequestContent")
        equal(sim.put(version("1.0.0"), [1]).code(), "InvalidRequestContent")
        equal(sim.put(version("1.0.0"), plain_body(), headers={"Content-Type": "text/plain"}).status, 415)


@test
def null_members_mean_absent_ones():
    with Sim() as sim:
        body = plain_body()
        body["properties"]["publishingProfile"]["targetRegions"][0].update({"storageAccountType": None, "encryption": None})
        equal(sim.put(version("1.0.0"), body).status, 201)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
