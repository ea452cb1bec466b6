#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Every bad configuration of tests/golden/bad gives the same complete answer through `packer validate` (a JSON template, and HCL2 where
the configuration can be written there) and through `acg publish`, and nothing is sent.

    bad_configurations_test.py ACG_SIM PACKER_PLUGIN_ACG ACG
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from packer_house import EXAMPLES, House, hcl, template  # noqa: E402
from simtest import Report, Sim, equal, holds  # noqa: E402

ACG = pathlib.Path(sys.argv[3]).resolve()
CASES = EXAMPLES.parent / "tests" / "golden" / "bad"
BLOCKS = ("target_region", "data_snapshot", "edge_zone")


def fits_hcl2(config):
    """Packer 1.6 knows attributes alone, and judges unknown names and wrong types itself."""
    return not any(k in config for k in BLOCKS)


def flat(text):
    """Packer wraps long lines."""
    return " ".join(text.split())


def through_acg(sim, config, want):
    path = pathlib.Path(sim.folder.name, "publish.json")
    path.write_text(json.dumps(config))
    done = subprocess.run([ACG, "publish", "--file", str(path)], env=sim.environment(AZURE_TENANT_ID="", AZURE_CLIENT_ID="",
                          AZURE_CLIENT_SECRET="", AZURE_SUBSCRIPTION_ID=""), capture_output=True, text=True, timeout=60)
    equal(done.returncode, 2, done.stderr)
    holds(flat(want) in flat(done.stderr), f"acg publish says:\n{done.stderr}\nwant:\n{want}")


def through_packer(house, name, text, want):
    done = house.run("validate", house.write(name, text), AZURE_TENANT_ID="", AZURE_CLIENT_ID="", AZURE_CLIENT_SECRET="",
                     AZURE_SUBSCRIPTION_ID="")
    equal(done.returncode, 1, done.stdout)
    holds(flat(want) in flat(done.stdout), f"packer validate says:\n{done.stdout}\nwant:\n{want}")


def main():
    report = Report()
    with Sim({}, tls=True) as sim, House(sim) as house:
        for case in sorted(CASES.iterdir()):
            config = json.loads((case / "config.json").read_text())
            want = (case / "expected.txt").read_text()
            ways = [("acg publish", lambda: through_acg(sim, config, want)),
                    ("packer validate, JSON", lambda: through_packer(house, "t.json", template(config), want))]
            if fits_hcl2(config):
                ways.append(("packer validate, HCL2", lambda: through_packer(house, "t.pkr.hcl", hcl(config), want)))
            for how, run in ways:
                try:
                    run()
                    report.check(f"{case.name}: {how}", True)
                except Exception as error:
                    report.check(f"{case.name}: {how}", False, error)
        report.check("nothing was sent", sim.log() == [], sim.log())
    report.end()


main()
