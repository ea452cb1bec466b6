#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every template of examples/ passes `packer validate` of Debian's Packer 1.6.6 without a request, and the recipe that keeps a source does.

    examples_test.py ACG_SIM PACKER_PLUGIN_ACG
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, House  # noqa: E402
from simtest import Report, Sim, equal, holds  # noqa: E402

# Not for Packer: what the simulator of the quick start reads.
OTHERS = {"quickstart.json"}
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


def named(function, path):
    def run():
        function(path)
    run.__name__ = f"{path.name} {function.__name__}".replace("_", " ")
    return run


report = Report()
holds(len(templates()) >= 8, templates())
report.run([named(validates, p) for p in templates()])
report.run([named(is_formatted, p) for p in sorted(EXAMPLES.glob("*.pkr.hcl"))])
report.run([the_recipe_keeps_the_source_of_a_publish_that_fails])
report.end()
