# SPDX-License-Identifier: MPL-2.0
"""What the tests with the real Packer share: a Packer without any configuration of this machine, and templates."""
import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import holds, test  # noqa: E402

PLUGIN = pathlib.Path(sys.argv[2]).resolve()
EXAMPLES = TOP / "examples"


@dataclasses.dataclass(frozen=True)
class Packer:
    """One program, and what its generation can do."""
    program: str
    version: tuple

    @property
    def installs(self):
        """Plugins are installed with their checksum, and found nowhere else (1.11 and newer)."""
        return self.version >= (1, 11)

    @property
    def nests(self):
        """Nested blocks of a plugin are understood (1.7 and newer; Debian's 1.6.6 has none)."""
        return self.version >= (1, 7)

    def __str__(self):
        return "packer " + ".".join(map(str, self.version))


def look_at(program):
    said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "CHECKPOINT_DISABLE": "1"}).stdout
    found = re.match(r"Packer v(\d+)\.(\d+)\.(\d+)", said)
    holds(found, f"{program} version says {said!r}")
    return Packer(program, tuple(map(int, found.groups())))


def find_packers():
    """Debian's, and a newer one when it is on PATH."""
    found = [look_at("/usr/bin/packer")]
    other = shutil.which("packer")
    if other is not None and not os.path.samefile(other, found[0].program):
        newer = look_at(other)
        if newer.version > found[0].version:
            found.append(newer)
    return found


def each_packer(which=lambda packer: True):
    """A test of one argument, the Packer, becomes a test for each Packer that fits."""
    def decorate(function):
        for packer in filter(which, PACKERS):
            one = functools.partial(function, packer)
            one.__name__ = f"{function.__name__} [{packer}]"
            one.__module__ = function.__module__
            function.__globals__[one.__name__] = test(one)
        return function
    return decorate


class House:
    """A folder with a Packer of its own: no configuration, no plugin of this machine. place: "path" is where this Packer looks
    for plugins, "here" the current folder, "nowhere" leaves it to the test."""

    def __init__(self, sim, name="packer-post-processor-acg-publish", place="path", packer=None):
        self.packer = packer or PACKERS[0]
        self.folder = tempfile.TemporaryDirectory(prefix="acg-packer-")
        self.path = pathlib.Path(self.folder.name)
        for part in ("plugins", "work", "tmp", "home"):
            (self.path / part).mkdir()
        self.work = self.path / "work"
        self.environment = sim.environment(
            PACKER_PLUGIN_PATH=str(self.path / "plugins"), PACKER_CONFIG_DIR=str(self.path / "home"), HOME=str(self.path / "home"),
            PACKER_CACHE_DIR=str(self.path / "cache"), CHECKPOINT_DISABLE="1", PACKER_NO_COLOR="1", TMPDIR=str(self.path / "tmp"))
        if place == "path" and self.packer.installs:
            self.install()
        elif place != "nowhere":
            (self.path / "plugins" / name if place == "path" else self.work / name).symlink_to(PLUGIN)

    def install(self):
        """As a user does it; the address is only a name."""
        done = self.run("plugins", "install", "--path", PLUGIN, "example.com/acg/acg")
        holds(done.returncode == 0, done.stdout)
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def write(self, name, text):
        (self.work / name).write_text(text if isinstance(text, str) else json.dumps(text))
        return name

    def run(self, *arguments, **more):
        return subprocess.run([self.packer.program, *map(str, arguments)], cwd=self.work, env={**self.environment, **more}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120)

    def start(self, *arguments):
        return subprocess.Popen([self.packer.program, *map(str, arguments)], cwd=self.work, env=self.environment, text=True, start_new_session=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def template(fields):
    """A JSON template with the null builder."""
    return {"builders": [{"type": "null", "name": "golden", "communicator": "none"}],
            "post-processors": [{"type": "acg-publish", **fields}]}


def hcl(fields):
    """The same in HCL2, whose lists and maps may be written as JSON's."""
    lines = [f"    {k} = {json.dumps(v).replace('{', '{ ').replace(': ', ' = ')}" for k, v in fields.items()]
    return ('source "null" "golden" {\n  communicator = "none"\n}\nbuild {\n  sources = ["source.null.golden"]\n'
            '  post-processor "acg-publish" {\n' + "\n".join(lines) + "\n  }\n}\n")


holds(os.access("/usr/bin/packer", os.X_OK), "/usr/bin/packer is not there: apt-get install packer")
PACKERS = find_packers()
