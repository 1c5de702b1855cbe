"""The tool bash: one command after the other in fresh cages that feel like one shell."""

import secrets

import pytest

from app.workspace.sandbox.cage import Limits
from app.workspace.tools.result import ToolResult
from app.workspace.tools.toolbox import NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench, processes_named


def _toolbox(bench: Bench, *, timeout_s: float = 20, output_cap: int = 32 << 10) -> Toolbox:
    return Toolbox(
        bench.sandbox,
        bench.cage,
        allowed=frozenset(NAMES),
        skills={},
        limits=ToolLimits(bash_timeout_s=timeout_s, most_bash_timeout_s=40, output_cap=output_cap),
    )


async def _run(toolbox: Toolbox, command: str) -> ToolResult:
    return await toolbox.call("bash", {"command": command})


async def test_output_and_exit_code_are_shown(bench: Bench) -> None:
    result = await _run(_toolbox(bench), "echo out; echo err >&2; exit 3")

    assert result == ToolResult("out\nerr\n[exit code 3]", is_error=False)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("# timeout: 30", 30), ("#timeout:7\n", 7), ("# timeout: 0", 1), ("# timeout: 99999", 40)],
)
async def test_a_command_asks_for_its_time_in_its_first_line(
    bench: Bench, line: str, seconds: int
) -> None:
    toolbox = _toolbox(bench, timeout_s=20)

    result = await _run(toolbox, f"{line}\nulimit -t")

    # The limit on processor time that goes with the time of the command.
    assert int(result.text.split("\n")[0]) >= seconds


async def test_a_command_that_was_ended_is_told_how_to_ask_for_more(bench: Bench) -> None:
    result = await _run(_toolbox(bench, timeout_s=0.3), "sleep 60")

    assert "still running after 0.3 s. Begin it with the line `# timeout: 40`" in result.text


async def test_a_command_that_had_the_most_there_is_is_told_to_run_less(bench: Bench) -> None:
    toolbox = Toolbox(
        bench.sandbox,
        bench.cage,
        allowed=frozenset(NAMES),
        skills={},
        limits=ToolLimits(most_bash_timeout_s=1),
    )

    result = await _run(toolbox, "# timeout: 600\nsleep 60")

    assert "still running after 1 s. Run less at once" in result.text


async def test_an_output_is_handed_on_whole(bench: Bench) -> None:
    toolbox = Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )

    result = await _run(toolbox, "seq 1 100000")

    numbers = "\n".join(map(str, range(1, 100_001)))
    assert result.text.startswith(f"{numbers}\n[the output is long; all 588895 bytes are in")


async def test_the_directory_and_exported_variables_are_carried_on(bench: Bench) -> None:
    toolbox = _toolbox(bench)

    await _run(toolbox, "mkdir -p a/b; cd a/b; export NAME='two words\nand a line'; unset PAGER")
    result = await _run(toolbox, 'pwd; echo "$NAME"; echo "pager:${PAGER-none}"')

    assert result.text == "/workspace/a/b\ntwo words\nand a line\npager:none\n[exit code 0]"


async def test_they_are_carried_on_when_the_command_exits_or_fails(bench: Bench) -> None:
    toolbox = _toolbox(bench)

    await _run(toolbox, "set -eu; export KEPT=1; cd /tmp; false; echo not reached")
    result = await _run(toolbox, "echo $KEPT; pwd")

    assert result.text == "1\n/tmp\n[exit code 0]"


async def test_they_are_carried_on_past_a_trap_of_the_command_itself(bench: Bench) -> None:
    toolbox = _toolbox(bench)

    first = await _run(toolbox, "trap 'echo bye' EXIT; cd /tmp")
    second = await _run(toolbox, "pwd")

    assert first.text == "bye\n[exit code 0]"
    assert second.text == "/tmp\n[exit code 0]"


async def test_a_directory_that_has_gone_is_left_for_the_workspace(bench: Bench) -> None:
    toolbox = _toolbox(bench)

    await _run(toolbox, "mkdir gone; cd gone; rmdir ../gone")
    result = await _run(toolbox, "pwd")

    assert result.text == "/workspace\n[exit code 0]"


async def test_restart_forgets_what_was_carried(bench: Bench) -> None:
    toolbox = _toolbox(bench)
    await _run(toolbox, "cd /tmp; export NAME=1; echo 'exit 9' > /run/phaseline/environment")

    restarted = await toolbox.call("bash", {"restart": True})
    result = await _run(toolbox, "pwd; echo ${NAME-none}")

    assert restarted.text == "The shell has been restarted."
    assert result.text == "/workspace\nnone\n[exit code 0]"


async def test_a_syntax_error_is_told_and_breaks_nothing(bench: Bench) -> None:
    toolbox = _toolbox(bench)

    broken = await _run(toolbox, "if true; then echo 'no end")
    after = await _run(toolbox, "echo fine")

    assert "unexpected EOF" in broken.text
    assert after.text == "fine\n[exit code 0]"


async def test_background_processes_are_ended_and_the_model_is_told(bench: Bench) -> None:
    marker = f"71.{secrets.randbelow(10**9)}"

    wait = "until grep -q sleep /proc/$!/comm; do :; done"
    result = await _run(_toolbox(bench), f"sleep {marker} & {wait}; echo started")

    assert result.text.startswith("started\n[exit code 0]\n[ended with the call")
    assert "sleep" in result.text
    assert processes_named(marker) == []


async def test_a_command_that_takes_too_long_is_killed_with_advice(bench: Bench) -> None:
    toolbox = _toolbox(bench, timeout_s=0.5)
    await _run(toolbox, "cd /tmp")

    result = await _run(toolbox, "echo begun; cd /; sleep 60")
    after = await _run(toolbox, "pwd")

    assert result.is_error
    assert result.text.startswith("begun\n[killed: still running after 0.5 s.")
    assert after.text == "/tmp\n[exit code 0]"


async def test_long_output_is_cut_and_kept_where_the_agent_can_read_it(bench: Bench) -> None:
    toolbox = _toolbox(bench, output_cap=1000)

    result = await _run(toolbox, "seq 5000")
    rest = await _run(toolbox, "sed -n '2500p' /tmp/output-1.txt")

    assert len(result.text) < 1300
    assert "all 23893 bytes are in /tmp/output-1.txt" in result.text
    assert rest.text == "2500\n[exit code 0]"


async def test_a_trap_at_the_place_of_kept_output_is_not_followed(bench: Bench) -> None:
    toolbox = _toolbox(bench, output_cap=1000)
    await _run(toolbox, "ln -s /workspace/victim /tmp/output-2.txt")

    result = await _run(toolbox, "seq 5000")

    assert "[the output is long; print less" in result.text
    assert not (bench.worktree / "victim").exists()


async def test_many_small_commands_do_not_get_past_the_quota(bench: Bench) -> None:
    toolbox = _toolbox(bench.limited(Limits(disk=100 << 20)))
    fill = "head -c 55000000 /dev/urandom >"

    under = await _run(toolbox, f"{fill} /tmp/one")
    over = await _run(toolbox, f"{fill} ~/two")
    refused = await _run(toolbox, f"cd ~; {fill} three; stat -c %s three; export KEPT=1")
    tidied = await _run(toolbox, "rm ~/two ~/three; echo $KEPT")
    after = await _run(toolbox, f"{fill} ~/two; stat -c %s ~/two; rm ~/two")

    assert under.text == "[exit code 0]"
    assert "[the disk of this session is full (100 MiB or 400000 files" in over.text
    assert "65536\n" in refused.text
    assert "disk of this session is full" in refused.text
    assert tidied.text == "1\n[exit code 0]"
    assert after.text == "55000000\n[exit code 0]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs the parameter command"),
        ({"command": 7}, "must be text"),
        ({"command": "true", "timeout": 5}, "has no parameter timeout"),
        ({"command": "echo \0"}, "NUL"),
        ({"command": "x" * 200_000}, "128 KiB"),
        ({"restart": "yes"}, "must be true or false"),
    ],
)
async def test_wrong_arguments_are_refused_in_words(
    bench: Bench, arguments: dict[str, object], words: str
) -> None:
    result = await _toolbox(bench).call("bash", arguments)

    assert result.is_error
    assert words in result.text


async def test_a_long_command_works(bench: Bench) -> None:
    result = await _run(_toolbox(bench), f"cat <<'END' | wc -c\n{'x' * 120_000}\nEND")

    assert result.text == "120001\n[exit code 0]"


async def test_output_that_is_no_text_is_survived(bench: Bench) -> None:
    result = await _run(_toolbox(bench), "head -c 300 /dev/urandom; printf '\\xff\\x00\\n'")

    assert result.text.endswith("[exit code 0]")
