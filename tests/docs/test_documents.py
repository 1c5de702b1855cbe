"""All documents: links that lead somewhere, commands that exist, nothing of anybody's machine."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from app.cli.main import app
from app.settings import Settings
from phases.core.help import COMMANDS
from phases.core.model import Variant
from tests.docs.reading import (
    ROOT,
    anchors,
    documents,
    fences,
    make_targets,
    prose,
    text_of,
    tracked_files,
    variable,
)

LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
LONGEST_AGENTS = 60
MOST_WORDS_OF_A_DECISION = 450
# Words that stand for work that was left undone, and addresses of one machine.
FORBIDDEN = re.compile(r"\bTODO\b|\bFIXME\b|\bTBD\b|/home/\w|/root/|/work/")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


every = pytest.mark.parametrize("document", documents(), ids=name_of)


@every
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    for target in LINK.findall(prose(document.read_text())):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (document.parent / path).resolve() if path else document

        assert leads_to.exists(), target
        if anchor:
            assert anchor in anchors(leads_to.read_text()), target


@every
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    quoted = re.findall(r"`make ([a-z-]+)", text)
    shown = [
        target
        for _, block in fences(text)
        for target in re.findall(r"^(?:\$ )?make ([a-z-]+)", block, re.MULTILINE)
    ]

    assert {*quoted, *shown} <= make_targets()


def commands(command: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    options = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    found = {words: {*options, "--help"}}
    for name, child in getattr(command, "commands", {}).items():
        found |= commands(child, (*words, name))
    return found


@every
def test_every_command_line_that_is_shown_would_be_understood(document: Path) -> None:
    known = commands(typer.main.get_command(app))
    text = document.read_text()
    shown = re.findall(r"`(?:\.venv/bin/)?phaseline ([^`]+)`", text)
    shown += [
        line
        for _, block in fences(text)
        for line in re.findall(r"^(?:\S*/)?phaseline ([^#\n]+)", block, re.MULTILINE)
    ]

    for line in shown:
        words = tuple(word for word in line.split() if not word.startswith("-"))
        found = max((w for w in known if words[: len(w)] == w), key=len)
        assert found, line
        options = {word.partition("=")[0] for word in line.split() if word.startswith("--")}
        assert options <= known[found], line


@every
def test_every_path_of_ours_that_is_named_exists(document: Path) -> None:
    named = re.findall(
        r"`((?:app|phases|agents|tests|migrations|docs|scripts)/[\w./-]+)`", document.read_text()
    )

    assert [path for path in named if not (ROOT / path).exists()] == []


@every
def test_every_variable_that_is_named_is_a_setting(document: Path) -> None:
    known = {variable(name, field) for name, field in Settings.model_fields.items()}

    named = set(re.findall(r"\b(?:PHASELINE|ANTHROPIC)_[A-Z_]+\b(?!\*)", document.read_text()))

    assert named - known == set()


@every
def test_every_command_for_people_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`/phaseline ([a-z]+)", document.read_text())

    assert set(named) <= {str(word) for word in COMMANDS}


@every
def test_every_label_that_is_named_is_one_of_ours(document: Path) -> None:
    named = re.findall(r"`phaseline:([a-z]+)`", document.read_text())

    assert set(named) <= {str(variant) for variant in Variant if variant != Variant.STANDARD}


@every
def test_every_module_that_is_shown_to_be_run_exists(document: Path) -> None:
    for module in re.findall(r"python -m ([\w.]+)", document.read_text()):
        assert importlib.util.find_spec(module), module


@every
def test_nothing_in_it_is_left_for_later_or_of_one_machine(document: Path) -> None:
    assert FORBIDDEN.search(document.read_text()) is None


def test_the_page_for_agents_is_short() -> None:
    assert len(text_of("AGENTS.md").splitlines()) <= LONGEST_AGENTS


def decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_the_decisions_are_numbered_without_gaps_and_all_listed() -> None:
    index = text_of("docs/adr/README.md")

    assert [int(path.name[:4]) for path in decisions()] == list(range(1, len(decisions()) + 1))
    assert [path.name for path in decisions() if f"({path.name})" not in index] == []


@pytest.mark.parametrize("decision", decisions(), ids=name_of)
def test_a_decision_is_a_page_that_argues_for_what_lost(decision: Path) -> None:
    text = decision.read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert text.startswith(f"# {decision.name[:4]}: ")
    assert headings == ["Question", "Decision", "What lost", "Consequences"]
    assert len(text.split()) <= MOST_WORDS_OF_A_DECISION


def test_every_make_target_is_described_for_contributors() -> None:
    text = text_of("CONTRIBUTING.md")

    assert [t for t in sorted(make_targets() - {"help"}) if f"`make {t}`" not in text] == []


def test_the_documents_that_a_stranger_looks_for_are_there() -> None:
    expected = {
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "AGENTS.md",
        "LICENSE",
        "docs/operations.md",
        "docs/not-proven.md",
        "docs/scripts.md",
        "docs/phaseline-yml.md",
    }

    assert expected <= set(tracked_files())


def test_what_is_kept_is_kept_as_long_as_the_defaults_say() -> None:
    text = text_of("docs/operations.md")
    fields = Settings.model_fields

    for name, words in (
        ("keep_transcripts_days", "after the run's end, {:g} |"),
        ("keep_files_hours", "after the run's end, {:g};"),
    ):
        assert f"`{variable(name, fields[name])}` {words.format(fields[name].default)}" in text
