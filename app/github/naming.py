"""Names that the service gives to what it makes on GitHub. Nobody else's words pass raw."""

import re
import unicodedata

from phases.core.model import Run

LONGEST_SLUG = 40
RUN_TRAILER = "Phaseline-Run"


def slug_of(title: str) -> str:
    """Return a title in lower-case ASCII letters, digits and single dashes, at most 40 of them."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) <= LONGEST_SLUG:
        return words
    # Cut between words where there is a dash to cut at.
    cut = words[: LONGEST_SLUG + 1].rpartition("-")[0] or words[:LONGEST_SLUG]
    return cut.strip("-")


def branch_of(run: Run, title: str) -> str:
    """Return `phaseline/<issue>-<slug>`, with `-2`, `-3` behind it for later runs of an issue."""
    parts = [str(run.issue), slug_of(title)]
    if run.number > 1:
        parts.append(str(run.number))
    return "phaseline/" + "-".join(part for part in parts if part)


def opening_message(run: Run) -> str:
    """Return the message of the commit that a branch begins with."""
    return f"chore: begin the work on #{run.issue}\n\n{RUN_TRAILER}: {run.id}\n"


def opened_by(run: Run, message: str) -> bool:
    """Tell whether a commit's message carries the run's trailer."""
    return f"{RUN_TRAILER}: {run.id}" in message.splitlines()


def run_marker(run: Run) -> str:
    """Return the hidden line that ends our part of a pull request's text."""
    return f"<!-- phaseline:run {run.id} -->"
