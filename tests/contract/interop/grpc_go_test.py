#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""grpc_go_test.py SERVER GO_SH FOLDER: the interoperability cases of grpc-go's client that a server without TLS and
load balancing can pass, each as it is and all of them with the soak case behind."""
import pathlib
import subprocess
import sys
import time

from serving import server

CASES = """empty_unary large_unary client_streaming server_streaming ping_pong empty_stream timeout_on_sleeping_server
cancel_after_begin cancel_after_first_response status_code_and_message special_status_message custom_metadata
unimplemented_method unimplemented_service""".split()
SOAK = ["--test_case=rpc_soak", "--soak_iterations=200", "--soak_overall_timeout_seconds=60", "--soak_num_threads=4"]


def build(go_sh, folder):
    client = pathlib.Path(folder) / "grpc_go_interop_client"
    subprocess.run([go_sh, folder, "build", "-o", str(client), "google.golang.org/grpc/interop/client"], check=True)
    return str(client)


def run(client, name, options):
    begun = time.monotonic()
    result = subprocess.run([client, *options], capture_output=True, text=True, timeout=120)
    print(f"{'pass' if result.returncode == 0 else 'FAIL'} {name} {time.monotonic() - begun:.2f} s")
    if result.returncode != 0:
        print(result.stdout + result.stderr)
    return result.returncode == 0


def main():
    executable, go_sh, folder = sys.argv[1:]
    client = build(go_sh, folder)
    with server(executable) as (_, port, _):
        address = ["--server_host=127.0.0.1", f"--server_port={port}"]
        results = [run(client, case, [*address, f"--test_case={case}"]) for case in CASES]
        results.append(run(client, "rpc_soak", [*address, *SOAK]))
    print(f"{sum(results)} of {len(results)} cases")
    return 0 if all(results) else 1


sys.exit(main())
