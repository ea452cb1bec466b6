# SPDX-License-Identifier: MPL-2.0
"""What the simulator's tests share: start acg-sim, talk to it, count results (TAP)."""
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup"
COMPUTE = GROUP + "/providers/Microsoft.Compute"
GALLERY = COMPUTE + "/galleries/MyGallery"
DEFINITION = GALLERY + "/images/MyImage"
IMAGE = COMPUTE + "/images/myImage"
START_SECONDS = 20  # a loaded machine may be slow to start a program


def version(name):
    return f"{DEFINITION}/versions/{name}"


def des(name):
    return f"{COMPUTE}/diskEncryptionSets/{name}"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.raw = response.read()
        try:
            self.body = json.loads(self.raw) if self.raw else None
        except ValueError:
            self.body = None

    def code(self):
        return (self.body or {}).get("error", {}).get("code")

    def message(self):
        return (self.body or {}).get("error", {}).get("message", "")


class Sim:
    """One acg-sim process and one kept connection to it."""

    def __init__(self, scenario=None, sets=(), tls=False, login=False):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-sim-")
        command = [program(), "--port", "0", "--exit-with-parent", "--log", os.path.join(self.folder.name, "log")]
        if scenario is not None:
            path = os.path.join(self.folder.name, "scenario.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(scenario, f)
            command += ["--scenario", path]
        for change in sets:
            command += ["--set", change]
        if tls:
            command += ["--tls", "--tls-dir", self.folder.name]
        self.logins = os.path.join(self.folder.name, "login") if login else None
        if login:
            command += ["--login-dir", self.logins]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if words[:1] != ["listening"]:
            raise RuntimeError("acg-sim did not start: " + " ".join(words))
        self.base = words[1]
        self.ca = words[2].partition("=")[2] if tls else None
        self.host = urllib.parse.urlsplit(self.base).netloc
        self.connection = None
        self.token = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.connection:
            self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=START_SECONDS)
        self.process.stdout.close()
        self.folder.cleanup()
        if code != 0 and not unused[0]:
            raise RuntimeError(f"acg-sim ended with {code}")

    def connect(self):
        if self.ca:
            context = ssl.create_default_context(cafile=self.ca)
            return http.client.HTTPSConnection(self.host, timeout=START_SECONDS, context=context)
        return http.client.HTTPConnection(self.host, timeout=START_SECONDS)

    def send(self, method, target, body=None, headers=None):
        """One request; raises http.client's or socket errors when the connection breaks."""
        if self.connection is None:
            self.connection = self.connect()
        try:
            self.connection.request(method, target, body=body, headers=headers or {})
            return Answer(self.connection.getresponse())
        except Exception:
            self.connection.close()
            self.connection = None
            raise

    def login(self, secret="secret", tenant=TENANT, client="sp", scope="https://management.azure.com/.default", **more):
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": scope}
        form.update(more)
        form = {k: v for k, v in form.items() if v is not None}
        return self.send("POST", f"/{tenant}/oauth2/v2.0/token", urllib.parse.urlencode(form),
                         {"Content-Type": "application/x-www-form-urlencoded"})

    def arm(self, method, path, body=None, api="2023-07-03", query="", headers=None):
        """A request to the Resource Manager, with a token of its own."""
        if self.token is None:
            self.token = self.login().body["access_token"]
        all_headers = {"Authorization": "Bearer " + self.token}
        if body is not None:
            body = json.dumps(body)
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        mark = "" if "?" in path else f"?api-version={api}"
        return self.send(method, urllib.parse.quote(path, safe="/?&=%$") + mark + query, body, all_headers)

    def get(self, path, **more):
        return self.arm("GET", path, **more)

    def put(self, path, body, **more):
        return self.arm("PUT", path, body, **more)

    def poll(self, answer, header="azure-asyncoperation"):
        return self.get(answer.headers[header][len(self.base):])

    def advance(self, ms):
        return self.send("POST", "/_sim/advance", json.dumps({"ms": ms}), {"Content-Type": "application/json"}).body

    def log(self):
        return [json.loads(line) for line in self.send("GET", "/_sim/log").raw.decode().splitlines()]

    def host_variables(self, kind):
        """What a host of that kind (github, imds, arc...) sets for its programs."""
        with open(os.path.join(self.logins, "login.json"), encoding="utf-8") as f:
            return json.load(f)[kind]

    def environment(self, **more):
        """The environment of this process with the login and the endpoints of the simulator, for a program under test."""
        names = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "sp", "AZURE_CLIENT_SECRET": "secret",
                 "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_AUTHORITY_HOST": self.base,
                 "ACG_RESOURCE_MANAGER_ENDPOINT": self.base, "ACG_CA_FILE": self.ca or "",
                 "XDG_STATE_HOME": os.path.join(self.folder.name, "state")}  # journals of one Azure: it forgets with the simulator
        own = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "ACG_", "ARM_"))}
        return {**own, **names, **more}

    def holds(self, resource):
        """Whether the simulator has this resource, asked behind the cloud's back: it counts against no limit."""
        return self.send("GET", "/_sim/resource?id=" + urllib.parse.quote(resource)).status == 200

    def stats(self):
        return self.send("GET", "/_sim/stats").body


def rounds(log):
    """How many requests had to wait for one another: the longest chain of log entries of which each began after the one before ended."""
    longest = []  # (end, length of the longest chain that ends there), in order of start
    for entry in sorted(log, key=lambda e: e["start_us"]):
        before = [length for end, length in longest if end <= entry["start_us"]]
        longest.append((entry["end_us"], 1 + max(before, default=0)))
    return max((length for _, length in longest), default=0)


def most_at_once(log):
    """The largest number of requests under way at one time."""
    return max((sum(other["start_us"] <= entry["start_us"] < other["end_us"] for other in log) for entry in log), default=0)


def program():
    return os.environ.get("ACG_SIM") or sys.argv[1]


def encryption(os_set=None, **data):
    """encryption("A", lun0="B"): the encryption member of a region."""
    out = {}
    if os_set is not None:
        out["osDiskImage"] = {"diskEncryptionSetId": des(os_set)}
    if data:
        out["dataDiskImages"] = [{"lun": int(name[3:]), "diskEncryptionSetId": des(value)}
                                 for name, value in data.items()]
    return out


def how_to_body(**changes):
    """The managed-image example of the how-to, as az sends it; changes go to properties.publishingProfile."""
    profile = {"targetRegions": [
        {"name": "westus", "regionalReplicaCount": 2, "storageAccountType": "standard_lrs",
         "encryption": encryption("WestUSDiskEncryptionSet1", lun0="WestUSDiskEncryptionSet2")},
        {"name": "eastus2", "encryption": encryption("EastUS2DiskEncryptionSet1", lun0="EastUS2DiskEncryptionSet2")}]}
    profile.update(changes)
    return {"location": "westus", "tags": {}, "properties": {
        "publishingProfile": profile, "storageProfile": {"source": {"id": IMAGE}}}}


def plain_body(regions=("westus",), source=None):
    return {"location": "westus", "properties": {
        "publishingProfile": {"targetRegions": [{"name": name} for name in regions]},
        "storageProfile": {"source": {"id": IMAGE}} if source is None else source}}


class Report:
    """Collects results, prints TAP, ends the program."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, ok, detail=""):
        self.count += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}")
        if not ok and detail != "":
            print("# " + str(detail).replace("\n", "\n# "))
        sys.stdout.flush()

    def run(self, tests):
        """Call each test; an AssertionError's text or any exception makes it fail."""
        for test in tests:
            try:
                test()
                self.check(test.__name__, True)
            except Exception as error:  # a test that breaks is a test that fails
                self.check(test.__name__, False, f"{type(error).__name__}: {error}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed or not self.count else 0)


def tests_of(module_globals):
    """All functions of a test file that are tests: those whose name does not begin with an underscore or 'main'."""
    own = module_globals["__name__"]
    return [f for name, f in module_globals.items()
            if callable(f) and getattr(f, "__module__", "") == own and getattr(f, "is_test", False)]


def test(function):
    function.is_test = True
    return function


def equal(have, want, what=""):
    if have != want:
        raise AssertionError(f"{what or 'value'}: have {have!r}, want {want!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)
