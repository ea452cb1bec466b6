#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""`acg publish` over long publishes: budgets, versions that exist, regions that fail, names that are chosen, and the command that goes on.

    policies_test.py ACG_SIM ACG
"""
import datetime
import json
import pathlib
import shlex
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import Report, Sim, des, equal, holds, how_to_body, plain_body, test, tests_of, version  # noqa: E402

ACG = str(pathlib.Path(sys.argv[2]).resolve())
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}
STILL = {"clock": "manual", "speeds": {"version_ms": 1000, "replication_ms": 1000}}
SETS = {"westus/os": "WestUSDiskEncryptionSet1", "westus/0": "WestUSDiskEncryptionSet2",
        "eastus2/os": "EastUS2DiskEncryptionSet1", "eastus2/0": "EastUS2DiskEncryptionSet2"}
NAMES = {"resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage", "gallery_image_version": "1.0.0"}
BOTH = {**NAMES, "location": "westus", "managed_image": "myImage", "target_regions": ["westus=2", "eastus2"], "disk_encryption_sets": SETS}
PLAIN = {k: v for k, v in BOTH.items() if k != "disk_encryption_sets"}  # any region, without sets
NO_BUILD = {name: "" for name in ("BUILD_NUMBER", "GITHUB_RUN_NUMBER", "BUILD_BUILDID", "CI_PIPELINE_IID")}


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.result = json.loads(out) if out.startswith("{") else None
        self.seen = f"exit {code}\n{out}{err}"

    def expect(self, code, *words):
        holds(self.code == code, f"expected exit {code}: {self.seen}")
        for word in words:
            holds(word in self.out + self.err, f"{word!r} is not said: {self.seen}")
        return self

    def region(self, name):
        return next(r for r in self.result["regions"] if r["name"] == name)

    def command(self, lead):
        """The command that a line of standard error tells to type."""
        lines = [line for line in self.err.splitlines() if line.startswith(lead)]
        equal(len(lines), 1, f"lines of {lead!r} in {self.seen}")
        return lines[0][len(lead):]


def file_of(sim, config, name="publish.json"):
    path = pathlib.Path(sim.folder.name, name)
    path.write_text(json.dumps(config))
    return str(path)


def environment(sim, more):
    return sim.environment(**{**NO_BUILD, **more})


def start(sim, *words, **more):
    return subprocess.Popen([ACG, *words], env=environment(sim, more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(sim, *words, **more):
    done = subprocess.run([ACG, *words], env=environment(sim, more), capture_output=True, text=True, timeout=120)
    return Ended(done.returncode, done.stdout, done.stderr)


def publish(sim, config, *options, **more):
    return run(sim, "publish", "--file", file_of(sim, config), *options, **more)


def start_typed(sim, line):
    """As in a shell of whoever reads the line, where acg is in the PATH."""
    path = f"{pathlib.Path(ACG).parent}:/usr/bin:/bin"
    return subprocess.Popen(["/bin/sh", "-c", line], env=environment(sim, {"PATH": path}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process, said=""):
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, said + err)


def read_until(process, word):
    """@return what was said so far."""
    said = ""
    while word not in said:
        line = process.stderr.readline()
        holds(line != "", f"it ended before it said {word!r}: {said}")
        said += line
    return said


def put_version(sim, name="1.0.0", body=None):
    answer = sim.put(version(name), body or how_to_body())
    holds(answer.status == 201, answer.raw)
    sim.send("DELETE", "/_sim/log")


def writes(sim):
    return [r["method"] for r in sim.log() if r["method"] in ("PUT", "DELETE", "PATCH")]


def put_regions(sim):
    """The regions of each PUT, in order."""
    bodies = [r["body"] for r in sim.log() if r["method"] == "PUT"]
    bodies = [json.loads(b) if isinstance(b, str) else b for b in bodies]
    return [[r["name"] for r in b["properties"]["publishingProfile"]["targetRegions"]] for b in bodies]


def stored(sim, name="1.0.0"):
    profile = sim.get(version(name)).body["properties"]["publishingProfile"]
    return [r["name"].lower().replace(" ", "") for r in profile["targetRegions"]]


def published_at(sim):
    return sim.get(version("1.0.0")).body["properties"]["publishingProfile"]["publishedDate"]


def failing(region, **how):
    return {**FAST, "versions": [{"regions": {region: {"fail": "Storage allocation failure", **how}}}]}


# ---- a version that exists ----


@test
def fail_leaves_a_version_of_somebody_as_it_is():
    with Sim(FAST) as sim:
        put_version(sim)
        publish(sim, BOTH).expect(5, "version exists", "on_existing reuse takes it")
        publish(sim, {**BOTH, "target_regions": ["westus=2"], "disk_encryption_sets": {k: v for k, v in SETS.items() if "west" in k}},
                "--on-existing", "fail").expect(5, "East US 2: not asked for")
        equal(writes(sim), [])


@test
def reuse_takes_what_is_asked_for_and_nothing_else():
    with Sim(FAST) as sim:
        put_version(sim)
        result = publish(sim, {**BOTH, "on_existing": "reuse"}).expect(0, "is taken, as on_existing reuse says").result
        equal((result["state"], result["proved"], result["created"]), ("succeeded", True, False))
        publish(sim, {**BOTH, "target_regions": ["westus=3", "eastus2"], "on_existing": "reuse"}).expect(5, "westus")
        equal(writes(sim), [])


@test
def replace_deletes_it_once_every_check_has_passed():
    with Sim(FAST) as sim:
        put_version(sim)
        before = published_at(sim)
        broken = {**BOTH, "disk_encryption_sets": {**SETS, "westus/0": "NoSuchSet"}, "on_existing": "replace"}
        publish(sim, broken).expect(3, "NoSuchSet")
        equal((writes(sim), published_at(sim)), ([], before))
        result = publish(sim, BOTH, "--on-existing", "replace").expect(0, "replacing the version that was published").result
        equal((writes(sim), result["created"], result["proved"]), (["DELETE", "PUT"], True, True))
        holds(published_at(sim) != before, "the old version is still there")


@test
def a_plan_says_what_each_policy_would_do():
    with Sim(FAST) as sim:
        put_version(sim)
        says = {"fail": "is left as it is", "reuse": "takes it when it is what is asked for", "update": "adds what is missing",
                "replace": "deletes it once every check has passed"}
        for policy, words in says.items():
            done = run(sim, "plan", "--file", file_of(sim, BOTH), "--on-existing", policy, "-o", "json")
            done.expect(5 if policy == "fail" else 0, words)
            found = [f for f in done.result["findings"] if f["rule"] == "version-exists"]
            equal([f["severity"] for f in found], ["error" if policy == "fail" else "warning"], done.seen)
        equal(writes(sim), [])


@test
def a_plan_knows_the_version_that_this_publish_began():
    with Sim(STILL) as sim:
        publish(sim, BOTH, "--no-wait").expect(0)
        run(sim, "plan", "--file", file_of(sim, BOTH)).expect(0, "an earlier run of this publish began it, and a publish goes on with it")
        other = {**BOTH, "target_regions": ["westus=3", "eastus2"]}
        run(sim, "plan", "--file", file_of(sim, other)).expect(5, "is left as it is")
        sim.advance(10000000)
        run(sim, "plan", "--file", file_of(sim, BOTH)).expect(0, "unknown", "its source may have been rebuilt under its old name since")
        publish(sim, BOTH, "--no-journal").expect(5, "its source may have been rebuilt under its old name since")
        for policy, words in (("reuse", "takes it when it is what is asked for"), ("replace", "deletes it once every check has passed")):
            run(sim, "plan", "--file", file_of(sim, BOTH), "--on-existing", policy).expect(0, "warning", words)
        publish(sim, BOTH).expect(0, "an earlier run of this publish finished it")  # the journal knows that it was not over


# ---- going on ----


@test
def the_command_that_is_printed_goes_on_after_a_time_out():
    with Sim(STILL) as sim:
        path = file_of(sim, {**BOTH, "timeout": "1s"}, "it's a publish.json")
        done = run(sim, "publish", "--file", path, "-o", "json").expect(10)
        line = done.command("go on with: ")
        equal(shlex.split(line), ["acg", "publish", "--file", path, "-o", "json"])
        file_of(sim, BOTH, "it's a publish.json")
        process = start_typed(sim, line)
        said = read_until(process, "an earlier run of this publish began it, and this one goes on")
        sim.advance(10000000)
        result = end(process, said).expect(0).result
        equal((result["state"], result["proved"], result["created"], writes(sim)), ("succeeded", True, False, ["PUT"]))


@test
def options_are_repeated_as_they_were_typed():
    odd = "".join(chr(c) for c in range(0x20, 0x7f)) + "\u00e9\u4e2d"
    words = ["-g", "MyResourceGroup", "--gallery-name=MyGallery", "-i", "MyImage", "-e", "1.0.0", "-l", "westus", "--managed-image", "myImage",
             "--target-regions", "westus=2", "--tags", "why=it's", "odd=" + odd, "empty=", "--timeout", "1s"]
    with Sim(STILL) as sim:
        line = run(sim, "publish", *words).expect(10).command("go on with: ")
        # as a shell reads it
        done = subprocess.run(["/bin/sh", "-c", "acg() { printf '%s\\0' \"$@\"; }\n" + line], capture_output=True, timeout=60, check=True)
        equal(done.stdout.decode().split("\0")[:-1], ["publish", *words])


@test
def standard_input_is_to_be_given_again():
    with Sim(STILL) as sim:
        done = subprocess.run([ACG, "publish", "--file", "-"], input=json.dumps({**BOTH, "timeout": "1s"}), env=environment(sim, {}), capture_output=True,
                              text=True, timeout=120)
        Ended(done.returncode, done.stdout, done.stderr).expect(10, "go on with the same standard input and: acg publish --file -\n")


def a_signal_tells_how_to_go_on(number, code):
    with Sim(STILL) as sim:
        path = file_of(sim, BOTH)
        process = start(sim, "publish", "--file", path)
        said = read_until(process, "westus")
        process.send_signal(number)
        equal(end(process, said).expect(code).command("go on with: "), f"acg publish --file {path}")


@test
def an_interrupt_tells_how_to_go_on():
    a_signal_tells_how_to_go_on(signal.SIGINT, 130)


@test
def a_termination_tells_how_to_go_on():
    a_signal_tells_how_to_go_on(signal.SIGTERM, 143)


@test
def an_end_that_nobody_can_go_on_from_tells_no_command():
    with Sim(FAST) as sim:
        put_version(sim)
        nothing = {**BOTH, "gallery_image_version": "1.0.1", "managed_image": "none"}
        for done in (publish(sim, BOTH).expect(5), publish(sim, nothing).expect(3), publish(sim, {**BOTH, "on_existing": "reuse"}).expect(0)):
            holds("go on with" not in done.err and "wait for it with" not in done.err, done.seen)


@test
def a_second_signal_leaves_at_once_whatever_hangs():
    """The first asks for a deletion, whose answer is held for ten minutes."""
    seed = {"id": version("1.0.0"), "location": "westus", "properties": how_to_body()["properties"]}
    held = {"method": "DELETE", "path": "*/resourceGroups/acg-vm-test-*", "delay_ms": 600000}
    for first, second, code in ((signal.SIGINT, signal.SIGINT, 130), (signal.SIGINT, signal.SIGTERM, 143)):
        with Sim({"speeds": {"vm_ms": 600000, "network_ms": 0, "group_ms": 0}, "resources": [seed], "faults": [held]}) as sim:
            process = start(sim, "vm-test", version("1.0.0"), "--region", "westus", "--yes")
            said = read_until(process, "virtual machine")
            process.send_signal(first)
            said += read_until(process, "a second signal leaves it behind")
            process.send_signal(second)
            done = end(process, said).expect(code)
            equal(done.out, "", "nobody waits for a result")


# ---- budgets, and less than all ----


@test
def home_ends_with_the_home_region_and_says_how_to_wait_for_the_others():
    slow = {**FAST, "versions": [{"regions": {"eastus2": {"ms": 3000}}}]}
    with Sim(slow) as sim:
        done = publish(sim, BOTH, "--wait", "home").expect(0)
        equal((done.result["state"], done.result["proved"]), ("accepted", False))
        line = done.command("wait for it with: ")
        equal(line.lower(), f"acg wait {version('1.0.0')}".lower())
        end(start_typed(sim, line)).expect(0, "every region is replicated")
        equal(writes(sim), ["PUT"])


@test
def detached_is_accepted_and_says_how_to_wait():
    with Sim(STILL) as sim:
        for name, option in (("1.0.0", "--detach"), ("1.0.1", "--no-wait")):
            done = publish(sim, {**BOTH, "gallery_image_version": name}, option).expect(0)
            equal((done.result["state"], done.command("wait for it with: ").lower()), ("accepted", f"acg wait {version(name)}".lower()))
        done = publish(sim, {**BOTH, "gallery_image_version": "1.0.2", "wait": "accepted"}, "--only-show-errors").expect(0)
        equal(done.err, "")
        end(start(sim, "wait", version("1.0.0"), "--for", "accepted")).expect(0)


@test
def budgets_of_their_own_end_the_watch_alone():
    with Sim(STILL) as sim:
        publish(sim, BOTH, "--home-timeout", "1s").expect(10, "home", "go on with: ")
        equal(stored(sim), ["westus", "eastus2"])
    held = {"method": "PUT", "path": "*/versions/*", "delay_ms": 600000}
    with Sim({**STILL, "faults": [held]}) as sim:
        publish(sim, {**BOTH, "accept_timeout": "1s"}).expect(10, "accept", "go on with: ")


# ---- regions that fail ----


@test
def keep_leaves_everything():
    with Sim(failing("eastus2")) as sim:
        done = publish(sim, {**BOTH, "on_failure": "keep"}).expect(6, "eastus2", "Storage allocation failure")
        equal((done.result["state"], writes(sim), stored(sim)), ("failed", ["PUT"], ["westus", "eastus2"]))


@test
def delete_takes_back_what_this_run_made():
    fail = {"code": "InternalOperationError", "message": "no room"}
    with Sim({**FAST, "versions": [{"operation": {"fail": fail}}]}) as sim:
        done = publish(sim, {**BOTH, "on_failure": "delete"}).expect(6, "no room; deleting the version, as on_failure says")
        equal((done.result["state"], writes(sim)), ("failed", ["PUT", "DELETE"]))
        equal(sim.get(version("1.0.0")).status, 404)


@test
def delete_spares_what_somebody_else_made():
    with Sim(failing("eastus2")) as sim:
        put_version(sim, body=plain_body(["westus"]))
        publish(sim, {**PLAIN, "target_regions": ["westus", "eastus2"], "on_existing": "update", "on_failure": "delete"}).expect(6, "eastus2")
        holds("DELETE" not in writes(sim) and sim.get(version("1.0.0")).status == 200, writes(sim))


@test
def a_region_that_may_be_missing_is_named_and_ends_with_11():
    for more in ({"optional_regions": ["eastus2"]}, {"quorum": 1}):
        with Sim(failing("eastus2")) as sim:
            done = publish(sim, {**BOTH, **more}).expect(11, "published without eastus2")
            result = done.result
            equal((result["state"], result["proved"], result["exit_code"], result["error"]["status"]), ("succeeded in part", True, 11, "partial"), done.seen)
            equal([d["disk_encryption_set_id"].rpartition("/")[2] for d in done.region("westus")["disks"]], ["WestUSDiskEncryptionSet1", "WestUSDiskEncryptionSet2"])
            equal(done.region("eastus2")["disks"], [], "nothing of it was read back")
            equal(stored(sim), ["westus"])
            holds("go on with" not in done.err and "See how far" not in done.err, done.seen)


@test
def a_quorum_that_cannot_be_met_is_a_failure():
    with Sim(failing("eastus2")) as sim:
        publish(sim, {**BOTH, "quorum": 2}).expect(6, "eastus2")
    with Sim(failing("westus")) as sim:
        publish(sim, {**BOTH, "quorum": 1}).expect(6, "westus")


@test
def waves_begin_with_the_home_region():
    regions = ["northeurope", "westus", "eastus2", "westeurope"]
    with Sim(FAST) as sim:
        publish(sim, {**PLAIN, "target_regions": regions, "wave_size": 2}).expect(0)
        sizes = put_regions(sim)
        equal((sizes[0], [len(s) for s in sizes], sorted(stored(sim))), (["westus"], [1, 3, 4], sorted(regions)))


# ---- names that are chosen ----


@test
def names_are_chosen_from_the_versions_that_are_there():
    with Sim(FAST) as sim:  # 0.9.0 is there
        for given, name in (("auto", "0.9.1"), ("auto-minor", "0.10.0"), ("auto-major", "1.0.0")):
            done = publish(sim, {**PLAIN, "gallery_image_version": given}).expect(0, f"{given}: the version is {name}")
            equal(done.result["version_id"].rpartition("/")[2], name)
            # the next publish of the same is another one
            sim.send("DELETE", "/_sim/log")
        done = publish(sim, {**PLAIN, "gallery_image_version": "auto"}, "--detach").expect(0)
        holds(done.command("wait for it with: ").endswith("/versions/1.0.1"), done.seen)


@test
def a_date_is_a_name_too():
    with Sim(FAST) as sim:
        days = [datetime.datetime.now(datetime.timezone.utc).strftime("%Y.%m%d").replace(".0", ".")]
        first = publish(sim, {**PLAIN, "gallery_image_version": "date"}).expect(0)
        second = publish(sim, {**PLAIN, "gallery_image_version": "date", "tags": {"run": "2"}}).expect(0)
        days.append(datetime.datetime.now(datetime.timezone.utc).strftime("%Y.%m%d").replace(".0", "."))
        names = [done.result["version_id"].rpartition("/")[2] for done in (first, second)]
        holds(names[0] in [f"{day}.0" for day in days], names)
        holds(names[1] in [f"{day}.{n}" for day in days for n in (0, 1)] and names[1] != names[0], names)


@test
def the_number_of_the_build_ends_the_name():
    build = {**PLAIN, "gallery_image_version": "1.4.build"}
    with Sim(FAST) as sim:
        publish(sim, build).expect(2, "build_number")
        publish(sim, build, BUILD_NUMBER="20261126.3").expect(2, "build_number")
        rows = (((), {"BUILD_NUMBER": "7", "CI_PIPELINE_IID": "8"}, "1.4.7"), ((), {"GITHUB_RUN_NUMBER": "31"}, "1.4.31"),
                ((), {"BUILD_BUILDID": "4711"}, "1.4.4711"), ((), {"CI_PIPELINE_IID": "8"}, "1.4.8"), (("--build-number", "9"), {"BUILD_NUMBER": "7"}, "1.4.9"))
        for options, variables, name in rows:
            done = publish(sim, build, *options, **variables).expect(0)
            equal(done.result["version_id"].rpartition("/")[2], name)
        path = file_of(sim, build)
        run(sim, "status", "--file", path, BUILD_NUMBER="7").expect(0)
        run(sim, "status", "--file", path, BUILD_NUMBER="6").expect(6, "no such version")
        publish(sim, {**PLAIN, "gallery_image_version": "2.0.0"}, BUILD_NUMBER="7").expect(0)


@test
def what_sends_nothing_cannot_choose_a_name():
    with Sim(FAST) as sim:
        for given in ("auto", "auto-minor", "auto-major", "date"):
            path = file_of(sim, {**PLAIN, "gallery_image_version": given})
            for verb in (("explain", "--file", path, "-o", "json"), ("publish", "--file", path, "--dry-run")):
                done = run(sim, *verb).expect(2, "gallery_image_version", "name the version")
                holds("/versions/" not in done.out, done.seen)
        run(sim, "explain", "--file", file_of(sim, {**PLAIN, "gallery_image_version": "1.4.build"}), BUILD_NUMBER="7").expect(0, "1.4.7")
        equal(sim.log(), [])


# ---- what takes half a minute runs beside all others ----


class Beside:
    """A repair rests before it goes on, and an update looks again whether another writer undid it."""

    def __init__(self, scenario, config, there=None):
        self.sim = Sim(scenario)
        if there is not None:
            put_version(self.sim, body=there)
        self.process = start(self.sim, "publish", "--file", file_of(self.sim, config))


repair = Beside(failing("eastus2", fail_times=1), {**BOTH, "on_failure": "repair"})
update = Beside(FAST, {**PLAIN, "target_regions": ["westus", "eastus2"], "on_existing": "update"}, plain_body(["westus", "northeurope"]))


@test
def update_adds_what_is_missing_and_leaves_what_others_put_there():
    with update.sim as sim:
        end(update.process).expect(0, "what is missing is added")
        equal((writes(sim), sorted(stored(sim))), (["PUT"], ["eastus2", "northeurope", "westus"]))


@test
def repair_takes_the_region_out_and_puts_it_in_again():
    with repair.sim as sim:
        done = end(repair.process).expect(0, "eastus2", "Storage allocation failure", "writing the version again")
        equal((done.result["state"], done.result["proved"]), ("succeeded", True))
        equal((put_regions(sim), stored(sim)), ([["westus", "eastus2"], ["westus"], ["westus", "eastus2"]], ["westus", "eastus2"]))
        equal([d["disk_encryption_set_id"].lower() for d in done.region("eastus2")["disks"]],
              [des(SETS["eastus2/os"]).lower(), des(SETS["eastus2/0"]).lower()])


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
