#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The plugin as a process: arguments, cookie, address line, socket, pings, signals, its end. No Packer, no network.

    plugin_process_test.py ACG_SIM PACKER_PLUGIN_ACG
"""
import json
import os
import pathlib
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

PLUGIN = pathlib.Path(sys.argv[2]).resolve()
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
START = ("start", "post-processor", "publish")
SECRET = "s3cr3t-of-the-environment"
# yamux: version, type, flags, stream, length
DATA, WINDOW, PING, GO_AWAY = 0, 1, 2, 3
SYN, ACK = 1, 2
WAIT = 30


def environment(folder, **more):
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "ACG_", "PACKER_"))}
    return {**own, "PACKER_PLUGIN_MAGIC_COOKIE": COOKIE, "TMPDIR": folder, "AZURE_CLIENT_SECRET": SECRET, **more}


def run(*arguments, **more):
    return subprocess.run([PLUGIN, *arguments], env=environment("/tmp", **more), capture_output=True, text=True, timeout=WAIT)


def frame(kind, flags, stream, length, payload=b""):
    return struct.pack(">BBHII", 0, kind, flags, stream, length) + payload


class Process:
    """A started plugin; its address line is read."""

    def __init__(self, arguments=START, folder=None, name=None, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-")
        file = PLUGIN
        if name:
            file = pathlib.Path(self.folder.name, name)
            file.symlink_to(PLUGIN)
        self.process = subprocess.Popen([file, *arguments], env=environment(folder or self.folder.name, **more),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.line = self.process.stdout.readline().decode()
        self.path = self.line.strip().split("|")[-1]
        self.socket = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.socket:
            self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT)
        self.socket.connect(self.path)

    def receive(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise AssertionError(f"the socket ended after {got.hex()}")
            got += more
        return got

    def ping(self, number):
        self.socket.sendall(frame(PING, SYN, 0, number))
        equal(self.receive(12).hex(), frame(PING, ACK, 0, number).hex(), "answer to the ping")

    def end(self):
        """Wait for the end. Gives status, rest of stdout, stderr."""
        out, err = self.process.communicate(timeout=WAIT)
        return self.process.returncode, out.decode(), err.decode()


@test
def describe_is_one_line_of_json_without_the_cookie():
    done = run("describe", PACKER_PLUGIN_MAGIC_COOKIE="")
    equal((done.returncode, done.stdout.count("\n")), (0, 1), done)
    said = json.loads(done.stdout)
    holds(re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", said["version"]), f"{said['version']} is not canonical")
    equal((said["api_version"], said["protocol_version"], said["post_processors"]), ("x5.0", "v2", ["publish"]))


@test
def started_by_hand_it_says_what_it_is():
    for arguments in ((), START):
        done = run(*arguments, PACKER_PLUGIN_MAGIC_COOKIE="wrong")
        equal((done.returncode, done.stdout), (1, ""), done)
        holds("plugin of Packer" in done.stderr, done.stderr)


@test
def other_arguments_are_refused_by_name():
    for arguments, word in ((("serve",), '"serve"'), (("start", "builder", "publish"), "post-processors only"),
                            (("start", "post-processor", "other"), '"other"'), (("start", "post-processor", "publish", "more"), '"more"'),
                            (("describe", "more"), '"describe"')):
        done = run(*arguments)
        equal((done.returncode, done.stdout), (1, ""), done)
        holds(word in done.stderr, f"{word} is not in {done.stderr}")


@test
def the_address_line_has_the_form_of_the_start():
    old, new = r"5\|unix\|/[^|]+\n", r"5\|0\|unix\|/[^|]+\n"
    for arguments, setting, form in (((), "", old), (START, "", new), (("start", "--protobuf", "post-processor", "publish"), "", new),
                                     (("start", "post-processor", "publish", "--protobuf"), "1.6.6", new), (START, "1.6.6", old),
                                     (START, "1.10.3", new), ((), "1.7", new), (START, "nonsense", new)):
        with Process(arguments, ACG_PACKER_VERSION=setting) as p:
            holds(re.fullmatch(form, p.line), f"{arguments} with {setting!r}: {p.line!r}")


@test
def the_socket_is_private_and_its_path_goes_with_the_connection():
    with Process() as p:
        holds(p.path.startswith(p.folder.name + "/packer-plugin"), p.path)
        equal(stat.S_IMODE(os.stat(p.path).st_mode), 0o600, "mode")
        p.connect()
        p.ping(7)  # it serves us now, so the listener is closed
        holds(not os.path.exists(p.path), "the path is still there")
        second = socket.socket(socket.AF_UNIX)
        try:
            second.connect(p.path)
            raise AssertionError("a second connection was taken")
        except FileNotFoundError:
            second.close()


@test
def a_temporary_folder_with_a_long_name_is_replaced():
    with tempfile.TemporaryDirectory() as top:
        long = os.path.join(top, "x" * 100)
        os.mkdir(long)
        with Process(folder=long) as p:
            holds(p.path.startswith("/tmp/packer-plugin") and len(p.path) < 108, p.path)
            p.connect()
            p.ping(1)


@test
def a_folder_that_is_not_there_is_named():
    done = run(*START, TMPDIR="/nonexistent-folder")
    equal((done.returncode, done.stdout), (1, ""), done)
    holds("/nonexistent-folder/packer-plugin" in done.stderr and "No such file" in done.stderr, done.stderr)


@test
def pings_are_answered_and_the_end_of_the_socket_is_the_end():
    with Process() as p:
        p.connect()
        for number in (0, 1, 0xffffffff):
            p.ping(number)
        p.socket.shutdown(socket.SHUT_WR)
        code, out, err = p.end()
        equal((code, out), (0, ""), err)
        holds(SECRET not in err, "the secret is in the log")
        holds(all(re.match(r"\[(INFO|DEBUG|WARN)\] ", line) for line in err.splitlines()), err)


@test
def ctrl_c_is_packers_business_once_it_is_connected():
    with Process() as p:
        p.connect()
        p.ping(1)
        for number in (signal.SIGINT, signal.SIGTERM):
            p.process.send_signal(number)
            p.ping(2)
        p.socket.close()
        equal(p.end()[0], 0)


@test
def a_signal_before_the_connection_leaves_no_socket():
    with Process() as p:
        p.process.send_signal(signal.SIGTERM)
        code, out, err = p.end()
        equal((code, out), (1, ""), err)
        holds("interrupted" in err and not os.path.exists(p.path), err)


@test
def a_peer_that_is_no_packer_is_shown_the_door():
    with Process() as p:
        p.connect()
        p.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        code, out, err = p.end()
        equal((code, out), (1, ""), err)
        holds("[ERR] " in err, err)


@test
def number_zero_is_echoed_in_pieces_of_one_byte():
    with Process() as p:
        p.connect()
        for byte in frame(WINDOW, SYN, 1, 0) + frame(DATA, 0, 1, 4, bytes(4)):
            p.socket.sendall(bytes([byte]))
        equal(p.receive(12).hex(), frame(WINDOW, ACK, 1, 0).hex(), "acknowledgement")
        equal(p.receive(16).hex(), frame(DATA, 0, 1, 4, bytes(4)).hex(), "echo")
        p.socket.close()
        equal(p.end()[0], 0)


report = Report()
report.run(tests_of(globals()))
report.end()
