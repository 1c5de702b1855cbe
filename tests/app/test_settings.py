from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings, SettingsError, load

GOOD = {
    "github_app_id": 1,
    "github_private_key": "key.pem",
    "github_webhook_secret": "s" * 32,
    "anthropic_api_key": "sk-ant-1234567890",
    "_env_file": None,
}


def test_the_defaults_are_those_of_a_small_installation() -> None:
    settings = load(**GOOD)

    assert settings.database_url == "sqlite:///var/phaseline.db"
    assert settings.data_dir == Path("var")
    assert settings.sandbox == "bubblewrap"
    assert settings.port == 8000


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///var/p.db", Path("var/p.db")),
        ("sqlite:////srv/p.db", Path("/srv/p.db")),
        ("postgresql://phaseline@db/phaseline", None),
    ],
)
def test_only_sqlite_has_a_file(url: str, file: Path | None) -> None:
    assert load(**GOOD, database_url=url).sqlite_file == file


def test_everything_that_is_missing_is_named_at_once_with_its_variable() -> None:
    with pytest.raises(SettingsError) as caught:
        load(_env_file=None)

    for name in (
        "PHASELINE_GITHUB_APP_ID",
        "PHASELINE_GITHUB_PRIVATE_KEY",
        "PHASELINE_GITHUB_WEBHOOK_SECRET",
        "ANTHROPIC_API_KEY",
    ):
        assert name in str(caught.value)


def test_what_stands_empty_in_the_file_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PHASELINE_GITHUB_APP_ID=\nPHASELINE_PORT=high\nANTHROPIC_API_KEY=\n")

    with pytest.raises(SettingsError) as caught:
        load(_env_file=file)

    lines = str(caught.value).splitlines()
    assert "- PHASELINE_GITHUB_APP_ID is not set" in lines
    assert any(line.startswith("- ANTHROPIC_API_KEY is not set") for line in lines)
    assert any(line.startswith("- PHASELINE_PORT cannot be used: ") for line in lines)


def test_a_short_webhook_secret_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="openssl rand -hex 32") as caught:
        load(**{**GOOD, "github_webhook_secret": "guess-me"})

    assert "guess-me" not in str(caught.value)


def test_no_cage_needs_an_explicit_yes() -> None:
    with pytest.raises(SettingsError, match="PHASELINE_SANDBOX_NONE_I_ACCEPT=yes"):
        load(**{**GOOD, "sandbox": "none"})


def test_no_secret_shows_when_the_settings_are_printed() -> None:
    settings = load(**GOOD)

    shown = f"{settings!r} {settings} {settings.model_dump()}"

    assert "sk-ant-1234567890" not in shown
    assert "s" * 32 not in shown
    assert "key.pem" not in shown


# Neither the mask nor a letter that any text may hold.
SECRETS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=32, max_size=99)


@given(SECRETS, SECRETS, SECRETS, SECRETS)
def test_no_secret_shows_whatever_it_is(key: str, webhook: str, model: str, database: str) -> None:
    """Attack 53."""
    settings = load(
        **{
            **GOOD,
            "github_private_key": key,
            "github_webhook_secret": webhook,
            "anthropic_api_key": model,
            "database_url": f"postgresql://phaseline:{database}@db/phaseline",
        }
    )

    shown = f"{settings!r} {settings}"

    assert all(secret not in shown for secret in (key, webhook, model, database))


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())
