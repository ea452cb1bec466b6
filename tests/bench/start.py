#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""What the start of the plugin costs, beside a plugin over HashiCorp's packer-plugin-sdk: Packer runs `describe` of every installed plugin
two or three times per command, and starts a component with every validate and build.

    start.py BUILD_FOLDER [--runs N] [--go FILE]

BUILD_FOLDER is one with -DACG_RELEASE=ON. The Go plugin (tests/contract/go_host/plugin, which does nothing) is built unless --go names it.
The programs take turns, so that a busy machine is busy for all of them; the figures are medians, the last column compares with Go."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys

GO_HOST = pathlib.Path(__file__).resolve().parents[1] / "contract" / "go_host"
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
ENVIRONMENT = {"PATH": os.environ["PATH"], "PACKER_PLUGIN_MAGIC_COOKIE": COOKIE, "PACKER_PLUGIN_MIN_PORT": "10000",
               "PACKER_PLUGIN_MAX_PORT": "25000"}
GO = "Go, packer-plugin-sdk"


def build_go(build):
    program = build / "tests/bench/go-plugin"
    subprocess.run([GO_HOST / "go.sh", build / "tests/contract/go_host", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./plugin"],
                   cwd=GO_HOST, check=True)
    return program


def measure(command):
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
    wall, cpu, peak = map(int, done.stderr.splitlines()[-1].split())
    return wall / 1000, cpu / 1000, peak / 1024


def compare(title, commands, runs):
    samples = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            samples[name].append(measure(command))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in samples.items()}
    print(title)
    for name, (wall, cpu, memory) in medians.items():
        print(f"  {name:<24} {wall:7.2f} ms wall {cpu:7.2f} ms CPU {memory:6.1f} MiB peak   {wall / medians[GO][0]:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--go", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    cost = build / "tests/bench/bench_cost"
    programs = {"release file": (build / "release/packer-plugin-acg", "publish"),
                "Debian's libraries": (build / "plugin/packer-plugin-acg", "publish"),
                GO: ((options.go or build_go(build)).resolve(), "nothing")}
    compare("describe", {n: [cost, p, "describe"] for n, (p, _) in programs.items()}, options.runs)
    compare("start to the handshake line, Packer 1.12 and newer",
            {n: [cost, "--line", p, "start", "post-processor", "--protobuf", c] for n, (p, c) in programs.items()}, options.runs)
    compare("start to the handshake line, before 1.12",
            {n: [cost, "--line", p, "start", "post-processor", c] for n, (p, c) in programs.items()}, options.runs)


main()
