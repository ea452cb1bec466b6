#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The check of the ABI sees what it is there for: copies of the library with one change each are built and checked.

    broken_test.py SOURCE_FOLDER
"""
import pathlib
import re
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "sim" / "test")]
import abi  # noqa: E402
import table  # noqa: E402
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

CORE = pathlib.Path(sys.argv[1]) / "core"
# The files that define public functions: their debug information is all that abidw reads of the public interface.
EXPORTERS = sorted(f for f in CORE.rglob("*.c") if re.search(r"^[a-z].*\bacg_\w+\([^;]*\)\n\{", f.read_text(), re.M))
LINK = ["-shared", "-Wl,-soname,libacg.so.0", "-Wl,--unresolved-symbols=ignore-all"]


class Copy:
    """The headers and a library with one change; `edits` is {file below core: (old, new)}."""

    def __init__(self, edits):
        self.folder = tempfile.TemporaryDirectory(prefix="acg-abi-")
        self.core = pathlib.Path(self.folder.name) / "core"
        self.library = self.core / "libacg.so"
        shutil.copytree(CORE, self.core, ignore=lambda _, names: [n for n in names if n in ("decisions", "cmake")])
        for file, (old, new) in edits.items():
            path = self.core / file
            text = path.read_text()
            holds(text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times")
            path.write_text(text.replace(old, new))

    def __enter__(self):
        table.run("cc", "-std=c11", "-g", "-O0", "-fPIC", "-fvisibility=hidden", "-D_POSIX_C_SOURCE=200809L", '-DACG_VERSION_TEXT="0.1.0"',
                  "-I", self.core / "include", "-I", self.core, *LINK, f"-Wl,--version-script={self.core / 'acg.map'}",
                  *(self.core / f.relative_to(CORE) for f in EXPORTERS), "-o", self.library)
        lines, self.said = abi.check(self.library, self.core / "include")
        self.lines = "\n".join(lines)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def refused(copy, line, *words):
    """Both judges object; the table in these words."""
    equal(copy.lines, line)
    for word in words:
        holds(word in copy.said, f"abidiff does not say {word!r}: {copy.said}")


def compare_with(*edits):
    old = new = abi.TABLE.read_text()
    for one, other in edits:
        holds(new.count(one) == 1, f"{one!r} stands in the table {new.count(one)} times")
        new = new.replace(one, other)
    return table.compare(old, new)


@test
def an_unchanged_copy_is_accepted():
    with Copy({}) as copy:
        equal((copy.lines, copy.said), ("", ""))


@test
def a_member_in_the_middle_of_a_struct_breaks():
    with Copy({"include/acg/options.h": ("/* regionalReplicaCount, 1 to 100;", "/* */ ; int64_t weight; /*")}) as copy:
        refused(copy, "breaks: struct acg_target_region: at 24+8 stood const char *storage_account_type, stands int64_t weight at 24+8",
                "acg_target_region", "weight")


@test
def a_longer_text_in_a_struct_that_callers_make_breaks():
    with Copy({"include/acg/error.h": ("char request_id[64];", "char request_id[80];")}) as copy:
        refused(copy, "breaks: struct acg_error: at 104+64 stood char request_id[64], stands char request_id[80] at 104+80", "acg_error")


@test
def a_member_at_the_end_of_an_array_element_breaks():
    edit = ("    const char *name;\n    const char *value;\n};", "    const char *name;\n    const char *value;\n    int weight;\n};")
    with Copy({"include/acg/options.h": edit}) as copy:
        refused(copy, "breaks: struct acg_tag grew: callers keep it in arrays, in other structs or on their stack", "acg_tag")


@test
def a_constant_that_is_numbered_anew_breaks():
    with Copy({"include/acg/status.h": ("ACG_ERR_TIMEOUT = 8,", "ACG_ERR_TIMEOUT = 18,")}) as copy:
        refused(copy, "breaks: enum acg_status: ACG_ERR_TIMEOUT was 8, is 18", "ACG_ERR_TIMEOUT")


@test
def a_parameter_of_another_type_breaks():
    edit = ("int acg_status_exit_code(", "long acg_status_exit_code(")
    with Copy({"include/acg/status.h": edit, "base/status.c": edit}) as copy:
        refused(copy, "breaks: function int acg_status_exit_code(enum acg_status) became long acg_status_exit_code(enum acg_status)",
                "acg_status_exit_code", "return type changed")


@test
def one_handle_more_breaks():
    """Of the two judges only the table sees handles."""
    edit = ("void acg_publish_free(struct acg_publish *publish)", "void acg_publish_free(struct acg_publish *publish, struct acg_publisher *from)")
    with Copy({"include/acg/publisher.h": edit, "engine/publisher.c": edit}) as copy:
        equal(copy.lines, "breaks: function void acg_publish_free(struct acg_publish *) became void acg_publish_free(struct acg_publish *, struct acg_publisher *)")


@test
def a_symbol_that_is_not_exported_any_more_breaks():
    with Copy({"acg.map": ("    acg_runtime;\n", "")}) as copy:
        refused(copy, "", "1 Removed", "acg_runtime")  # the header still declares it


@test
def a_symbol_in_another_version_node_breaks():
    with Copy({"acg.map": ("ACG_0.1 {", "ACG_0.2 {")}) as copy:
        refused(copy, "", " Removed functions", "acg_publisher_new@@ACG_0.1")


@test
def options_that_grow_without_a_new_version_break():
    with Copy({"include/acg/publisher.h": ("    bool trace_requests;", "    bool more; bool trace_requests;")}) as copy:
        refused(copy, "breaks: struct acg_publisher_options: at 40+1 stood bool trace_requests, stands bool more at 40+1", "acg_publisher_options")
    with Copy({"include/acg/publisher.h": ("/* NULL: none is kept */", "const char *last;")}) as copy:
        refused(copy, "breaks: struct acg_publisher_options grew and its version did not", "acg_publisher_options")


@test
def additions_that_the_rules_allow_are_told_apart_from_breaks():
    last = "    72+8 const char *published_date\n"
    grown = compare_with(("struct acg_result size 80", "struct acg_result size 88"), (last, last + "    80+8 const char *more\n"))
    equal(grown, (table.ADDS, ["adds: struct acg_result grew"]))
    last = "    64+8 const char *ended\n"
    grown = compare_with(("struct acg_journal_entry size 72", "struct acg_journal_entry size 80"), (last, last + "    72+8 const char *more\n"))
    equal(grown, (table.ADDS, ["adds: struct acg_journal_entry grew"]))
    last = "    48+8 const char *journal_dir\n"
    grown = compare_with(("PUBLISHER_OPTIONS_VERSION 1", "PUBLISHER_OPTIONS_VERSION 2"), ("struct acg_publisher_options size 56", "struct acg_publisher_options size 64"), (last, last + "    56+8 const char *more\n"))
    equal(grown, (table.ADDS, ["adds: ACG_PUBLISHER_OPTIONS_VERSION was 1, is 2", "adds: struct acg_publisher_options grew, and so did its version"]))
    last = "    17 ACG_ERR_PARTIAL\n"
    grown = compare_with((last, last + "    18 ACG_ERR_MORE\n"))
    equal(grown, (table.ADDS, ["adds: enum acg_status: ACG_ERR_MORE = 18 is new"]))
    last = "function const char * acg_version(void)\n"
    grown = compare_with((last, last + "function int acg_more(void)\n"))
    equal(grown, (table.ADDS, ["adds: function acg_more is new"]))


@test
def the_baseline_is_renewed_over_an_addition_but_not_over_a_break():
    kept = abi.TABLE, abi.DUMP
    with tempfile.TemporaryDirectory(prefix="acg-abi-") as folder:
        abi.TABLE, abi.DUMP = (pathlib.Path(shutil.copy(path, folder)) for path in kept)
        try:
            with Copy({"include/acg/status.h": ("    ACG_ERR_TIMEOUT = 8,", "    ACG_ERR_TIMEOUT = 18,")}) as copy:
                equal(renewed(copy), (False, True))
                equal(renewed(copy, unreleased=True), (True, False))
            shutil.copy(kept[0], folder), shutil.copy(kept[1], folder)
            with Copy({"include/acg/status.h": ("    ACG_ERR_PARTIAL = 17 ", "    ACG_ERR_PARTIAL = 17, ACG_ERR_MORE = 18 ")}) as copy:
                equal(renewed(copy), (True, False))
                equal(abi.check(copy.library, copy.core / "include"), ([], ""))
        finally:
            abi.TABLE, abi.DUMP = kept


def renewed(copy, unreleased=False):
    """(whether the baseline was written, whether that was refused)."""
    before = abi.TABLE.read_text()
    try:
        abi.update(copy.library, copy.core / "include", unreleased)
    except SystemExit:
        return abi.TABLE.read_text() != before, True
    return abi.TABLE.read_text() != before, False


report = Report()
report.run(tests_of(globals()))
report.end()
