#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every kind of login of `acg publish`, over TLS, at acg-sim's strict endpoints: what was checked stands in the simulator's log. Tokens that
expire or are revoked while Azure works; logins that are refused. login_test.py is about the command's own words, and looks at requests to
the byte.

    login_sim_test.py ACG_SIM ACG [az]

With az: by Debian's Azure CLI, which is itself logged in to acg-sim.
"""
import concurrent.futures
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from jwttest import PSS, certificate_of, digest, from64, openssl, read, url64  # noqa: E402
from simtest import SUBSCRIPTION, TENANT, Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
SECONDS = 120  # acg alone needs one or two; a loaded machine may take long
ARC_FOLDER = "/var/opt/azcmagent/tokens"
OWN_MOUNTS = "ACG_TEST_OWN_MOUNTS"
USER_ID = "66666666-7777-8888-9999-000000000003"
USER_OBJECT = "66666666-7777-8888-9999-000000000004"
SYSTEM_ID = "66666666-7777-8888-9999-000000000001"
USER = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
        "publisher")
OTHER_CLIENT = "22222222-3333-4444-5555-666666666666"
SP = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "sp"}
CONFIG = {"subscription_id": SUBSCRIPTION, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery",
          "gallery_image_definition": "MyImage", "gallery_image_version": "3.0.0", "location": "westus", "managed_image": "myImage",
          "target_regions": ["westus"]}


class House:
    """A simulator, and a folder with what a program has on such a machine."""

    def __init__(self, scenario=None, arc=False):
        own = {"speeds": {"version_ms": 0}, **(scenario or {})}
        if arc:
            own["identities"] = {"arc_folder": ARC_FOLDER, **own.get("identities", {})}
        self.sim = Sim(own, tls=True, login=True)
        self.folder = pathlib.Path(self.sim.folder.name)
        self.count, self.lock = 0, threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        self.sim.__exit__(*failed)

    def file(self, name):
        return os.path.join(self.sim.logins, name)

    def host(self, kind):
        return self.sim.host_variables(kind)

    def start(self, variables, config=None):
        with self.lock:
            self.count += 1
            n = self.count
        path = self.folder / f"publish-{n}.json"
        path.write_text(json.dumps({**CONFIG, "gallery_image_version": f"3.0.{n}", **(config or {})}))
        environment = {"PATH": f"{self.folder}:/usr/bin:/bin", "HOME": str(self.folder), "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
                       "AZURE_AUTHORITY_HOST": self.sim.base, "ACG_RESOURCE_MANAGER_ENDPOINT": self.sim.base, "ACG_CA_FILE": self.sim.ca,
                       "XDG_STATE_HOME": str(self.folder / "state"), **variables}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return subprocess.Popen([ACG, "publish", "--verbose", "--file", str(path)], env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process, code=0, *words):
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        holds(process.returncode == code, f"exit {process.returncode}, not {code}:\n{out}{err}")
        for word in words:
            holds(word in err, f"{word!r} is not said:\n{err}")
        self.look_for_secrets(out, err)
        return err

    def publish(self, variables, config=None, code=0, words=()):
        return self.finish(self.start(variables, config), code, *words)

    def secrets(self):
        """Each text that proves something, as acg was given it or read it."""
        found = ["acg-sim-secret", "wrong-secret-x", "wrong-password-x", "acg-sim-github-request-token", "acg-sim-system-access-token", "acg-sim-identity-header", "client_assertion=", "access_token"]
        found += [line for line in pathlib.Path(self.file("sp.pem")).read_text().splitlines() if len(line) == 64]
        found += pathlib.Path(self.file("federated-token")).read_text().split(".")
        given = self.folder / "az-gave"
        found += given.read_text().split() if given.exists() else []
        return found

    def look_for_secrets(self, out, err):
        texts = {"stdout": out, "stderr": err, "the simulator's log": self.sim.send("GET", "/_sim/log").raw.decode()}
        for path in (self.folder / "state").rglob("*"):
            if path.is_file():
                texts[str(path)] = path.read_text(errors="replace")
        for where, text in texts.items():
            for secret in self.secrets():
                holds(secret not in text, f"{where} shows {secret!r}")
            holds("Bearer " not in text, f"{where} shows a token")

    def logins(self):
        return [line for line in self.sim.log() if "login" in line]

    def kinds(self):
        return [(line["login"]["kind"], line["status"]) for line in self.logins()]

    def write_az(self, lifetime_s=3600):
        """az, as far as acg knows it: it asks the simulator for the token."""
        form = {"grant_type": "client_credentials", "client_id": "sp", "client_secret": "secret", "scope": "https://management.azure.com/.default"}
        path = self.folder / "az"
        path.write_text(f"""#!{sys.executable} -B
import json, ssl, sys, time, urllib.request
assert sys.argv[1:5] == ["account", "get-access-token", "--output", "json"], sys.argv
answer = json.load(urllib.request.urlopen({self.sim.base + "/" + TENANT + "/oauth2/v2.0/token"!r}, {urllib.parse.urlencode(form).encode()!r},
                                          context=ssl.create_default_context(cafile={self.sim.ca!r})))
with open({str(self.folder / "az-gave")!r}, "a") as f:
    f.write(answer["access_token"] + "\\n")
print(json.dumps({{"accessToken": answer["access_token"], "expires_on": int(time.time()) + {lifetime_s}, "tokenType": "Bearer"}}))
""")
        path.chmod(0o755)
        return {"ARM_USE_CLI": "true"}


def certificate(name, **more):
    return lambda house: {**SP, "AZURE_CLIENT_CERTIFICATE_PATH": house.file(name), **more}


LOCK = {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "acg-sim"}
FEDERATED = ["kid", "signature"]

# Name to: environment, logins that one token takes, what the last of them must have been checked for.
KINDS = {
    "client secret": (lambda house: {**SP, "AZURE_CLIENT_ID": OTHER_CLIENT, "AZURE_CLIENT_SECRET": "acg-sim-secret"}, [("secret", 200)], ["password"]),
    "PEM": (certificate("sp.pem"), [("certificate", 200)], ["alg PS256", "x5t#S256", "signature"]),
    "PFX": (certificate("sp.pfx"), [("certificate", 200)], ["alg PS256", "x5t#S256", "signature"]),
    "PEM with a password": (certificate("sp-locked.pem", **LOCK), [("certificate", 200)], ["alg PS256", "x5t#S256", "signature"]),
    "PFX with a password": (certificate("sp-locked.pfx", **LOCK), [("certificate", 200)], ["alg PS256", "x5t#S256", "signature"]),
    "PEM with its chain": (certificate("sp.pem", AZURE_CLIENT_SEND_CERTIFICATE_CHAIN="true"), [("certificate", 200)],
                           ["alg PS256", "x5t#S256", "x5c", "signature"]),
    "workload identity": (lambda house: {**SP, **house.host("kubernetes")}, [("federated", 200)], FEDERATED),
    "a token of another issuer": (lambda house: {**SP, "ARM_OIDC_TOKEN": pathlib.Path(house.file("federated-token")).read_text()},
                                  [("federated", 200)], FEDERATED),
    "GitHub Actions": (lambda house: {**SP, **house.host("github")}, [("github", 200), ("federated", 200)], [*FEDERATED, "jti"]),
    "Azure DevOps": (lambda house: {"AZURESUBSCRIPTION_TENANT_ID": TENANT, "AZURESUBSCRIPTION_CLIENT_ID": "sp", **house.host("azure_devops")},
                     [("azure_devops", 200), ("federated", 200)], [*FEDERATED, "jti"]),
    "IMDS": (lambda house: {"ARM_USE_MSI": "true", **house.host("imds")}, [("imds", 200)], ["Metadata", "resource"]),
    "App Service": (lambda house: {"ARM_USE_MSI": "true", **house.host("app_service")}, [("app_service", 200)], ["X-IDENTITY-HEADER"]),
    "Azure CLI": (lambda house: house.write_az(), [("secret", 200)], ["password"]),
}
ARC = {"Azure Arc": (lambda house: {"ARM_USE_MSI": "true", **house.host("arc")}, [("arc", 401), ("arc", 200)], ["Metadata", "resource", "key file"])}


def client(**more):
    return {"tokens": {"clients": [{"client_id": "sp", "certificates": ["made"], **more}]}}


def own_mounts():
    return os.environ.get(OWN_MOUNTS) == "1"


def all_kinds():
    return {**KINDS, **(ARC if own_mounts() else {})}


def each_kind(check, scenario=None):
    """check(house, name, environment, logins of one token, checks); all kinds side by side, each with a simulator of its own."""
    def run(item):
        name, (environment, logins, checked) = item
        with House(scenario, arc=name in ARC) as house:
            check(house, name, environment(house), logins, checked)

    faults = []
    with concurrent.futures.ThreadPoolExecutor(len(all_kinds())) as pool:
        for name, done in [(item[0], pool.submit(run, item)) for item in all_kinds().items()]:
            try:
                done.result()
            except Exception as error:  # each kind is told of
                faults.append(f"{name}: {type(error).__name__}: {error}")
    holds(not faults, "\n".join(faults))


@test
def each_kind_publishes_and_is_checked():
    def check(house, name, environment, logins, checked):
        house.publish(environment)
        equal(house.kinds(), logins)
        have = house.logins()[-1]["login"]["checked"]
        holds([c for c in checked if c not in have] == [], f"checked was {have}")
        equal(house.sim.get(version("3.0.1")).body["properties"]["provisioningState"], "Succeeded")

    each_kind(check)


def one_at_a_time(lines):
    """No login began while another one was under way."""
    for before, after in zip(lines, lines[1:]):
        holds(after["start_us"] >= before["end_us"], "two logins at the same time")


@test
def each_kind_renews_tokens_that_expire_while_azure_works():
    short = {"tokens": {"lifetime_s": 3}, "identities": {"system": {"client_id": SYSTEM_ID, "object_id": SYSTEM_ID, "lifetime_s": 3}}, "speeds": {"version_ms": 8000}, "retry_after": 1}

    def check(house, name, environment, logins, checked):
        if name == "Azure CLI":
            house.write_az(lifetime_s=3)
        house.publish(environment)
        lines, log = house.logins(), house.sim.log()
        equal(house.kinds(), logins * (len(lines) // len(logins)))
        one_at_a_time(lines)
        last = max(line["end_us"] for line in log if line not in lines)
        rounds, most = len(lines) // len(logins), 1 + int(last / 1e6 / (0.8 * 3))  # renewed in the last fifth of its life, not before
        holds(3 <= rounds <= most, f"{rounds} logins, at most {most} can be needed")
        equal([line["path"] for line in log if line["status"] == 401 and "login" not in line], [])

    each_kind(check, short)


def until(house, process, counted, at_least):
    """As soon as the simulator has counted so much. The publish ends some day, whatever happens."""
    while process.poll() is None:
        if counted(house.sim.stats()) >= at_least:
            return
    raise AssertionError(f"the publish ended first: {process.communicate()}")


def revoke(house):
    equal(house.sim.send("POST", "/_sim/revoke", "{}", {"Content-Type": "application/json"}).status, 200)


@test
def each_kind_replaces_tokens_that_are_revoked_while_azure_works():
    slow = {"speeds": {"version_ms": 600000}, "retry_after": 1}

    def check(house, name, environment, logins, checked):
        running = house.start(environment)
        try:
            until(house, running, lambda stats: stats["by_method"].get("PUT", 0), 1)
            for again in range(1, 3):
                revoke(house)
                until(house, running, lambda stats: stats["tokens"], again + 1)
                until(house, running, lambda stats: stats["by_method"]["GET"], house.sim.stats()["by_method"]["GET"] + 1)
            house.sim.advance(600000)
        except Exception:
            running.kill()
            raise
        house.finish(running)
        equal(house.kinds(), logins * 3)
        refused = [line for line in house.sim.log() if line["status"] == 401 and "login" not in line]
        equal(len(refused), 2, "requests that met a revoked token")

    each_kind(check, slow)


@test
def many_requests_that_wait_for_a_token_ask_for_it_once():
    """Each token is good for a few requests; many are under way when it ends, and all of them are content with one new token."""
    uses = 9
    regions = ["westus", "eastus2", "eastus"]
    for latency in (0, 150):  # with the latter, all requests of the plan have been sent before the first refusal comes back
        with House({**client(client_secret="secret", uses=uses), "latency_ms": latency, "retry_after": 1}) as house:
            house.publish({**SP, "AZURE_CLIENT_SECRET": "secret"}, {"target_regions": regions})
            arm = [line for line in house.sim.log() if "login" not in line]
            good = sum(line["status"] != 401 for line in arm)
            holds(len(arm) > good > uses, f"{good} of {len(arm)} requests were taken")
            equal(len(house.logins()), -(-good // uses), f"logins for {good} requests")
            one_at_a_time(house.logins())


@test
def the_token_file_of_a_cluster_is_read_anew_for_each_token():
    with House({"speeds": {"version_ms": 600000}, "retry_after": 1}) as house:
        running = house.start({**SP, **house.host("kubernetes")})
        try:
            until(house, running, lambda stats: stats["by_method"].get("PUT", 0), 1)
            before = pathlib.Path(house.file("federated-token")).read_text()
            equal(house.sim.send("POST", "/_sim/federated-token").status, 204)
            holds(pathlib.Path(house.file("federated-token")).read_text() != before, "the cluster made no new token")
            revoke(house)
            until(house, running, lambda stats: stats["tokens"], 2)
            house.sim.advance(600000)
        except Exception:
            running.kill()
            raise
        house.finish(running)
        equal(house.kinds(), [("federated", 200)] * 2)


@test
def an_identity_is_named_by_its_client_its_resource_or_its_object():
    for kind in ("imds", "app_service"):
        with House() as house:
            variables = house.host(kind)
            house.publish({"ARM_USE_MSI": "true", "ARM_CLIENT_ID": USER_ID, **variables})
            house.publish(variables, {"use_msi": True, "client_id": USER_ID})
            house.publish(variables, {"msi_resource_id": USER})
            house.publish({"ARM_CLIENT_ID": SYSTEM_ID, **variables}, {"msi_object_id": USER_OBJECT})  # a variable may be meant for others
            house.publish({"ARM_USE_MSI": "true", **variables})
            equal([line["login"]["client_id"] for line in house.logins()], [USER_ID] * 4 + [SYSTEM_ID], kind)
            for other in ("client_id", "msi_resource_id"):
                house.publish(variables, {"msi_object_id": USER_OBJECT, other: "x"}, 2, ["msi_object_id", "leave the other out"])


@test
def with_no_login_named_each_host_is_recognised_by_its_variables():
    hosts = {"kubernetes": (SP, ["federated"]), "github": (SP, ["github", "federated"]),
             "azure_devops": ({"AZURESUBSCRIPTION_TENANT_ID": TENANT, "AZURESUBSCRIPTION_CLIENT_ID": "sp"}, ["azure_devops", "federated"]),
             "imds": ({}, ["imds", "imds"]),  # a knock without the header, which shows that somebody is there
             "app_service": ({}, ["app_service"])}
    if own_mounts():
        hosts["arc"] = ({}, ["arc", "arc"])
    for kind, (more, want) in hosts.items():
        with House(arc=kind == "arc") as house:
            house.publish({**more, **house.host(kind)})
            equal([k for k, _ in house.kinds()], want, kind)
    with House() as house:
        house.write_az()
        house.publish({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"}, words=["login: Azure CLI"])
        equal(house.kinds(), [("secret", 200)])


# --- refusals

def refused(name, environment, code, words, scenario=None, exit_code=4, config=None, tries=1):
    """The first login is the last one; code: the number of the token service's refusal, None: another endpoint refuses."""
    with House(scenario) as house:
        if callable(environment):
            environment = environment(house)
        said = [f"AADSTS{code}"] if code else []
        house.publish(environment, config, exit_code, [*said, *words])
        log = house.sim.log()
        equal([line["status"] >= 400 for line in log][-1:], [True] * tries, f"{name}: refusals")
        equal(sum(line["status"] >= 400 for line in log), tries, f"{name}: refusals")
        if code:
            equal([line["error_codes"] for line in log if line["status"] >= 400], [[code]], name)
        equal([line["path"] for line in log if "/providers/" in line["path"]], [], f"{name}: sent without a token")


def github(**more):
    return lambda house: {**SP, **house.host("github"), **more}


def devops(**more):
    return lambda house: {"AZURESUBSCRIPTION_TENANT_ID": TENANT, "AZURESUBSCRIPTION_CLIENT_ID": "sp", **house.host("azure_devops"), **more}


CLUSTER, ACTIONS = "https://oidc.cluster.example/cluster", "https://token.actions.githubusercontent.com"
PIPELINES = "https://vstoken.dev.azure.com/33333333-4444-5555-6666-777777777777"
REFUSALS = {
    "wrong secret": ({**SP, "AZURE_CLIENT_SECRET": "wrong-secret-x"}, 7000215, ["client_secret", "next step: set client_secret to the secret's value"]),
    "expired secret": ({**SP, "AZURE_CLIENT_SECRET": "old"}, 7000222, ["az ad app credential reset"],
                       client(client_secret="secret", expired_secret="old")),
    "unknown application": ({**SP, "AZURE_CLIENT_ID": "nobody", "AZURE_CLIENT_SECRET": "secret"}, 700016, ["client_id", "next step:"]),
    "unknown tenant": ({**SP, "AZURE_TENANT_ID": "99999999-2222-3333-4444-555555555555", "AZURE_CLIENT_SECRET": "secret"}, 90002,
                       ["tenant_id", "next step:"]),
    "clock of the token service": (certificate("sp.pem"), 700024, ["next step: set the clock"],
                                   {"tokens": {"clock_offset_s": 7200}}),
    "wrong request token of GitHub": (github(ACTIONS_ID_TOKEN_REQUEST_TOKEN="wrong"), None, ["id-token: write"]),
    "wrong token of the pipeline": (devops(SYSTEM_ACCESSTOKEN="wrong"), None, ["System.AccessToken"]),
    "wrong service connection": (devops(AZURESUBSCRIPTION_SERVICE_CONNECTION_ID="99999999-6666-7777-8888-999999999999"), None,
                                 ["service_connection_id"]),
    "no identity": (lambda house: {"ARM_USE_MSI": "true", **house.host("imds")}, None, ["assign an identity to this machine"],
                    {"identities": {"system": None, "user": []}}),
    "unknown identity": (lambda house: {"ARM_USE_MSI": "true", "ARM_CLIENT_ID": "nobody", **house.host("imds")}, None, ["client_id"]),
    "wrong header of App Service": (lambda house: {"ARM_USE_MSI": "true", **house.host("app_service"), "IDENTITY_HEADER": "wrong"}, None, ["HTTP 401"]),
}
# Environment, issuer and the rest of the only credential, the refusal, how often it is asked: a credential that was just made looks the same
# at first, but one that is known and has another audience will never fit.
MISMATCHES = {
    "subject of the cluster": (lambda house: {**SP, **house.host("kubernetes")}, CLUSTER, {"subject": "system:serviceaccount:images:other"}, 700213, 3),
    "audience of the cluster": (lambda house: {**SP, **house.host("kubernetes")}, CLUSTER,
                                {"subject": "system:serviceaccount:images:publisher", "audience": "other"}, 700212, 1),
    "issuer of the cluster": (lambda house: {**SP, **house.host("kubernetes")}, ACTIONS, {"subject": "system:serviceaccount:images:publisher"}, 700211, 3),
    "subject of GitHub": (github(), ACTIONS, {"subject": "repo:contoso/images:ref:refs/heads/other"}, 700213, 3),
    "subject of the pipeline": (devops(), PIPELINES, {"subject": "sc://contoso/images/other"}, 700213, 3),
}


@test
def what_is_wrong_is_refused_with_its_code_and_a_way_out():
    for name, (environment, code, words, *scenario) in REFUSALS.items():
        try:
            refused(name, environment, code, words, *scenario)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@test
def a_certificate_that_is_not_registered_is_refused():
    with House() as other:
        refused("another application's certificate", certificate(other.file("sp.pem")), 700027,
                ["client_cert_path", "next step: add the certificate to the application"])


@test
def a_password_or_a_certificate_that_is_none_is_refused_before_anything_is_sent():
    for variables, word in ((dict(LOCK, AZURE_CLIENT_CERTIFICATE_PASSWORD="wrong-password-x"), "client_cert_password"), ({}, "client_cert_password")):
        refused("password", certificate("sp-locked.pfx", **variables), None, [word], exit_code=2, tries=0)


@test
def a_federated_credential_that_does_not_match_is_refused():
    def run(item):
        name, (environment, issuer, credential, code, tries) = item
        with House(client(federated=[{"issuer": issuer, **credential}])) as house:
            house.publish(environment(house), None, 4, [f"AADSTS{code}", "next step: compare"])
            equal([line["error_codes"] for line in house.logins() if line["login"]["kind"] == "federated"], [[code]] * tries, name)

    with concurrent.futures.ThreadPoolExecutor(len(MISMATCHES)) as pool:
        list(pool.map(run, MISMATCHES.items()))


@test
def a_federated_credential_that_was_just_made_is_waited_for():
    credential = {"issuer": ACTIONS, "subject": "repo:contoso/images:ref:refs/heads/main", "ready_ms": 4000}
    with House(client(federated=[credential])) as house:
        house.publish(github()(house))
        equal(house.kinds(), [("github", 200), ("federated", 400), ("github", 200), ("federated", 200)])


# --- assertions, looked at by OpenSSL itself

class Desk(http.server.BaseHTTPRequestHandler):
    """A token service that writes down what it is sent, and gives the simulator's tokens."""

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append((self.path, {k: v[0] for k, v in urllib.parse.parse_qs(form, strict_parsing=True).items()}))
        body = json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": self.server.house.sim.login().body["access_token"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def desk(house):
    server = http.server.HTTPServer(("127.0.0.1", 0), Desk)
    server.house, server.seen = house, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def verify(house, assertion, endpoint, algorithm):
    """The signature by the openssl command, thumbprint and claims by hand, all by a JWT library where there is one."""
    pem = house.file("sp.pem")
    header, claims = read(assertion)
    der = certificate_of(pem)
    thumbprint = {"PS256": ("x5t#S256", "sha256"), "RS256": ("x5t", "sha1")}[algorithm]
    equal((header["alg"], header["typ"], header[thumbprint[0]]), (algorithm, "JWT", url64(digest(der, thumbprint[1]))))
    equal((claims["aud"], claims["iss"], claims["sub"]), (endpoint, "sp", "sp"))
    holds(claims["jti"] and claims["nbf"] <= claims["iat"] < claims["exp"] <= claims["nbf"] + 3600, claims)
    text, _, signature = assertion.rpartition(".")
    key, sig = house.folder / "public.pem", house.folder / "signature"
    key.write_bytes(openssl("x509", "-in", pem, "-noout", "-pubkey"))
    sig.write_bytes(from64(signature))
    options = PSS if algorithm == "PS256" else []
    said = openssl("dgst", "-sha256", "-verify", str(key), "-signature", str(sig), *options, data=text.encode())
    holds(b"Verified OK" in said, said)
    try:
        import jwt
    except ImportError:
        return header, claims["jti"]
    jwt.decode(assertion, key.read_bytes(), algorithms=[algorithm], audience=endpoint, issuer="sp")
    return header, claims["jti"]


@test
def assertions_stand_up_to_the_openssl_command():
    with House() as house, desk(house) as (server, base):
        seen = set()
        cases = [(base, f"/{TENANT}/oauth2/v2.0/token", "PS256", name, more) for name, more in
                 (("sp.pem", {}), ("sp.pfx", {}), ("sp-locked.pem", LOCK), ("sp-locked.pfx", LOCK), ("sp.pem", {"AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "true"}))]
        cases += [(base + "/adfs", "/adfs/oauth2/token", "RS256", "sp.pfx", {})]
        for authority, path, algorithm, name, more in cases:
            server.seen.clear()
            house.publish({**certificate(name, **more)(house), "AZURE_AUTHORITY_HOST": authority})
            equal([p for p, _ in server.seen], [path])
            header, jti = verify(house, server.seen[0][1]["client_assertion"], base + path, algorithm)
            equal("x5c" in header, "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN" in more, name)
            holds(jti not in seen, "an id was used twice")
            seen.add(jti)


@test
def an_adfs_wants_rs256():
    with House() as house:
        house.publish({**certificate("sp.pem")(house), "AZURE_AUTHORITY_HOST": house.sim.base + "/adfs"})
        equal(house.kinds(), [("certificate", 200)])
        equal(house.logins()[0]["login"]["checked"][:2], ["alg RS256", "x5t"])


# --- az itself, where there is one

def debians_az_logs_in():
    with House() as house, Az(house.sim) as az:
        variables = {"ARM_USE_CLI": "true", **{name: az.environment[name] for name in ("AZURE_CONFIG_DIR", "REQUESTS_CA_BUNDLE")}}
        house.publish(variables, words=["login: Azure CLI of ARM_USE_CLI; this token lasts"])
        equal(house.sim.get(version("3.0.1")).body["properties"]["provisioningState"], "Succeeded")
        house.publish({name: value for name, value in variables.items() if name != "ARM_USE_CLI"},
                      {"use_azure_cli_auth": True}, words=["login: Azure CLI; this token lasts"])
        az.run("logout")
        house.publish(variables, None, 4, ["az login"])


def debians_az_logs_in_with_a_certificate():
    with House() as house, Az(house.sim) as az:
        az.run("logout")
        az.run("login", "--service-principal", "-u", "sp", "-p", house.file("sp.pem"), "--tenant", TENANT)
        house.publish({"ARM_USE_CLI": "true", **{name: az.environment[name] for name in ("AZURE_CONFIG_DIR", "REQUESTS_CA_BUNDLE")}})
        holds(("certificate", 200) in house.kinds(), house.kinds())


def with_own_mounts():
    """Azure Arc's key files lie in one folder of the whole machine: run again where that folder is this test's own, if this machine lets us."""
    if OWN_MOUNTS in os.environ or shutil.which("unshare") is None:
        return
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
              f'mount -t tmpfs none /var/opt && mkdir -p {ARC_FOLDER} && exec "$@"', "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode == 0:
        os.environ[OWN_MOUNTS] = "1"
        os.execvp(inside[0], [*inside, sys.executable, "-B", *sys.argv])


if __name__ == "__main__":
    report = Report()
    if sys.argv[3:] == ["az"]:
        sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "contract"))
        from az_cli_test import Az
        report.run([debians_az_logs_in, debians_az_logs_in_with_a_certificate])
    else:
        with_own_mounts()
        if not own_mounts():
            print("# Azure Arc is left out: no mounts of this test's own here (unshare --user --mount)")
        report.run(tests_of(globals()))
    report.end()
