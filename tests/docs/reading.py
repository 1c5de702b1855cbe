"""Reads the project's documents for the tests beside it. It judges nothing."""

import re
import subprocess
from pathlib import Path

from pydantic.fields import FieldInfo

from app.github.registration import PERMISSIONS, READ, WRITE
from app.settings import PREFIX, Settings
from phases.core.help import ARGUMENTS, COMMANDS

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?P<kind>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def documents() -> tuple[Path, ...]:
    """Return every Markdown document at the root and below docs/, as committed or about to be."""
    found = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    return tuple(sorted(found))


def text_of(name: str) -> str:
    """Return the text of a document."""
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str) -> tuple[tuple[str, str], ...]:
    """Return the kind and the text of each fenced block."""
    return tuple((found["kind"], found["text"]) for found in FENCE.finditer(text))


def prose(text: str) -> str:
    """Return a text without its fenced blocks."""
    return FENCE.sub("", text)


def between(text: str, name: str) -> str:
    """Return what stands between the marks `<!-- name -->` and `<!-- /name -->`."""
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def anchors(text: str) -> frozenset[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return frozenset(heading.strip().replace(" ", "-") for heading in plain)


def variable(name: str, field: FieldInfo) -> str:
    """Return the environment variable of a setting."""
    return str(field.validation_alias or f"{PREFIX}{name.upper()}")


def settings_table() -> str:
    """Return the README's table of settings."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{variable(name, field)}` | {_default(field)} | {field.description} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    default = "" if field.default is None else str(field.default)
    # As one writes it into `.env`.
    written = default.lower() if isinstance(field.default, bool) else default.removesuffix(".0")
    return f"`{written}`" if written else ""


def commands_table() -> str:
    """Return the README's table of commands for people."""
    rows = ["| command | does |", "|---|---|"]
    for word, meaning in COMMANDS.items():
        # A bar ends a cell, in code too, unless it is escaped.
        given = ARGUMENTS.get(word, "").replace("|", "\\|")
        rows.append(f"| `/phaseline {word}{given}` | {meaning} |")
    return "\n".join(rows) + "\n"


def permissions_table() -> str:
    """Return the README's table of the App's permissions."""
    levels = {READ: "Read-only", WRITE: "Read and write"}
    rows = ["| permission | access |", "|---|---|"]
    for asked in PERMISSIONS:
        given = " (GitHub sets it)" if asked.name == "metadata" else ""
        rows.append(f"| {asked.title} | {levels[asked.level]}{given} |")
    return "\n".join(rows) + "\n"


GENERATED = {
    "settings": settings_table,
    "commands": commands_table,
    "permissions": permissions_table,
}


def make_targets() -> frozenset[str]:
    """Return the targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z-]+):.*##", text_of("Makefile"), re.MULTILINE))


def tracked_files() -> tuple[str, ...]:
    """Return the files that git tracks."""
    listed = subprocess.run(
        ["/usr/bin/git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return tuple(listed.stdout.rstrip("\0").split("\0"))
