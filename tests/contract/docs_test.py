#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The pages of the post-processor: made anew they are the same, and what they list is what the sources hold.

    docs_test.py ACG
"""
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

ACG = str(pathlib.Path(sys.argv[1]).resolve())
PAGE = (TOP / "plugin" / "docs" / "post-processors" / "acg-publish.mdx").read_text()
# How a rule's id stands in the sources: in the call that makes a finding, or in a table.
RULE = re.compile(r'(?:acgp_fault\(\s*\w+,|acgp_checks_find(?:ing)?\(\s*m,\s*now_ms,\s*ACG_SEVERITY_\w+,|\bACG_SEVERITY_\w+,|\badd\(l,|'
                  r'\brule\s*=|\brule\[\]\s*=)\s*"([a-z][\w-]*|R\d+)"|"(R\d+)"')


def section(title, end="\n#"):
    return PAGE.split(f"\n{title}\n", 1)[1].split(end, 1)[0]


def first_column(table):
    return "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))


@test
def what_is_made_is_committed():
    made = [sys.executable, "-B", str(TOP / "plugin" / "docs" / "generate.py"), ACG, "--check"]
    done = subprocess.run(made, capture_output=True, text=True, timeout=60)
    equal((done.returncode, done.stdout + done.stderr), (0, ""), "run plugin/docs/generate.py ACG")


@test
def every_rule_has_its_line_and_no_other_stands_there():
    have = {a or b for room in ("core/plan", "core/preflight", "core/publish", "plugin/spec") for path in (TOP / room).glob("*.c")
            for a, b in RULE.findall(path.read_text())}
    holds(len(have) > 25, f"only {sorted(have)} were found in the sources")
    table = re.findall(r'^    \{"([\w-]+)",', (TOP / "core" / "plan" / "rules.c").read_text(), re.M)
    equal((have - set(table), len(table) - len(set(table))), (set(), 0), "rules that acg_rule_text does not know, or knows twice")
    equal(set(re.findall(r"`([^`]+)`", first_column(section("### By rule")))), have)


@test
def every_exit_code_and_status_has_its_line():
    codes = subprocess.run([ACG, "--help"], capture_output=True, text=True, timeout=60).stdout.partition("Exit codes:")[2]
    table = section("### By exit code of acg publish")
    equal(set(re.findall(r"\d+", first_column(table))) | {"0"}, set(re.findall(r"\b\d+\b", codes)))
    names = re.findall(r'\[ACG_\w+\] = \{"([a-z ]+)"', (TOP / "core" / "base" / "status.c").read_text())
    listed = {name.strip() for line in table.splitlines() if re.match(r"\| \d", line) for name in line.split("|")[2].split(",")}
    equal(listed | {"ok"}, set(names))


@test
def every_template_function_is_explained():
    names = re.findall(r'^    \{"(\w+)", "', (TOP / "plugin" / "template" / "functions.c").read_text(), re.M)
    text = section("## Values that are known late")
    equal([n for n in names if not re.search(rf"[`{{]{n}[`}} ]", text)], [], "functions that are not there")


@test
def every_action_of_the_roles_is_explained_and_no_other():
    named = re.findall(r"`examples/roles/([\w-]+)\.json`", first_column(section("## Permissions")))
    equal(sorted(named), ["delete", "plan", "publish", "sources"], "roles of the post-processor")
    roles = {a for name in named for a in json.loads((TOP / "examples" / "roles" / f"{name}.json").read_text())["Actions"]}
    equal(set(re.findall(r"`(Microsoft\.[^`]+)`", first_column(section("## Permissions")))), roles)


@test
def every_file_and_anchor_of_ours_that_is_named_is_there():
    names = set(re.findall(r"examples/[\w./]+\w", PAGE)) - {"examples/roles"}
    equal(sorted(n for n in names if not (TOP / n.removesuffix(".mdx")).exists()), [])


report = Report()
report.run(tests_of(globals()))
report.end()
