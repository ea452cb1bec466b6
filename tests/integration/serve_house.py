# SPDX-License-Identifier: MPL-2.0
"""What the tests of `acg serve` share: stubs that protoc makes of proto/, a running server, certificates."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import IMAGE, Sim, des, holds, version  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
ACG = os.path.abspath(sys.argv[2])
SECRET = "a-secret-of-the-server-alone"
SECONDS = 60  # no test waits so long; a loaded machine may be slow
PROTOS = ["acg/v1/errors.proto", "acg/v1/events.proto", "acg/v1/publisher.proto", "acg/v1/post_processor.proto",
          "grpc/health/v1/health.proto", "grpc/reflection/v1alpha/reflection.proto"]

STUBS = tempfile.TemporaryDirectory(prefix="acg-stubs-")
subprocess.run(["protoc", f"--proto_path={TOP / 'proto'}", f"--python_out={STUBS.name}", f"--grpc_python_out={STUBS.name}",
                "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", *PROTOS], check=True)

# grpcio is a package named grpc too: the stubs below that name join it.
import grpc  # noqa: E402

grpc.__path__.append(os.path.join(STUBS.name, "grpc"))
sys.path.insert(0, STUBS.name)
from acg.v1 import errors_pb2, events_pb2, post_processor_pb2, post_processor_pb2_grpc, publisher_pb2, publisher_pb2_grpc  # noqa: E402, F401


class OwnSim(Sim):
    """A simulator that knows the server's login alone."""

    def login(self, secret=SECRET, **more):
        return super().login(secret, **more)


def started_sim(**scenario):
    """A simulator whose client has a secret that is long enough to look for."""
    speeds = {"version_ms": 0, "replication_ms": 0, **scenario.pop("speeds", {})}
    clients = [{"client_id": "sp", "client_secret": SECRET}]
    return OwnSim({"tokens": {"clients": clients}, "speeds": speeds, "retry_after": 1, **scenario}, tls=True)


def configuration(name="7.0.0", **changes):
    config = {"resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
              "gallery_image_version": name, "location": "westus", "encryption_type": "customer_key", "managed_image": IMAGE,
              "target_region": [
                  {"name": "westus", "os_disk": {"disk_encryption_set_id": des("WestUSDiskEncryptionSet1")},
                   "data_disk": [{"lun": 0, "disk_encryption_set_id": des("WestUSDiskEncryptionSet2")}]},
                  {"name": "eastus2", "os_disk": {"disk_encryption_set_id": des("EastUS2DiskEncryptionSet1")},
                   "data_disk": [{"lun": 0, "disk_encryption_set_id": des("EastUS2DiskEncryptionSet2")}]}]}
    config.update(changes)
    return {k: v for k, v in config.items() if v is not None}


class Server:
    """One `acg serve` against one simulator. What it prints is kept, and must not hold the secret."""

    def __init__(self, sim, *options, listen=None, wrap=(), **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-serve-")
        self.socket = os.path.join(self.folder.name, "acg.sock")
        self.log_path = os.path.join(self.folder.name, "log")
        self.environment = sim.environment(AZURE_CLIENT_SECRET=SECRET, **environment)
        words = [w for l in ([f"unix:{self.socket}"] if listen is None else listen) for w in ("--listen", l)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*wrap, ACG, "serve", *words, *options], env=self.environment, stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        self.targets = []
        for _ in range(len(words) // 2):
            line = self.process.stdout.readline().split()
            holds(line[:1] == ["listening"], f"the server says {line}: {self.log()}")
            self.targets.append(line[1])
        self.channels = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        code = self.stop()
        log = self.log()
        self.folder.cleanup()
        if not unused[0]:
            holds(code == 0, f"the server ended with {code}: {log}")
            holds(SECRET not in log, "the secret is in the log")

    def stop(self):
        for channel in self.channels:
            channel.close()
        self.channels = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=SECONDS)
        self.process.stdout.close()
        return code

    def log(self):
        return pathlib.Path(self.log_path).read_text()

    def channel(self, target=None, credentials=None):
        kind, _, rest = (target or self.targets[0]).partition(":")
        address = f"unix:{rest}" if kind == "unix" else rest
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
        made = grpc.secure_channel(address, credentials, options) if credentials else grpc.insecure_channel(address, options)
        self.channels.append(made)
        return made

    def publisher(self, *channel):
        return publisher_pb2_grpc.PublisherStub(channel[0] if channel else self.channel())

    def post_processor(self):
        return post_processor_pb2_grpc.PostProcessorStub(self.channel())


def publish_request(name="7.0.0", **changes):
    return publisher_pb2.PublishRequest(configuration_json=json.dumps(configuration(name, **changes)))


def kinds(events):
    return [e.WhichOneof("kind") for e in events]


def follow(call):
    """The events of a stream and the code it ended with."""
    events = []
    try:
        for response in call:
            events.append(response.event)
    except grpc.RpcError as error:
        return events, error
    return events, None


def until_taken(call, sim, name="7.0.0"):
    """The events of a publish until Azure has the version: from here on it is Azure's time that counts."""
    events = []
    for response in call:
        events.append(response.event)
        if sim.holds(version(name)):
            return events
    raise AssertionError(f"the publish ended: {events}")


def detail(error):
    """acg.v1.Error of a failed call."""
    packed = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = errors_pb2.Status.FromString(packed)
    assert status.code == error.code().value[0] and len(status.details) == 1, status
    assert status.details[0].type_url == "type.googleapis.com/acg.v1.Error", status
    return errors_pb2.Error.FromString(status.details[0].value)


def refused(call):
    """The error of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        holds(SECRET not in str(error), "the secret is in the error")
        return error
    raise AssertionError("the call did not fail")


class Authority:
    """A certificate authority of one test."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.cert = self.path("key"), self.path("crt")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                     f"/CN={name}", "-keyout", self.key, "-out", self.cert)

    def path(self, ending):
        return os.path.join(self.folder, f"{self.name}.{ending}")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def issue(self, name):
        """Certificate and key for localhost, signed here."""
        key, cert, request, extra = (os.path.join(self.folder, f"{self.name}-{name}.{e}") for e in ("key", "crt", "csr", "ext"))
        pathlib.Path(extra).write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout",
                     key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                     "-extfile", extra, "-out", cert)
        return cert, key


def channel_credentials(ca, pair=None):
    read = lambda path: pathlib.Path(path).read_bytes()  # noqa: E731
    return grpc.ssl_channel_credentials(read(ca), *((read(pair[1]), read(pair[0])) if pair else (None, None)))
