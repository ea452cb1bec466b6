# SPDX-License-Identifier: MPL-2.0
"""What the tests with the real Packer share: a Packer without any configuration of this machine, and templates."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import holds  # noqa: E402

PLUGIN = pathlib.Path(sys.argv[2]).resolve()
PACKER = "/usr/bin/packer"
EXAMPLES = TOP / "examples"


class House:
    """A folder with a Packer of its own: no configuration, no plugin of this machine."""

    def __init__(self, sim, name="packer-post-processor-acg-publish", place="path"):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-packer-")
        self.path = pathlib.Path(self.folder.name)
        for part in ("plugins", "work", "tmp", "home"):
            (self.path / part).mkdir()
        self.work = self.path / "work"
        (self.path / "plugins" / name if place == "path" else self.work / name).symlink_to(PLUGIN)
        self.environment = sim.environment(
            PACKER_PLUGIN_PATH=str(self.path / "plugins"), PACKER_CONFIG_DIR=str(self.path / "home"), HOME=str(self.path / "home"),
            PACKER_CACHE_DIR=str(self.path / "cache"), CHECKPOINT_DISABLE="1", PACKER_NO_COLOR="1", TMPDIR=str(self.path / "tmp"))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def write(self, name, text):
        (self.work / name).write_text(text if isinstance(text, str) else json.dumps(text))
        return name

    def run(self, *arguments, **more):
        return subprocess.run([PACKER, *map(str, arguments)], cwd=self.work, env={**self.environment, **more}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120)

    def start(self, *arguments):
        return subprocess.Popen([PACKER, *map(str, arguments)], cwd=self.work, env=self.environment, text=True, start_new_session=True,
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


holds(os.access(PACKER, os.X_OK), f"{PACKER} is not there: apt-get install packer")
