#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every template of examples/ passes `packer validate` of Debian's Packer 1.6.6 without a request; the recipe that keeps a source keeps it, and
builds side by side publish side by side.

    examples_test.py ACG_SIM PACKER_PLUGIN_ACG
"""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, TOP, House  # noqa: E402
from simtest import GALLERY, GROUP, IMAGE, Report, Sim, equal, holds, version  # noqa: E402

# Not for Packer: what `acg publish --file` reads, and what the simulator does for the quick start and for how-to.md.
OTHERS = {"publish.json", "quickstart.json", "how-to.json"}
# The language of 1.7; contract/go_host configures it through the SDK of newer versions.
NEWER = {"nested_blocks.pkr.hcl"}
LOGIN = '\\g<0>\n  client_id = "a"\n  client_secret = "b"\n  tenant_id = "c"\n  subscription_id = "d"'
AZURE_SOURCE = r'source "azure-arm" "\w+" \{'


def templates():
    return sorted(p for p in EXAMPLES.iterdir() if p.name.endswith((".pkr.hcl", ".json")) and p.name not in OTHERS | NEWER)


def validates(path):
    with Sim({}, tls=True) as sim, House(sim) as house:
        text = re.sub(AZURE_SOURCE, LOGIN, path.read_text())  # the builder's own login, which its pages explain
        done = house.run("validate", house.write(path.name, text))
        equal(done.returncode, 0, done.stdout)
        equal(sim.log(), [], "requests")


def is_formatted(path):
    with Sim({}, tls=True) as sim, House(sim) as house:
        done = house.run("fmt", "-check", "-diff", house.write(path.name, path.read_text()))
        equal(done.returncode, 0, done.stdout)


def of_a_file(text):
    """The recipe over a builder whose artifact can be seen to go: a file. Its gallery does not exist here, so that the publish fails."""
    text = re.sub(AZURE_SOURCE + r".*?\n\}\n", 'source "file" "golden" {\n  content = "x"\n  target  = "made.txt"\n}\n', text, flags=re.S)
    return text.replace("source.azure-arm.", "source.file.").replace("location  ", "managed_image = \"golden-base\"\n      location  ")


def the_recipe_keeps_the_source_of_a_publish_that_fails():
    recipe = of_a_file((EXAMPLES / "keep_source.pkr.hcl").read_text())
    alone, removed = re.subn(r'  post-processor "manifest" \{\n    output = "built.json"\n  \}\n', "", recipe)
    equal(removed, 1)
    for text, kept in ((recipe, True), (alone.replace("      resource_group", "      keep_input_artifact = true\n      resource_group"), False)):
        with Sim({}, tls=True) as sim, House(sim) as house:
            done = house.run("build", house.write("t.pkr.hcl", text))
            equal(done.returncode, 1, done.stdout)
            holds("Post-processor failed" in done.stdout and "acg-publish" in done.stdout, done.stdout)
            equal(((house.work / "made.txt").exists(), (house.work / "built.json").exists()), (kept, kept), "what is left")


def golden_world():
    """The simulator's own gallery and sets again, as the templates name them: gallery golden with base and web, a set for each region."""
    scenario = json.loads((TOP / "tests" / "sim" / "default_scenario.json").read_text())
    there = {r["id"].removeprefix(GROUP + "/providers/Microsoft.Compute"): r for r in scenario["resources"]}
    ours = GROUP.replace("MyResourceGroup", "gallery-rg") + "/providers/Microsoft.Compute"
    copies = (("/galleries/MyGallery", "/galleries/golden"), ("/galleries/MyGallery/images/MyImage", "/galleries/golden/images/base"),
              ("/galleries/MyGallery/images/MyImage", "/galleries/golden/images/web"),
              ("/diskEncryptionSets/WestUSDiskEncryptionSet1", "/diskEncryptionSets/westus-all"),
              ("/diskEncryptionSets/EastUS2DiskEncryptionSet1", "/diskEncryptionSets/eastus2-all"))
    return {"speeds": {"version_ms": 0, "replication_ms": 0}, "resources": [{**there[a], "id": ours + b} for a, b in copies]}


def builds_side_by_side_publish_to_the_definition_of_their_name():
    text = re.sub(r'source "azure-arm" ("\w+" \{).*?\n\}\n', 'source "null" \\g<1>\n  communicator = "none"\n}\n',
                  (EXAMPLES / "parallel_builds.pkr.hcl").read_text(), flags=re.S).replace("source.azure-arm.", "source.null.")
    text = text.replace("    resource_group  ", f'    managed_image = "{IMAGE}"\n    resource_group  ')
    with Sim(golden_world(), tls=True) as sim, House(sim) as house:
        done = house.run("build", house.write("t.pkr.hcl", text))
        equal(done.returncode, 0, done.stdout)
        for name in ("base", "web"):
            made = GALLERY.replace("MyResourceGroup", "gallery-rg").replace("MyGallery", "golden") + f"/images/{name}/versions/1.0.0"
            equal(sim.get(made).body["properties"]["provisioningState"], "Succeeded")
            holds(f"--> null.{name}: {made}\n" in done.stdout, done.stdout)


def the_filter_of_the_page_prints_the_version():
    page = (TOP / "plugin" / "docs" / "post-processors" / "acg-publish.mdx").read_text()
    program = re.search(r"awk -F, '([^']+)'", page)[1]
    with Sim(golden_world(), tls=True) as sim, House(sim) as house:
        text = (EXAMPLES / "managed_image.pkr.hcl").read_text().replace('source "null" "golden" {\n  communicator = "none"',
                                                                        'source "file" "golden" {\n  content = "x"\n  target = "made.txt"')
        done = house.run("build", "-machine-readable", house.write("t.pkr.hcl", text.replace("source.null.", "source.file.")))
        equal(done.returncode, 0, done.stdout)
        printed = subprocess.run(["awk", "-F,", program], input=done.stdout, capture_output=True, text=True, check=True, timeout=60)
        equal((printed.stdout, done.stdout.count(",artifact,0,id,"), done.stdout.count(",artifact,1,id,")), (version("1.0.0") + "\n", 1, 1))


def named(function, path):
    def run():
        function(path)
    run.__name__ = f"{path.name} {function.__name__}".replace("_", " ")
    return run


report = Report()
holds(len(templates()) >= 8, templates())
report.run([named(validates, p) for p in templates()])
report.run([named(is_formatted, p) for p in sorted(EXAMPLES.glob("*.pkr.hcl"))])
report.run([the_recipe_keeps_the_source_of_a_publish_that_fails, builds_side_by_side_publish_to_the_definition_of_their_name,
            the_filter_of_the_page_prints_the_version])
report.end()
