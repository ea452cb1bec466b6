# SPDX-License-Identifier: MPL-2.0
"""The public interface as a table: what a compiler makes of the public headers, in text that people read.

Sizes, offsets, enum values and versions of options are printed by a C program that is made from the headers, so nothing
can be left out by hand. `compare` judges a change by core/decisions/0006-what-the-abi-promises.md.
"""
import pathlib
import re
import subprocess
import tempfile

# Made by the library and read through a pointer, one at a time: the only structs without a version that may grow.
LENT_SINGLY = {"acg_event", "acg_finding", "acg_journal_entry", "acg_result"}
SAME, BREAKS, ADDS = 0, 1, 2


def run(*command, text=None):
    return subprocess.run([str(c) for c in command], input=text, capture_output=True, text=True, check=True).stdout


def preprocess(include, *options):
    return run("cc", "-std=c11", "-E", "-P", *options, "-I", include, "-", text="#include <acg/acg.h>\n")


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip().replace("_Bool", "bool")


def declarations(text):
    """[(struct name, [member declaration])] of the structs that the headers define."""
    found = re.findall(r"\bstruct (acg_\w+)\s*\{([^}]*)\}\s*;", text)
    return sorted((name, [squeeze(m) for m in body.split(";") if m.strip()]) for name, body in found)


def enumerations(text):
    found = re.findall(r"\benum (acg_\w+)\s*\{([^}]*)\}\s*;", text)
    return sorted((name, re.findall(r"\b(ACG_\w+)", body)) for name, body in found)


def prototypes(text):
    """Return type, name and parameter types of each public function; names of parameters are no part of the ABI."""
    for one in re.findall(r'visibility\("default"\)\)\)([^;]*);', text):
        before, name, parameters = re.fullmatch(r"(.*?)(acg_\w+)\s*\((.*)\)", squeeze(re.sub(r"__attribute__\s*\(\(.*?\)\)", "", one))).groups()
        types = [p.strip() if p.strip() == "void" else re.sub(r"\w+$", "", p.strip()).strip() for p in parameters.split(",")]
        yield name, f"{before.strip()} {name}({', '.join(types)})"


def printer(include):
    """The C program that prints the table."""
    text = preprocess(include)
    lines = ["#include <stddef.h>", "#include <stdio.h>", "#include <acg/acg.h>", "int main(void) {"]
    for name in sorted(re.findall(r"^#define (ACG_\w+_VERSION) ", preprocess(include, "-dM"), re.M)):
        lines.append(f'printf("version {name} %u\\n", (unsigned){name});')
    for name, constants in enumerations(text):
        lines.append(f'puts("enum {name}");')
        lines += [f'printf("    %d {c}\\n", (int){c});' for c in constants]
    for name, members in declarations(text):
        lines.append(f'printf("struct {name} size %zu align %zu\\n", sizeof(struct {name}), _Alignof(struct {name}));')
        for declaration in members:
            member = re.search(r"\(\*(\w+)\)|(\w+)(?:\[\d+\])?$", declaration)  # a pointer to a function, or anything else
            member = member.group(1) or member.group(2)
            lines.append(f'printf("    %zu+%zu {declaration}\\n", offsetof(struct {name}, {member}), sizeof(((struct {name} *)0)->{member}));')
    lines += [f'puts("function {line}");' for _, line in sorted(prototypes(text))]
    return "\n".join(lines + ["return 0; }", ""])


def make(include):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "table.c", pathlib.Path(folder) / "table"
        source.write_text(printer(include))
        run("cc", "-std=c11", "-I", include, source, "-o", program)
        return run(program)


def parse(text):
    table = {"version": {}, "enum": {}, "struct": {}, "function": {}}
    for line in text.splitlines():
        if line.startswith("    "):
            place, rest = line.split(None, 1)
            inside.append((rest, place))
            continue
        kind, rest = line.split(" ", 1)
        if kind == "function":
            table[kind][re.search(r"(acg_\w+)\(", rest).group(1)] = rest
        elif kind == "version":
            table[kind][rest.split()[0]] = int(rest.split()[1])
        else:
            inside = []
            table[kind][rest.split()[0]] = (rest, inside)
    return table


def both(old, new, kind):
    """Names of a kind that are in both tables, and words for the others."""
    words = [(BREAKS, f"{kind} {name} is gone") for name in old[kind] if name not in new[kind]]
    words += [(ADDS, f"{kind} {name} is new") for name in new[kind] if name not in old[kind]]
    return [name for name in old[kind] if name in new[kind]], words


def judge_enum(name, old, new):
    values = {constant: int(value) for constant, value in new}
    last = max(int(value) for _, value in old)
    for constant, value in old:
        if constant not in values:
            yield BREAKS, f"enum {name}: {constant} is gone"
        elif values[constant] != int(value):
            yield BREAKS, f"enum {name}: {constant} was {value}, is {values[constant]}"
    for constant, value in new:
        if constant not in dict(old):
            yield (ADDS if int(value) > last else BREAKS), f"enum {name}: {constant} = {value} is new"


def judge_struct(name, old, new, raised):
    (old_head, before), (new_head, after) = old, new
    for i, (member, place) in enumerate(before):
        if i >= len(after) or after[i] != (member, place):
            yield BREAKS, f"struct {name}: at {place} stood {member}" + (f", stands {after[i][0]} at {after[i][1]}" if i < len(after) else "")
            return
    if len(after) == len(before):
        if old_head != new_head:
            yield BREAKS, f"struct {old_head} became {new_head}"
    elif raised:
        yield ADDS, f"struct {name} grew, and so did its version"
    elif name in LENT_SINGLY:
        yield ADDS, f"struct {name} grew"
    elif raised is False:
        yield BREAKS, f"struct {name} grew and its version did not"
    else:
        yield BREAKS, f"struct {name} grew: callers keep it in arrays, in other structs or on their stack"


def compare(old_text, new_text):
    """(SAME | BREAKS | ADDS, one line for each change)."""
    old, new = parse(old_text), parse(new_text)
    found = []
    names, words = both(old, new, "version")
    found += words
    for name in names:
        if new["version"][name] != old["version"][name]:
            kind = ADDS if new["version"][name] == old["version"][name] + 1 else BREAKS
            found.append((kind, f"{name} was {old['version'][name]}, is {new['version'][name]}"))
    names, words = both(old, new, "function")
    found += words + [(BREAKS, f"function {old['function'][n]} became {new['function'][n]}")
                      for n in names if old["function"][n] != new["function"][n]]
    names, words = both(old, new, "enum")
    found += words
    for name in names:
        found += judge_enum(name, old["enum"][name][1], new["enum"][name][1])
    names, words = both(old, new, "struct")
    found += words
    for name in names:
        version = name.upper() + "_VERSION"
        raised = new["version"].get(version, 0) > old["version"][version] if version in old["version"] else None
        found += judge_struct(name, old["struct"][name], new["struct"][name], raised)
    verdict = BREAKS if any(k == BREAKS for k, _ in found) else ADDS if found else SAME
    return verdict, [f"{'breaks' if kind == BREAKS else 'adds'}: {what}" for kind, what in found]
