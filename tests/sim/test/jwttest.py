# SPDX-License-Identifier: MPL-2.0
"""JSON web tokens for the simulator's tests, signed by the openssl command: neither acg-sim's code nor core's."""
import base64
import json
import subprocess
import time
import uuid

PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(key, header, claims, more=()):
    """key: path of a PEM file. The algorithm is RS256, or PS256 when the header says so; more replaces openssl's options."""
    options = list(more) or (PSS if header.get("alg") == "PS256" else [])
    return sign_texts(key, json.dumps(header), json.dumps(claims), options)


def sign_texts(key, header, claims, options=()):
    text = url64(header.encode()) + "." + url64(claims.encode())
    return text + "." + url64(openssl("dgst", "-sha256", "-sign", key, *options, data=text.encode()))


def read(token):
    """(header, claims) of a token."""
    return tuple(json.loads(from64(part)) for part in token.split(".")[:2])


def certificate_of(path):
    """The certificate of a PEM file in DER."""
    return openssl("x509", "-in", path, "-outform", "DER")


def digest(der, name):
    return openssl("dgst", f"-{name}", "-binary", data=der)


class Application:
    """A client with a certificate: its assertions, to be spoilt one member at a time."""

    def __init__(self, pem, client_id="sp"):
        self.pem, self.client_id = pem, client_id
        self.der = certificate_of(pem)

    def header(self, **changes):
        return changed({"alg": "PS256", "typ": "JWT", "x5t#S256": url64(digest(self.der, "sha256"))}, changes)

    def claims(self, endpoint, **changes):
        now = int(time.time())
        return changed({"aud": endpoint, "iss": self.client_id, "sub": self.client_id, "jti": str(uuid.uuid4()), "nbf": now, "iat": now,
                        "exp": now + 600}, changes)

    def assertion(self, endpoint, header=None, claims=None, key=None, more=()):
        return sign(key or self.pem, self.header(**(header or {})), self.claims(endpoint, **(claims or {})), more)


def changed(members, changes):
    """None takes a member away."""
    return {name: value for name, value in {**members, **changes}.items() if value is not None}
