# SPDX-License-Identifier: MPL-2.0
"""The command acg from outside: help, version, files, what may stand beside --file, signals, closed outputs."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading

ACG = sys.argv[1]
SECRET = "hush-hush"
SOUND = {"gallery_image_version_id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/"
                                     "Microsoft.Compute/galleries/gallery/images/image/versions/1.0.0",
         "location": "westus", "managed_image": "image", "tenant_id": "11111111-2222-3333-4444-555555555555",
         "client_id": "66666666-7777-8888-9999-000000000000", "client_secret": SECRET}
KEPT = {k: v for k, v in os.environ.items() if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
# Nobody listens there: a publish of these ends within a second.
NOWHERE = dict(SOUND, timeout="1s", authority_host="http://127.0.0.1:9", resource_manager_endpoint="http://127.0.0.1:9")


def run(*words, text="", **settings):
    return subprocess.run([ACG, *words], input=text, capture_output=True, text=True, env=dict(KEPT, **settings), timeout=60)


def from_file(fields, *words, **settings):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "publish.json"
        path.write_text(json.dumps(fields))
        return run("publish", "--file", str(path), *words, **settings)


def help_names_every_option_and_field():
    done = run("publish", "--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("--target-region-encryption", "-g, --resource-group", "--platform-key-disks", "target_region (blocks)"):
        assert word in done.stdout, word
    assert "--client-secret" not in done.stdout
    assert "Exit codes: 0 done" in run("--help").stdout


def version_names_what_it_runs_with():
    done = run("--version")
    assert done.returncode == 0
    for word in ("acg ", "libcurl/", "OpenSSL/", "jansson/"):
        assert word in done.stdout, done.stdout


def an_unknown_verb_has_a_nearest_one():
    done = run("publsh")
    assert done.returncode == 2 and "the nearest is publish" in done.stderr and done.stdout == ""
    assert run().returncode == 2


def a_stray_word_is_told_an_option_that_its_verb_has():
    for words, option in ((("register", "Microsoft.KeyVault"), "--provider"), (("des", "list", "westus"), "--resource-group"),
                          (("publish", "--exclude-from-latest", "westus"), "--target-regions")):
        done = run(*words)
        assert done.returncode == 2 and f"put an option such as {option} before it" in done.stderr, done.stderr


def a_dry_run_prints_the_request_and_sends_nothing():
    done = from_file(SOUND, "--dry-run", ACG_RESOURCE_MANAGER_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert list(shown) == ["method", "url", "body"] and shown["method"] == "PUT"
    assert shown["url"].startswith("http://127.0.0.1:9/subscriptions/") and shown["body"]["location"] == "westus"
    assert "note: only Azure can tell" in done.stderr
    assert from_file(SOUND, "--dry-run", "--only-show-errors").stderr == ""
    assert from_file(SOUND, "--dry-run", "-o", "none").stdout == ""
    method, url, body = from_file(SOUND, "--dry-run", "-o", "tsv").stdout.rstrip("\n").split("\t")
    assert (method, json.loads(body)) == ("PUT", shown["body"]) and url.endswith("api-version=2023-07-03")


def explained(fields, *words, **settings):
    return run("explain", "--file", "-", *words, text=json.dumps(fields), **settings)


def an_explanation_needs_no_login_and_shows_no_secret():
    done = explained({k: v for k, v in SOUND.items() if not k.startswith(("tenant", "client"))})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for word in ("az sig image-version create", "New-AzGalleryImageVersion", "PUT https://management.azure.com/", "Bearer <access token>"):
        assert word in done.stdout, word
    for words in ((), ("-o", "json"), ("-o", "markdown"), ("--format", "rest")):
        done = explained(SOUND, *words)
        assert done.returncode == 0 and SECRET not in done.stdout + done.stderr


def an_explanation_comes_in_three_forms():
    whole = json.loads(explained(SOUND, "-o", "json").stdout)
    assert (whole["kind"], whole["exit_code"], whole["error"], whole["findings"]) == ("explain", 0, None, [])
    assert list(whole["report"]) == ["az", "powershell", "rest", "notes"]
    shown = json.loads(from_file(SOUND, "--dry-run").stdout)
    assert {k: whole["report"]["rest"][k] for k in shown} == shown
    page = explained(SOUND, "-o", "markdown").stdout
    assert "## PowerShell\n\n```powershell\n" in page and "```sh\naz sig" in page
    assert explained(SOUND, "-o", "none").stdout == ""


def one_tool_of_an_explanation_stands_alone():
    whole = json.loads(explained(SOUND, "-o", "json").stdout)["report"]
    for name in ("az", "powershell"):
        done = explained(SOUND, "--format", name)
        assert done.stdout == whole[name] + "\n" and "note: only Azure can tell" in done.stderr
    part = json.loads(explained(SOUND, "--format", "az", "-o", "json").stdout)["report"]
    assert part == {"az": whole["az"], "notes": whole["notes"]}
    head, _, body = explained(SOUND, "--format", "rest").stdout.partition("\n\n")
    assert head.splitlines()[1:] == ["Authorization: Bearer <access token>", "Content-Type: application/json"]
    assert json.loads(body) == whole["rest"]["body"]
    fields = dict(SOUND, tags={"fence": "````"})
    assert explained(fields, "--format", "az", "-o", "markdown").stdout.startswith("`````sh\naz sig")
    assert explained(SOUND, "--format", "az", "--only-show-errors").stderr == ""


def an_explanation_takes_the_line_of_a_publish():
    names = ["--subscription", "00000000-0000-0000-0000-000000000000", "-g", "g", "-r", "gallery", "-i", "image", "-e", "1.0.0", "-l", "westus",
             "--managed-image", "image"]
    done = run("explain", *names, "--dry-run", "--no-wait", "--format", "az")
    assert done.returncode == 0 and done.stdout.endswith("--no-wait\n"), done.stderr


def faults_of_an_explanation_are_those_of_a_publish():
    done = explained(dict(SOUND, location="nowhere!"), "-o", "json")
    assert done.returncode == 2 and json.loads(done.stdout)["findings"][0]["field"] == "location"
    assert explained({k: v for k, v in SOUND.items() if k != "location"}).returncode == 2
    assert "* --format: is none of az" in explained(SOUND, "--format", "bash").stderr
    assert "* --output: is none of text" in explained(SOUND, "-o", "tsv").stderr
    done = run("explain", "--help")
    assert done.returncode == 0 and "--format az|powershell|rest|all" in done.stdout and "--dry-run" not in done.stdout
    assert "--format" not in run("publish", "--help").stdout


def standard_input_is_a_file_too():
    done = run("publish", "--file", "-", "--dry-run", text=json.dumps(SOUND))
    assert done.returncode == 0, done.stderr


def a_file_that_is_not_there_or_no_json_is_named():
    done = run("publish", "--file", "/nonexistent/publish.json")
    assert done.returncode == 2 and "/nonexistent/publish.json cannot be opened" in done.stderr
    done = run("publish", "--file", "-", text="{\n  nothing\n}")
    assert done.returncode == 2 and "standard input is not JSON: line 2" in done.stderr
    assert json.loads(done.stdout)["error"]["status"] == "argument"


def a_field_beside_a_file_is_refused():
    done = from_file(SOUND, "--location", "eastus", "-g", "other", "--dry-run")
    assert done.returncode == 2
    assert "* --location: stands beside --file" in done.stderr and "* --resource-group: stands beside --file" in done.stderr


def output_and_time_may_stand_beside_a_file():
    done = from_file(dict(SOUND, timeout="1h", wait="all"), "--timeout", "soon", "--no-wait", "--dry-run")
    assert done.returncode == 2 and '* --timeout: is "soon"' in done.stderr, done.stderr
    assert from_file(SOUND, "--timeout", "90m", "--no-wait", "-o", "none", "--dry-run").returncode == 0


def a_secret_on_the_command_line_is_refused_and_not_repeated():
    done = from_file(SOUND, "--client-secret", "other-secret", "--dry-run")
    assert done.returncode == 2 and "AZURE_CLIENT_SECRET" in done.stderr
    assert "other-secret" not in done.stderr + done.stdout and SECRET not in done.stderr + done.stdout


def an_unknown_form_of_output_is_refused():
    done = from_file(SOUND, "-o", "yaml", "--dry-run")
    assert done.returncode == 2 and "* --output: is none of json, tsv and none" in done.stderr
    assert from_file(SOUND, "--query", "id", "--dry-run").returncode == 2


def the_fields_are_there_for_people_and_for_programs():
    fields = json.loads(run("fields", "--json").stdout)
    target = next(f for f in fields if f["name"] == "target_region")
    assert [f["name"] for f in target["fields"]][:2] == ["name", "replicas"] and target["type"] == "blocks"
    secret = next(f for f in fields if f["name"] == "client_secret")
    assert secret["variable"] == "AZURE_CLIENT_SECRET" and secret["more_variables"] == ["ARM_CLIENT_SECRET"] and secret["fields"] is None
    assert "target_region (blocks)" in run("fields").stdout
    done = run("fields", "--yaml")
    assert done.returncode == 2 and done.stdout == "" and "--markdown or --json" in done.stderr


def the_readme_lists_the_fields_of_the_table():
    readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
    assert run("fields", "--markdown").stdout.strip() in readme, "put the output of `acg fields --markdown` into README.md"


class Silence:
    """A token endpoint that takes a connection and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.called = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.socket.accept()
        connection.recv(1)
        self.called.set()
        threading.Event().wait(60)

    def publish(self):
        url = f"http://127.0.0.1:{self.port}"
        process = subprocess.Popen([ACG, "publish", "--file", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=KEPT)
        process.stdin.write(json.dumps(dict(SOUND, authority_host=url, resource_manager_endpoint=url)))
        process.stdin.close()
        process.stdin = None
        assert self.called.wait(30)
        return process


def a_signal_stops_in_order(number, code):
    process = Silence().publish()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, (process.returncode, err)
    result = json.loads(out)
    assert result["exit_code"] == code and result["error"]["status"] == "cancelled" and not result["proved"]
    assert "nothing in Azure is deleted" in err and SECRET not in out + err


def an_interrupt_ends_with_130():
    a_signal_stops_in_order(signal.SIGINT, 130)


def a_termination_ends_with_143():
    a_signal_stops_in_order(signal.SIGTERM, 143)


def nobody_at_the_endpoint_is_temporary():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    done = from_file(dict(SOUND, timeout="3s", authority_host=url, resource_manager_endpoint=url))
    assert done.returncode in (10, 75), (done.returncode, done.stderr)
    assert json.loads(done.stdout)["error"]["message"] and "error: " in done.stderr


def a_closed_output_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run([ACG, "publish", "--file", "-", "--dry-run"], input=json.dumps(SOUND), stdout=full,
                              stderr=subprocess.PIPE, text=True, env=KEPT, timeout=60)
    assert done.returncode == 1, done.stderr


def a_journal_is_made_private_where_it_is_wanted():
    with tempfile.TemporaryDirectory() as folder:
        home, state = pathlib.Path(folder, "home"), pathlib.Path(folder, "state")
        from_file(NOWHERE, HOME=str(home))
        assert (home / ".local/state/acg").stat().st_mode & 0o777 == 0o700
        from_file(NOWHERE, HOME=str(home), XDG_STATE_HOME=str(state))
        assert list((state / "acg").iterdir()) == []
        from_file(NOWHERE, "--journal", f"{folder}/own", HOME=str(home))
        from_file(dict(NOWHERE, journal=f"{folder}/named"), HOME=str(home))
        assert pathlib.Path(folder, "own").is_dir() and pathlib.Path(folder, "named").is_dir()
        for words, fields in ((("--no-journal",), NOWHERE), ((), dict(NOWHERE, journal="none")), (("--no-journal",), dict(NOWHERE, journal=folder))):
            done = from_file(fields, *words, HOME=f"{folder}/other")
            assert "journal" not in "".join(line for line in done.stderr.splitlines() if not line.startswith("go on with: ")), done.stderr
        assert sorted(p.name for p in pathlib.Path(folder).iterdir()) == ["home", "named", "own", "state"]


def a_dry_run_makes_no_journal():
    with tempfile.TemporaryDirectory() as folder:
        done = from_file(SOUND, "--dry-run", HOME=folder)
        assert done.returncode == 0 and list(pathlib.Path(folder).iterdir()) == [], done.stderr
        done = from_file(SOUND, "--dry-run", "--no-journal", HOME=folder)
        assert done.returncode == 0, done.stderr


def a_journal_that_cannot_be_is_refused_when_it_was_named():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "open")
        path.mkdir()
        path.chmod(0o777)
        done = from_file(NOWHERE, "--journal", str(path))
        assert done.returncode == 2 and f"may be written by other users; chmod go-w {path}" in done.stderr, done.stderr
        assert json.loads(done.stdout)["error"]["field"] == "--journal", done.stdout
        done = from_file(dict(NOWHERE, journal=str(path)))
        assert json.loads(done.stdout)["error"]["field"] == "journal", done.stdout
        done = from_file(NOWHERE, "--journal", str(path), "--no-journal")
        assert done.returncode == 2 and "is set by two options" in done.stderr, done.stderr
        done = from_file(NOWHERE, XDG_STATE_HOME="/dev/null")
        assert done.stderr.count("no journal is kept: cannot make the directory /dev/null/acg: Not a directory") == 1, done.stderr
        assert done.returncode in (10, 75), done.stderr


def without_a_home_there_is_one_notice():
    done = from_file(NOWHERE)
    assert done.stderr.count("no journal is kept: neither XDG_STATE_HOME nor HOME is set\n") == 1, done.stderr
    assert done.returncode in (10, 75), done.stderr
    assert "journal" not in from_file(NOWHERE, "--only-show-errors").stderr


def main():
    tests = [v for v in globals().values() if callable(v) and getattr(v, "__module__", "") == "__main__"
             and v not in (main, run, from_file, explained, a_signal_stops_in_order) and not isinstance(v, type)]
    failed = 0
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}")
        except AssertionError as fault:
            failed += 1
            print(f"not ok {number} - {test.__name__}\n{fault}")
    print(f"1..{len(tests)}")
    return 1 if failed or not tests else 0


sys.exit(main())
