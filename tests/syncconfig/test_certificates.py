"""The hub's own certificates: checked when they are saved, and no private key in a column that is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.urls import reverse

from syncconfig.models import Configuration

pytestmark = pytest.mark.django_db
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def made(key: Key) -> tuple[str, str]:
    """A certificate of that key, and the key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), written(key)


def written(key: Key, password: bytes = b"", form: str = "PKCS8") -> str:
    """The key in PEM."""
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    style = getattr(serialization.PrivateFormat, form)
    return key.private_bytes(serialization.Encoding.PEM, style, how).decode()


OWN = ec.generate_private_key(ec.SECP256R1())
CERTIFICATE, KEY = made(OWN)
OTHER_CERTIFICATE, OTHER_KEY = made(rsa.generate_private_key(65537, 2048))


def refusals(configuration: Configuration, **values: str) -> dict[str, list[str]]:
    """What is said of each field when it is saved so; nothing when it is taken."""
    for name, value in values.items():
        setattr(configuration, name, value)
    try:
        configuration.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        written(OWN, form="TraditionalOpenSSL"),
        f"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{KEY}",
        CERTIFICATE + KEY,
    ],
)
def test_a_key_that_fits_is_taken_in_each_form(customers_out: Configuration, key: str) -> None:
    assert refusals(customers_out, tls_certificate=CERTIFICATE + OTHER_CERTIFICATE, tls_key=key) == {}


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"tls_key": OTHER_KEY}, "tls_key", "does not belong to the client certificate"),
        ({"tls_key": written(OWN, b"secret")}, "tls_key", "has a password"),
        ({"tls_key": written(OWN, b"secret", "TraditionalOpenSSL")}, "tls_key", "has a password"),
        ({"tls_key": CERTIFICATE}, "tls_key", "a certificate, and not its private key"),
        ({"tls_key": "something"}, "tls_key", "no private key"),
        ({"tls_key": KEY.replace("M", "X")}, "tls_key", "cannot be read"),
        ({"tls_certificate": OTHER_CERTIFICATE + CERTIFICATE}, "tls_certificate", "must come first"),
        ({"tls_certificate": CERTIFICATE + KEY}, "tls_certificate", "key of the client certificate"),
        ({"tls_ca": KEY + OTHER_CERTIFICATE}, "tls_ca", "stored and shown in clear"),
    ],
)
def test_what_cannot_work_or_would_be_shown_is_refused_where_it_stands(
    customers_out: Configuration, values: dict[str, Any], field: str, told: str
) -> None:
    found = refusals(customers_out, **{"tls_certificate": CERTIFICATE, "tls_key": KEY, **values})
    assert list(found) == [field]
    assert told in " ".join(found[field])
    assert KEY.splitlines()[1] not in str(found)


def test_a_key_is_pasted_into_a_text_of_several_lines_which_shows_nothing_of_it(
    customers_out: Configuration, admin_client: Browser
) -> None:
    customers_out.tls_certificate, customers_out.tls_key = CERTIFICATE, KEY
    customers_out.save()
    page = admin_client.get(reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])).content.decode()
    assert re.search(r'<textarea name="tls_key"[^>]*placeholder="Stored[^>]*></textarea>', page)
    assert KEY.splitlines()[1] not in page
