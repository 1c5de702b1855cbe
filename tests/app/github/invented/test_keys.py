"""The app's private key: where it is read from, and that nothing shows it."""

from pathlib import Path

import pytest

from app.github.key import AppKey, PrivateKeyError
from tests.app.github.parts import MovingClock, private_key


def test_a_key_is_read_from_text_from_one_line_and_from_a_file(
    tmp_path: Path, clock: MovingClock
) -> None:
    file = tmp_path / "app.pem"
    file.write_text(private_key())
    sources = [private_key(), private_key().replace("\n", "\\n"), str(file)]

    signed = {AppKey(1, source, clock).sign() for source in sources}

    assert len(signed) == 1


@pytest.mark.parametrize(
    "source", ["", "nowhere.pem", "-----BEGIN RSA PRIVATE KEY-----\nx", "a\0b"]
)
def test_what_is_no_key_is_refused_without_showing_it(source: str, clock: MovingClock) -> None:
    with pytest.raises(PrivateKeyError) as raised:
        AppKey(1, source, clock)

    assert "BEGIN" not in str(raised.value)


def test_no_representation_shows_the_key(clock: MovingClock) -> None:
    """Attack 53."""
    key = AppKey(1, private_key(), clock)

    assert "PRIVATE" not in repr(key) + repr(vars(key))
