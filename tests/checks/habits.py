#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""House rules that a grep can hold: banned calls, allocation in one place, who may see a secret, sizes, licence lines."""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(p for house in ("core", "plugin", "tests", "examples") for p in (TOP / house).rglob("*.[ch]"))
OURS = [p for p in SOURCES if p.relative_to(TOP).parts[0] in ("core", "plugin")]

BANNED = ("strcpy strcat sprintf vsprintf gets strtok atoi atol atoll system popen sleep usleep nanosleep alloca rand srand localtime "
          "gmtime asctime ctime mktemp tmpnam tempnam scanf sscanf fscanf").split()
ALLOCATORS = "malloc calloc realloc free strdup strndup asprintf vasprintf".split()
# What may be exposed, and where: the check fails when a file joins, so that every place is a decision.
EXPOSERS_MAX = 4
FILE_MAX, FUNCTION_MAX = 700, 70
# Tables of data may be long: the marker stands in the file's first ten lines.
TABLE_MARK = "exempt from the size rule"


def code_only(text):
    """Comments and strings become blanks, so that prose may name a function; line numbers stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def calls(code, names):
    pattern = re.compile(r"(?<![\w>.])(" + "|".join(names) + r")\s*\(")
    for number, line in enumerate(code.splitlines(), 1):
        for match in pattern.finditer(line):
            yield number, match.group(1)


def long_functions(code):
    start = None
    for number, line in enumerate(code.splitlines(), 1):
        if line == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            if number - start - 1 > FUNCTION_MAX:
                yield start, number - start - 1
            start = None


def main():
    faults = []
    exposers = set()
    for path in SOURCES:
        name = path.relative_to(TOP)
        text = path.read_text()
        code = code_only(text)
        lines = text.count("\n")
        table = TABLE_MARK in "\n".join(text.splitlines()[:10])
        if not text.startswith("/* SPDX-License-Identifier: MPL-2.0 */"):
            faults.append(f"{name}:1: the licence line is missing")
        if lines > FILE_MAX and not table:
            faults.append(f"{name}: {lines} lines, at most {FILE_MAX}")
        for number, length in long_functions(code):
            if not table:
                faults.append(f"{name}:{number}: a function of {length} lines, at most {FUNCTION_MAX}")
        for number, call in calls(code, BANNED):
            faults.append(f"{name}:{number}: {call}() is banned")
        for mark in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            if re.search(r"\b" + mark + r"\b", text):
                faults.append(f"{name}: unfinished mark {mark}")
    for path in OURS:
        name = path.relative_to(TOP)
        code = code_only(path.read_text())
        if name.as_posix() != "core/base/alloc.c":
            for number, call in calls(code, ALLOCATORS):
                faults.append(f"{name}:{number}: {call}() outside core/base/alloc.c")
        if "acgp_secret_expose(" in code and name.parts[:2] != ("core", "base"):
            exposers.add(name.as_posix())
        if name.parts[0] == "core" and re.search(r"\b(printf|puts|putchar|perror|abort|exit|signal|sigaction)\s*\(", code):
            faults.append(f"{name}: the library prints nothing, ends nothing and takes no signals")
    core_exposers = sorted(e for e in exposers if e.startswith("core/"))
    if len(core_exposers) > EXPOSERS_MAX:
        faults.append(f"secrets are exposed in {len(core_exposers)} files of core, at most {EXPOSERS_MAX}: {core_exposers}")
    print("\n".join(faults + [f"{len(SOURCES)} files, {len(faults)} faults; secrets exposed in: {', '.join(sorted(exposers)) or 'none'}"]))
    return 1 if faults or not SOURCES else 0


sys.exit(main())
