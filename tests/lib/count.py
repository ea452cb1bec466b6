#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Counts the cases of a ctest report: prints "PASSED FAILED names-of-the-failed". A skipped or unrun test counts as failed."""
import re
import sys
import xml.etree.ElementTree as ET

# cmocka and TAP say how many cases ran inside one ctest entry
CASES = re.compile(r"^(?:\[  PASSED  \] (\d+) test\(s\)\.|1\.\.(\d+))$", re.M)


def main(report, tree):
    passed, failed, names = 0, 0, []
    for case in ET.parse(report).getroot().iter("testcase"):
        if case.get("status") == "run" and case.find("failure") is None and case.find("skipped") is None:
            inner = [int(a or b) for a, b in CASES.findall(case.findtext("system-out") or "")]
            passed += sum(inner) if inner else 1
        else:
            failed += 1
            names.append(f"{tree}/{case.get('name')}")
    print(passed, failed, " ".join(names))
    return 0 if passed + failed else 1


sys.exit(main(*sys.argv[1:]))
