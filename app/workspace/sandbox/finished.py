"""One command and what became of it, and the channels of its output. Starts nothing."""

from dataclasses import dataclass

from app.workspace.sandbox.output import head_and_tail
from app.workspace.sandbox.process import Channel, Descriptors, Ended, OnOutput
from app.workspace.sandbox.watchdog import Reason

_KILLED = 128 + 9


@dataclass(frozen=True)
class Command:
    """One command as it was asked for."""

    argv: tuple[str, ...]
    seconds: float
    output_cap: int
    stdin: bytes
    split: bool
    on_output: OnOutput | None


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What became of a command.

    `output` is the text of standard output and error as they came (of standard output alone when
    they were split, `errors` holding the other), cut to head and tail; `content` is all of it, at
    most `Limits.output` bytes.
    """

    exit_code: int
    """As a shell counts: 128 + the signal for a command that a signal ended."""
    output: str
    errors: str
    content: bytes
    truncated: bool
    killed_for: Reason | None
    duration_s: float
    absent: tuple[str, ...]
    """Mount points left out because the worktree has something else in their place."""

    @property
    def timed_out(self) -> bool:
        """Whether it was killed because its time was up."""
        return self.killed_for is Reason.TIMEOUT


class Outputs:
    """The channels of one command: standard output, and standard error apart or the same."""

    def __init__(self, descriptors: Descriptors, limit: int, command: Command) -> None:
        self._cap = command.output_cap
        self.stdout = Channel(descriptors, limit, command.on_output)
        self.stderr = self.stdout
        if command.split:
            self.stderr = Channel(descriptors, limit, command.on_output)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Each of them once."""
        return (self.stdout,) if self.stderr is self.stdout else (self.stdout, self.stderr)

    def finished(self, ended: Ended, exit_code: int | None, absent: tuple[str, ...]) -> Finished:
        """What became of the command; its exit code is None when it was killed."""
        output, cut = head_and_tail(self.stdout.capture.content, self._cap)
        errors, errors_cut = "", False
        if self.stderr is not self.stdout:
            errors, errors_cut = head_and_tail(self.stderr.capture.content, self._cap)
        return Finished(
            exit_code=_KILLED if exit_code is None else exit_code,
            output=output,
            errors=errors,
            content=self.stdout.capture.content,
            truncated=cut or errors_cut or self.stdout.capture.overflowed,
            killed_for=ended.killed_for,
            duration_s=ended.duration_s,
            absent=absent,
        )
