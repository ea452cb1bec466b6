#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The installed library as somebody else uses it: examples/publish_one.c, built outside the tree, publishes.

    publish_one_test.py ACG_SIM BUILD_FOLDER SOURCE_FOLDER
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402

BUILD, SOURCE = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
TEMPORARY = tempfile.TemporaryDirectory(prefix="acg-install-")
WORK = pathlib.Path(TEMPORARY.name)
# Installed in one place and used from another: nothing in the package may depend on where it was put first.
PREFIX = WORK / "moved"


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, **more)
    holds(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def install():
    run("cmake", "--install", BUILD, "--prefix", WORK / "first", "--component", "library")
    (WORK / "first").rename(PREFIX)
    shutil.copy(SOURCE / "examples" / "publish_one.c", WORK)


def library_folder():
    return next(PREFIX.rglob("libacg.so")).parent


def pkg_config(*options):
    env = {**os.environ, "PKG_CONFIG_PATH": str(library_folder() / "pkgconfig")}
    return run("pkg-config", *options, "acg", env=env).split()


def publish(program, name):
    with Sim(FAST, tls=True) as sim:
        env = sim.environment(LD_LIBRARY_PATH=str(library_folder()))
        done = subprocess.run([program, version(name), "myImage", "westus=WestUSDiskEncryptionSet1", "eastus2=EastUS2DiskEncryptionSet1"],
                              env=env, capture_output=True, text=True, timeout=120)
        equal(done.returncode, 0, done.stdout + done.stderr)
        stored = sim.get(version(name)).body["properties"]["publishingProfile"]["targetRegions"]
        return done.stdout, stored


@test
def the_library_installs():
    install()
    holds((library_folder() / "libacg.so.0").exists(), "no libacg.so.0")
    holds((PREFIX / "include" / "acg" / "acg.h").exists(), "no acg/acg.h")


@test
def a_program_built_with_pkg_config_publishes_to_two_regions():
    run("cc", *FLAGS, "publish_one.c", "-o", "publish_one", *pkg_config("--cflags", "--libs"), cwd=WORK)
    needed = run("readelf", "-d", WORK / "publish_one")
    holds("libacg.so.0" in needed and "libcurl" not in needed, needed)
    said, stored = publish(WORK / "publish_one", "3.0.0")
    equal([r["encryption"]["osDiskImage"]["diskEncryptionSetId"].lower() for r in stored],
          [des("WestUSDiskEncryptionSet1").lower(), des("EastUS2DiskEncryptionSet1").lower()])
    equal([r["encryption"]["dataDiskImages"][0]["lun"] for r in stored], [0, 0])
    for words in ("westus, OS disk: ", "westus, LUN 0: ", "eastus2, OS disk: ", "eastus2, LUN 0: "):
        holds(words in said, said)


@test
def a_program_built_with_the_cmake_package_publishes():
    (WORK / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(other C)\nfind_package(acg 0.1 REQUIRED)\n"
                                         "add_executable(other publish_one.c)\ntarget_link_libraries(other PRIVATE acg::acg)\n")
    run("cmake", "-S", WORK, "-B", WORK / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}")
    run("cmake", "--build", WORK / "build")
    publish(WORK / "build" / "other", "3.0.1")


@test
def the_static_twin_needs_only_what_the_package_names():
    flags = run("pkg-config", "--cflags", "--libs", "libcurl", "jansson", "openssl").split()
    run("cc", *FLAGS, "-I", PREFIX / "include", "publish_one.c", "-o", "publish_static", library_folder() / "libacg.a", *flags, cwd=WORK)
    needed = run("readelf", "-d", WORK / "publish_static")
    holds("libacg" not in needed and "libcurl" in needed, needed)
    publish(WORK / "publish_static", "3.0.2")


report = Report()
report.run(tests_of(globals()))
TEMPORARY.cleanup()
report.end()
