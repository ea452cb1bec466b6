#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every Packer that is there with the plugin, against the simulator: JSON and HCL2 templates, validate and build. Debian's 1.6.6, and
the newest on PATH.

    packer_real_test.py ACG_SIM PACKER_PLUGIN_ACG
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, PLUGIN, House, each_packer, hcl, template  # noqa: E402
from simtest import Report, Sim, equal, holds, tests_of, version  # noqa: E402

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


@each_packer()
def the_examples_validate_without_a_request_and_build(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
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


@each_packer(lambda packer: not packer.nests)
def the_long_example_validates_with_the_bundled_azure_builder(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        text = (EXAMPLES / "post_processor.pkr.hcl").read_text().replace(
            'source "azure-arm" "golden" {', 'source "azure-arm" "golden" {\n  client_id = "a"\n  client_secret = "b"\n  tenant_id = "c"\n'
            '  subscription_id = "d"\n', 1)
        good(house.run("validate", house.write("t.pkr.hcl", text)))
        equal(sim.log(), [], "requests")


@each_packer()
def both_languages_publish_the_same(packer):
    bodies = []
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
            good(house.run("build", house.write(name, make())))
            stored = sim.get(version("1.0.0")).body["properties"]
            bodies.append({"regions": stored["publishingProfile"]["targetRegions"], "source": stored["storageProfile"]["source"]})
    equal(bodies[0], bodies[1])


@each_packer(lambda packer: not packer.nests)
def the_plugin_is_found_by_its_newer_name(packer):
    with Sim(FAST, tls=True) as sim, House(sim, name="packer-plugin-acg", packer=packer) as house:
        for name, make in both_languages():
            good(house.run("validate", house.write(name, make())))
        published(sim, good(house.run("build", "t.pkr.hcl")), "1.0.0")


@each_packer(lambda packer: not packer.nests)
def the_plugin_is_found_in_the_current_folder(packer):
    with Sim(FAST, tls=True) as sim, House(sim, place="here", packer=packer) as house:
        published(sim, good(house.run("build", house.write("t.json", template(fields())))), "1.0.0")


@each_packer()
def the_builders_artifact_is_kept_and_the_next_post_processor_reads_ours(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        chained = template(fields())
        chained["builders"] = [{"type": "file", "name": "golden", "content": "hello", "target": "out.txt"}]
        chained["post-processors"] = [[chained["post-processors"][0], {"type": "manifest", "output": "manifest.json"}]]
        published(sim, good(house.run("build", house.write("t.json", chained))), "1.0.0")
        holds((house.work / "out.txt").exists(), "the builder's file was removed")
        made = json.loads((house.work / "manifest.json").read_text())["builds"][0]
        equal(made["artifact_id"], version("1.0.0"))


@each_packer()
def an_artifact_that_is_no_image_is_refused_by_name(packer):
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
            done = house.run("build", house.write(name, make(managed_image=None)))
            equal(done.returncode, 1, done.stdout)
            for words in ("Post-processor failed", "fnoeding.null", "azure-arm"):
                holds(words in done.stdout, f"{words!r} is not in:\n{done.stdout}")
            equal(sim.log(), [], "requests")


@each_packer()
def all_faults_come_at_once_and_alike_in_both_languages(packer):
    for name, make in both_languages():
        with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
            done = house.run("validate", house.write(name, make(**BAD)))
            equal(done.returncode, 1, done.stdout)
            flat = " ".join(done.stdout.split())
            for words in ("3 faults:", "gallery_name: 'My-Gallery'", "gallery_image_version: '01.0.0'", "'West US' is the same region as 'westus'"):
                holds(words in flat, f"{words!r} is not in:\n{done.stdout}")
            equal(flat.count("Fix:") % 3, 0)
            equal(sim.log(), [], "requests")


@each_packer()
def unknown_keys_are_refused_with_a_hint(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        done = house.run("validate", house.write("t.json", template(fields(galery_name="x"))))
        equal(done.returncode, 1, done.stdout)
        holds("galery_name" in done.stdout and "gallery_name" in done.stdout, done.stdout)


@each_packer(lambda packer: not packer.nests)
def nested_blocks_are_an_error_here_and_no_crash(packer):
    for plugin in ("packer-post-processor-acg-publish", "packer-plugin-acg"):
        with Sim(FAST, tls=True) as sim, House(sim, name=plugin, packer=packer) as house:
            done = house.run("validate", EXAMPLES / "nested_blocks.pkr.hcl")
            equal(done.returncode, 1, done.stdout)
            flat = " ".join(done.stdout.split())  # Packer wraps its lines, wherever the checkout lies
            holds("Unsupported block type" in flat and "CRASH" not in done.stdout, done.stdout)


@each_packer()
def a_version_that_exists_fails_the_build(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        done = house.run("build", house.write("t.json", template(fields(gallery_image_version="0.9.0"))))
        equal(done.returncode, 1, done.stdout)
        holds("Post-processor failed" in done.stdout and "0.9.0" in done.stdout, done.stdout)
        equal([r["method"] for r in sim.log()].count("PUT"), 0)


def cancelled(packer, send):
    """A build is cancelled while Azure works: it ends soon and cleanly, says how to go on, and deletes nothing."""
    with Sim(SLOW, tls=True) as sim, House(sim, packer=packer) as house:
        running = house.start("build", house.write("t.json", template(fields())))
        out = ""
        for line in running.stdout:
            out += line
            if "Azure creates the version" in line:
                send(running.pid)
                begun = time.monotonic()
                break
        out += running.stdout.read()
        equal(running.wait(timeout=60), 1, out)
        took = time.monotonic() - begun
        holds(took < 3, f"took {took:.1f} s:\n{out}")
        for words in ("Cleanly cancelled builds", "cancelled:", version("1.0.0"), "Nothing was deleted"):
            holds(words in out, f"{words!r} is not in:\n{out}")
        holds("unexpected EOF" not in out, out)
        equal([r["method"] for r in sim.log()].count("DELETE"), 0)
        equal(list((house.path / "tmp").glob("packer-plugin*")), [], "sockets that were left")


@each_packer()
def a_term_to_packer_cancels_cleanly(packer):
    cancelled(packer, lambda pid: os.kill(pid, signal.SIGTERM))


@each_packer()
def ctrl_c_to_the_group_cancels_cleanly(packer):
    cancelled(packer, lambda pid: os.killpg(pid, signal.SIGINT))


@each_packer()
def secrets_stand_in_no_output(packer):
    scenario = {**FAST, "tokens": {"tenants": ["11111111-2222-3333-4444-555555555555"],
                                   "clients": [{"client_id": "sp", "client_secret": SECRET}]}}
    for name, make in both_languages():
        with Sim(scenario, tls=True) as sim, House(sim, packer=packer) as house:
            house.write(name, make(client_secret=SECRET))
            out = ""
            for arguments in (("validate", name), ("build", name), ("build", name)):  # the second build fails: the version exists
                out += house.run(*arguments, PACKER_LOG="1", AZURE_CLIENT_SECRET="").stdout
            holds("plugin: [INFO] publishing" in out, f"no log of ours in:\n{out}")
            holds(version("1.0.0") in out and "Post-processor failed" in out, out)
            holds(SECRET not in out, "the client secret was shown")
            holds("Bearer" not in out and "access_token" not in out, "a token was shown")


NEEDS = '''packer {
  required_plugins {
    acg = {
      version = ">= 0.1.0"
      source  = "example.com/acg/acg"
    }
  }
}
'''


def builders(house):
    """Builders and post-processors that come with Packer, whose artifact is no image: the source is named."""
    for name, builder, before in (("null", {"type": "null", "communicator": "none"}, []),
                                  ("file", {"type": "file", "content": "hello", "target": "out.txt"}, []),
                                  ("artifice", {"type": "null", "communicator": "none"}, [{"type": "artifice", "files": ["made.txt"]}]),
                                  ("manifest", {"type": "file", "content": "hello", "target": "out.txt"},
                                   [{"type": "manifest", "output": "manifest.json"}])):
        (house.work / "made.txt").write_text("made elsewhere")
        yield name, builder, before


def attributes(fields, indent):
    return "".join(f"{indent}{k} = {json.dumps(v).replace('{', '{ ').replace(': ', ' = ')}\n" for k, v in fields.items())


@each_packer()
def the_source_may_be_named_whatever_the_builder(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        for number, (name, builder, before) in enumerate(builders(house)):
            patch = {"gallery_image_version": f"2.{number}.0"}
            old = {"builders": [{"name": "golden", **builder}], "post-processors": [[*before, {"type": "acg-publish", **fields(**patch)}]]}
            published(sim, good(house.run("build", house.write(f"{name}.json", old))), f"2.{number}.0")
            patch = {"gallery_image_version": f"2.{number}.1"}
            steps = "".join(f'    post-processor "{p["type"]}" {{\n{attributes({k: v for k, v in p.items() if k != "type"}, " " * 6)}    }}\n'
                            for p in [*before, {"type": "acg-publish", **fields(**patch)}])
            new = (f'source "{builder["type"]}" "golden" {{\n{attributes({k: v for k, v in builder.items() if k != "type"}, "  ")}}}\n'
                   f'build {{\n  sources = ["source.{builder["type"]}.golden"]\n  post-processors {{\n{steps}  }}\n}}\n')
            good(house.run("validate", house.write(f"{name}.pkr.hcl", new)))
            published(sim, good(house.run("build", f"{name}.pkr.hcl")), f"2.{number}.1")


@each_packer(lambda packer: packer.installs)
def the_plugin_installs_like_any_other(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer, place="nowhere") as house:
        about = json.loads(subprocess.run([PLUGIN, "describe"], capture_output=True, check=True).stdout)
        installed = f"packer-plugin-acg_v{about['version']}_{about['api_version']}_"
        said = house.install()
        holds(installed in said, said)
        listed = good(house.run("plugins", "installed"))
        holds(installed in listed, listed)
        house.write("t.pkr.hcl", NEEDS + hcl(fields()))
        good(house.run("init", "t.pkr.hcl"))
        required = good(house.run("plugins", "required", "t.pkr.hcl"))
        holds("example.com/acg/acg" in required, required)
        good(house.run("validate", "t.pkr.hcl"))
        published(sim, good(house.run("build", "t.pkr.hcl")), "1.0.0")
        good(house.run("plugins", "remove", "example.com/acg/acg"))
        done = house.run("validate", "t.pkr.hcl")
        equal(done.returncode, 1, done.stdout)


@each_packer(lambda packer: packer.nests)
def nested_blocks_publish_the_same_as_the_compact_form(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        good(house.run("validate", EXAMPLES / "nested_blocks.pkr.hcl"))
        published(sim, good(house.run("build", EXAMPLES / "nested_blocks.pkr.hcl")), "1.0.0")


@each_packer()
def template_functions_and_values_of_the_build_are_evaluated(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        old = template(fields(gallery_image_version="3.0.{{user `patch`}}", tags={
            "built": "{{isotime `2006`}}", "by": "{{build_type}}", "name": "{{.BuildName | upper}}", "of": "{{.ArtifactId}}"}))
        old["variables"] = {"patch": "7"}
        good(house.run("validate", house.write("t.json", old)))
        published(sim, good(house.run("build", "t.json")), "3.0.7")
        tags = sim.get(version("3.0.7")).body["tags"]
        equal((tags["by"], tags["name"], tags["of"], len(tags["built"])), ("null", "GOLDEN", "Null", 4))
        old["post-processors"][0]["tags"] = {"no": "{{build `NoSuchValue`}}"}
        done = house.run("validate", house.write("t.json", old))
        equal(done.returncode, 1, done.stdout)
        holds("the build has no such value" in " ".join(done.stdout.split()), done.stdout)


@each_packer()
def builds_run_side_by_side(packer):
    """All four writes come before the first of them can be over."""
    with Sim({"speeds": {"version_ms": 2000, "replication_ms": 0}}, tls=True) as sim, House(sim, packer=packer) as house:
        text = "".join(f'source "null" "n{i}" {{\n  communicator = "none"\n}}\n' for i in range(4))
        for i in range(4):
            body = attributes(fields(gallery_image_version=f"4.0.{i}"), "    ")
            text += (f'build {{\n  sources = ["source.null.n{i}"]\n  post-processor "acg-publish" {{\n{body}  }}\n}}\n')
        out = good(house.run("build", house.write("t.pkr.hcl", text)))
        for i in range(4):
            published(sim, out, f"4.0.{i}")
        kinds = ["PUT" if r["method"] == "PUT" else "read back" if "$expand" in r.get("query", "") else "" for r in sim.log()]
        holds("read back" not in kinds[:[i for i, kind in enumerate(kinds) if kind == "PUT"][-1]], f"one after the other: {kinds}")


@each_packer()
def our_artifact_is_the_source_of_a_second_publish(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        second = fields(gallery_image_version="5.0.1", managed_image=None, disk_encryption_sets=None)
        old = {"builders": [{"type": "null", "name": "golden", "communicator": "none"}],
               "post-processors": [[{"type": "acg-publish", **fields(gallery_image_version="5.0.0", disk_encryption_sets=None)},
                                    {"type": "acg-publish", **second}]]}
        out = good(house.run("build", house.write("t.json", old)))
        holds(version("5.0.0") in out and f": {version('5.0.1')}\n" in out, out)
        equal(sim.get(version("5.0.1")).body["properties"]["storageProfile"]["source"]["id"], version("5.0.0"))
        equal([r["method"] for r in sim.log()].count("DELETE"), 0)


@each_packer()
def a_version_is_deleted_with_its_artifact_only_when_told_to(packer):
    for told, status in ((True, 404), (False, 200)):
        with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
            first = {"type": "acg-publish", **fields(gallery_image_version="6.0.0", disk_encryption_sets=None, delete_version_on_destroy=told)}
            last = {"type": "manifest", "output": "m.json", "keep_input_artifact": False}
            old = {"builders": [{"type": "null", "name": "golden", "communicator": "none"}],
                   "post-processors": [[first, {"type": "artifice", "files": ["made.txt"], "keep_input_artifact": False}, last]]}
            (house.work / "made.txt").write_text("x")
            good(house.run("build", house.write("t.json", old)))
            equal(sim.get(version("6.0.0")).status, status)


@each_packer()
def machine_readable_output_has_the_artifact_and_our_lines(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        out = good(house.run("build", "-machine-readable", house.write("t.json", template(fields()))))
        holds(f",artifact,1,id,{version('1.0.0')}" in out, out)
        holds(",ui,say," in out and "sending the version to Azure" in out, out)


@each_packer()
def debug_shows_requests(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        out = good(house.run("build", "-debug", house.write("t.json", template(fields()))))
        holds("PUT " in out and "Bearer" not in out, out)


@each_packer()
def force_replaces_a_version_unless_on_existing_is_written(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        def writes():
            return [r["method"] for r in sim.log() if r["method"] in ("PUT", "DELETE")]
        good(house.run("build", house.write("t.json", template(fields()))))
        sim.send("DELETE", "/_sim/log")
        out = good(house.run("build", "-force", house.write("t.json", template(fields()))))
        holds("-force: a version of that name is deleted and made anew" in out, out)
        equal(writes(), ["DELETE", "PUT"], out)
        kept = house.run("build", "-force", house.write("t.json", template({**fields(), "on_existing": "fail"})))
        holds(kept.returncode == 1 and "on_existing is written, and wins" in kept.stdout, kept.stdout)
        equal(writes(), ["DELETE", "PUT"], "nothing more is written")


@each_packer()
def a_quorum_that_is_met_ends_the_build_well_and_names_what_is_missing(packer):
    scenario = {**FAST, "versions": [{"regions": {"eastus2": {"fail": "Storage allocation failure"}}}]}
    for name, of in both_languages():
        with Sim(scenario, tls=True) as sim, House(sim, packer=packer) as house:
            out = good(house.run("build", house.write(name, of(quorum=1))))
            for words in ("published without eastus2", "Published in part", "eastus2: missing", "Storage allocation failure", f": {version('1.0.0')}\n"):
                holds(words in out, out)


@each_packer()
def the_number_of_the_build_ends_the_version(packer):
    with Sim(FAST, tls=True) as sim, House(sim, packer=packer) as house:
        path = house.write("t.json", template(fields(gallery_image_version="1.4.build")))
        holds("build_number" in house.run("validate", path, BUILD_NUMBER="").stdout, "no number is no fault")
        good(house.run("validate", path, BUILD_NUMBER="7"))
        published(sim, good(house.run("build", path, BUILD_NUMBER="7")), "1.4.7")


report = Report()
report.run(tests_of(globals()))
report.end()
