"""An App's credentials are written whole, for one user alone, and overwrite nothing unasked."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app.wiring.credentials import Credentials, CredentialsError

GIVEN = {"PHASELINE_GITHUB_APP_ID": "7", "PHASELINE_GITHUB_WEBHOOK_SECRET": "0a" * 20}
KEY = "-----BEGIN RSA PRIVATE KEY-----\nnew\n"


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    made = Credentials(
        env_file=tmp_path / ".env",
        key_file=tmp_path / "var" / "app.pem",
        taken=frozenset(),
        replace=False,
        suffix="20261102T093000",
    )
    made.check()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_key_and_environment_are_written_for_one_user_alone(credentials: Credentials) -> None:
    backups = credentials.keep(GIVEN, KEY)

    variables = dotenv_values(credentials.env_file)
    assert backups == ()
    assert variables == GIVEN | {"PHASELINE_GITHUB_PRIVATE_KEY": str(credentials.key_file)}
    assert credentials.key_file.read_text() == KEY
    assert (mode(credentials.env_file), mode(credentials.key_file)) == (0o600, 0o600)
    assert names(credentials.env_file.parent) == [".env", "var"]
    assert names(credentials.key_file.parent) == ["app.pem"]


def test_what_else_stands_in_the_environment_file_stays(credentials: Credentials) -> None:
    before = (
        "# Mine.\nexport PHASELINE_LABEL=build\nPHASELINE_GITHUB_APP_ID=\n"
        'PHASELINE_GITHUB_PRIVATE_KEY="-----BEGIN\nold\n-----END"\nANTHROPIC_API_KEY=sk'
    )
    credentials.env_file.write_text(before)
    credentials.env_file.chmod(0o644)

    (backup,) = credentials.keep(GIVEN, KEY)

    text = credentials.env_file.read_text()
    variables = dotenv_values(credentials.env_file)
    assert text.startswith("# Mine.\nexport PHASELINE_LABEL=build\n")
    assert "old" not in text
    assert variables["ANTHROPIC_API_KEY"] == "sk"
    assert variables["PHASELINE_GITHUB_APP_ID"] == "7"
    assert Path(backup).read_text() == before
    assert (mode(credentials.env_file), mode(Path(backup))) == (0o600, 0o600)


@pytest.mark.parametrize("there", ["environment", "key"])
def test_an_app_that_is_there_is_neither_overwritten_at_start_nor_at_the_end(
    credentials: Credentials, there: str
) -> None:
    if there == "key":
        credentials.key_file.write_text("old")
    else:
        credentials.env_file.write_text("PHASELINE_GITHUB_APP_ID=3\n")

    with pytest.raises(CredentialsError, match="--replace"):
        credentials.check()
    with pytest.raises(CredentialsError, match="--replace"):
        credentials.keep(GIVEN, KEY)

    assert not credentials.key_file.exists() or credentials.key_file.read_text() == "old"
    assert credentials.known("PHASELINE_GITHUB_APP_ID") in {"", "3"}


def test_replaced_credentials_stay_beside_the_new_ones(credentials: Credentials) -> None:
    credentials.keep(GIVEN, "old")
    other = replace(credentials, replace=True)

    other.check()
    backups = other.keep(GIVEN | {"PHASELINE_GITHUB_APP_ID": "8"}, KEY)

    env, key = (Path(name) for name in backups)
    assert dotenv_values(env)["PHASELINE_GITHUB_APP_ID"] == "7"
    assert key.read_text() == "old"
    assert other.known("PHASELINE_GITHUB_APP_ID") == "8"
    assert other.key_file.read_text() == KEY
    assert {mode(path) for path in (env, key, other.env_file, other.key_file)} == {0o600}


def test_a_variable_that_would_outrank_the_file_is_named(credentials: Credentials) -> None:
    taken = frozenset({"PHASELINE_GITHUB_APP_ID", "PATH"})

    with pytest.raises(CredentialsError, match="PHASELINE_GITHUB_APP_ID is set in the environ"):
        replace(credentials, taken=taken).check()


def test_a_place_that_cannot_be_written_is_found_before_anything_is_registered(
    credentials: Credentials, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CredentialsError, match="cannot be written"):
        replace(credentials, key_file=tmp_path / "file" / "app.pem").check()
