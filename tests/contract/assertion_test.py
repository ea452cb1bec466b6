#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The signed login of a certificate, checked by others: the openssl command, and PyJWT with cryptography where they are there.

    assertion_test.py ASSERTION_LOOK
"""
import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

try:
    import jwt
    from cryptography import x509
except ImportError:
    jwt = None

LOOK = sys.argv[1]
FOLDER = tempfile.TemporaryDirectory()
AT = pathlib.Path(FOLDER.name)
PASSWORD = "p4ss word"
AUDIENCE = "https://login.example.com/t/oauth2/v2.0/token"
CLIENT = "66666666-7777-8888-9999-000000000000"


def openssl(*words, **more):
    return subprocess.run(["openssl", *words], cwd=AT, check=True, capture_output=True, timeout=120, **more).stdout


def make_files():
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "leaf.csr", "-subj", "/CN=login")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "leaf.crt", "-days", "2")
    openssl("pkey", "-in", "key.pem", "-aes256", "-passout", f"pass:{PASSWORD}", "-out", "sealed.key")
    openssl("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    joined = {"plain.pem": ("key.pem", "leaf.crt", "ca.crt"), "turned.pem": ("ca.crt", "leaf.crt", "key.pem"),
              "sealed.pem": ("sealed.key", "leaf.crt", "ca.crt"), "other.pem": ("key.pem", "ca.crt")}
    for name, parts in joined.items():
        (AT / name).write_bytes(b"".join((AT / p).read_bytes() for p in parts))
    both = ("-export", "-inkey", "key.pem", "-in", "leaf.crt", "-certfile", "ca.crt")
    openssl("pkcs12", *both, "-out", "sealed.pfx", "-passout", f"pass:{PASSWORD}")
    openssl("pkcs12", *both, "-out", "open.pfx", "-passout", "pass:")
    openssl("pkcs12", *both, "-out", "old.pfx", "-passout", f"pass:{PASSWORD}", "-legacy")
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "short.key", "-out", "short.crt", "-subj", "/CN=short")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ec.key", "-out", "ec.crt", "-subj", "/CN=ec")
    for name in ("short", "ec"):
        (AT / f"{name}.pem").write_bytes((AT / f"{name}.key").read_bytes() + (AT / f"{name}.crt").read_bytes())


make_files()


def look(name, algorithm="PS256", password="", *more):
    return subprocess.run([LOOK, str(AT / name), password, algorithm, *more], capture_output=True, text=True, timeout=60)


def parts_of(token):
    return [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split(".")]


def signed(name, algorithm="PS256", password="", *more):
    """The header and the claims of a token whose signature the openssl command has verified."""
    done = look(name, algorithm, password, *more)
    equal((done.returncode, done.stderr), (0, ""), done.stdout)
    token = done.stdout.strip()
    holds(re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", token), token)
    header, claims, signature = parts_of(token)
    (AT / "signature").write_bytes(signature)
    padding = () if algorithm == "RS256" else ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256")
    said = openssl("dgst", "-sha256", "-verify", "public.pem", *padding, "-signature", "signature", input=token.rpartition(".")[0].encode())
    equal(said, b"Verified OK\n")
    return json.loads(header), json.loads(claims), token


def thumbprint(kind):
    der = openssl("x509", "-in", "leaf.crt", "-outform", "DER")
    return base64.urlsafe_b64encode(hashlib.new(kind, der).digest()).rstrip(b"=").decode()


@test
def the_claims_are_those_of_the_token_service():
    header, claims, _ = signed("plain.pem")
    jti = claims.pop("jti")
    holds(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", jti), jti)
    equal(claims, {"aud": AUDIENCE, "iss": CLIENT, "sub": CLIENT, "nbf": 1700000000, "iat": 1700000000, "exp": 1700000600})
    equal(header, {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint("sha256")})


@test
def rs256_names_the_certificate_by_sha_1():
    header, _, _ = signed("plain.pem", "RS256")
    equal(header, {"alg": "RS256", "typ": "JWT", "x5t": thumbprint("sha1")})


@test
def every_form_of_the_file_is_read():
    for name, password in (("plain.pem", ""), ("plain.pem", "not needed"), ("turned.pem", ""), ("sealed.pem", PASSWORD), ("sealed.pfx", PASSWORD),
                           ("open.pfx", "")):
        for algorithm in ("PS256", "RS256"):
            header, _, _ = signed(name, algorithm, password)
            equal(header["alg"], algorithm, name)


@test
def the_chain_goes_leaf_first():
    for name, password in (("plain.pem", ""), ("turned.pem", ""), ("sealed.pfx", PASSWORD)):
        header, _, _ = signed(name, "PS256", password, "chain")
        want = [base64.b64encode(openssl("x509", "-in", f, "-outform", "DER")).decode() for f in ("leaf.crt", "ca.crt")]
        equal(header["x5c"], want, name)


@test
def two_logins_with_pss_differ():
    holds(signed("plain.pem")[2] != signed("plain.pem")[2], "the salt is the same")
    equal(signed("plain.pem", "RS256")[2], signed("plain.pem", "RS256")[2])


@test
def others_accept_it_too():
    if jwt is None:
        return  # Debian: python3-jwt, python3-cryptography
    key = x509.load_pem_x509_certificate((AT / "leaf.crt").read_bytes()).public_key()
    for algorithm in ("PS256", "RS256"):
        _, claims, token = signed("plain.pem", algorithm)
        read = jwt.decode(token, key, algorithms=[algorithm], audience=AUDIENCE, issuer=CLIENT, options={"verify_exp": False})
        equal(read, claims)


@test
def what_is_wrong_with_the_file_is_said():
    (AT / "empty.pem").write_text("")
    (AT / "noise.pfx").write_bytes(bytes(range(256)))
    (AT / "cut.pem").write_bytes((AT / "plain.pem").read_bytes()[:700])
    (AT / "cut.pfx").write_bytes((AT / "sealed.pfx").read_bytes()[:700])
    for name, password, field, words in (
            ("leaf.crt", "", "client_cert_path", "holds no private key"),
            ("key.pem", "", "client_cert_path", "no certificate of the file belongs to its key"),
            ("other.pem", "", "client_cert_path", "no certificate of the file belongs to its key"),
            ("short.pem", "", "client_cert_path", "1024 bits; 2048 are the least"),
            ("ec.pem", "", "client_cert_path", "is not RSA"),
            ("sealed.pem", "", "client_cert_password", "missing"),
            ("sealed.pem", "wrong", "client_cert_password", "does not open"),
            ("sealed.pfx", "", "client_cert_password", "missing"),
            ("sealed.pfx", "wrong", "client_cert_password", "does not open the PFX"),
            ("old.pfx", PASSWORD, "client_cert_path", "openssl pkcs12 -legacy -in OLD.pfx -nodes -out NEW.pem"),
            ("old.pfx", "wrong", "client_cert_password", "does not open the PFX"),
            ("empty.pem", "", "client_cert_path", "neither a PEM file nor a PFX file"),
            ("noise.pfx", "", "client_cert_path", "neither a PEM file nor a PFX file"),
            ("cut.pfx", PASSWORD, "client_cert_path", "neither a PEM file nor a PFX file"),
            ("cut.pem", "", "client_cert_p", "")):
        done = look(name, "PS256", password)
        equal(done.returncode, 1, f"{name}: {done.stdout}")
        holds(done.stdout.startswith(f"argument: {field}"), f"{name}: {done.stdout}")
        holds(words in done.stdout, f"{name}: {done.stdout}")
        holds("wrong" not in done.stdout and PASSWORD not in done.stdout, done.stdout)


@test
def the_advice_for_an_old_file_works():
    openssl("pkcs12", "-legacy", "-in", "old.pfx", "-nodes", "-out", "new.pem", "-passin", f"pass:{PASSWORD}")
    signed("new.pem")


report = Report()
report.run(tests_of(globals()))
FOLDER.cleanup()
report.end()
