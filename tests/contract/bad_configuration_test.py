# SPDX-License-Identifier: MPL-2.0
"""Each bad configuration of tests/golden/bad gives its one complete answer from `acg publish --file`: exit code 2, the text
on standard error, the same findings as JSON on standard output, no secret anywhere, and no request sent."""
import json
import os
import pathlib
import socket
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parents[1] / "golden" / "bad"
SECRET = "not-a-real-secret"
KINDS_LEAST = 50


def environment():
    return {k: v for k, v in os.environ.items() if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}


def check(acg, folder, port):
    settings = dict(environment(), AZURE_AUTHORITY_HOST=f"http://127.0.0.1:{port}",
                    ACG_RESOURCE_MANAGER_ENDPOINT=f"http://127.0.0.1:{port}")
    done = subprocess.run([acg, "publish", "--file", str(folder / "config.json")], capture_output=True, text=True, env=settings,
                          timeout=60)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr == (folder / "expected.txt").read_text(), done.stderr
    assert SECRET not in done.stderr + done.stdout
    result = json.loads(done.stdout)
    assert result["state"] == "not started" and not result["proved"] and result["exit_code"] == 2
    lines = [f"* {f['field']}: {f['message']} ({f['rule']}). Fix: {f['fix']}." for f in result["findings"]]
    assert lines == done.stderr.splitlines()[1:], lines
    assert all(f["field"] and f["rule"] and f["message"] and f["fix"] for f in result["findings"])


def main(acg):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    failed = count = 0
    for folder in sorted(p for p in TABLE.iterdir() if p.is_dir()):
        count += 1
        try:
            check(acg, folder, listener.getsockname()[1])
            print(f"ok {count} - {folder.name}")
        except AssertionError as fault:
            failed += 1
            print(f"not ok {count} - {folder.name}\n{fault}")
    try:
        listener.accept()
        failed += 1
        print("not ok - something was sent")
    except BlockingIOError:
        pass
    print(f"1..{count}")
    return 1 if failed or count < KINDS_LEAST else 0


sys.exit(main(sys.argv[1]))
