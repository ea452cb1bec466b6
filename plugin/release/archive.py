#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Lays out the release: the executables, the archives in both forms that `packer init` downloads, and a plugin folder.

    acg, packer-plugin-acg                     the executables
    github/                                    assets of a release on GitHub, the command's archive among them
    site/packer-plugin-acg/                    tree of a releases site, for a mirror of one's own; other versions in it stay
    plugins/HOST/NAMESPACE/acg/                to copy into Packer's plugin folder
    SHA256SUMS                                 of every file above

The same executables make the same bytes: entries are sorted and carry a fixed time."""
import argparse
import hashlib
import json
import pathlib
import platform
import shutil
import subprocess
import sys
import zipfile

NAME = "packer-plugin-acg"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
LEVEL = 9
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # as Go, and so Packer, calls them
MANIFEST_VERSION = "1"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path, data, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def write_json(path, value):
    write(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def write_zip(path, entries):
    """entries: name to (bytes, mode)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name in sorted(entries):
            data, mode = entries[name]
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, mode << 16
            archive.writestr(info, data)


def write_sums(path, files):
    write(path, "".join(f"{digest(f)}  {f.name}\n" for f in sorted(files)).encode())


def describe(plugin, version):
    """What Packer compares with the file name: refuse to lay out what it would refuse to load."""
    said = json.loads(subprocess.run([plugin, "describe"], check=True, capture_output=True).stdout)
    if said["version"] != version or not said["api_version"].startswith("x"):
        sys.exit(f"{plugin} describes itself as {said['version']} {said['api_version']}, not as {version}")
    return said["api_version"]


def read_licences(paths):
    return b"\n\n".join(f"=== {'acg' if p.name == 'LICENSE' else p.parent.name} ===\n\n".encode() + p.read_bytes() for p in paths)


def lay_github(folder, version, binary, system, plugin, command, licences):
    archive = folder / f"{binary}.zip"
    write_zip(archive, {binary: (plugin, 0o755), "LICENSES.txt": (licences, 0o644)})
    write_sums(folder / f"{NAME}_v{version}_SHA256SUMS", [archive])
    archive = folder / f"acg_{version}_{system}.zip"
    write_zip(archive, {"acg": (command, 0o755), "LICENSES.txt": (licences, 0o644)})
    write_sums(folder / f"acg_{version}_SHA256SUMS", [archive])


def lay_site(folder, version, api, binary, system, plugin, licences):
    """The archive's name has neither `v` nor the API; the binary inside keeps its full name. The manifest says the API."""
    os_name, arch = system.split("_")
    place, archive = folder / version, f"{NAME}_{version}_{system}.zip"
    write_zip(place / archive, {binary: (plugin, 0o755), "LICENSES.txt": (licences, 0o644)})
    manifest = place / f"{NAME}_{version}_manifest.json"
    write_json(manifest, {"version": MANIFEST_VERSION, "metadata": {"protocol_version": api[1:]}})
    sums = f"{NAME}_{version}_SHA256SUMS"
    write_sums(place / sums, [place / archive, manifest])
    index = folder / "index.json"
    known = json.loads(index.read_text())["versions"] if index.exists() else {}
    known[version] = {"name": NAME, "version": version, "shasums": sums,
                      "builds": [{"name": NAME, "version": version, "os": os_name, "arch": arch, "filename": archive}]}
    write_json(index, {"name": NAME, "versions": known})


def lay_plugins(folder, binary, plugin):
    write(folder / binary, plugin, 0o755)
    write(folder / f"{binary}_SHA256SUM", hashlib.sha256(plugin).hexdigest().encode())


def main():
    parser = argparse.ArgumentParser()
    for name in ("plugin", "command", "folder"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--source", required=True, help="HOST/NAMESPACE/NAME")
    parser.add_argument("--licences", type=pathlib.Path, nargs="+", required=True)
    options = parser.parse_args()
    api = describe(options.plugin, options.version)
    machine = platform.machine()
    system = f"{platform.system().lower()}_{ARCHITECTURES.get(machine, machine)}"
    binary = f"{NAME}_v{options.version}_{api}_{system}"
    plugin, command, licences = options.plugin.read_bytes(), options.command.read_bytes(), read_licences(options.licences)
    for part in ("github", "plugins"):
        shutil.rmtree(options.folder / part, ignore_errors=True)
    write(options.folder / NAME, plugin, 0o755)
    write(options.folder / "acg", command, 0o755)
    lay_github(options.folder / "github", options.version, binary, system, plugin, command, licences)
    lay_site(options.folder / "site" / NAME, options.version, api, binary, system, plugin, licences)
    lay_plugins(options.folder / "plugins" / options.source, binary, plugin)
    files = sorted(p for p in options.folder.rglob("*") if p.is_file() and p != options.folder / "SHA256SUMS")
    write(options.folder / "SHA256SUMS", "".join(f"{digest(f)}  {f.relative_to(options.folder)}\n" for f in files).encode())


main()
