# SPDX-License-Identifier: MPL-2.0
"""Makes shapes/*.json from recordings: make_shapes.py RECORDINGS_FOLDER OUTPUT_FOLDER.

What is kept of a recording: which requests came in which order, with names of our own and only the words that the API itself
defines; of the answers the status, which headers were there, and member names with types. No recorded text.
"""
import json
import os
import re
import sys

import replay

# Words of the API and plain facts; every other text becomes a name of ours.
WORDS = re.compile(
    r"^(\d{4}-\d\d-\d\d.*|Linux|Windows|Generalized|Specialized|V1|V2|x64|Full|Shallow|None|ReadOnly|ReadWrite|Empty|FromImage|Copy|Import"
    r"|(Standard|Premium|StandardSSD)_[LZ]RS|EdgeZone|SystemAssigned|UserAssigned|SecurityType"
    r"|Encrypt\w+|Confidential\w+|EncryptionAtRest\w+|[a-z]+(us|europe|asia|euap)\d?(euap)?|(East|West|South|North|Central)[\w ]*)$", re.IGNORECASE)
WORD_SEGMENTS = {"subscriptions", "resourcegroups", "providers", "microsoft.compute", "galleries", "images", "versions", "disks", "snapshots",
                 "diskencryptionsets", "virtualmachines", "microsoft.keyvault", "vaults", "microsoft.storage", "storageaccounts",
                 "00000000-0000-0000-0000-000000000000", "microsoft.managedidentity", "userassignedidentities"}
VERSION_CREATE = re.compile(r"/versions/[^/]+$")


class Names:
    """One name of ours for each recorded one, the same everywhere in a file."""

    def __init__(self):
        self.known = {}

    def of(self, text, kind="name"):
        if text.lower() in WORD_SEGMENTS or re.fullmatch(r"\d+\.\d+\.\d+", text):
            return text
        return self.known.setdefault(text.lower(), f"{kind}{len(self.known) + 1}")

    def path(self, text):
        return "/".join(self.of(segment) if segment else "" for segment in text.split("/"))

    def value(self, value):
        if isinstance(value, dict):
            return {name: self.value(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.value(element) for element in value]
        if not isinstance(value, str) or WORDS.match(value):
            return value
        if "/publishers/" in value.lower():  # a marketplace image; the simulator reads the system off it
            return "/publishers/" + ("windows" if "windows" in value.lower() else "linux")
        if value.startswith("/subscriptions/") or value.startswith("subscriptions/"):
            return self.path(value)
        if "/keys/" in value:
            return "https://vault.example/keys/key/0123456789abcdef"
        if value.startswith("http"):
            return "https://account.example/vhds/" + self.of(value) + ".vhd"
        return self.of(value, "text")


def renamed(step, names):
    out = dict(step)
    out["path"] = "operation" if step.get("poll") else names.path(step["path"])
    out["body"] = names.value(step["body"])
    return out


def main(recordings, output):
    for file in sorted(os.listdir(recordings)):
        with open(os.path.join(recordings, file), encoding="utf-8") as f:
            exchanges = json.load(f) if file.endswith(".json") and not file.startswith("spec-") else []
        if not any(e["method"] == "PUT" and VERSION_CREATE.search(e["url"].split("?")[0]) for e in exchanges):
            continue
        names = Names()
        steps = [renamed(s, names) for s in replay.steps_of(exchanges, every_header=file.startswith("dotnet-"))]
        seeds = [names.value(seed) for seed in replay.seeds_of(exchanges)]
        with open(os.path.join(output, file.partition("-")[2]), "w", encoding="utf-8") as f:
            f.write('{"seeds": %s,\n "steps": [\n' % json.dumps(seeds))
            f.write(",\n".join(json.dumps(step) for step in steps) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
