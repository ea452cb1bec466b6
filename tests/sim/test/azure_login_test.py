# SPDX-License-Identifier: MPL-2.0
"""Microsoft's own clients log in to acg-sim without a secret: azure-identity in the version at hand (Debian's, or PyPI's newest with the
argument newest), MSAL itself, and the Azure CLI. What they send is taken by the simulator's strict checks, so these are not only ours."""
import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contract"))  # for az_cli_test
from jwttest import read
from simtest import COMPUTE, SUBSCRIPTION, TENANT, Report, Sim, equal, holds, test, tests_of, version

import azure.identity
import msal
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, CredentialUnavailableError, EnvironmentCredential, ManagedIdentityCredential

NEWEST = sys.argv[2:] == ["newest"]
SCOPE = "https://management.azure.com/.default"
SYSTEM_ID, USER_ID = "66666666-7777-8888-9999-000000000001", "66666666-7777-8888-9999-000000000003"
USER = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MyResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
        "publisher")
# Debian's version knows no way round the instance discovery at a public host but this authority.
PLACE = {"tenant_id": TENANT, "disable_instance_discovery": True} if NEWEST else {"tenant_id": "adfs"}


class Host:
    """A simulator, and the environment that a program finds on a host of that kind."""

    def __init__(self, kind=None, scenario=None, **more):
        self.kind, self.more = kind, more
        self.sim = Sim(scenario, tls=True, login=True)
        self.before = dict(os.environ)

    def __enter__(self):
        for name in [n for n in os.environ if n.startswith(("AZURE_", "IDENTITY_", "IMDS_", "MSI_", "SYSTEM_"))]:
            del os.environ[name]
        os.environ["REQUESTS_CA_BUNDLE"] = self.sim.ca
        if self.kind:
            os.environ.update(self.sim.host_variables(self.kind))
        os.environ.update(self.more)
        return self.sim

    def __exit__(self, *failed):
        os.environ.clear()
        os.environ.update(self.before)
        self.sim.__exit__(*failed)


def works(sim, credential):
    """The token opens the Resource Manager; what the last login checked."""
    token = credential.get_token(SCOPE).token
    equal(sim.send("GET", version("0.9.0") + "?api-version=2023-07-03", headers={"Authorization": "Bearer " + token}).status, 200)
    return [line["login"] for line in sim.log() if line.get("login") and line["status"] == 200][-1]


def certificate(sim, name="sp.pem", **more):
    return CertificateCredential(client_id="sp", certificate_path=os.path.join(sim.logins, name), authority=sim.base, **PLACE, **more)


@test
def a_certificate_logs_in_as_pem_and_as_pfx():
    with Host() as sim:
        for name, more in {"sp.pem": {}, "sp.pfx": {}, "sp-locked.pem": {"password": "acg-sim"}, "sp-locked.pfx": {"password": "acg-sim"}}.items():
            done = works(sim, certificate(sim, name, **more))
            equal((done["kind"], "signature" in done["checked"], "x5c" in done["checked"]), ("certificate", True, False), name)
        holds("x5c" in works(sim, certificate(sim, send_certificate_chain=True))["checked"], "the chain was sent")


@test
def the_environment_names_a_certificate():
    with Host() as sim:
        os.environ.update(AZURE_TENANT_ID=PLACE["tenant_id"], AZURE_CLIENT_ID="sp", AZURE_CLIENT_CERTIFICATE_PATH=os.path.join(sim.logins, "sp-locked.pfx"),
                          AZURE_CLIENT_CERTIFICATE_PASSWORD="acg-sim", AZURE_AUTHORITY_HOST=sim.base)
        more = {"disable_instance_discovery": True} if NEWEST else {}
        equal(works(sim, EnvironmentCredential(**more))["kind"], "certificate")


@test
def a_certificate_that_is_not_registered_is_refused():
    with Host() as other, Host(scenario={"tokens": {"clients": [{"client_id": "sp", "certificates": ["made"]}]}}) as sim:
        try:
            CertificateCredential(client_id="sp", certificate_path=os.path.join(other.logins, "sp.pem"), authority=sim.base, **PLACE).get_token(SCOPE)
        except ClientAuthenticationError as error:
            holds("AADSTS700027" in error.message, error.message)
        else:
            raise AssertionError("another simulator's certificate was taken")


@test
def msal_sends_an_assertion_again_for_another_resource():
    """Which the service must accept, then; acg-sim does so with the rule switched off."""
    for rules, status in (([], 401), (["replay"], 200)):
        with Host(scenario={"rules_off": rules}) as sim:
            credential = certificate(sim)
            credential.get_token(SCOPE)
            try:
                credential.get_token("https://vault.azure.net/.default")
            except ClientAuthenticationError as error:
                holds("AADSTS50013" in error.message, error.message)
            equal([line["status"] for line in sim.log() if "login" in line], [200, status])


@test
def a_pod_logs_in_with_its_token_file():
    with Host("kubernetes", AZURE_TENANT_ID=TENANT, AZURE_CLIENT_ID="sp") as sim:
        os.environ["AZURE_AUTHORITY_HOST"] = sim.base
        equal(works(sim, ManagedIdentityCredential())["kind"], "federated")
        if NEWEST:
            done = works(sim, azure.identity.WorkloadIdentityCredential(disable_instance_discovery=True))
            equal((done["kind"], done["client_id"]), ("federated", "sp"))


@test
def a_machine_gives_its_identities():
    with Host("imds") as sim:
        equal(works(sim, ManagedIdentityCredential())["client_id"], SYSTEM_ID)
        equal(works(sim, ManagedIdentityCredential(client_id=USER_ID))["client_id"], USER_ID)
        named = {"resource_id": USER} if NEWEST else {"msi_res_id": USER}
        equal(works(sim, ManagedIdentityCredential(identity_config=named)), {"kind": "imds", "client_id": USER_ID, "checked": ["Metadata", "resource"]})


@test
def a_machine_without_identity_says_so():
    with Host("imds", scenario={"identities": {"system": None, "user": []}}) as sim:
        try:
            ManagedIdentityCredential().get_token(SCOPE)
        except CredentialUnavailableError as error:
            holds("dentity" in error.message and len(sim.log()) == 1, f"{error.message} {len(sim.log())}")
        else:
            raise AssertionError("a token without an identity")


@test
def a_busy_machine_is_asked_again():
    busy = {"path": "/metadata/identity/*", "status": 429, "times": 1, "headers": {"Retry-After": "1"}, "body": {"error": "busy"}}
    with Host("imds", scenario={"faults": [busy]}) as sim:
        equal(works(sim, ManagedIdentityCredential())["client_id"], SYSTEM_ID)
        equal([line["status"] for line in sim.log() if "/identity/" in line["path"]], [429, 200])


@test
def app_service_gives_its_identities():
    with Host("app_service") as sim:
        equal(works(sim, ManagedIdentityCredential())["client_id"], SYSTEM_ID)
        named = {"resource_id": USER} if NEWEST else {"mi_res_id": USER}
        equal(works(sim, ManagedIdentityCredential(identity_config=named))["client_id"], USER_ID)
        equal(works(sim, ManagedIdentityCredential(client_id=USER_ID))["kind"], "app_service")


@test
def an_arc_machine_wants_its_key_file_read():
    with Host("arc") as sim:
        if NEWEST:  # it looks in the folder of Arc's agent whatever the challenge says
            try:
                ManagedIdentityCredential().get_token(SCOPE)
                raise AssertionError("a key file outside of Arc's folder was read")
            except (FileNotFoundError, ClientAuthenticationError):
                equal([(line["login"]["kind"], line["status"]) for line in sim.log()], [("arc", 401)])
        else:
            equal(works(sim, ManagedIdentityCredential()), {"kind": "arc", "client_id": SYSTEM_ID, "checked": ["Metadata", "resource", "key file"]})


if NEWEST:
    @test
    def msal_signs_with_ps256_and_names_the_sha_256_thumbprint():
        with Host() as sim:
            key = {"private_key_pfx_path": os.path.join(sim.logins, "sp-locked.pfx"), "passphrase": "acg-sim", "public_certificate": True}
            client = msal.ConfidentialClientApplication("sp", authority=f"{sim.base}/{TENANT}", client_credential=key, instance_discovery=False)
            answer = client.acquire_token_for_client([SCOPE])
            equal(answer.get("token_type"), "Bearer", json.dumps({k: v for k, v in answer.items() if k != "access_token"}))
            equal(sim.log()[-1]["login"]["checked"][:3], ["alg PS256", "x5t#S256", "x5c"])

    @test
    def a_github_job_logs_in_with_a_token_for_each_exchange():
        with Host("github") as sim:
            workload = {"tenant_id": TENANT, "client_id": "sp", "authority": sim.base, "disable_instance_discovery": True}

            def assertion():
                answer = sim.send("GET", os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"][len(sim.base):] + "&audience=api://AzureADTokenExchange",
                                  headers={"Authorization": "Bearer " + os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]})
                return answer.body["value"]
            done = works(sim, ClientAssertionCredential(func=assertion, **workload))
            equal((done["kind"], done["checked"][-1]), ("federated", "jti"))
            once = assertion()
            works(sim, ClientAssertionCredential(func=lambda: once, **workload))
            try:
                ClientAssertionCredential(func=lambda: once, **workload).get_token(SCOPE)
            except ClientAuthenticationError as error:
                holds("AADSTS50013" in error.message, error.message)
            else:
                raise AssertionError(f"a cached token was taken again: {read(once)[1]['jti']}")

    @test
    def a_pipeline_logs_in_by_its_service_connection():
        with Host("azure_devops") as sim:
            given = sim.host_variables("azure_devops")
            done = works(sim, azure.identity.AzurePipelinesCredential(
                tenant_id=TENANT, client_id="sp", service_connection_id=given["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
                system_access_token=given["SYSTEM_ACCESSTOKEN"], authority=sim.base, disable_instance_discovery=True))
            equal(done["kind"], "federated")
            equal([line["login"]["kind"] for line in sim.log() if "login" in line][:2], ["azure_devops", "federated"])

    @test
    def a_pipeline_with_a_wrong_token_is_told_so():
        with Host("azure_devops") as sim:
            given = sim.host_variables("azure_devops")
            try:
                azure.identity.AzurePipelinesCredential(
                    tenant_id=TENANT, client_id="sp", service_connection_id=given["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
                    system_access_token="wrong", authority=sim.base, disable_instance_discovery=True).get_token(SCOPE)
            except ClientAuthenticationError as error:
                holds("token of this job" in error.message, error.message)
            else:
                raise AssertionError("a wrong token was taken")
else:
    from az_cli_test import Az

    def az_works(az, sim, kind):
        shown = az.run("sig", "image-version", "show", "-g", "MyResourceGroup", "--gallery-name", "MyGallery", "--gallery-image-definition", "MyImage",
                       "--gallery-image-version", "0.9.0")
        equal(shown["id"].lower(), version("0.9.0").lower())
        holds(shown["id"].startswith(COMPUTE), shown["id"])
        equal([line["login"]["kind"] for line in sim.log() if "login" in line], ["secret", kind])

    @test
    def az_logs_in_with_a_certificate():
        with Host() as sim, Az(sim) as az:
            az.run("logout")
            az.run("login", "--service-principal", "-u", "sp", "-p", os.path.join(sim.logins, "sp.pem"), "--tenant", TENANT)
            az_works(az, sim, "certificate")

    @test
    def az_sends_the_chain_of_a_certificate():
        with Host() as sim, Az(sim) as az:
            az.run("login", "--service-principal", "-u", "sp", "-p", os.path.join(sim.logins, "sp.pem"), "--tenant", TENANT, "--use-cert-sn-issuer")
            equal(sim.log()[-2]["login"]["checked"][:3], ["alg RS256", "x5t", "x5c"])

    @test
    def az_logs_in_with_a_federated_token():
        with Host() as sim, Az(sim) as az:
            az.run("logout")
            with open(os.path.join(sim.logins, "federated-token"), encoding="utf-8") as f:
                az.run("login", "--service-principal", "-u", "sp", "--federated-token", f.read(), "--tenant", TENANT)
            az_works(az, sim, "federated")

    @test
    def az_shows_why_a_certificate_is_refused():
        with Host() as other, Host() as sim, Az(sim) as az:
            done = az.try_to("login", "--service-principal", "-u", "sp", "-p", os.path.join(other.logins, "sp.pem"), "--tenant", TENANT)
            holds(done.returncode != 0 and "AADSTS700027" in done.stderr, done.stderr)


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
