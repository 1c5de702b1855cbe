"""The commands that a person may give, told to people. What they lead to is decided elsewhere."""

from phases.core.command import Word

COMMANDS = {
    Word.STATUS: "where the run stands",
    Word.APPROVE: "approve the plans that wait for it",
    Word.REVISE: (
        "have the plans revised, while they wait for approval or planning has stopped; without a "
        "text, from the issue as it was edited"
    ),
    Word.RETRY: (
        "go on with a run that is blocked, waiting or failed; what was finished is kept. With the "
        "name of what was finished, that and what hangs on it is done again; with `merge`, a base "
        "branch that has moved is merged"
    ),
    Word.BUDGET: "let the run spend so many USD in all, as in `/phaseline budget 30`, and go on",
    Word.SKIP: "do without a step that can be waived",
    Word.PAUSE: "let the run stand still",
    Word.RESUME: "go on with a run that is paused, or was cancelled",
    Word.CANCEL: "end the run; its branch and its comments are kept",
    Word.HELP: "this list",
}
ARGUMENTS = {
    Word.REVISE: " <text>",
    Word.RETRY: " [phase|step]",
    Word.BUDGET: " <usd>",
    Word.SKIP: " <step>",
}


def as_given(word: Word) -> str:
    """Return a command as it is typed, with the argument that it cannot do without."""
    argument = ARGUMENTS.get(word, "")
    return f"/phaseline {word}{argument if '<' in argument else ''}"


def help_text() -> str:
    """Return the list of all commands, as Markdown."""
    lines = [
        f"- `/phaseline {word}{ARGUMENTS.get(word, '')}`: {meaning}"
        for word, meaning in COMMANDS.items()
    ]
    return "\n".join(["Commands that work, as the first line of a new comment:", "", *lines])
