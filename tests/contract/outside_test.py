#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The installed library as somebody else uses it: the examples in C, built outside the tree, publish.

    outside_test.py ACG_SIM PREFIX SOURCE_FOLDER
"""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from installed import FAST, FLAGS, SLOW, Installed, run  # noqa: E402
from simtest import Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402

LIBRARY, EXAMPLES = Installed(sys.argv[2]), pathlib.Path(sys.argv[3]) / "examples"
NAMES = ("publish_one", "publish_many", "host_loop")
TEMPORARY = tempfile.TemporaryDirectory(prefix="acg-outside-")
WORK = pathlib.Path(TEMPORARY.name)
SETS = ("westus=WestUSDiskEncryptionSet1", "eastus2=EastUS2DiskEncryptionSet1")
CMAKE = """cmake_minimum_required(VERSION 3.25)
project(other C)
find_package(acg 0.1 REQUIRED)
foreach(name IN ITEMS publish_one publish_many host_loop)
    add_executable(${name} ${name}.c)
    target_link_libraries(${name} PRIVATE acg::acg)
endforeach()
"""
PROGRAMS = {}  # (name, how it was built): path; filled by the first tests


def stored_sets(sim, name):
    regions = sim.get(version(name)).body["properties"]["publishingProfile"]["targetRegions"]
    return [r["encryption"]["osDiskImage"]["diskEncryptionSetId"].lower() for r in regions]


def start(sim, program, *arguments):
    return subprocess.Popen([program, *arguments], env=sim.environment(**LIBRARY.loader), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(sim, program, *arguments, code=0):
    process = start(sim, program, *arguments)
    out, err = process.communicate(timeout=120)
    equal(process.returncode, code, out + err)
    return out, err


def publish_two_regions(program, name):
    with Sim(FAST, tls=True) as sim:
        said, _ = finish(sim, program, version(name), "myImage", *SETS)
        equal(stored_sets(sim, name), [des("WestUSDiskEncryptionSet1").lower(), des("EastUS2DiskEncryptionSet1").lower()])
    for words in ("westus, OS disk: ", "westus, LUN 0: ", "eastus2, OS disk: ", "eastus2, LUN 0: "):
        holds(words in said, said)


def publish_list(program):
    """Three publishes, one of an image that is not there; each event names its line, one token serves all."""
    lines = [f"{version('3.1.0')} myImage {SETS[0]}", "", f"{version('3.1.1')} noSuchImage {SETS[0]}", f"{version('3.1.2')} myImage {' '.join(SETS)}",
             f"{version('3.1.3')} myImage westus=NOT/A/SET"]
    (WORK / "list").write_text("\n".join(lines) + "\n")
    with Sim(FAST, tls=True) as sim:
        out, err = finish(sim, program, WORK / "list", code=3)  # preflight found the missing image first
        equal([len(stored_sets(sim, name)) for name in ("3.1.0", "3.1.2")], [1, 2])
        equal([sim.get(version(name)).status for name in ("3.1.1", "3.1.3")], [404, 404])
        equal(len([r for r in sim.log() if r["path"].endswith("/token") and r["method"] == "POST"]), 2, "token requests, with that of this test")
    for line in (1, 3, 4):
        holds(f"line {line}: " in out, out)
    holds("line 3: preflight" in err and "noSuchImage" in err and "line 5: argument" in err, err)


def hear(process, words):
    """What the process says up to the line with these words."""
    said = ""
    while words not in said:
        line = process.stdout.readline()
        holds(line != "", f"{words!r} was never said: {said}")
        said += line
    return said


def host_loop_obeys(program):
    """Commands are answered while the publish waits for Azure; "cancel" ends it."""
    with Sim(SLOW, tls=True) as sim:
        process = start(sim, program, version("3.2.0"), "myImage", SETS[0])
        said = hear(process, "Azure creates the version")
        process.stdin.write("status\n")
        process.stdin.flush()
        said += hear(process, "status: ")
        out, err = process.communicate("cancel\n", timeout=120)
        equal(process.returncode, 130, said + out + err)
        holds("cancelled" in err, err)


def host_loop_ends_at_a_signal(program):
    """The handler is the host's; a wakeup from inside it ends the wait."""
    with Sim(SLOW, tls=True) as sim:
        process = start(sim, program, version("3.2.1"), "myImage", SETS[0])
        process.stdin.close()  # the end of the input does not end the publish
        process.stdin = None
        holds(process.stdout.readline() != "", "nothing was said")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        equal(process.returncode, 130, out + err)


@test
def the_library_is_installed():
    holds((LIBRARY.folder / "libacg.so.0").exists(), "no libacg.so.0")
    holds((LIBRARY.prefix / "include" / "acg" / "acg.h").exists(), "no acg/acg.h")
    for name in NAMES:
        shutil.copy(EXAMPLES / f"{name}.c", WORK)


@test
def the_examples_are_built_with_pkg_config():
    for name in NAMES:
        PROGRAMS[name, "pkg-config"] = LIBRARY.compile(WORK / f"{name}.c", WORK / name)
        needed = run("readelf", "-d", WORK / name)
        holds("libacg.so.0" in needed and "libcurl" not in needed, needed)


@test
def the_examples_are_built_with_the_cmake_package():
    (WORK / "CMakeLists.txt").write_text(CMAKE)
    run("cmake", "-S", WORK, "-B", WORK / "build", f"-DCMAKE_PREFIX_PATH={LIBRARY.prefix}")
    run("cmake", "--build", WORK / "build")
    for name in NAMES:
        PROGRAMS[name, "cmake"] = WORK / "build" / name


@test
def one_version_is_published_to_two_regions():
    publish_two_regions(PROGRAMS["publish_one", "pkg-config"], "3.0.0")
    publish_two_regions(PROGRAMS["publish_one", "cmake"], "3.0.1")


@test
def many_versions_are_published_and_their_events_told_apart():
    publish_list(PROGRAMS["publish_many", "pkg-config"])
    publish_list(PROGRAMS["publish_many", "cmake"])


@test
def the_hosts_own_loop_is_served_while_a_publish_waits():
    host_loop_obeys(PROGRAMS["host_loop", "pkg-config"])
    host_loop_obeys(PROGRAMS["host_loop", "cmake"])


@test
def a_signal_of_the_host_ends_the_wait():
    host_loop_ends_at_a_signal(PROGRAMS["host_loop", "pkg-config"])


@test
def the_hosts_loop_publishes_to_the_end():
    with Sim(FAST, tls=True) as sim:
        finish(sim, PROGRAMS["host_loop", "cmake"], version("3.2.2"), "myImage", SETS[0])
        equal(len(stored_sets(sim, "3.2.2")), 1)


@test
def the_static_twin_needs_only_what_the_package_names():
    flags = run("pkg-config", "--cflags", "--libs", "libcurl", "jansson", "openssl").split()
    program = WORK / "publish_static"
    run("cc", *FLAGS, "-I", LIBRARY.prefix / "include", WORK / "publish_one.c", "-o", program, LIBRARY.folder / "libacg.a", *flags)
    needed = run("readelf", "-d", program)
    holds("libacg" not in needed and "libcurl" in needed, needed)
    publish_two_regions(program, "3.0.2")


report = Report()
report.run(tests_of(globals()))
TEMPORARY.cleanup()
report.end()
