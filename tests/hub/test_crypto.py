"""Encryption and the rotation of its keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.crypto import Cipher, WrongKey, generate_key

OLD, NEW = generate_key(), generate_key()


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    cipher = Cipher([NEW])
    assert cipher.decrypt(cipher.encrypt(text)) == text


def test_a_token_shows_nothing_and_differs_each_time() -> None:
    cipher = Cipher([NEW])
    first, second = cipher.encrypt("canary"), cipher.encrypt("canary")
    assert first != second
    assert "canary" not in first
    assert first.isascii()


def test_an_older_key_still_decrypts() -> None:
    token = Cipher([OLD]).encrypt("secret")
    assert Cipher([NEW, OLD]).decrypt(token) == "secret"


def test_after_rotation_the_old_key_can_go() -> None:
    token = Cipher([OLD]).encrypt("secret")
    rotated = Cipher([NEW, OLD]).rotate(token)
    assert Cipher([NEW]).decrypt(rotated) == "secret"
    with pytest.raises(WrongKey):
        Cipher([OLD]).decrypt(rotated)


@pytest.mark.parametrize("damage", ["wrong key", "cut", "changed", "empty", "plain text", "not ascii"])
@pytest.mark.parametrize("method", ["decrypt", "rotate"])
def test_what_cannot_be_decrypted_is_never_handed_out(method: str, damage: str) -> None:
    token = Cipher([OLD]).encrypt("secret")
    damaged = {
        "wrong key": token,
        "cut": token[:-5],
        "changed": token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        "empty": "",
        "plain text": "canary",
        "not ascii": "Zoë",
    }[damage]
    with pytest.raises(WrongKey, match="HUB_ENCRYPTION_KEYS") as failure:
        getattr(Cipher([NEW]), method)(damaged)
    assert not damaged or damaged not in str(failure.value)
    assert failure.value.__suppress_context__


@pytest.mark.parametrize("key", ["", "short", "x" * 44, "ключ"])
def test_a_malformed_key_is_named_by_its_place(key: str) -> None:
    with pytest.raises(ValueError, match="number 2 is malformed") as failure:
        Cipher([NEW, key])
    assert len(key) < 5 or key not in str(failure.value)


def test_no_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="HUB_ENCRYPTION_KEYS"):
        Cipher([])


def test_a_key_may_have_blanks_around_it() -> None:
    assert Cipher([f" {NEW}\n"]).decrypt(Cipher([NEW]).encrypt("x")) == "x"


def test_a_cipher_does_not_show_its_keys() -> None:
    assert repr(Cipher([NEW])) == "<Cipher>"
