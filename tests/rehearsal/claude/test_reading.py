"""Reading a script: what is accepted, and how each fault is named."""

from pathlib import Path

import pytest

from app.rehearsal.claude.reading import ScriptError, read_script
from tests.rehearsal.claude.conftest import write_script


def faults(folder: Path, steps: str) -> str:
    with pytest.raises(ScriptError) as error:
        read_script(write_script(folder, steps))
    return str(error.value)


def test_the_text_of_a_file_stands_in_for_its_name(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/x.py").write_text("print('x')\n")

    script = read_script(
        write_script(
            tmp_path,
            "  a/b/1: [{tools: [{edit: {path: x.py, file_text: {file: files/x.py}}}]}]\n",
        )
    )

    step = script.step("a/b/1")
    assert step is not None
    turns = step.turns(1)
    assert turns is not None
    assert turns[0].calls[0].input == {"path": "x.py", "file_text": "print('x')\n"}


def test_a_step_may_be_like_another(tmp_path: Path) -> None:
    script = read_script(
        write_script(tmp_path, "  a/b/2: {like: a/b/1}\n  a/b/1: [{say: Hello}]\n")
    )

    assert script.step("a/b/2") == script.step("a/b/1")


def test_the_exact_step_comes_before_the_one_with_a_star(tmp_path: Path) -> None:
    script = read_script(
        write_script(
            tmp_path,
            "  a/b/*: [{say: any}]\n  a/b/2: [{say: two}]\n  a/v/*/*: [{say: every}]\n",
        )
    )

    assert script.step("a/b/2") is script.steps["a/b/2"]
    assert script.step("a/b/3") is script.steps["a/b/*"]
    assert script.step("a/v/1/F3") is script.steps["a/v/*/*"]
    assert script.step("a/c/1") is None


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("  a/b/1: [{sai: x, say: y}]", "steps > a/b/1 > turn 1: unknown key 'sai'"),
        ("  a/b/1: [{}]", "a turn says something or calls a tool"),
        ("  a/b/1: []", "expected a list of at least one turn"),
        ("  a/b/1: [{say: x, stop: halt}]", "stop 'halt' is unknown"),
        ("  a/b/1: [{say: x, stop: tool_use}]", "stop: tool_use needs tools"),
        ("  a/b/1: [{say: x, expect: '('}]", "expect: '(' is not a regular expression"),
        ("  a/b/1: [{say: x}, {say: y, expect_prompt: z}]", "belongs on the first turn"),
        ("  a/b/1: [{tools: [{bash: ls}]}]", "tool call 1: bash: the input must be a mapping"),
        ("  a/b/1: [{tools: [{bash: {}, grep: {}}]}]", "a tool call is one tool's name"),
        ("  a/b/1: [{tools: [{bash: {on: 2026-01-01}}]}]", "put it in quotes"),
        ("  a/b/1: [{tools: [{edit: {text: {file: no.txt}}}]}]", "cannot be read"),
        ("  a/b/1: [{tools: [{edit: {text: {file: ../x}}}]}]", "lies outside the script's folder"),
        ("  a/b/1: [{tools: [{edit: {text: {file: /etc/passwd}}}]}]", "lies outside"),
        ("  a/b/1: [{say: x, usage: {tokens: 1}}]", "usage: unknown key 'tokens'"),
        ("  a/b/1: {like: a/b/9}", "like: 'a/b/9' is not a step"),
        ("  a/b/1: {attempts: {one: [{say: x}]}}", "an attempt is a whole number from 1"),
        ("  a/b: [{say: x}]", "a step is named phase/agent/round"),
        ("  a/b/1: &x [{say: x}]\n  a/b/2: *x", "aliases (*name) are not allowed"),
        ("  a/b/1: [{say: x}]\n  a/b/1: [{say: y}]", "the key 'a/b/1' stands twice"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, steps: str, fault: str) -> None:
    message = faults(tmp_path, steps)

    assert "script.yaml" in message
    assert fault in message


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    message = faults(tmp_path, "  a/b/1: [{sai: x}]\n  a/b/2: [{stop: no}]\n")

    assert "a/b/1" in message
    assert "a/b/2" in message


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (tmp_path / "secret").write_text("hush")
    (folder / "link").symlink_to(tmp_path / "secret")

    message = faults(folder, "  a/b/1: [{tools: [{edit: {text: {file: link}}}]}]\n")

    assert "lies outside the script's folder" in message


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"version: 2\ntitle: x\nsteps: {a/b/1: [{say: x}]}", "version must be 1"),
        (b"version: 1\nsteps: {a/b/1: [{say: x}]}", "title must say"),
        (b"version: 1\ntitle: x\nsteps: {}", "steps must map"),
        (b"version: 1\ntitle: x\nmore: 1\nsteps: {a/b/1: [{say: x}]}", "unknown key 'more'"),
        (b"- a list", "a script is a mapping"),
        (b"version: [", "line 1, column"),
        (b"\xff\xfe\xfa", "not UTF-8"),
        (b"[" * 5_000, "nested too deeply"),
        (b"x" * (2 * 1024 * 1024 + 1), "a script may have"),
    ],
)
def test_a_file_that_is_no_script_says_so(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_bytes(content)

    with pytest.raises(ScriptError) as error:
        read_script(path)

    assert fault in str(error.value)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.yaml: cannot be read"):
        read_script(tmp_path / "nowhere.yaml")
