#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every kind of login, through the command: acg-sim is Azure, and a small server in this file is whoever hands out tokens. That server takes
requests to the byte as the real ones want them, and gives tokens that acg-sim has made.

    login_test.py ACG_SIM ACG
"""
import base64
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import SUBSCRIPTION, TENANT, Report, Sim, equal, holds, test, tests_of  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
CLIENT = "66666666-7777-8888-9999-000000000000"
CONNECTION = "99999999-aaaa-bbbb-cccc-dddddddddddd"
BEARER_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CONFIG = {"subscription_id": SUBSCRIPTION, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery",
          "gallery_image_definition": "MyImage", "gallery_image_version": "3.0.0", "location": "westus", "managed_image": "myImage",
          "target_regions": ["westus"]}
CERTIFICATE = tempfile.TemporaryDirectory()


class Desk:
    """Whoever hands out tokens: paths to functions of (method, query, headers, form), which give (status, document)."""

    def __init__(self, sim, lifetime_s=3599):
        self.sim, self.lifetime_s = sim, lifetime_s
        self.asked, self.minted, self.lock = [], 0, threading.Lock()
        self.refuse = {}
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                url = urllib.parse.urlsplit(self.path)
                with desk.lock:
                    status, document, more = desk.take(self.command, url.path, urllib.parse.parse_qs(url.query), self.headers, body)
                text = json.dumps(document).encode() if not isinstance(document, bytes) else document
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

    def token(self):
        return self.sim.login().body["access_token"]

    def take(self, method, path, query, headers, body):
        self.asked.append(f"{method} {path}")
        if path in self.refuse:
            return self.refuse[path]
        return {f"/{TENANT}/oauth2/v2.0/token": self.exchange, "/mint": self.mint, "/devops": self.devops,
                "/metadata/endpoints": self.endpoints, "/metadata/identity/oauth2/token": self.imds, "/msi/token": self.app_service}.get(path, self.nothing)(method, query, headers, body)

    def nothing(self, *unused):
        return 404, {"error": "not_found"}, {}

    def exchange(self, method, query, headers, body):
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body, strict_parsing=True).items()}
        assertion = form.pop("client_assertion")
        want = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": f"{self.sim.base}/.default", "client_assertion_type": BEARER_TYPE}
        equal((method, query, headers["Content-Type"], form), ("POST", {}, "application/x-www-form-urlencoded", want))
        holds("Authorization" not in headers, "a token was shown to the token service")
        return self.check_assertion(assertion)

    def check_assertion(self, assertion):
        if assertion != self.good_assertion():
            return 401, {"error": "invalid_client", "error_codes": [700213],
                         "error_description": "AADSTS700213: No matching federated identity record found for presented assertion subject."}, {}
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime_s, "access_token": self.token()}, {}

    def good_assertion(self):
        return f"minted.{self.minted}"

    def mint(self, method, query, headers, body):
        equal((method, query, headers["Authorization"], body), ("GET", {"x": ["1"], "audience": ["api://AzureADTokenExchange"]}, "Bearer request-token-x", ""))
        self.minted += 1
        return 200, {"count": 1, "value": self.good_assertion()}, {}

    def devops(self, method, query, headers, body):
        equal((method, query, headers["Authorization"], body, headers["X-TFS-FedAuthRedirect"], headers["Content-Type"]),
              ("POST", {"api-version": ["7.1"], "serviceConnectionId": [CONNECTION]}, "Bearer system-token-x", "", "Suppress", "application/json"))
        self.minted += 1
        return 200, {"oidcToken": self.good_assertion()}, {}

    def endpoints(self, method, query, headers, body):
        equal((method, query, body), ("GET", {"api-version": ["2022-09-01"]}, ""))
        holds("Authorization" not in headers, headers)
        return 200, [{"name": "Other", "resourceManager": "https://management.azure.com/", "authentication": {"loginEndpoint": "https://login.example.com"}},
                     {"name": "Island", "resourceManager": self.sim.base + "/", "authentication": {
                         "loginEndpoint": self.base + "/", "audiences": [self.sim.base + "/"]}}], {}

    def imds(self, method, query, headers, body):
        holds("Authorization" not in headers, headers)
        if headers.get("Metadata") != "true":
            return 400, {"error": "invalid_request", "error_description": "Required metadata header not specified"}, {}
        equal((method, query["api-version"], query["resource"], body), ("GET", ["2018-02-01"], [self.sim.base], ""))
        if query.get("client_id", [CLIENT]) != [CLIENT]:
            return 400, {"error": "invalid_request", "error_description": "Identity not found"}, {}
        return 200, {"access_token": self.token(), "expires_in": str(self.lifetime_s), "token_type": "Bearer"}, {}

    def app_service(self, method, query, headers, body):
        equal((method, query, headers["X-IDENTITY-HEADER"]), ("GET", {"api-version": ["2019-08-01"], "resource": [self.sim.base]}, "header-of-identity"))
        until = int(datetime.datetime.now().timestamp()) + self.lifetime_s
        return 200, {"access_token": self.token(), "expires_on": str(until), "token_type": "Bearer"}, {}


@contextlib.contextmanager
def desk_of(scenario=None, **more):
    with Sim(scenario or FAST) as sim, Desk(sim, **more) as desk, tempfile.TemporaryDirectory() as folder:
        desk.folder = pathlib.Path(folder)
        yield sim, desk


def publish(sim, desk, config=None, **variables):
    """One publish, in an environment with no login but this one."""
    given = sim.environment(**{"AZURE_AUTHORITY_HOST": desk.base, "PATH": f"{desk.folder}:/usr/bin:/bin", **variables})
    environment = {k: v for k, v in given.items()
                   if k in variables or not k.startswith(("AZURE_TENANT", "AZURE_CLIENT", "ACTIONS_", "SYSTEM_", "IDENTITY_", "IMDS_", "ARM_"))}
    (desk.folder / "publish.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    done = subprocess.run([ACG, "publish", "--file", str(desk.folder / "publish.json")], env=environment, capture_output=True, text=True, timeout=120)
    for secret in ("minted.", "request-token-x", "system-token-x", "header-of-identity", "Bearer", "access_token", "cert-password"):
        holds(secret not in done.stdout + done.stderr, f"{secret!r} is shown: {done.stdout}{done.stderr}")
    return done


def ends_with(done, code, *words):
    holds(done.returncode == code, f"exit {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
    for word in words:
        holds(word in done.stderr, f"{word!r} is not said:\n{done.stderr}")


def az(desk, text):
    path = desk.folder / "az"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


SP = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-x"}
DEVOPS = {"AZURESUBSCRIPTION_TENANT_ID": TENANT, "AZURESUBSCRIPTION_CLIENT_ID": CLIENT, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": CONNECTION,
          "SYSTEM_ACCESSTOKEN": "system-token-x"}


@test
def a_token_file_logs_in():
    with desk_of() as (sim, desk):
        (desk.folder / "token").write_text("minted.0\n")
        done = publish(sim, desk, **SP, AZURE_FEDERATED_TOKEN_FILE=str(desk.folder / "token"))
        ends_with(done, 0, "login: workload identity of AZURE_FEDERATED_TOKEN_FILE; it renews itself, and reads the token file each time")


@test
def a_token_file_is_read_anew_while_azure_works():
    class Turning(Desk):
        def check_assertion(self, assertion):
            out = super().check_assertion(assertion)
            self.minted += 1
            (self.folder / "token").write_text(self.good_assertion())
            return out

    scenario = {"speeds": {"version_ms": 4000, "replication_ms": 0}, "tokens": {"lifetime_s": 2}, "retry_after": 1}
    with Sim(scenario) as sim, Turning(sim, lifetime_s=2) as desk, tempfile.TemporaryDirectory() as folder:
        desk.folder = pathlib.Path(folder)
        (desk.folder / "token").write_text("minted.0")
        ends_with(publish(sim, desk, **SP, AZURE_FEDERATED_TOKEN_FILE=str(desk.folder / "token")), 0)
        holds(desk.minted >= 2, desk.asked)
        equal([r["status"] for r in sim.log() if r["status"] == 401], [])


@test
def a_token_file_that_is_missing_is_named():
    with desk_of() as (sim, desk):
        done = publish(sim, desk, **SP, AZURE_FEDERATED_TOKEN_FILE="/no/such/file")
        ends_with(done, 2, "oidc_token_file_path", "/no/such/file cannot be read: there is no such file")
        equal(desk.asked, [])


@test
def a_token_that_the_token_service_does_not_know_is_explained():
    with desk_of() as (sim, desk):
        ends_with(publish(sim, desk, {"client_jwt": "unknown.jwt.text"}, **SP), 4, "AADSTS700213", "next step: compare it with the application's federated")


@test
def github_actions_logs_in_with_a_new_token_each_time():
    scenario = {"speeds": {"version_ms": 4000, "replication_ms": 0}, "tokens": {"lifetime_s": 2}, "retry_after": 1}
    with desk_of(scenario, lifetime_s=2) as (sim, desk):
        done = publish(sim, desk, **SP, **GITHUB, ACTIONS_ID_TOKEN_REQUEST_URL=desk.base + "/mint?x=1")
        ends_with(done, 0, "login: GitHub Actions OIDC of ACTIONS_ID_TOKEN_REQUEST_URL; it renews itself while the job runs")
        holds(desk.minted >= 2 and desk.asked.count("GET /mint") == desk.minted, desk.asked)


@test
def a_job_without_the_permission_is_told_so():
    with desk_of() as (sim, desk):
        desk.refuse["/mint"] = (403, {}, {})
        ends_with(publish(sim, desk, **SP, **GITHUB, ACTIONS_ID_TOKEN_REQUEST_URL=desk.base + "/mint?x=1"), 4, "permissions: id-token: write")


@test
def azure_devops_logs_in():
    with desk_of() as (sim, desk):
        ends_with(publish(sim, desk, **DEVOPS, SYSTEM_OIDCREQUESTURI=desk.base + "/devops"), 0, "login: Azure DevOps OIDC of SYSTEM_OIDCREQUESTURI")


@test
def no_redirect_is_followed_with_a_token():
    with desk_of() as (sim, desk):
        desk.refuse["/devops"] = (302, {}, {"Location": desk.base + "/elsewhere"})
        ends_with(publish(sim, desk, **DEVOPS, SYSTEM_OIDCREQUESTURI=desk.base + "/devops"), 4, "System.AccessToken")
        equal(desk.asked, ["POST /devops"])
        desk.asked.clear()
        (desk.folder / "token").write_text("minted.0")
        desk.refuse[f"/{TENANT}/oauth2/v2.0/token"] = (307, b"", {"Location": desk.base + "/elsewhere"})
        ends_with(publish(sim, desk, **SP, AZURE_FEDERATED_TOKEN_FILE=str(desk.folder / "token")), 6, "redirect, which is not followed")
        equal(desk.asked, [f"POST /{TENANT}/oauth2/v2.0/token"])


@test
def a_managed_identity_logs_in_past_any_proxy():
    with desk_of() as (sim, desk):
        done = publish(sim, desk, ARM_USE_MSI="true", AZURE_POD_IDENTITY_AUTHORITY_HOST=desk.base, http_proxy="http://127.0.0.1:1", ARM_CLIENT_ID=CLIENT)
        ends_with(done, 0, "login: managed identity of ARM_USE_MSI; it renews itself")
        equal(desk.asked, ["GET /metadata/identity/oauth2/token"])


@test
def an_identity_that_is_not_assigned_is_explained():
    with desk_of() as (sim, desk):
        done = publish(sim, desk, {"use_msi": True, "client_id": "other"}, AZURE_POD_IDENTITY_AUTHORITY_HOST=desk.base)
        ends_with(done, 4, "Identity not found; assign an identity to this machine, or name one of its identities in client_id")


@test
def app_service_logs_in():
    with desk_of() as (sim, desk):
        ends_with(publish(sim, desk, {"use_msi": True}, IDENTITY_ENDPOINT=desk.base + "/msi/token", IDENTITY_HEADER="header-of-identity"), 0,
                  "login: managed identity (App Service)")


def az_text(sim, more=""):
    until = int(datetime.datetime.now().timestamp()) + 3600
    answer = json.dumps({"accessToken": sim.login().body["access_token"], "expiresOn": "x", "expires_on": until, "tokenType": "Bearer"})
    return f'echo "$@" >> "$0.log"\n{more}\ncat <<END\n{answer}\nEND\n'


@test
def az_logs_in():
    with desk_of() as (sim, desk):
        az(desk, az_text(sim, "echo WARNING: something >&2"))
        ends_with(publish(sim, desk, {"use_azure_cli_auth": True}), 0, "login: Azure CLI; this token lasts", "depends on its own login")
        equal((desk.folder / "az.log").read_text(),
              f"account get-access-token --output json --resource {sim.base} --subscription {SUBSCRIPTION}\n")


@test
def az_that_is_not_logged_in_or_not_there_is_said():
    with desk_of() as (sim, desk):
        az(desk, "echo \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n")
        ends_with(publish(sim, desk, {"use_azure_cli_auth": True}), 4, "az ended with 1: ERROR: Please run 'az login' to setup account.")
        az(desk, "exec cat /dev/zero\n")
        ends_with(publish(sim, desk, {"use_azure_cli_auth": True}), 6, "az wrote more than 64 KiB, and was ended")
        (desk.folder / "az").unlink()
        if not any(os.access(f"{f}/az", os.X_OK) for f in ("/usr/bin", "/bin")):
            ends_with(publish(sim, desk, {"use_azure_cli_auth": True}), 4, "az is in no absolute folder of PATH")


@test
def az_that_hangs_holds_nobody_up_and_leaves_nothing_behind():
    with desk_of() as (sim, desk):
        az(desk, 'echo $$ > "$0.pid"\nexec sleep 1000\n')
        done = publish(sim, desk, {"use_azure_cli_auth": True, "timeout": "2s"})
        ends_with(done, 10)
        pid = int((desk.folder / "az.pid").read_text())
        holds(not pathlib.Path(f"/proc/{pid}").exists(), "az still runs")


@test
def with_nothing_given_the_machines_identity_is_asked_then_az():
    with desk_of() as (sim, desk):
        az(desk, az_text(sim))
        ends_with(publish(sim, desk, AZURE_POD_IDENTITY_AUTHORITY_HOST=desk.base), 0, "login: managed identity; it renews itself")
        equal(desk.asked, ["GET /metadata/identity/oauth2/token"] * 2)  # a knock without the header, then the request
        holds(not (desk.folder / "az.log").exists(), "az was started")
        done = publish(sim, desk, {"gallery_image_version": "3.0.1"}, AZURE_POD_IDENTITY_AUTHORITY_HOST="http://127.0.0.1:1")
        ends_with(done, 0, "login: Azure CLI; this token lasts")


@test
def with_nothing_there_at_all_it_says_what_was_tried():
    with desk_of() as (sim, desk):
        az(desk, "echo not logged in >&2\nexit 1\n")
        ends_with(publish(sim, desk, AZURE_POD_IDENTITY_AUTHORITY_HOST="http://127.0.0.1:1"), 4, "nothing to log in with was found: managed identity: ",
                  "Azure CLI: az ended with 1: not logged in", "set AZURE_TENANT_ID")


@test
def packers_variables_log_in_with_a_secret_too():
    with desk_of() as (sim, desk):
        done = publish(sim, desk, ARM_TENANT_ID=TENANT, ARM_CLIENT_ID="sp", ARM_CLIENT_SECRET="secret", AZURE_AUTHORITY_HOST=sim.base)
        ends_with(done, 0)
        holds("login:" not in done.stderr, done.stderr)


@test
def a_cloud_without_a_name_tells_where_it_logs_in():
    with desk_of() as (sim, desk):
        own = {"metadata_host": desk.base, "cloud_environment_name": "Island", "client_jwt": "minted.0"}
        done = publish(sim, desk, own, **SP, AZURE_AUTHORITY_HOST="", ACG_RESOURCE_MANAGER_ENDPOINT="")
        ends_with(done, 0, "login: federated token; it cannot be renewed once that token has expired")
        equal(desk.asked, ["GET /metadata/endpoints", f"POST /{TENANT}/oauth2/v2.0/token"])
        desk.refuse["/metadata/endpoints"] = (404, b"<html>", {})
        ends_with(publish(sim, desk, own, **SP), 6, "metadata_host: the host answered HTTP 404 at /metadata/endpoints; set authority_host")


ISLAND = {"cloud_environment_name": "Island", "client_jwt": "minted.0"}
NOWHERE = {"AZURE_AUTHORITY_HOST": "", "ACG_RESOURCE_MANAGER_ENDPOINT": ""}


@test
def a_resource_manager_that_is_busy_is_asked_once_more():
    class Busy(Desk):
        def endpoints(self, *request):
            return (503, {}, {}) if len(self.asked) <= self.busy else super().endpoints(*request)

    for busy, code in ((1, 0), (2, 75)):
        with Sim(FAST) as sim, Busy(sim) as desk, tempfile.TemporaryDirectory() as folder:
            desk.folder, desk.busy = pathlib.Path(folder), busy
            done = publish(sim, desk, {"metadata_host": desk.base, **ISLAND}, **SP, **NOWHERE)
            ends_with(done, code, *(["metadata_host: the host answered HTTP 503 at /metadata/endpoints", "set authority_host"] if code else []))
            equal(desk.asked.count("GET /metadata/endpoints"), 2)


@test
def a_resource_manager_that_is_not_there_is_given_up_soon():
    with desk_of() as (sim, desk), socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen(8)
        for host, words in ((f"http://127.0.0.1:{silent.getsockname()[1]}", "within 5 s"), ("http://127.0.0.1:1", "127.0.0.1")):
            done = publish(sim, desk, {"metadata_host": host, **ISLAND}, **SP, **NOWHERE)
            ends_with(done, 75, "metadata_host: the host could not be asked where its cloud logs in, at two attempts", words,
                      "; correct it, or set authority_host and resource_manager_endpoint")
        silent.setblocking(False)
        asked = [silent.accept()[0] for _ in range(2)]
        for connection in asked:
            holds(connection.recv(4096).startswith(b"GET /metadata/endpoints?api-version=2022-09-01 "), "another request")
            connection.close()
        try:
            silent.accept()
            raise AssertionError("it was asked a third time")
        except BlockingIOError:
            pass


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=CERTIFICATE.name, check=True, capture_output=True, timeout=120)


@test
def a_certificate_logs_in():
    try:
        import jwt
        from cryptography import x509
    except ImportError:
        jwt = x509 = None  # the signature is then checked by contract.assertion alone

    class Checking(Desk):
        def check_assertion(self, assertion):
            header = json.loads(base64.urlsafe_b64decode(assertion.split(".")[0] + "=="))
            self.algorithm = header["alg"]
            if jwt is not None:
                key = x509.load_pem_x509_certificate(pathlib.Path(CERTIFICATE.name, "leaf.crt").read_bytes()).public_key()
                jwt.decode(assertion, key, algorithms=["PS256"], audience=f"{self.base}/{TENANT}/oauth2/v2.0/token", issuer=CLIENT)
            return super().check_assertion(self.good_assertion())

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.crt", "-subj", "/CN=login", "-days", "2")
    openssl("pkcs12", "-export", "-inkey", "leaf.key", "-in", "leaf.crt", "-out", "leaf.pfx", "-passout", "pass:cert-password")
    with Sim(FAST) as sim, Checking(sim) as desk, tempfile.TemporaryDirectory() as folder:
        desk.folder = pathlib.Path(folder)
        pfx = str(pathlib.Path(CERTIFICATE.name, "leaf.pfx"))
        done = publish(sim, desk, **SP, AZURE_CLIENT_CERTIFICATE_PATH=pfx, AZURE_CLIENT_CERTIFICATE_PASSWORD="cert-password")
        ends_with(done, 0, "login: client certificate of AZURE_CLIENT_CERTIFICATE_PATH; it renews itself, with the file as it is then")
        equal(desk.algorithm, "PS256")
        ends_with(publish(sim, desk, {"client_cert_path": pfx, "gallery_image_version": "3.0.1"}, **SP), 2, "client_cert_password", "does not open without one")


@test
def two_logins_or_half_a_one_are_refused_before_anything_is_sent():
    with desk_of() as (sim, desk):
        ends_with(publish(sim, desk, {"client_jwt": "a.b.c", "use_azure_cli_auth": True}, **SP), 2, "use_azure_cli_auth: given beside client_jwt")
        ends_with(publish(sim, desk, **SP), 2, "client_secret: is missing, and so is every other login")
        equal((desk.asked, sim.log()), ([], []))


report = Report()
report.run(tests_of(globals()))
CERTIFICATE.cleanup()
report.end()
