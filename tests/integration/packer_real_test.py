#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Debian's Packer 1.6.6 with the plugin, against the simulator: JSON and HCL2 templates, validate and build.

    packer_real_test.py ACG_SIM PACKER_PLUGIN_ACG
"""
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, House, hcl, template  # noqa: E402
from simtest import Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
SLOW = {"speeds": {"version_ms": 600000, "replication_ms": 600000}}
SECRET = "s3cr3t-of-the-template"
FIELDS = {
    "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
    "gallery_image_version": "1.0.0", "location": "westus", "managed_image": "myImage",
    "target_regions": ["westus=2", "eastus2"],
    "disk_encryption_sets": {"westus/os": "WestUSDiskEncryptionSet1", "westus/0": "WestUSDiskEncryptionSet2",
                             "eastus2": "EastUS2DiskEncryptionSet1"},
}
BAD = {"gallery_name": "My-Gallery", "gallery_image_version": "01.0.0", "target_regions": ["westus", "West US"], "disk_encryption_sets": None}


def fields(**changes):
    return {k: v for k, v in {**FIELDS, **changes}.items() if v is not None}


def both_languages():
    """File name, and what makes a template of changed fields."""
    return (("t.json", lambda **changes: template(fields(**changes))), ("t.pkr.hcl", lambda **changes: hcl(fields(**changes))))


def good(done):
    equal(done.returncode, 0, done.stdout)
    return done.stdout


def published(sim, out, name):
    """Packer prints the version's id as artifact, and the simulator has every disk of it under its set."""
    holds(f": {version(name)}\n" in out, f"no artifact line with the id in:\n{out}")
    regions = sim.get(version(name)).body["properties"]["publishingProfile"]["targetRegions"]
    return {r["name"].lower().replace(" ", ""): [r["encryption"]["osDiskImage"]["diskEncryptionSetId"].rsplit("/")[-1]]
            + [d["diskEncryptionSetId"].rsplit("/")[-1] for d in r["encryption"]["dataDiskImages"]] for r in regions}


@test
def the_examples_validate_without_a_request_and_build():
    with Sim(FAST, tls=True) as sim, House(sim) as house:
        cmk = {"westus": ["WestUSDiskEncryptionSet1", "WestUSDiskEncryptionSet2"],
               "eastus2": ["EastUS2DiskEncryptionSet1", "EastUS2DiskEncryptionSet2"]}
        double = {"westus": ["WestUSDoubleEncryptionSet"] * 2, "eastus2": ["EastUS2DoubleEncryptionSet"] * 2}
        for name, number, sets in (("managed_image.pkr.hcl", "1.0.0", cmk), ("snapshots.pkr.hcl", "1.1.0", double),
                                   ("managed_image.json", "1.2.0", cmk)):
            before = len(sim.log())
            good(house.run("validate", EXAMPLES / name))
            equal(len(sim.log()), before, "requests of validate")
            out = good(house.run("build", EXAMPLES / name))
            equal(published(sim, out, number), sets)
            for line in ("sending the version to Azure", "westus: Completed, 100 %", "Published: replicated to every region"):
                holds(line in out, f"{line!r} was not said:\n{out}")
            new = [r["method"] for r in sim.log()[before:]]
            equal((new.count("PUT"), new.count("DELETE")), (1, 0), "writes")


@test
def the_long_example_validates_with_the_bundled_azure_builder():
    with Sim(FAST, tls=True) as sim, House(sim) as house:
        text = (EXAMPLES / "post_processor.pkr.hcl").read_text().replace(
            'source "azure-arm" "golden" {', 'source "azure-arm" "golden" {\n  client_id = "a"\n  client_secret = "b"\n  tenant_id = "c"\n'
            '  subscription_id = "d"\n', 1)
        good(house.run("validate", house.write("t.pkr.hcl", text)))
        equal(sim.log(), [], "requests")


@test
def both_languages_publish_the_same():
    bodies = []
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim) as house:
            good(house.run("build", house.write(name, make())))
            stored = sim.get(version("1.0.0")).body["properties"]
            bodies.append({"regions": stored["publishingProfile"]["targetRegions"], "source": stored["storageProfile"]["source"]})
    equal(bodies[0], bodies[1])


@test
def the_plugin_is_found_by_its_newer_name():
    with Sim(FAST, tls=True) as sim, House(sim, name="packer-plugin-acg") as house:
        for name, make in both_languages():
            good(house.run("validate", house.write(name, make())))
        published(sim, good(house.run("build", "t.pkr.hcl")), "1.0.0")


@test
def the_plugin_is_found_in_the_current_folder():
    with Sim(FAST, tls=True) as sim, House(sim, place="here") as house:
        published(sim, good(house.run("build", house.write("t.json", template(fields())))), "1.0.0")


@test
def the_builders_artifact_is_kept_and_the_next_post_processor_reads_ours():
    with Sim(FAST, tls=True) as sim, House(sim) as house:
        chained = template(fields())
        chained["builders"] = [{"type": "file", "name": "golden", "content": "hello", "target": "out.txt"}]
        chained["post-processors"] = [[chained["post-processors"][0], {"type": "manifest", "output": "manifest.json"}]]
        published(sim, good(house.run("build", house.write("t.json", chained))), "1.0.0")
        holds((house.work / "out.txt").exists(), "the builder's file was removed")
        made = json.loads((house.work / "manifest.json").read_text())["builds"][0]
        equal(made["artifact_id"], version("1.0.0"))


@test
def an_artifact_that_is_no_image_is_refused_by_name():
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim) as house:
            done = house.run("build", house.write(name, make(managed_image=None)))
            equal(done.returncode, 1, done.stdout)
            for words in ("Post-processor failed", "fnoeding.null", "azure-arm"):
                holds(words in done.stdout, f"{words!r} is not in:\n{done.stdout}")
            equal(sim.log(), [], "requests")


@test
def all_faults_come_at_once_and_alike_in_both_languages():
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim) as house:
            done = house.run("validate", house.write(name, make(**BAD)))
            equal(done.returncode, 1, done.stdout)
            flat = " ".join(done.stdout.split())
            for words in ("3 faults:", "gallery_name: 'My-Gallery'", "gallery_image_version: '01.0.0'", "'West US' is the same region as 'westus'"):
                holds(words in flat, f"{words!r} is not in:\n{done.stdout}")
            equal(flat.count("Fix:") % 3, 0)
            equal(sim.log(), [], "requests")


@test
def unknown_keys_are_refused_with_a_hint():
    with Sim(FAST, tls=True) as sim, House(sim) as house:
        done = house.run("validate", house.write("t.json", template(fields(galery_name="x"))))
        equal(done.returncode, 1, done.stdout)
        holds("galery_name" in done.stdout and "gallery_name" in done.stdout, done.stdout)


@test
def nested_blocks_are_an_error_here_and_no_crash():
    for plugin in ("packer-post-processor-acg-publish", "packer-plugin-acg"):
        with Sim(FAST, tls=True) as sim, House(sim, name=plugin) as house:
            done = house.run("validate", EXAMPLES / "nested_blocks.pkr.hcl")
            equal(done.returncode, 1, done.stdout)
            flat = " ".join(done.stdout.split())  # Packer wraps its lines, wherever the checkout lies
            holds("Unsupported block type" in flat and "CRASH" not in done.stdout, done.stdout)


@test
def a_version_that_exists_fails_the_build():
    with Sim(FAST, tls=True) as sim, House(sim) as house:
        done = house.run("build", house.write("t.json", template(fields(gallery_image_version="0.9.0"))))
        equal(done.returncode, 1, done.stdout)
        holds("Post-processor failed" in done.stdout and "0.9.0" in done.stdout, done.stdout)
        equal([r["method"] for r in sim.log()].count("PUT"), 0)


def cancelled(send):
    """A build is cancelled while Azure works: it ends soon and cleanly, says how to go on, and deletes nothing."""
    with Sim(SLOW, tls=True) as sim, House(sim) as house:
        packer = house.start("build", house.write("t.json", template(fields())))
        out = ""
        for line in packer.stdout:
            out += line
            if "Azure creates the version" in line:
                send(packer.pid)
                begun = time.monotonic()
                break
        out += packer.stdout.read()
        equal(packer.wait(timeout=60), 1, out)
        took = time.monotonic() - begun
        holds(took < 3, f"took {took:.1f} s:\n{out}")
        for words in ("Cleanly cancelled builds", "cancelled:", version("1.0.0"), "Nothing was deleted"):
            holds(words in out, f"{words!r} is not in:\n{out}")
        holds("unexpected EOF" not in out, out)
        equal([r["method"] for r in sim.log()].count("DELETE"), 0)
        equal(list((house.path / "tmp").glob("packer-plugin*")), [], "sockets that were left")


@test
def a_term_to_packer_cancels_cleanly():
    cancelled(lambda pid: os.kill(pid, signal.SIGTERM))


@test
def ctrl_c_to_the_group_cancels_cleanly():
    cancelled(lambda pid: os.killpg(pid, signal.SIGINT))


@test
def secrets_stand_in_no_output():
    scenario = {**FAST, "tokens": {"tenants": ["11111111-2222-3333-4444-555555555555"],
                                   "clients": [{"client_id": "sp", "client_secret": SECRET}]}}
    for name, make in both_languages():
        with Sim(scenario, tls=True) as sim, House(sim) as house:
            house.write(name, make(client_secret=SECRET))
            out = ""
            for arguments in (("validate", name), ("build", name), ("build", name)):  # the second build fails: the version exists
                out += house.run(*arguments, PACKER_LOG="1", AZURE_CLIENT_SECRET="").stdout
            holds("plugin: [INFO] publishing" in out, f"no log of ours in:\n{out}")
            holds(version("1.0.0") in out and "Post-processor failed" in out, out)
            holds(SECRET not in out, "the client secret was shown")
            holds("Bearer" not in out and "access_token" not in out, "a token was shown")


report = Report()
report.run(tests_of(globals()))
report.end()
