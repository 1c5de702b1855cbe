"""What the README claims, held against the code."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.github.registration import SUBSCRIPTIONS
from app.settings import Settings, SettingsError, load
from phases.commands import SKIPPABLE
from phases.core.machine import MEANING, MOVES, RunState
from phases.core.work import PhaseName
from tests.docs.reading import GENERATED, between, fences, text_of, variable

README = text_of("README.md")


def diagram() -> str:
    return next(text for kind, text in fences(README) if kind == "mermaid")


def section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_the_diagram_shows_every_move_of_the_machine_and_no_other() -> None:
    drawn = set(re.findall(r"^ *(\w+) --> (\w+)$", diagram(), re.MULTILINE))

    assert drawn == {(str(old), str(new)) for old, news in MOVES.items() for new in news}


def test_the_diagram_begins_where_a_run_begins_and_ends_where_it_can_only_end() -> None:
    first = re.findall(r"\[\*\] --> (\w+)", diagram())
    last = re.findall(r"(\w+) --> \[\*\]", diagram())

    assert first == [RunState.QUEUED]
    assert last == [state for state, moves in MOVES.items() if not moves]


def test_each_state_is_explained_in_the_words_of_the_machine() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", README.partition("## Two")[0], re.MULTILINE))
    rows.pop("state")

    assert rows == {str(state): meaning for state, meaning in MEANING.items()}


def test_the_number_of_phases_is_right() -> None:
    assert len(PhaseName) == 5
    assert "in five phases" in " ".join(README.split())


@pytest.mark.parametrize("name", GENERATED)
def test_a_table_is_that_of_the_code(name: str) -> None:
    assert between(README, name) == GENERATED[name](), "write it anew: python -m tests.docs"


def test_the_events_to_tick_are_those_of_the_manifest() -> None:
    sentence = README.partition("**Subscribe to events** tick:")[2].partition(".")[0]

    named = [" ".join(event.split()) for event in sentence.split(",")]
    assert named == [event.title for event in SUBSCRIPTIONS]


def test_the_steps_that_can_be_skipped_are_all_named() -> None:
    sentence = README.partition("Steps that can be skipped are")[2].partition(".")[0]

    assert re.findall(r"`([a-z-]+)`", sentence) == list(SKIPPABLE)


def test_the_budgets_in_the_text_are_the_defaults() -> None:
    fields = Settings.model_fields

    for name, words in (
        ("budget_run_usd", "a run stops at {} USD"),
        ("budget_day_usd", "a repository at {} USD a day"),
        ("budget_operator_day_usd", "at {} USD a day (UTC)"),
    ):
        assert words.format(fields[name].default) in " ".join(README.split())


def example() -> dict[str, str]:
    lines = text_of(".env.example").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_environment_names_exactly_what_the_service_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in example():
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SettingsError) as refused:
        load(_env_file=tmp_path / "nothing")

    named = r"^- ([A-Z_]+) is not set"
    asked_for = re.findall(named, str(refused.value), re.MULTILINE)
    assert sorted(asked_for) == sorted(example())


def test_every_variable_in_comments_of_the_example_is_a_setting() -> None:
    commented = re.findall(r"^# ([A-Z_]+)=", text_of(".env.example"), re.MULTILINE)

    known = {variable(name, field) for name, field in Settings.model_fields.items()}
    assert commented
    assert set(commented) <= known


def test_the_example_filled_in_as_told_makes_settings(tmp_path: Any) -> None:
    filled = {
        "PHASELINE_GITHUB_APP_ID": "12345",
        "PHASELINE_GITHUB_WEBHOOK_SECRET": "0" * 64,
        "ANTHROPIC_API_KEY": "a key",
    }
    assert {name for name, value in example().items() if not value} == set(filled)
    file = tmp_path / ".env"
    file.write_text("\n".join(f"{k}={v}" for k, v in (example() | filled).items()))

    settings = load(_env_file=file)

    assert settings.github_app_id == 12345
    assert settings.github_private_key.get_secret_value() == "var/app.private-key.pem"
    assert "var/app.private-key.pem" in section("Ten minutes to a real App")


@pytest.mark.parametrize("name", ["PHASELINE_GITHUB_URL", "PHASELINE_GITHUB_API_URL"])
def test_the_variables_of_the_rehearsal_are_settings(name: str) -> None:
    rehearsal = section("Ten minutes to a real App").partition("### The same steps")[2]

    known = {variable(field, info) for field, info in Settings.model_fields.items()}
    assert f"{name}=" in rehearsal
    assert set(re.findall(r"^([A-Z_]+)=", rehearsal, re.MULTILINE)) <= known
