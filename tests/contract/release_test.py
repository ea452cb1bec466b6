#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The release files: what the executables need, that they work in an empty root, and the folders that Packer installs from.

    release_test.py ACG_SIM RELEASE_FOLDER SOURCE_FOLDER VERSION
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import COMPUTE, Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

FOLDER, SOURCE, VERSION = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
NAME, API = "packer-plugin-acg", "x5.0"
EXECUTABLES = (FOLDER / NAME, FOLDER / "acg")
INSTALLED = next((FOLDER / "plugins").rglob(f"{NAME}_v*[0-9a-z]"))
SYSTEM = "_".join(INSTALLED.name.split("_")[3:])
FULL_NAME = f"{NAME}_v{VERSION}_{API}_{SYSTEM}"
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
WAIT = 60


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=WAIT, **more)
    holds(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def sums(path):
    """name to digest, of a file that must hold nothing else."""
    lines = path.read_text().splitlines()
    holds(lines and all(re.fullmatch(r"[0-9a-f]{64}  \S+", line) for line in lines), f"{path.name}: {lines}")
    return {line[66:]: line[:64] for line in lines}


def check_sums(path, names):
    have = sums(path)
    equal(sorted(have), sorted(names), path.name)
    for name, value in have.items():
        equal(hashlib.sha256((path.parent / name).read_bytes()).hexdigest(), value, name)


def check_zip(path, name, executable):
    with zipfile.ZipFile(path) as archive:
        equal(archive.namelist(), sorted([name, "LICENSES.txt"]), path.name)
        equal(archive.read(name), executable.read_bytes(), f"{name} in {path.name}")
        equal(stat.S_IMODE(archive.getinfo(name).external_attr >> 16), 0o755, f"mode of {name}")
        text = archive.read("LICENSES.txt").decode()
    for part in ("Mozilla Public License", "libcurl4-openssl-dev", "libssl-dev", "libc6-dev"):
        holds(part in text, f"{part} is not in LICENSES.txt")


@test
def the_executables_need_nothing_at_run_time():
    for executable in EXECUTABLES:
        dynamic, segments = run("readelf", "--dynamic", executable), run("readelf", "--segments", "--file-header", executable)
        equal(re.findall(r"NEEDED|RPATH|RUNPATH", dynamic), [], executable.name)
        holds("INTERP" not in segments, f"{executable.name} asks for a program interpreter")
        holds("DYN (" in segments and "GNU_RELRO" in segments and "NOW" in dynamic, f"{executable.name} is not hardened")


@test
def the_executables_know_no_path_of_the_machine_that_built_them():
    for executable in EXECUTABLES:
        holds(str(SOURCE).encode() not in executable.read_bytes(), f"{executable.name} names {SOURCE}")


@test
def describe_says_what_the_file_name_says():
    said = json.loads(run(INSTALLED, "describe"))
    equal(INSTALLED.name, f"{NAME}_v{said['version']}_{said['api_version']}_{SYSTEM}")
    equal(said["version"], VERSION)
    for text in (said["runtime"], run(FOLDER / NAME, "--version"), run(FOLDER / "acg", "--version")):
        for library in ("libcurl", "OpenSSL", "nghttp2"):
            holds(re.search(rf"{library}/\d+\.\d+\.\d+", text), f"no version of {library} in {text}")


@test
def the_assets_of_a_github_release_are_complete():
    folder = FOLDER / "github"
    plugin, command = f"{FULL_NAME}.zip", f"acg_{VERSION}_{SYSTEM}.zip"
    lists = [f"{NAME}_v{VERSION}_SHA256SUMS", f"acg_{VERSION}_SHA256SUMS"]
    equal(sorted(p.name for p in folder.iterdir()), sorted([plugin, command, *lists]))
    check_sums(folder / lists[0], [plugin])
    check_sums(folder / lists[1], [command])
    check_zip(folder / plugin, FULL_NAME, FOLDER / NAME)
    check_zip(folder / command, "acg", FOLDER / "acg")


@test
def the_tree_of_a_releases_site_is_complete():
    folder = FOLDER / "site" / NAME
    archive, manifest, sums_name = f"{NAME}_{VERSION}_{SYSTEM}.zip", f"{NAME}_{VERSION}_manifest.json", f"{NAME}_{VERSION}_SHA256SUMS"
    index = json.loads((folder / "index.json").read_text())
    equal(index["name"], NAME)
    entry = index["versions"][VERSION]
    equal((entry["name"], entry["version"], entry["shasums"]), (NAME, VERSION, sums_name))
    equal([(b["os"] + "_" + b["arch"], b["filename"]) for b in entry["builds"]], [(SYSTEM, archive)])
    equal(sorted(p.name for p in (folder / VERSION).iterdir()), sorted([archive, manifest, sums_name]))
    check_sums(folder / VERSION / sums_name, [archive, manifest])
    check_zip(folder / VERSION / archive, FULL_NAME, FOLDER / NAME)
    equal("x" + json.loads((folder / VERSION / manifest).read_text())["metadata"]["protocol_version"], API)


@test
def the_plugin_folder_is_as_packer_itself_would_write_it():
    folder = INSTALLED.parent
    equal(folder.relative_to(FOLDER / "plugins").parts[-1], "acg")
    holds(len(folder.relative_to(FOLDER / "plugins").parts) >= 3, f"{folder} is not HOST/NAMESPACE/NAME")
    sum_file = folder / f"{INSTALLED.name}_SHA256SUM"
    equal(sorted(folder.iterdir()), [INSTALLED, sum_file])
    equal(sum_file.read_bytes(), hashlib.sha256(INSTALLED.read_bytes()).hexdigest().encode())
    equal((stat.S_IMODE(INSTALLED.stat().st_mode), stat.S_IMODE(sum_file.stat().st_mode)), (0o755, 0o644))


def lay_out(folder, version_text=VERSION):
    return subprocess.run([sys.executable, SOURCE / "plugin/release/archive.py", "--plugin", FOLDER / NAME, "--command", FOLDER / "acg",
                           "--version", version_text, "--source", "example.com/acg/acg", "--licences", SOURCE / "LICENSE",
                           "--folder", folder], capture_output=True, text=True, timeout=WAIT, check=False)


@test
def the_same_executables_make_the_same_bytes():
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        for folder in (a, b):
            done = lay_out(folder)
            equal(done.returncode, 0, done.stderr)
        equal((pathlib.Path(a) / "SHA256SUMS").read_text(), (pathlib.Path(b) / "SHA256SUMS").read_text())
        holds(len(sums(pathlib.Path(a) / "SHA256SUMS")) > 10, "files are missing")


@test
def other_versions_of_a_site_stay():
    with tempfile.TemporaryDirectory() as folder:
        index = pathlib.Path(folder) / "site" / NAME / "index.json"
        index.parent.mkdir(parents=True)
        index.write_text(json.dumps({"name": NAME, "versions": {"0.0.9": {"version": "0.0.9"}}}))
        equal(lay_out(folder).returncode, 0)
        equal(sorted(json.loads(index.read_text())["versions"]), ["0.0.9", VERSION])


@test
def a_plugin_of_another_version_is_not_laid_out():
    with tempfile.TemporaryDirectory() as folder:
        done = lay_out(folder, "9.9.9")
        holds(done.returncode != 0 and "9.9.9" in done.stderr, done.stderr)
        equal(list(pathlib.Path(folder).iterdir()), [])


class EmptyRoot:
    """A root with the executables, certificate authorities and a folder for sockets; no library, no shell, no /dev, no /proc."""

    def __init__(self, authorities):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-root-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / BUNDLE).parent.mkdir(parents=True)
        (self.path / BUNDLE).write_text(authorities)
        (self.path / "etc/hosts").write_text("127.0.0.1 sim.example\n")
        (self.path / "tmp").mkdir()
        for executable in EXECUTABLES:
            shutil.copy(executable, self.path)
        self.enter = ["chroot", self.folder.name] if os.getuid() == 0 else ["unshare", "--map-root-user", f"--root={self.folder.name}"]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def publish(self, sim, name, **more):
        environment = sim.environment(SSL_CERT_FILE="", SSL_CERT_DIR="", **{"ACG_CA_FILE": "", **more})
        arguments = ["-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage",
                     "--gallery-image-version", name, "--location", "westus", "--target-regions", "westus", "--target-region-encryption",
                     "WestUSDiskEncryptionSet1,0,WestUSDiskEncryptionSet2", "--managed-image", f"{COMPUTE}/images/myImage"]
        return subprocess.run([*self.enter, "/acg", "publish", *arguments], env=environment, capture_output=True, text=True, timeout=WAIT)


def authorities():
    """The system's, as a slim container has them: in one file."""
    return pathlib.Path("/", BUNDLE).read_text()


@test
def the_command_publishes_over_tls_from_an_empty_root():
    with Sim(FAST, tls=True) as sim, EmptyRoot(authorities() + pathlib.Path(sim.ca).read_text()) as root:
        done = root.publish(sim, "1.0.0")
        equal(done.returncode, 0, done.stderr)
        equal(json.loads(done.stdout)["version_id"], version("1.0.0"))


@test
def there_an_unknown_authority_is_refused_and_a_named_file_still_rules():
    with Sim(FAST, tls=True) as sim, EmptyRoot(authorities()) as root:
        done = root.publish(sim, "1.0.0")
        holds(done.returncode != 0 and "is not trusted" in done.stderr, done.stderr)
        shutil.copy(sim.ca, root.path / "own.pem")
        equal(root.publish(sim, "1.0.0", ACG_CA_FILE="/own.pem").returncode, 0)


@test
def there_names_come_from_the_hosts_file():
    with Sim(FAST, tls=True) as sim, EmptyRoot(pathlib.Path(sim.ca).read_text()) as root:
        base = sim.base.replace(sim.base.split("/")[2].split(":")[0], "sim.example")
        done = root.publish(sim, "1.0.0", AZURE_AUTHORITY_HOST=base)
        holds("sim.example" in done.stderr and "is not trusted" in done.stderr, done.stderr)  # reached; its certificate is for another name


@test
def the_plugin_starts_there():
    with EmptyRoot("") as root:
        equal(json.loads(run(*root.enter, f"/{NAME}", "describe"))["version"], VERSION)
        environment = {"PACKER_PLUGIN_MAGIC_COOKIE": COOKIE, "TMPDIR": "/tmp", "PATH": os.environ["PATH"]}
        with subprocess.Popen([*root.enter, f"/{NAME}", "start", "post-processor", "--protobuf", "publish"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as plugin:
            line = plugin.stdout.readline()
            plugin.terminate()
        holds(re.fullmatch(r"5\|0\|unix\|/tmp/[^|]+\n", line), f"the address line is {line!r}")


report = Report()
report.run(tests_of(globals()))
report.end()
