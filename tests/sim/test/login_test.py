# SPDX-License-Identifier: MPL-2.0
"""Logins without a secret on acg-sim: each strict check takes the right request and refuses the one that is broken in one place."""
import base64
import json
import os
import stat
import subprocess
import time
import urllib.parse

from jwttest import PSS, Application, certificate_of, changed, digest, openssl, read, sign, sign_texts, url64
from simtest import SUBSCRIPTION, TENANT, Report, Sim, equal, holds, program, test, tests_of, version

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
V2 = f"/{TENANT}/oauth2/v2.0/token"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ARM_SCOPE = "https://management.azure.com/.default"
ARM = "https://management.azure.com/"
USER = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
        "publisher")
SYSTEM_ID, USER_ID = "66666666-7777-8888-9999-000000000001", "66666666-7777-8888-9999-000000000003"


def ask(sim, assertion, path=V2, **changes):
    form = {"grant_type": "client_credentials", "client_id": "sp", "client_assertion_type": BEARER, "client_assertion": assertion}
    form["scope" if "v2.0" in path or "adfs" in path else "resource"] = ARM_SCOPE if "v2.0" in path or "adfs" in path else ARM
    return sim.send("POST", path, urllib.parse.urlencode(changed(form, changes)), FORM)


def refused(answer, status, code, what=""):
    equal((answer.status, (answer.body or {}).get("error_codes")), (status, [code]), what)
    holds(answer.body["error_description"].startswith(f"AADSTS{code}: "), answer.body["error_description"])


def granted(answer, what=""):
    equal(answer.status, 200, f"{what} {answer.raw.decode(errors='replace')}")
    return answer.body


def application(sim):
    return Application(os.path.join(sim.logins, "sp.pem"))


# --- certificates

@test
def a_certificate_proves_the_application_in_every_form_that_clients_write():
    with Sim(login=True) as sim:
        app = application(sim)
        sha1, sha256 = digest(app.der, "sha1"), digest(app.der, "sha256")
        here = sim.base + V2
        none = {"x5t#S256": None}
        forms = {
            "PS256 and x5t#S256": {},
            "x5t#S256 in standard base64": {"x5t#S256": base64.b64encode(sha256).decode()},
            "RS256 and x5t": {"alg": "RS256", "x5t": url64(sha1), **none},
            "x5t with padding": {"alg": "RS256", "x5t": base64.urlsafe_b64encode(sha1).decode(), **none},
            "both thumbprints": {"x5t": url64(sha1)},
            "the thumbprint as kid": {"alg": "RS256", "kid": url64(sha1), **none},
            "x5c": {"x5c": [base64.b64encode(app.der).decode()]},
            "x5c in lines": {"x5c": [base64.encodebytes(app.der).decode()]},
            "no typ": {"typ": None}}
        for what, header in forms.items():
            granted(ask(sim, app.assertion(here, header)), what)
        now = time.time()
        for what, claims in {"no nbf": {"nbf": None}, "fractions": {"exp": now + 600.5, "iat": now + 0.25, "nbf": None},
                             "an hour": {"exp": int(now) + 3600}}.items():
            granted(ask(sim, app.assertion(here, claims=claims)), what)


@test
def the_audience_is_the_endpoint_that_was_asked():
    with Sim(login=True) as sim:
        app = application(sim)
        for path in (V2, f"/{TENANT}/oauth2/token", "/adfs/oauth2/token/"):
            body = granted(ask(sim, app.assertion(sim.base + path), path), path)
            equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + body["access_token"]}).status, 200)
        old = f"/{TENANT}/oauth2/token?api-version=1.0"
        granted(ask(sim, app.assertion(sim.base + old), old), "with its query")
        granted(ask(sim, app.assertion(sim.base + f"/{TENANT}/oauth2/token"), old), "without its query")
        for what, aud in {"v1 at v2": sim.base + f"/{TENANT}/oauth2/token", "slash": sim.base + V2 + "/", "issuer": sim.base + f"/{TENANT}/v2.0",
                          "another host": "https://login.microsoftonline.com" + V2, "query": sim.base + V2 + "?x=1"}.items():
            refused(ask(sim, app.assertion(aud)), 401, 700023, what)


@test
def headers_broken_in_one_place_are_refused():
    with Sim(login=True) as sim:
        app = application(sim)
        here = sim.base + V2
        other = digest(b"another certificate", "sha256")
        own1 = url64(digest(app.der, "sha1"))
        for what, (status, code, header) in {
                "HS256": (400, 5002730, {"alg": "HS256"}), "none": (400, 5002730, {"alg": "none"}), "no alg": (400, 5002730, {"alg": None}),
                "RS512": (400, 5002730, {"alg": "RS512"}), "typ": (400, 50027, {"typ": "SAML"}),
                "no thumbprint": (400, 50027, {"x5t#S256": None}),
                "another certificate": (401, 700027, {"x5t#S256": url64(other)}),
                "only x5t is good": (401, 700027, {"x5t": own1, "x5t#S256": url64(other)}),
                "SHA-1 as SHA-256": (401, 700027, {"x5t#S256": own1}),
                "hex": (401, 700027, {"x5t#S256": digest(app.der, "sha256").hex()}),
                "x5c of another": (401, 700027, {"x5c": [base64.b64encode(app.der[:-1] + b"\0").decode()]}),
                "x5c not base64": (401, 700027, {"x5c": [url64(app.der) + "-"]}),
                "x5c empty": (401, 700027, {"x5c": []}), "x5c a text": (401, 700027, {"x5c": base64.b64encode(app.der).decode()}),
        }.items():
            refused(ask(sim, app.assertion(here, header)), status, code, what)


@test
def signatures_must_be_the_certificates_own():
    with Sim(login=True) as sim:
        app = application(sim)
        here, folder = sim.base + V2, sim.logins
        other = os.path.join(folder, "issuer-kubernetes.pem")
        refused(ask(sim, app.assertion(here, key=other)), 401, 700027, "another key")
        refused(ask(sim, app.assertion(here, {"alg": "RS256"}, more=["-sigopt", "rsa_padding_mode:pss"])), 401, 700027, "PSS called RS256")
        refused(ask(sim, app.assertion(here, more=["-sigopt", "rsa_padding_mode:pkcs1"])), 401, 700027, "PKCS #1 called PS256")
        refused(ask(sim, app.assertion(here, more=["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"])), 401, 700027, "salt of 20")
        good = app.assertion(here)
        head, claims, signature = good.split(".")
        refused(ask(sim, ".".join((head, app.assertion(here).split(".")[1], signature))), 401, 700027, "others' claims")
        twice = sign_texts(app.pem, json.dumps(app.header()).replace("{", '{"alg":"PS256",', 1), json.dumps(app.claims(here)), PSS)
        for what, text in {"two parts": head + "." + claims, "four parts": good + ".x", "padding": head + "=." + claims + "." + signature,
                           "no JSON": url64(b"{") + "." + claims + "." + signature, "a list": url64(b"[]") + "." + claims + "." + signature,
                           "duplicate members": twice,
                           "empty": "", "a broken end": good[:-1], "left-over bits": good[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[good[-1]]}.items():
            refused(ask(sim, text), 400, 50027, what)
        granted(ask(sim, good), "none of these spent it")


@test
def claims_broken_in_one_place_are_refused():
    with Sim(login=True) as sim:
        app = application(sim)
        here, now = sim.base + V2, int(time.time())
        for what, (status, code, claims) in {
                "iss": (401, 50048, {"iss": "somebody"}), "sub": (401, 50048, {"sub": "somebody"}), "no sub": (401, 50048, {"sub": None}),
                "no aud": (400, 50027, {"aud": None}), "list of aud": (400, 50027, {"aud": [here]}),
                "no exp": (400, 50027, {"exp": None}), "nbf no date": (400, 50027, {"nbf": 1e300}), "exp no date": (400, 50027, {"exp": 1e18}), "exp a text": (400, 50027, {"exp": str(now + 600)}),
                "over": (401, 700024, {"exp": now - 1, "nbf": now - 600, "iat": now - 600}), "too long": (401, 700024, {"exp": now + 86400}),
                "not yet": (401, 700024, {"nbf": now + 900, "exp": now + 1500}), "made later": (401, 700024, {"iat": now + 900}),
                "no jti": (400, 50027, {"jti": None}), "jti a number": (400, 50027, {"jti": 7}), "jti empty": (400, 50027, {"jti": ""}),
        }.items():
            refused(ask(sim, app.assertion(here, claims=claims)), status, code, what)
        both = app.assertion(here, claims={"iss": "22222222-3333-4444-5555-666666666666", "sub": "22222222-3333-4444-5555-666666666666"})
        refused(ask(sim, both), 401, 700021, "another application's")


@test
def an_assertion_is_good_once():
    with Sim(login=True) as sim:
        app = application(sim)
        once = app.assertion(sim.base + V2)
        granted(ask(sim, once))
        refused(ask(sim, once), 401, 50013)
        refused(ask(sim, app.assertion(sim.base + V2, claims={"jti": read(once)[1]["jti"]})), 401, 50013)
        granted(ask(sim, app.assertion(sim.base + V2)))
    with Sim({"rules_off": ["replay"]}, login=True) as sim:
        once = application(sim).assertion(sim.base + V2)
        granted(ask(sim, once))
        granted(ask(sim, once))


@test
def the_form_must_carry_the_assertion_as_it_should():
    with Sim(login=True) as sim:
        app = application(sim)
        here = sim.base + V2
        refused(ask(sim, app.assertion(here), client_assertion_type=None), 400, 900144)
        refused(ask(sim, app.assertion(here), client_assertion_type="jwt-bearer"), 400, 9002313)
        refused(ask(sim, app.assertion(here), client_secret="secret"), 400, 9002313)
        refused(ask(sim, app.assertion(here), client_id="22222222-3333-4444-5555-666666666666"), 401, 700027, "an application without certificates")
        refused(ask(sim, app.assertion(here), client_id="nobody"), 400, 700016)
        refused(ask(sim, None), 401, 7000218)


@test
def clocks_that_differ_are_told_apart_from_bad_keys():
    with Sim(sets=["tokens.clock_offset_s=-1200"], login=True) as sim:
        answer = ask(sim, application(sim).assertion(sim.base + V2))
        refused(answer, 401, 700024)
        holds("Current time: 20" in answer.body["error_description"], answer.body["error_description"])
    with Sim(sets=["tokens.clock_offset_s=1200"], login=True) as sim:
        refused(ask(sim, application(sim).assertion(sim.base + V2)), 401, 700024)
    with Sim(sets=["tokens.clock_offset_s=-200"], login=True) as sim:
        granted(ask(sim, application(sim).assertion(sim.base + V2)), "a little ahead")


def own_certificate(folder, name, days="2", bits="2048"):
    path = os.path.join(folder, name)
    openssl("req", "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-subj", "/CN=mine", "-days", days, "-keyout", path + ".key", "-out", path + ".crt")
    with open(path, "wb") as both:
        for part in (".key", ".crt"):
            with open(path + part, "rb") as f:
                both.write(f.read())
    return path, openssl("x509", "-in", path + ".crt").decode()


@test
def certificates_of_the_scenario_are_known_by_what_they_are():
    with Sim() as maker:  # only for its folder
        first, first_pem = own_certificate(maker.folder.name, "first")
        second, second_pem = own_certificate(maker.folder.name, "second")
        weak, weak_pem = own_certificate(maker.folder.name, "weak", bits="1024")
        clients = [{"client_id": "app", "certificates": [first_pem, second_pem, weak_pem]}, {"client_id": "sp", "certificates": []}]
        with Sim({"tokens": {"clients": clients}}) as sim:
            here = sim.base + V2
            for path in (first, second):
                granted(ask(sim, Application(path, "app").assertion(here), client_id="app"), path)
            refused(ask(sim, Application(weak, "app").assertion(here, {"alg": "RS256"}), client_id="app"), 401, 700027, "1024 bits")
            refused(ask(sim, Application(first, "sp").assertion(here)), 401, 700027, "of another application")
        with Sim({"tokens": {"clients": clients, "clock_offset_s": 3 * 86400}}) as sim:
            late = int(time.time()) + 3 * 86400
            claims = {"nbf": late, "iat": late, "exp": late + 600}
            answer = ask(sim, Application(first, "app").assertion(sim.base + V2, claims=claims), client_id="app")
            refused(answer, 401, 700027, "expired")
            holds("expired" in answer.body["error_description"], answer.body["error_description"])


@test
def the_log_tells_what_was_checked_and_no_secret():
    with Sim(login=True) as sim:
        app = application(sim)
        good, bad = app.assertion(sim.base + V2), app.assertion(sim.base + "/elsewhere")
        token = granted(ask(sim, good))["access_token"]
        refused(ask(sim, bad), 401, 700023)
        lines = sim.log()
        equal(lines[0]["login"], {"client_id": "sp", "kind": "certificate", "checked": [
            "alg PS256", "x5t#S256", "certificate dates", "signature", "aud", "iss", "sub", "exp", "jti"]})
        equal((lines[1]["login"]["checked"][-1], lines[1]["error_codes"], lines[1]["code"]), ("signature", [700023], "invalid_client"))
        text = json.dumps(lines)
        for secret in (token, good, bad, good.split(".")[2], read(good)[1]["jti"]):
            holds(secret not in text, "a secret is in the log")
        equal(sim.stats()["by_method"], {"token": 2})


# --- federated tokens

def file_token(sim):
    with open(os.path.join(sim.logins, "federated-token"), encoding="utf-8") as f:
        return f.read()


@test
def a_token_of_the_cluster_is_exchanged_as_often_as_one_likes():
    with Sim(login=True) as sim:
        token = file_token(sim)
        claims = read(token)[1]
        equal((claims["aud"], claims["sub"]), (["api://AzureADTokenExchange"], "system:serviceaccount:images:publisher"))
        body = granted(ask(sim, token))
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + body["access_token"]}).status, 200)
        granted(ask(sim, token), "again")
        equal(sim.log()[0]["login"], {"client_id": "sp", "kind": "federated",
                                      "checked": ["alg RS256", "iss", "aud", "sub", "kid", "signature", "exp"]})
        equal(sim.send("POST", "/_sim/federated-token").status, 204)
        holds(file_token(sim) != token, "the file is new")
        granted(ask(sim, file_token(sim)))


@test
def federated_tokens_broken_in_one_place_are_refused():
    with Sim(login=True) as sim:
        header, claims = read(file_token(sim))
        key = os.path.join(sim.logins, "issuer-kubernetes.pem")
        now = int(time.time())
        equal(github(sim).status, 200)  # from now on that issuer has a key
        granted(ask(sim, sign(key, header, claims)), "untouched")
        granted(ask(sim, sign(key, header, {**claims, "aud": "api://AzureADTokenExchange"})), "audience as a text")
        for what, (status, code, more) in {
                "issuer": (401, 700211, {"iss": "https://elsewhere.example"}), "slash": (401, 700211, {"iss": claims["iss"] + "/"}),
                "audience": (401, 700212, {"aud": "api://elsewhere"}), "subject": (401, 700213, {"sub": claims["sub"] + "2"}),
                "case": (401, 700213, {"sub": claims["sub"].upper()}),
                "two audiences": (400, 50027, {"aud": ["api://AzureADTokenExchange", "x"]}), "no subject": (400, 50027, {"sub": None}),
                "over": (401, 700024, {"exp": now - 1, "nbf": now - 60}), "not yet": (401, 700024, {"nbf": now + 900}),
                "no exp": (400, 50027, {"exp": None}),
                "signed by another": (401, 700027, {"iss": "https://token.actions.githubusercontent.com",
                                                    "sub": "repo:contoso/images:ref:refs/heads/main"}),
        }.items():
            refused(ask(sim, sign(key, header, changed(claims, more))), status, code, what)
        refused(ask(sim, sign(key, {**header, "kid": "x"}, claims)), 401, 700027, "kid")
        refused(ask(sim, sign(key, changed(header, {"kid": None}), claims)), 401, 700027, "no kid")
        refused(ask(sim, sign(key, {**header, "alg": "PS256"}, claims)), 400, 5002730, "PS256")
        wrong = os.path.join(sim.logins, "sp.pem")
        refused(ask(sim, sign(wrong, header, claims)), 401, 700027, "another issuer's key")
        plain = ask(sim, sign(key, header, claims), client_id="22222222-3333-4444-5555-666666666666")
        refused(plain, 400, 70021, "an application without federated credentials")


@test
def an_issuer_of_ones_own_signs_with_its_own_key():
    with Sim() as maker:
        key = os.path.join(maker.folder.name, "key.pem")
        openssl("genrsa", "-out", key, "2048")
        public = openssl("pkey", "-in", key, "-pubout").decode()
        tokens = {"issuers": [{"name": "mine", "issuer": "https://mine.example", "public_key": public, "kid": "k1"}],
                  "clients": [{"client_id": "sp", "federated": [{"issuer": "https://mine.example", "subject": "me", "audience": "x"}]}]}
        claims = {"iss": "https://mine.example", "sub": "me", "aud": "x", "exp": int(time.time()) + 60}
        with Sim({"tokens": tokens, "workloads": {"kubernetes": {"issuer": "mine"}}}, login=True) as sim:
            granted(ask(sim, sign(key, {"alg": "RS256", "kid": "k1"}, claims)))
            refused(ask(sim, sign(key, {"alg": "RS256", "kid": "k2"}, claims)), 401, 700027)
            holds(not os.path.exists(os.path.join(sim.logins, "federated-token")), "nobody here can sign for it")


@test
def a_federated_credential_that_was_just_made_is_unknown_for_a_while():
    new = [{"issuer": "https://oidc.cluster.example", "subject": "s", "ready_ms": 60000},
           {"issuer": "https://oidc.cluster.example", "subject": "t", "ready_ms": 120000}]
    tokens = {"issuers": [{"name": "kubernetes", "issuer": "https://oidc.cluster.example"}], "clients": [{"client_id": "sp", "federated": new}]}
    workload = {"kubernetes": {"subject": "t"}}
    with Sim({"clock": "manual", "tokens": tokens, "workloads": workload}, login=True) as sim:
        refused(ask(sim, file_token(sim)), 400, 70021)
        sim.advance(60000)
        refused(ask(sim, file_token(sim)), 401, 700213)
        sim.advance(60000)
        granted(ask(sim, file_token(sim)))


@test
def an_error_of_the_token_endpoint_is_a_fault_of_the_scenario():
    fault = {"path": "*/oauth2/v2.0/token", "times": 1, "status": 503, "aadsts": 90033, "error": "temporarily_unavailable", "headers": {"Retry-After": "1"}}
    with Sim({"faults": [fault]}) as sim:
        answer = sim.login()
        refused(answer, 503, 90033)
        equal((answer.body["error"], answer.headers["retry-after"], sim.login().status), ("temporarily_unavailable", "1", 200))


# --- GitHub Actions and Azure Pipelines

def github(sim, audience="api://AzureADTokenExchange", token=None, url=None, method="GET"):
    given = sim.host_variables("github")
    target = (url or given["ACTIONS_ID_TOKEN_REQUEST_URL"])[len(sim.base):]
    if audience:
        target += "&audience=" + urllib.parse.quote(audience, safe="")
    word = token if token is not None else "Bearer " + given["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    return sim.send(method, target, headers={"Authorization": word} if word else {})


@test
def a_github_job_gets_a_token_for_each_exchange():
    with Sim(login=True) as sim:
        answer = github(sim).body
        equal(answer["count"], len(answer["value"]))
        claims = read(answer["value"])[1]
        equal((claims["iss"], claims["aud"], claims["exp"] - claims["iat"]),
              ("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange", 300))
        granted(ask(sim, answer["value"]))
        refused(ask(sim, answer["value"]), 401, 50013, "cached")
        granted(ask(sim, github(sim).body["value"]))
        refused(ask(sim, github(sim, audience=None).body["value"]), 401, 700212, "GitHub's own audience")
        equal([line["login"]["kind"] for line in sim.log()][:2], ["github", "federated"])


@test
def requests_of_a_github_job_broken_in_one_place_are_refused():
    with Sim(login=True) as sim:
        url = sim.host_variables("github")["ACTIONS_ID_TOKEN_REQUEST_URL"]
        equal(github(sim, token="").status, 401, "no token")
        equal(github(sim, token="Bearer wrong").status, 401, "wrong token")
        equal(github(sim, token="Basic " + sim.host_variables("github")["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]).status, 401, "Basic")
        equal(github(sim, audience=None, url=url + "?audience=x").status, 400, "a second question mark")
        equal(github(sim, audience=None, url=url.split("?")[0]).status, 400, "no api-version")
        equal(github(sim, method="POST").status, 405, "POST")
        equal(github(sim).status, 200)


def pipelines(sim, method="POST", api="7.1", connection=None, headers=None, body=None):
    given = sim.host_variables("azure_devops")
    query = {"api-version": api, "serviceConnectionId": connection or given["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]}
    query = {name: value for name, value in query.items() if value != ""}
    own = {"Authorization": "Bearer " + given["SYSTEM_ACCESSTOKEN"], "Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
    return sim.send(method, given["SYSTEM_OIDCREQUESTURI"][len(sim.base):] + "?" + urllib.parse.urlencode(query), body, changed(own, headers or {}))


@test
def a_pipeline_gets_a_token_for_each_exchange():
    with Sim(login=True) as sim:
        token = pipelines(sim).body["oidcToken"]
        equal(read(token)[1]["sub"], "sc://contoso/images/publish")
        granted(ask(sim, token))
        refused(ask(sim, token), 401, 50013, "cached")
        granted(ask(sim, pipelines(sim).body["oidcToken"]))


@test
def requests_of_a_pipeline_broken_in_one_place_are_refused():
    with Sim(login=True) as sim:
        for what, (status, arguments) in {
                "GET": (405, {"method": "GET"}), "no api-version": (400, {"api": ""}), "old api-version": (400, {"api": "5.0"}),
                "no content type": (415, {"headers": {"Content-Type": None}}), "a body": (400, {"body": "[1]"}),
                "no token": (401, {"headers": {"Authorization": None}}), "wrong token": (401, {"headers": {"Authorization": "Bearer x"}}),
                "to the page": (302, {"headers": {"Authorization": "Bearer x", "X-TFS-FedAuthRedirect": None}}),
                "another connection": (404, {"connection": "55555555-6666-7777-8888-000000000000"}),
                "an empty body": (200, {"body": "{}"}), "right": (200, {})}.items():
            equal(pipelines(sim, **arguments).status, status, what)
        given = sim.host_variables("azure_devops")
        nothing = sim.send("POST", given["SYSTEM_OIDCREQUESTURI"][len(sim.base):] + "?api-version=7.1", None, {
            "Authorization": "Bearer " + given["SYSTEM_ACCESSTOKEN"], "Content-Type": "application/json"})
        equal(nothing.status, 400, "no connection")


@test
def minted_tokens_live_as_long_as_the_scenario_says():
    with Sim(sets=["workloads.github.lifetime_s=-1"], login=True) as sim:
        refused(ask(sim, github(sim).body["value"]), 401, 700024)


# --- managed identities

def imds(sim, query=(), headers=None, api="2018-02-01", method="GET", resource=ARM, path="/metadata/identity/oauth2/token"):
    arguments = {"api-version": api, "resource": resource, **dict(query)}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    return sim.send(method, path + "?" + urllib.parse.urlencode(arguments), headers=changed({"Metadata": "true"}, headers or {}))


@test
def a_machine_answers_with_its_own_identity_or_the_one_that_is_named():
    with Sim(sets=["clock=\"manual\""]) as sim:
        now = sim.stats()["now_ms"] // 1000
        body = imds(sim).body
        equal((body["client_id"], body["expires_in"], body["expires_on"], body["not_before"], body["resource"], body["token_type"]),
              (SYSTEM_ID, "86400", str(now + 86400), str(now), ARM, "Bearer"))
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + body["access_token"]}).status, 200)
        for name, value in {"client_id": USER_ID, "object_id": USER_ID[:-1] + "4", "msi_res_id": USER, "mi_res_id": USER.upper()}.items():
            equal(imds(sim, {name: value}).body["client_id"], USER_ID, name)
        equal(imds(sim, {"client_id": SYSTEM_ID}).body["client_id"], SYSTEM_ID)
        vault = imds(sim, resource="https://vault.azure.net").body["access_token"]
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + vault}).status, 401)
        equal(sim.log()[0]["login"], {"kind": "imds", "client_id": SYSTEM_ID, "checked": ["Metadata", "resource"]})


@test
def requests_to_a_machine_broken_in_one_place_are_refused():
    with Sim() as sim:
        for what, (status, arguments) in {
                "no header": (400, {"headers": {"Metadata": None}}), "header of another case": (400, {"headers": {"Metadata": "True"}}),
                "forwarded": (400, {"headers": {"X-Forwarded-For": "10.0.0.1"}}), "no api-version": (400, {"api": None}),
                "old api-version": (400, {"api": "2017-12-01"}), "odd api-version": (400, {"api": "2018-02-01-preview"}),
                "no resource": (400, {"resource": None}), "a scope": (400, {"resource": ARM + ".default"}),
                "unknown resource": (400, {"resource": "https://elsewhere.example"}), "POST": (405, {"method": "POST"}),
                "unknown identity": (400, {"query": {"client_id": "nobody"}}),
                "two selectors": (400, {"query": {"client_id": USER_ID, "msi_res_id": USER}}),
                "later api-version": (200, {"api": "2021-02-01"}), "right": (200, {})}.items():
            answer = imds(sim, **arguments)
            equal(answer.status, status, what)
            if status != 200:
                holds(isinstance(answer.body["error"], str) and answer.body["error_description"], what)
        equal(imds(sim, {"client_id": "nobody"}).body["error_description"], "Identity not found")


@test
def what_a_machine_answers_depends_on_the_identities_it_has():
    one = {"client_id": "c1", "object_id": "o1", "id": "/one"}
    two = {"client_id": "c2", "object_id": "o2", "id": "/two", "lifetime_s": 60}
    with Sim({"identities": {"system": None, "user": []}}) as sim:
        equal(imds(sim).body, {"error": "invalid_request", "error_description": "Identity not found"})
    with Sim({"identities": {"system": None, "user": [one]}}) as sim:
        equal(imds(sim).body["client_id"], "c1")
    with Sim({"identities": {"system": None, "user": [one, two]}}) as sim:
        holds(imds(sim).body["error_description"].startswith("Multiple user assigned identities exist"), "which one")
        equal(imds(sim, {"msi_res_id": "/two"}).body["expires_in"], "60")


@test
def a_machine_that_is_not_ready_is_a_fault_of_the_scenario():
    gone = {"path": "/metadata/identity/*", "status": 410, "times": 1, "body": {"error": "gone"}}
    late = {"path": "/metadata/identity/*", "status": 429, "times": 1, "headers": {"Retry-After": "1"}}
    with Sim({"faults": [gone, late]}) as sim:
        equal([imds(sim).status for _ in range(3)], [410, 429, 200])


def app_service(sim, headers=None, api="2019-08-01", query=(), resource=ARM):
    given = sim.host_variables("app_service")
    arguments = {"api-version": api, "resource": resource, **dict(query)}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    return sim.send("GET", given["IDENTITY_ENDPOINT"][len(sim.base):] + "?" + urllib.parse.urlencode(arguments),
                    headers=changed({"X-IDENTITY-HEADER": given["IDENTITY_HEADER"]}, headers or {}))


@test
def app_service_wants_its_header_and_says_the_end_as_a_text():
    with Sim(login=True) as sim:
        body = app_service(sim).body
        equal((body["client_id"], body["resource"], "expires_in" in body), (SYSTEM_ID, ARM, False))
        holds(isinstance(body["expires_on"], str) and int(body["expires_on"]) > time.time(), body["expires_on"])
        equal(sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + body["access_token"]}).status, 200)
        for name, value in {"client_id": USER_ID, "principal_id": USER_ID[:-1] + "4", "mi_res_id": USER}.items():
            equal(app_service(sim, query={name: value}).body["client_id"], USER_ID, name)
        for what, (status, arguments) in {
                "no header": (401, {"headers": {"X-IDENTITY-HEADER": None}}), "wrong header": (401, {"headers": {"X-IDENTITY-HEADER": "x"}}),
                "IMDS's header": (401, {"headers": {"X-IDENTITY-HEADER": None, "Metadata": "true"}}),
                "IMDS's api-version": (400, {"api": "2018-02-01"}), "no api-version": (400, {"api": None}), "no resource": (400, {"resource": None}),
                "a scope": (400, {"resource": ARM + ".default"}), "unknown identity": (400, {"query": {"client_id": "nobody"}}),
                "IMDS's selector": (200, {"query": {"object_id": USER_ID[:-1] + "4"}})}.items():
            equal(app_service(sim, **arguments).status, status, what)
    with Sim(sets=["identities.expires_on=\"date\"", "clock=\"manual\"", "clock_start=\"2030-01-31T12:00:00Z\""], login=True) as sim:
        equal(app_service(sim).body["expires_on"], "02/01/2030 12:00:00 +00:00")


def arc(sim, headers=None, query=(), **more):
    return imds(sim, query, headers, path="/arc/metadata/identity/oauth2/token", **{"api": "2020-06-01", **more})


def challenge_file(answer):
    equal(answer.status, 401)
    scheme, _, path = answer.headers["www-authenticate"].partition("Basic realm=")
    equal(scheme, "")
    return path


@test
def arc_asks_for_a_file_of_the_machine():
    with Sim(login=True) as sim:
        path = challenge_file(arc(sim))
        holds(path.startswith(os.path.join(sim.logins, "arc")) and path.endswith(".key"), path)
        equal((stat.S_IMODE(os.stat(path).st_mode), os.path.getsize(path)), (0o600, 64))
        with open(path, encoding="utf-8") as f:
            key = f.read()
        body = arc(sim, {"Authorization": "Basic " + key}).body
        equal(body["client_id"], SYSTEM_ID)
        holds(not os.path.exists(path), "the key is used up")
        again = challenge_file(arc(sim, {"Authorization": "Basic " + key}))
        holds(again != path, "another file")
        challenge_file(arc(sim, {"Authorization": "Basic x"}))
        holds(not os.path.exists(again), "a new challenge replaces the file")
        for what, arguments in {"no header": {"headers": {"Metadata": None}}, "forwarded": {"headers": {"X-Forwarded-For": "x"}},
                                "IMDS's api-version": {"api": "2018-02-01"}, "user-assigned": {"query": {"client_id": USER_ID}},
                                "unknown resource": {"resource": "https://elsewhere.example"}}.items():
            equal(arc(sim, **arguments).status, 400, what)
        holds(key not in json.dumps(sim.log()), "the key is in the log")
    with Sim() as sim:
        equal(arc(sim).status, 500, "no folder")
        elsewhere = os.path.join(sim.folder.name, "tokens")
        with Sim({"identities": {"arc_folder": elsewhere}}, login=True) as other:
            equal(os.path.dirname(challenge_file(arc(other))), elsewhere)


# --- tokens that end

def with_token(sim, token):
    return sim.get(version("0.9.0"), headers={"Authorization": "Bearer " + token})


@test
def lifetimes_are_those_of_the_application():
    clients = [{"client_id": "sp", "client_secret": "secret", "lifetime_s": 60}, {"client_id": "long", "client_secret": "secret"}]
    with Sim({"clock": "manual", "tokens": {"clients": clients}, "identities": {"system": {"lifetime_s": 120}}}) as sim:
        short, usual, machine = sim.login().body, sim.login(client="long").body, imds(sim).body
        equal((short["expires_in"], usual["expires_in"], machine["expires_in"]), (60, 3599, "120"))
        sim.advance(60000)
        equal([with_token(sim, t["access_token"]).status for t in (short, usual, machine)], [401, 200, 200])
        sim.advance(60000)
        equal([with_token(sim, t["access_token"]).status for t in (usual, machine)], [200, 401])


@test
def a_token_is_revoked_in_the_middle():
    with Sim({"tokens": {"clients": [{"client_id": "sp", "client_secret": "secret", "uses": 2}, {"client_id": "b", "client_secret": "secret"}]}}) as sim:
        token, other = sim.login().body["access_token"], sim.login(client="b").body["access_token"]
        equal([with_token(sim, token).status for _ in range(3)], [200, 200, 401])
        late = with_token(sim, token)
        equal(late.code(), "InvalidAuthenticationToken")
        holds(f'Bearer authorization_uri="{sim.base}/{TENANT}", error="invalid_token"' in late.headers["www-authenticate"],
              late.headers["www-authenticate"])
        equal(with_token(sim, sim.login().body["access_token"]).status, 200, "a new one")
        equal(sim.send("POST", "/_sim/revoke", json.dumps({"client_id": "b", "claims": True})).body, {"revoked": 1})
        answer = with_token(sim, other)
        holds('error="insufficient_claims", claims="' in answer.headers["www-authenticate"], answer.headers["www-authenticate"])
        claims = answer.headers["www-authenticate"].split('claims="')[1].split('"')[0]
        holds("nbf" in json.loads(base64.urlsafe_b64decode(claims + "=="))["access_token"], claims)


# --- clouds

@test
def each_cloud_has_its_own_audiences():
    clouds = {"AzureCloud": ("management.azure.com", "vault.azure.net", "api://AzureADTokenExchange"),
              "AzureUSGovernment": ("management.usgovcloudapi.net", "vault.usgovcloudapi.net", "api://AzureADTokenExchangeUSGov"),
              "AzureChinaCloud": ("management.chinacloudapi.cn", "vault.azure.cn", "api://AzureADTokenExchangeChina")}
    for cloud, (arm, vault, exchange) in clouds.items():
        with Sim(sets=[f'cloud="{cloud}"'], login=True) as sim:
            for other, _, _ in clouds.values():
                equal(sim.login(scope=f"https://{other}/.default").status, 200 if other == arm else 400, f"{other} in {cloud}")
            equal(sim.login(scope=f"https://{vault}/.default").status, 200)
            equal(imds(sim, resource=f"https://{arm}/").status, 200)
            found = sim.send("GET", "/metadata/endpoints?api-version=2022-09-01").body
            equal((found["name"], found["suffixes"]["keyVaultDns"], found["authentication"]["loginEndpoint"], found["resourceManager"]),
                  (cloud, vault, sim.base, sim.base + "/"))
            holds(f"https://{arm}/" in found["authentication"]["audiences"], found["authentication"]["audiences"])
            listed = sim.send("GET", "/metadata/endpoints?api-version=2019-05-01").body
            equal((listed[0]["name"], listed[0]["authentication"]["loginEndpoint"]), (cloud, sim.base + "/adfs"))
            scope = f"https://{arm}/.default"
            granted(ask(sim, github(sim, exchange).body["value"], scope=scope), cloud)
            wrong = "api://AzureADTokenExchange" if cloud != "AzureCloud" else "api://AzureADTokenExchangeChina"
            refused(ask(sim, github(sim, wrong).body["value"], scope=scope), 401, 700212, cloud)


# --- the folder, the scenario

@test
def the_folder_holds_what_a_client_logs_in_with():
    with Sim(login=True) as sim:
        app = certificate_of(os.path.join(sim.logins, "sp.pem"))
        for name in sorted(os.listdir(sim.logins)):
            path = os.path.join(sim.logins, name)
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o700 if os.path.isdir(path) else 0o600, name)
        for name, password in {"sp.pfx": "", "sp-locked.pfx": "acg-sim"}.items():
            plain = openssl("pkcs12", "-in", os.path.join(sim.logins, name), "-nodes", "-passin", "pass:" + password)
            equal(openssl("x509", "-outform", "DER", data=plain), app, name)
        openssl("pkey", "-in", os.path.join(sim.logins, "sp-locked.pem"), "-passin", "pass:acg-sim", "-noout")
        open_without = subprocess.run(["openssl", "pkey", "-in", os.path.join(sim.logins, "sp-locked.pem"), "-passin", "pass:x", "-noout"],
                                      capture_output=True, check=False)
        holds(open_without.returncode != 0, "a wrong password opens the key")


@test
def scenarios_that_cannot_be_are_refused():
    bad = {"certificates": {"tokens": {"clients": [{"client_id": "a", "certificates": ["x"]}]}},
           "federated": {"tokens": {"clients": [{"client_id": "a", "federated": [{"issuer": "https://nowhere.example", "subject": "x"}]}]}},
           "public_key": {"tokens": {"issuers": [{"name": "a", "issuer": "https://a.example", "public_key": "x"}], "clients": []}},
           "no such member: fingerprint": {"tokens": {"clients": [{"client_id": "a", "fingerprint": "x"}]}},
           "no such member: audiences": {"tokens": {"clients": [{"client_id": "a", "federated": [{"audiences": []}]}]}},
           "client_id": {"identities": {"user": [{"id": "/x"}]}}, "no such member: tenant": {"identities": {"system": {"tenant": "x"}}},
           "no such member: gitlab": {"workloads": {"gitlab": {}}}, "cloud": {"cloud": "AzureMars"}}
    with Sim() as maker:
        for what, scenario in bad.items():
            path = os.path.join(maker.folder.name, "bad.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(scenario, f)
            done = subprocess.run([program(), "--scenario", path], capture_output=True, text=True, timeout=20, check=False)
            equal(done.returncode, 2, what)
            holds(what in done.stderr, done.stderr)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
