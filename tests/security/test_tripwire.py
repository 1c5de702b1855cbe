"""Secrets of the service in what agents hand in. They never have them; this is a tripwire."""

import base64
import secrets
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.settings import load
from app.wiring.store import secrets_of
from app.workspace.tripwire import Tripwire
from phases.core.machine import RunState
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive
from tests.phases.world import world

SECRET = "sk-ant-" + secrets.token_urlsafe(40) + "/+" + secrets.token_urlsafe(8)


def _key() -> str:
    key = generate_private_key(65537, 2048)
    form = PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


DISGUISES = {
    "as it is": SECRET,
    "reversed": SECRET[::-1],
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64, behind something": base64.b64encode(b"key=" + SECRET.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(b"k" + SECRET.encode()).decode(),
    "hexadecimal": SECRET.encode().hex(),
    "hexadecimal in capitals, in pairs": SECRET.encode().hex(" ").upper(),
    "for an address": quote(SECRET, safe=""),
    "every character for an address": "".join(f"%{ord(c):02X}" for c in SECRET),
    "cut every seven characters": "\n- ".join(SECRET[i : i + 7] for i in range(0, 60, 7)),
    "letter by letter": " ".join(SECRET),
    "a piece of it": f"begins with {SECRET[20:36]}",
    "as a list": str(list(SECRET)),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_secret_is_found_in_any_disguise(disguise: str) -> None:
    """Attack 55."""
    assert Tripwire([SECRET]).touched_by(f"Summary: {DISGUISES[disguise]}. Done.")


def test_lines_of_a_private_key_are_found_and_another_key_is_not_taken_for_it() -> None:
    """Attack 55."""
    ours, other = _key(), _key()
    tripwire = Tripwire([ours])

    assert tripwire.touched_by(ours)
    assert tripwire.touched_by(ours.splitlines()[7])
    assert Tripwire([ours.replace("\n", "\\n")]).touched_by(ours.splitlines()[7])
    assert not tripwire.touched_by(other)


def test_ordinary_text_touches_nothing() -> None:
    pages = [path.read_text(encoding="utf-8") for path in Path("docs").rglob("*.md")]

    assert pages
    assert not any(Tripwire([SECRET, _key()]).touched_by(page) for page in pages)


def test_a_key_in_a_file_is_known_by_its_text(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(_key())
    settings = load(
        github_app_id=1,
        github_private_key=str(tmp_path / "key.pem"),
        github_webhook_secret="s" * 32,
        anthropic_api_key=SECRET,
        _env_file=None,
    )

    assert (tmp_path / "key.pem").read_text() in secrets_of(settings)


@pytest.mark.parametrize("field", ["artifact", "summary"])
async def test_a_submission_with_a_secret_is_dropped_and_the_run_stands_still(
    tmp_path: Path, field: str
) -> None:
    """Attack 55."""
    play = standard_play()
    plan = play["planning/architect/1"][0]
    text = f"{getattr(plan.submission, field)} canary"
    play["planning/architect/1"] = [revised(plan, **{field: text})]

    async with world(tmp_path, play) as it:
        stop = await drive(it)
        work = await it.work("planning/architect/1")

        assert stop.state is RunState.BLOCKED
        assert "holds a secret of this service" in stop.reason
        assert work.artifact is None
        assert "canary" not in await it.tracker()
