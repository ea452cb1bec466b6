#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The ABI of libacg.so against the baseline beside this file, by two judges: table.txt, which a C program prints from the
headers, and libacg.abi.xml, which abidw reads from the library's debug information.

    abi.py check  LIBRARY INCLUDE_FOLDER
    abi.py update LIBRARY INCLUDE_FOLDER [--unreleased]
        makes the baseline anew. A break under the same soname is refused; --unreleased: what it breaks was in no release
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import table  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TABLE, DUMP = HERE / "table.txt", HERE / "libacg.abi.xml"
PUBLIC = ["--suppressions", HERE / "opaque.ini", "--exported-interfaces-only"]
PLAIN = ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed", "--no-parameter-names", "--no-write-default-sizes",
         "--no-architecture"]


def dump(library):
    text = table.run("abidw", *PUBLIC, *PLAIN, library)
    if "name='acg_publish_options'" not in text:
        sys.exit(f"{library} has no debug information: abidw sees its symbols alone")
    return re.sub(r" path='[^']*/core/", " path='core/", text)


def soname(text):
    return re.search(r"soname='([^']*)'", text).group(1)


def abidiff(text, folder):
    """What abidiff says of a dump beside the baseline; empty when nothing changed."""
    path = pathlib.Path(folder) / "now.abi.xml"
    path.write_text(text)
    done = subprocess.run(["abidiff", str(DUMP), str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def check(library, include):
    """The faults that each of the two judges finds."""
    _, lines = table.compare(TABLE.read_text(), table.make(include))
    with table.tempfile.TemporaryDirectory() as folder:
        return lines, abidiff(dump(library), folder)


def update(library, include, unreleased):
    new_table, new_dump = table.make(include), dump(library)
    if TABLE.exists() and DUMP.exists():
        verdict, lines = table.compare(TABLE.read_text(), new_table)
        print("\n".join(lines))
        if verdict == table.BREAKS and soname(new_dump) == soname(DUMP.read_text()) and not unreleased:
            sys.exit("A break needs a new SOVERSION in core/CMakeLists.txt, unless it was in no release (--unreleased); nothing was written.")
    TABLE.write_text(new_table)
    DUMP.write_text(new_dump)


def main():
    verb, library, include, *more = sys.argv[1:]
    if verb == "update":
        update(library, include, more == ["--unreleased"])
        return 0
    lines, said = check(library, include)
    print("\n".join(lines), said, sep="\n")
    if lines or said:
        print("The ABI differs from the baseline. When that is meant: cmake --build BUILD_FOLDER --target abi-baseline")
    return 1 if lines or said else 0


if __name__ == "__main__":
    sys.exit(main())
