#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The publisher over TLS, through examples/publish_one.c: what it costs, and what happens when login or network go wrong.

    publisher_test.py ACG_SIM PUBLISH_ONE
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from simtest import Report, Sim, equal, holds, test, tests_of, version  # noqa: E402

PROGRAM = sys.argv[2]
FAST = {"speeds": {"version_ms": 0, "replication_ms": 0}}


def publish(sim, name="5.0.0", **environment):
    env = {**sim.environment(), **environment}
    for key in [k for k, v in env.items() if v is None]:
        del env[key]
    return subprocess.run([PROGRAM, version(name), "myImage", "westus=WestUSDiskEncryptionSet1", "eastus2=EastUS2DiskEncryptionSet1"],
                          env=env, capture_output=True, text=True, timeout=120)


def ends_with(done, code, *words):
    seen = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    holds(done.returncode == code, f"expected exit {code}: {seen}")
    for word in words:
        holds(word in done.stdout + done.stderr, f"{word!r} is not said: {seen}")
    for secret in ("secret\n", "client_secret=", "Bearer"):
        holds(secret not in done.stdout + done.stderr, f"{secret!r} is shown: {seen}")


def statuses(sim, *words):
    return [r["status"] for r in sim.log() if all(w in r["method"] + " " + r["path"] for w in words)]


@test
def one_publish_reads_each_resource_once_on_at_most_three_connections():
    with Sim(FAST, tls=True) as sim:
        ends_with(publish(sim), 0, "published")
        log = sim.log()
        # the version thrice and the operation: what a publish cannot do without; the other reads are one per resource
        equal(sorted(r["method"] for r in log if r["method"] != "GET"), ["POST", "PUT"])
        reads = [r["path"] for r in log if r["method"] == "GET"]
        often = {p for p in reads if reads.count(p) > 1 and "/versions/" not in p}
        holds(all("/diskEncryptionSets/" in p for p in often), often)  # those are read again, for the proof's report
        put = next(r["start_us"] for r in log if r["method"] == "PUT")
        holds(max(r["start_us"] for r in log if r["path"].endswith("/usages")) < put, "a check after the write")
        holds(len({r["connection"] for r in log}) <= 3, f"connections: {[r['connection'] for r in log]}")


@test
def a_token_that_expires_while_azure_works_is_renewed_before_it_does():
    scenario = {"speeds": {"version_ms": 4000, "replication_ms": 0}, "tokens": {"lifetime_s": 2}, "retry_after": 1}
    with Sim(scenario, tls=True) as sim:
        ends_with(publish(sim), 0, "published")
        holds(len(statuses(sim, "POST", "/token")) >= 2, sim.log())
        equal([r["status"] for r in sim.log() if r["status"] == 401], [])


@test
def a_token_that_the_service_revokes_is_replaced_once():
    fault = {"method": "GET", "path": "*/capsOperations/*", "times": 1, "status": 401,
             "body": {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expiry UTC time has passed."}}}
    with Sim({**FAST, "faults": [fault]}, tls=True) as sim:
        ends_with(publish(sim), 0, "published")
        equal(len(statuses(sim, "POST", "/token")), 2)
        equal(len(statuses(sim, "PUT")), 1)


@test
def a_connection_that_drops_is_opened_again():
    faults = [{"method": "POST", "path": "*/token", "times": 1, "drop": "after"},
              {"method": "GET", "path": "*/versions/5.0.0", "times": 1, "drop": "before"},
              {"method": "PUT", "path": "*/versions/5.0.0", "times": 1, "drop": "before"},
              {"method": "GET", "path": "*/capsOperations/*", "times": 1, "truncate_at": 10}]
    with Sim({**FAST, "faults": faults}, tls=True) as sim:
        ends_with(publish(sim), 0, "published")


@test
def an_answer_that_is_lost_after_the_put_is_settled_by_reading():
    fault = {"method": "PUT", "path": "*/versions/*", "times": 1, "drop": "after"}
    with Sim({**FAST, "faults": [fault]}, tls=True) as sim:
        ends_with(publish(sim), 0, "published")
        equal(len(statuses(sim, "PUT")), 1)


@test
def a_certificate_that_is_not_trusted_is_said_and_nothing_is_sent():
    with Sim(FAST, tls=True) as sim:
        ends_with(publish(sim, ACG_CA_FILE=None), 2, "is not trusted", "ca_file")
        equal(sim.log(), [])


@test
def the_certificate_must_name_the_host():
    with Sim(FAST, tls=True) as sim:
        # the same server under a name that its certificate does not have
        other = sim.base.replace("localhost", "other.localhost")
        done = publish(sim, AZURE_AUTHORITY_HOST=other, ACG_RESOURCE_MANAGER_ENDPOINT=other)
        ends_with(done, 2, "is not trusted", "other.localhost")
        equal(sim.log(), [])


@test
def the_users_ca_file_is_the_only_trust():
    with Sim(FAST, tls=True) as sim, Sim(FAST, tls=True) as stranger:
        ends_with(publish(sim, ACG_CA_FILE=stranger.ca, SSL_CERT_FILE=sim.ca), 2, "is not trusted")
        equal(sim.log(), [])


@test
def openssls_variable_names_the_trust_when_the_user_names_none():
    with Sim(FAST, tls=True) as sim:
        ends_with(publish(sim, ACG_CA_FILE=None, SSL_CERT_FILE=sim.ca), 0, "published")


@test
def a_wrong_secret_is_a_login_failure_with_its_code():
    with Sim(FAST, tls=True) as sim:
        done = publish(sim, AZURE_CLIENT_SECRET="wr0ng-s3cret")
        ends_with(done, 4, "client_secret", "cause: the client secret is wrong", "next step: set client_secret to the secret's value")
        holds("wr0ng" not in done.stdout + done.stderr, "the secret is shown")
        equal(len(sim.log()), 1)


@test
def an_adfs_authority_logs_in():
    with Sim(FAST, tls=True) as sim:
        ends_with(publish(sim, AZURE_AUTHORITY_HOST=sim.base + "/adfs"), 0, "published")
        equal(statuses(sim, "POST", "/adfs/oauth2/token"), [200])


@test
def clear_http_works_on_loopback():
    with Sim(FAST) as sim:
        ends_with(publish(sim), 0, "published")


report = Report()
report.run(tests_of(globals()))
report.end()
