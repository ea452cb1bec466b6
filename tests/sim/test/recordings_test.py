# SPDX-License-Identifier: MPL-2.0
"""Recorded traffic, where it lies beside the checkout, is sent again: same status, same headers that matter, same body shapes."""
import json
import os
import sys

import replay
from simtest import Report

# Not image-version conversations, published examples instead of traffic, or calls that are not simulated.
LEFT_OUT = ("spec-", "cli-errors-transient", "cli-list-locations", "cli-compute-usages", "cli-feature", "cli-provider",
            "cli-errors-des", "cli-des-identity-user-assigned")


def main(folder):
    report = Report()
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".json") or file.startswith(LEFT_OUT):
            continue
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            exchanges = json.load(f)
        steps = replay.steps_of(exchanges, every_header=file.startswith(("dotnet-", "powershell-")))
        replay.replay(steps, replay.seeds_of(exchanges), report, file.removesuffix(".json"))
    report.end()


if __name__ == "__main__":
    main(sys.argv[2])
