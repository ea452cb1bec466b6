#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes the pages in the form of Packer's integrations, from the field table, from the files of examples/, from the catalogue of Azure's
errors (core/report/catalogue.def) and from the pages beside this file.

    plugin/docs/generate.py ACG           write plugin/docs/partials and .web-docs anew
    plugin/docs/generate.py ACG --check   write nothing; name what differs

ACG is the command that `cmake --build` makes: build/release/plugin/acg. Written by hand are README.md and post-processors/*.mdx beside this file;
there `@include 'NAME'` stands for partials/NAME, `examples/FILE.mdx` is a partial that holds examples/FILE, and `troubleshooting/*.mdx` are the
catalogue.
"""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
PAGE = "acg-publish"
PARTIALS = pathlib.PurePath("plugin/docs/partials")
WEB = pathlib.PurePath(".web-docs")
MARK = "<!-- Made by plugin/docs/generate.py; do not edit -->\n"
TYPES = {"text": "string", "text, secret": "string, secret", "bool": "bool", "number": "number", "duration": "duration string",
         "list of texts": "list of strings", "map of texts": "map of strings", "block": "block", "blocks": "blocks"}
ROW = re.compile(r'^ROW\("(.*)", "(.*)", (\d+), "(.*)",\n    "(.*)",\n    "(.*)"\)$', re.M)
INCLUDE = re.compile(r"^@include '([^']+)'\n", re.M)
WIDTH = 148
METADATA = """\
# SPDX-License-Identifier: MPL-2.0
# Made by plugin/docs/generate.py; do not edit.
integration {
  name        = "Azure Compute Gallery, encrypted"
  description = "Publishes what a build made as an encrypted image version in Azure Compute Gallery, and proves it."
  identifier  = "packer/acg/acg"
  docs {
    process_docs    = true
    readme_location = "./README.md"
  }
  license {
    type = "MPL-2.0"
  }
  component {
    type = "post-processor"
    name = "Publish an encrypted image version"
    slug = "acg-publish"
  }
}
"""


def wrapped(text):
    """Lines of a list item; what stands in backticks or brackets is not broken."""
    words, lines = re.findall(r"(?:`[^`]*`|\[[^\]]*\]|\{[^}]*\}|\S)+", text), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n  ".join(lines)


def item(field):
    """One option: `name` (type) - what it is. What stands in for it."""
    text = field["meaning"].removeprefix("Packer: ") + "."
    if field["default"]:
        text += f" Default: {field['default']}.".replace(": Azure's: ", ": Azure's, ").replace(": Packer: ", " in Packer: ")
    if field["variable"]:
        names = [field["variable"], *field["more_variables"]]
        text += f" Environment variable{'s' if len(names) > 1 else ''}: {', '.join(f'`{n}`' for n in names)}."
    return wrapped(f"- `{field['name']}` ({TYPES[field['type']]}) - {text}") + "\n"


def partials_of(name, fields):
    """The partials of one level and of the levels in it, by path."""
    made = {}
    for required, suffix in ((True, "required"), (False, "not-required")):
        items = [item(f) for f in fields if f["required"] == required]
        if items:
            made[PARTIALS / "post-processor" / PAGE / f"{name}-{suffix}.mdx"] = MARK + "\n" + "\n".join(items)
    for field in fields:
        if field["fields"] is None:
            continue
        for path, text in partials_of("".join(w.title() for w in field["name"].split("_")), field["fields"]).items():
            if made.setdefault(path, text) != text:
                sys.exit(f"{path}: two blocks of one name have different fields")
    return made


def example(name):
    """examples/NAME as a block of code, without its licence line."""
    text = (TOP / "examples" / name).read_text()
    kind = "hcl" if name.endswith(".hcl") else "json"
    return MARK + f"\n```{kind}\n" + text.removeprefix("# SPDX-License-Identifier: MPL-2.0\n").strip() + "\n```\n"


def marked(text):
    """Names of fields as code."""
    return re.sub(r"\b([a-z]+(?:_[a-z]+)+)\b", r"`\1`", text)


def table_of(head, lines):
    """Rows of one cause and next step share a line."""
    merged = {}
    for first, cause, step in lines:
        merged.setdefault((cause, step), []).append(first)
    body = [f"| {', '.join(firsts)} | {marked(cause)} | {marked(step)} |" for (cause, step), firsts in merged.items()]
    return MARK + f"\n| {head} | cause | next step |\n|---|---|---|\n" + "\n".join(body) + "\n"


def catalogue():
    """The two tables of Azure's errors: by code, and by what the message says."""
    text = (TOP / "core" / "report" / "catalogue.def").read_text()
    rows = [[re.sub(r"\\(.)", r"\1", part) for part in row] for row in ROW.findall(text)]
    if len(rows) != len(re.findall(r"^ROW\(", text, re.M)):
        sys.exit("core/report/catalogue.def: a row is not of the usual shape")
    statuses = {"0": "", "5": "5xx"}
    codes, messages = [], []
    for rule, code, http, message, cause, step in rows:
        status = statuses.get(http, http)
        if message:
            messages.append((f"`{message.replace('*', '…')}`" + (f" ({rule})" if rule else ""), cause, step))
        else:
            codes.append((f"`{code}`" + (f" ({status})" if status else "") if code else f"HTTP {status} without one of these", cause, step))
    folder = PARTIALS / "troubleshooting"
    return {folder / "codes.mdx": table_of("code", codes), folder / "messages.mdx": table_of("message", messages)}


def flat(page, partials, used):
    """The page without front matter and title, its partials in place."""
    def put(match):
        path = PARTIALS / match[1]
        used.add(path)
        return partials[path].removeprefix(MARK).lstrip("\n")
    body = re.sub(r"\A---\n.*?\n---\n+# [^\n]*\n+", "", page, flags=re.S)
    return MARK + "\n" + INCLUDE.sub(put, body)


def make(acg):
    """Everything that is made: path below the top level, and its text."""
    fields = json.loads(subprocess.run([acg, "fields", "--json"], check=True, capture_output=True, text=True).stdout)
    partials, used = {**partials_of("Config", fields), **catalogue()}, set()
    pages = {path: path.read_text() for path in sorted((HERE / "post-processors").glob("*.mdx"))}
    for text in pages.values():
        for name in INCLUDE.findall(text):
            if name.startswith("examples/"):
                partials[PARTIALS / name] = example(name.removeprefix("examples/").removesuffix(".mdx"))
    made = {WEB / "components" / "post-processor" / path.stem / "README.md": flat(text, partials, used) for path, text in pages.items()}
    unused = sorted(set(partials) - used)
    if unused:
        sys.exit("no page includes " + ", ".join(map(str, unused)))
    return {**partials, **made, WEB / "README.md": MARK + "\n" + (HERE / "README.md").read_text(), WEB / "metadata.hcl": METADATA}


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    made = make(sys.argv[1])
    there = {p.relative_to(TOP) for top in (PARTIALS, WEB) for p in (TOP / top).rglob("*") if p.is_file()}
    differs = [path for path, text in made.items() if not (TOP / path).is_file() or (TOP / path).read_text() != text]
    stray = sorted(there - set(map(pathlib.Path, made)))
    if sys.argv[2:]:
        for path in [*differs, *stray]:
            print(path)
        sys.exit(f"out of date: run plugin/docs/generate.py {sys.argv[1]}" if differs or stray else 0)
    for path in stray:
        (TOP / path).unlink()
    for path in differs:
        (TOP / path).parent.mkdir(parents=True, exist_ok=True)
        (TOP / path).write_text(made[path])
    print(f"{len(differs)} written, {len(stray)} removed, {len(made)} in all")


main()
