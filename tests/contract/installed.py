# SPDX-License-Identifier: MPL-2.0
"""What the tests of the installed library share: where it is, and how others find it."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import holds  # noqa: E402

FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
SLOW = {"speeds": {"version_ms": 3600000, "replication_ms": 0}}  # never at its end while a test runs
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]


class Installed:
    """An install tree of the library."""

    def __init__(self, prefix):
        self.prefix = pathlib.Path(prefix)
        self.folder = next(self.prefix.rglob("libacg.so")).parent
        self.package = {"PKG_CONFIG_PATH": str(self.folder / "pkgconfig")}
        self.loader = {"LD_LIBRARY_PATH": str(self.folder)}

    def pkg_config(self, *options):
        return run("pkg-config", *options, "acg", env={**os.environ, **self.package}).split()

    def compile(self, source, program, *more):
        run("cc", *FLAGS, source, "-o", program, *more, *self.pkg_config("--cflags", "--libs"))
        return program


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=240, check=False, **more)
    holds(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
