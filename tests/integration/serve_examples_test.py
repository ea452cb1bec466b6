#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The clients of examples/ in Python, Go and Java: the commands in their first comment, as they stand there, against acg serve.

    serve_examples_test.py ACG_SIM ACG GO_FOLDER
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_house import SECONDS, SECRET, TOP, Server, configuration, started_sim  # noqa: E402
from simtest import Report, equal, holds, test, tests_of, version  # noqa: E402

MINUTES = 600  # seconds: modules are fetched, and compilers run
SLOW = {"version_ms": 3_600_000}
GO = TOP / "tests" / "contract" / "go_host" / "go.sh"


class Example:
    """One program: its lines but the last one build it, that one runs it."""

    def __init__(self, name, folder, **environment):
        text = (TOP / "examples" / name).read_text()
        commands = re.findall(r"^    (.+)$", text.split('"""')[1], re.M) if name.endswith(".py") else re.findall(r"^//\t(.+)$", text, re.M)
        *self.build, self.start = commands
        self.folder, self.environment = pathlib.Path(folder), {**os.environ, **environment}
        for part in ("examples", "proto"):
            (self.folder / part).symlink_to(TOP / part)
        made = self.shell("\n".join([*self.build, 'printf "\\n%s\\n%s" "$CLASSPATH" "$PYTHONPATH"']))
        equal(made.returncode, 0, made.stdout + made.stderr)
        self.environment["CLASSPATH"], self.environment["PYTHONPATH"] = made.stdout.split("\n")[-2:]

    def shell(self, script):
        return subprocess.run(["bash", "-euc", script], cwd=self.folder, env={"CLASSPATH": "", "PYTHONPATH": "", **self.environment}, capture_output=True,
                              text=True, timeout=MINUTES, check=False)

    def line(self, config, target):
        """The last line, for another server."""
        (self.folder / "publish.json").write_text(json.dumps(config))
        return re.sub(r"\S+:\S+", lambda _: target, self.start, count=1)

    def run(self, config, target):
        return self.shell(self.line(config, target))

    def begin(self, config, target):
        return subprocess.Popen(["bash", "-euc", "exec " + self.line(config, target)], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, text=True)


def pump(source, sink):
    """Bytes from one to the other, until one of them ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    shut(source, sink)


def shut(*ends):
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Relay:
    """Stands before a server, and cuts its connections when told to."""

    def __init__(self, listener, upstream):
        self.listener, self.upstream, self.pairs, self.lock = listener, upstream, [], threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(self.listener.family)
            server.connect(self.upstream)
            with self.lock:
                self.pairs.append((client, server))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            shut(*pair)
        return len(pairs)


def publishes_and_explains(sim, example, name, target):
    done = example.run(configuration(name), target)
    equal(done.returncode, 0, done.stdout + done.stderr)
    holds("published: " in done.stdout and re.search(r"eastus2, 0: .*/EastUS2DiskEncryptionSet2$", done.stdout, re.M), done.stdout)
    equal(sim.get(version(name)).status, 200)
    done = example.run(configuration(name), target)
    equal((done.returncode, done.stderr.startswith("conflict: gallery_image_version ")), (5, True), done.stdout + done.stderr)
    holds(SECRET not in done.stdout + done.stderr, "the secret is shown")


def watches_again(sim, example, name, target, relay):
    running = example.begin(configuration(name), target)
    seen = ""
    while "Azure creates the version" not in seen:
        line = running.stdout.readline()
        holds(line != "", f"it ended: {seen}")
        seen += line
    equal(relay.cut(), 1)
    sim.advance(2 * SLOW["version_ms"])
    rest, _ = running.communicate(timeout=SECONDS)
    equal((running.returncode, "published: " in rest, "Azure creates the version" in rest), (0, True, False), rest)


@test
def the_example_in_python_publishes_over_a_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        example = Example("publish_grpc.py", folder, PATH=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
        with started_sim() as sim, Server(sim) as server:
            publishes_and_explains(sim, example, "7.4.0", server.targets[0])
        with started_sim(speeds=SLOW) as sim, Server(sim) as server, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(server.folder.name, "relay"))
            listener.listen()
            watches_again(sim, example, "7.4.1", f"unix:{listener.getsockname()}", Relay(listener, server.socket))


@test
def the_example_in_go_publishes_over_a_unix_socket():
    root = subprocess.run([GO, sys.argv[3], "env", "GOROOT"], check=True, capture_output=True, text=True, timeout=MINUTES).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        tools = os.path.join(folder, "bin")
        example = Example("publish_grpc.go", folder, GOBIN=tools, PATH=f"{root}/bin:{tools}:{os.environ['PATH']}")
        with started_sim() as sim, Server(sim) as server:
            publishes_and_explains(sim, example, "7.5.0", server.targets[0])
        with started_sim(speeds=SLOW) as sim, Server(sim) as server, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(server.folder.name, "relay"))
            listener.listen()
            watches_again(sim, example, "7.5.1", f"unix:{listener.getsockname()}", Relay(listener, server.socket))


@test
def the_example_in_java_publishes_on_loopback():
    listen = ["tcp:127.0.0.1:0"]
    with tempfile.TemporaryDirectory() as folder:
        example = Example("PublishGrpc.java", folder)
        with started_sim() as sim, Server(sim, "--insecure-loopback", listen=listen) as server:
            publishes_and_explains(sim, example, "7.6.0", server.targets[0].removeprefix("tcp:"))
        with started_sim(speeds=SLOW) as sim, Server(sim, "--insecure-loopback", listen=listen) as server, \
                socket.create_server(("127.0.0.1", 0)) as listener:
            _, host, port = server.targets[0].split(":")
            target = f"127.0.0.1:{listener.getsockname()[1]}"
            watches_again(sim, example, "7.6.1", target, Relay(listener, (host, int(port))))


report = Report()
report.run(tests_of(globals()))
report.end()
