# SPDX-License-Identifier: MPL-2.0
"""Each conversation of shapes/ gets answers of the recorded status, headers and body shape. make_shapes.py made the files."""
import json
import os

import replay
from simtest import Report


def main():
    report = Report()
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shapes")
    for file in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            content = json.load(f)
        replay.replay(content["steps"], content["seeds"], report, file.removesuffix(".json"))
    report.end()


if __name__ == "__main__":
    main()
