"""The repository and the script that the fleet works on: the pocket sample, made to cost nothing.

Its checks return at once and its planners talk for as many turns as they are told.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from app.rehearsal.samples import SAMPLES

_POCKET = SAMPLES["pocket"]
_OWN = Path(__file__).with_name("artifacts")
_MODULE = "back/thimble/durations.py"
_PLANNERS = ("architect", "ui-designer", "test-writer")
_PAGE = "<!doctype html>\n<title>Thimble</title>\n<p>Durations</p>\n"
_CHECKS = dict.fromkeys(("lint", "format", "types", "tests"), "true")
_SETTINGS = {
    "checks": {"backend": _CHECKS, "frontend": _CHECKS},
    "paths": {
        "backend": ["back/**"],
        "frontend": ["web/**"],
        "docs": ["docs/**", "*.md"],
        "tests": ["tests/**"],
    },
}
_GIT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Sample Author",
    "GIT_AUTHOR_EMAIL": "author@example.invalid",
    "GIT_COMMITTER_NAME": "Sample Author",
    "GIT_COMMITTER_EMAIL": "author@example.invalid",
}


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice out twice: scripts and settings have no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def issue() -> tuple[str, str]:
    """Return the title and the body of the issue."""
    heading, _, body = _POCKET.issue.read_text().partition("\n")
    return heading.strip("# "), body


def build_repository(target: Path) -> None:
    """Make a git repository without dependencies, whose checks of both sides return at once."""
    shutil.copytree(_POCKET.repository, target)
    for name in ("pyproject.toml", "requirements.in", "requirements.txt"):
        (target / name).unlink()
    _write(target / ".github" / "phaseline.yml", _dump(_SETTINGS))
    _write(target / "web" / "index.html", _PAGE)
    for arguments in (
        ("init", "--quiet", "--template=", "--initial-branch=main"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "feat: read durations in seconds"),
    ):
        subprocess.run(["git", "-C", str(target), *arguments], env=_GIT, check=True)


def build_script(target: Path, planner_turns: int) -> Path:
    """Write the script below a folder and return its path; each planner takes that many turns."""
    shutil.copytree(_POCKET.script.parent / "artifacts", target / "artifacts")
    shutil.copytree(_OWN, target / "artifacts", dirs_exist_ok=True)
    script = yaml.safe_load(_POCKET.script.read_text())
    steps = script["steps"]
    _submit(steps["initialization/project-manager/1"])["sides"] = ["backend", "frontend", "docs"]
    _without_tools_of_the_repository(steps)
    steps["planning/ui-designer/1"] = [{}, _ends("design-plan.md", "One line on the page.")]
    for planner in _PLANNERS:
        name = f"planning/{planner}/1"
        last = {"tools": steps[name][-1]["tools"]}
        steps[name] = [*(_looks(turn) for turn in range(planner_turns - 1)), last]
    review = _submit(steps["planning/product-manager/1"])
    review["reviews"].append(
        {"artifact": "design-plan.md", "verdict": "approved", "comments": "One line, no more."}
    )
    steps["implementation/frontend-developer/1"] = _frontend()
    path = target / "script.yaml"
    path.write_text(_dump(script))
    return path


def _without_tools_of_the_repository(steps: dict[str, list[dict[str, Any]]]) -> None:
    """Let no step run what the repository has not: it has no linter and no test runner."""
    for turns in steps.values():
        for turn in turns:
            turn.pop("expect", None)
            for call in turn["tools"]:
                if "bash" in call and ("ruff" in str(call) or "pytest" in str(call)):
                    call["bash"] = {"command": f"ls back tests && wc -l {_MODULE}"}


def _frontend() -> list[dict[str, Any]]:
    edit = {
        "command": "str_replace",
        "path": "web/index.html",
        "old_str": "<p>Durations</p>\n",
        "new_str": '<p>Durations</p>\n<p role="status">1h 30m</p>\n',
    }
    end = _ends("frontend-implementation.md", "The page shows the text.")
    end["tools"][0]["submit"] |= {
        "commit": {"type": "feat", "scope": "page", "subject": "show a duration", "body": None},
        "interfaces": [],
    }
    return [{"tools": [{"str_replace_based_edit_tool": edit}]}, end]


def _looks(turn: int) -> dict[str, Any]:
    """Return a turn that looks at something that the turn before did not."""
    return {"tools": [{"bash": {"command": f"sed -n {turn + 1},{turn + 12}p {_MODULE}"}}]}


def _ends(artifact: str, summary: str) -> dict[str, Any]:
    file = {"file": f"artifacts/{artifact}"}
    return {"tools": [{"submit": {"outcome": "done", "summary": summary, "artifact": file}}]}


def _submit(turns: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = turns[-1]["tools"][-1]["submit"]
    return found


def _dump(data: Any) -> str:
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
