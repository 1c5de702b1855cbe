"""`.github/phaseline.yml` is read whole or refused by name, whatever it holds."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.workspace.repository_settings import RepositorySettings, SettingsError, parse
from phases.core.receipts import CheckId, CheckKind
from phases.core.submission import Side


def faults(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        parse(text.encode())
    return str(refused.value)


def test_everything_that_is_supported_is_read() -> None:
    text = (
        "setup:\n  - make deps\n  - make more\n"
        "checks:\n  backend: {lint: ruff check ., tests: pytest}\n  frontend: {types: npm run t}\n"
        "paths: {backend: [src/**, '*.sql'], docs: docs/}\n"
        "protected: /infra/\n"
    )

    settings = parse(text.encode())

    assert settings == RepositorySettings(
        setup=("make deps", "make more"),
        checks=(
            (CheckId(Side.BACKEND, CheckKind.LINT), "ruff check ."),
            (CheckId(Side.BACKEND, CheckKind.TESTS), "pytest"),
            (CheckId(Side.FRONTEND, CheckKind.TYPES), "npm run t"),
        ),
        paths=(("backend", ("src/**", "*.sql")), ("docs", ("docs/",))),
        protected=("/infra/",),
    )


def test_an_empty_file_settles_nothing() -> None:
    assert parse(b"") == RepositorySettings()
    assert parse(b"# only a comment\n") == RepositorySettings()


@pytest.mark.parametrize("key", ["services", "limits", "agents", "models"])
def test_what_is_not_supported_yet_is_refused_not_ignored(key: str) -> None:
    assert f"`{key}` is not supported yet" in faults(f"{key}: {{}}\nsetup: [make]\n")


def test_every_fault_is_named_at_once() -> None:
    text = (
        "colour: red\nsetup: {a: b}\nchecks: {middle: {lint: x}, backend: {smell: x, lint: [x]}}\n"
        "paths: {elsewhere: [x], docs: ['../up']}\nprotected: [1]\n"
    )

    found = faults(text).splitlines()

    assert found == [
        "`colour` is no setting. Supported: setup, checks, paths, protected, gates.",
        "`setup` must be a text or a list of texts.",
        "`checks.middle` is not known. Known: backend, frontend.",
        "`checks.backend.smell` is not known. Known: lint, format, types, tests.",
        "`checks.backend.lint` must be one command.",
        "`paths.elsewhere` is not known. Known: backend, frontend, docs, tests.",
        "`paths.docs` leaves the repository: `../up`.",
        "`protected` must be a text or a list of texts.",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &x [1]\nb: *x\n", "anchors and aliases"),
        ("setup: [make]\nsetup: [other]\n", "a key stands there twice"),
        ("[" * 50 + "]" * 50, "nested too deeply"),
        ("setup: !!python/object/apply:os.system [id]\n", "It is no YAML"),
        ("setup: [unclosed\n", "It is no YAML"),
        ("- a\n- b\n", "must hold a mapping"),
        ("x" * 70_000, "larger than 64 KiB"),
        ("setup: ['']\n", "has an empty entry"),
    ],
)
def test_a_file_that_is_hostile_or_broken_is_refused_in_words(text: str, why: str) -> None:
    assert why in faults(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SettingsError, match="not UTF-8"):
        parse(b"\xff\xfe")


KEYS = st.sampled_from(["setup", "checks", "paths", "protected", "backend", "lint", "gates", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def words_or_settings(data: bytes) -> object:
    try:
        return parse(data)
    except SettingsError as error:
        return str(error)


@given(VALUES)
def test_whatever_is_written_is_read_or_refused_in_words(value: object) -> None:
    assert words_or_settings(yaml.safe_dump(value).encode())


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_read_or_refused_in_words(data: bytes) -> None:
    assert words_or_settings(data)


SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "phaseline.schema.json").read_text())
DOCUMENT = (Path(__file__).parents[4] / "docs" / "phaseline-yml.md").read_text()


@given(VALUES)
def test_the_published_schema_takes_what_is_read_and_refuses_the_rest(value: object) -> None:
    taken = isinstance(words_or_settings(yaml.safe_dump(value).encode()), RepositorySettings)

    assert jsonschema_rs.is_valid(SCHEMA, value) is taken


def test_the_documents_example_is_read_and_fits_the_schema() -> None:
    example = DOCUMENT.split("```yaml\n")[1].split("```")[0]

    settings = parse(example.encode())

    assert len(settings.checks) == 6
    assert jsonschema_rs.is_valid(SCHEMA, yaml.safe_load(example))


def test_a_repository_can_have_its_plans_approved_by_a_person() -> None:
    assert parse(b"gates: {plan: human}").plan_gate
    assert not parse(b"gates: {}").plan_gate


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"gates: {plan: robot}", "`gates.plan` can only be `human`"),
        (b"gates: {plan: }", "`gates.plan` can only be `human`"),
        (b"gates: {merge: human}", "`gates.merge` is not known"),
        (b"gates: human", "`gates` must be a mapping"),
    ],
)
def test_a_gate_that_is_not_known_is_named(text: bytes, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        parse(text)
