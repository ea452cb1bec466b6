#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The tree: its top level, no path of one machine, no merge left open, scripts that shellcheck accepts."""
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
TOP_LEVEL = {"CMakeLists.txt", "plugin", "core", "proto", "tests", "examples", "README.md", "LICENSE", "CHANGELOG.md"}
MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home/[a-z]+)/")
OPEN_MERGE = re.compile(r"(<{7}|>{7}|\|{7}) ")


def tracked():
    out = subprocess.run(["git", "-C", str(TOP), "ls-files", "-z"], capture_output=True, check=False).stdout.decode()
    return [TOP / f for f in out.split("\0") if f] or [p for p in TOP.rglob("*") if p.is_file() and ".git" not in p.parts]


def main():
    faults = []
    files = [p for p in tracked() if p.exists()]
    for path in files:
        name = path.relative_to(TOP)
        if name.parts[0] not in TOP_LEVEL and not name.parts[0].startswith("."):
            faults.append(f"{name.parts[0]}: not an entry of the top level")
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                faults.append(f"{name}:{number}: a path of one machine")
            if OPEN_MERGE.match(line):
                faults.append(f"{name}:{number}: a merge is left open")
    scripts = [p for p in files if p.stat().st_size < 1 << 20 and p.read_bytes()[:64].split(b"\n")[0].startswith((b"#!/bin/sh", b"#!/usr/bin/env bash", b"#!/bin/bash"))]
    if shutil.which("shellcheck") is None:
        faults.append("shellcheck is missing: apt install shellcheck")
    elif scripts:
        result = subprocess.run(["shellcheck", "-x", *map(str, scripts)], capture_output=True, check=False, cwd=TOP)
        if result.returncode != 0:
            faults.append(result.stdout.decode())
    print("\n".join(faults + [f"{len(files)} files, {len(scripts)} scripts, {len(faults)} faults"]))
    return 1 if faults or not files else 0


sys.exit(main())
