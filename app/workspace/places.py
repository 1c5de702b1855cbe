"""Says where back end, front end, documentation and tests of a repository lie, as patterns.

What the repository says itself outranks what its files look like. Who may write where is decided
elsewhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.workspace.layout import Ecosystem, Part
from app.workspace.repository_settings import RepositorySettings
from phases.core.agent import exactly
from phases.core.model import Places
from phases.core.submission import Side

_DOCS = ("*.md", "*.rst", "*.adoc")
_DOCS_DIRECTORY = re.compile(r"(?:^|.*/)(?:docs?|documentation)/")
_TESTS_DIRECTORY = re.compile(r"(?:^|/)(tests?|__tests__|e2e|specs?)/[^/]+\.[a-z]+$")
_TEST_FILES = {
    ".py": ("test_*.py", "*_test.py", "conftest.py"),
    ".ts": ("*.test.ts", "*.spec.ts", "*.test.tsx", "*.spec.tsx"),
    ".js": ("*.test.js", "*.spec.js", "*.test.jsx", "*.spec.jsx", "*.test.mjs", "*.spec.mjs"),
    ".go": ("*_test.go",),
    ".rb": ("*_spec.rb", "*_test.rb"),
    ".java": ("*Test.java", "*Tests.java"),
    ".kt": ("*Test.kt",),
    ".rs": (),
}
_SAME_LANGUAGE = {".tsx": ".ts", ".jsx": ".js", ".mjs": ".js", ".vue": ".ts", ".svelte": ".ts"}
_BACK_END_FILES = ("*.py", "*.go", "*.rs", "*.java", "*.rb", "*.php", "*.sql")
_FRONT_END_FILES = (
    *("*.ts", "*.tsx", "*.js", "*.jsx", "*.mjs", "*.vue", "*.svelte", "*.css", "*.scss"),
    *("*.html", "/package.json", "/package-lock.json", "/tsconfig*.json", "/public/"),
)


def places(files: Sequence[str], found: Sequence[Part], settings: RepositorySettings) -> Places:
    """Return the places of a repository; a side that it lacks has no patterns."""
    told: Mapping[str, tuple[str, ...]] = dict(settings.paths)
    tests = told.get("tests") or tuple(_tests(files))
    docs = told.get("docs") or tuple(_docs(files))
    if "backend" in told or "frontend" in told:
        return Places(told.get("backend", ()), told.get("frontend", ()), docs, tests)
    backend = tuple(_side(Side.BACKEND, found))
    frontend = tuple(_side(Side.FRONTEND, found))
    return Places(backend, frontend, docs, tests)


def _side(side: Side, found: Sequence[Part]) -> Iterator[str]:
    own = sorted({part.directory for part in found if part.side is side})
    others = sorted({part.directory for part in found if part.side is not side} - {""})
    if not own:
        return
    if "" not in own:
        yield from (_below(directory) for directory in own)
        return
    if any(part.directory == "" and part.side is not side for part in found):
        yield from _BACK_END_FILES if side is Side.BACKEND else _FRONT_END_FILES
    else:
        yield "/**"
    yield from (f"!{_below(directory)}" for directory in others)


def _docs(files: Sequence[str]) -> Iterator[str]:
    yield from _DOCS
    directories = {match.group() for file in files if (match := _DOCS_DIRECTORY.match(file))}
    top = sorted(d for d in directories if not any(d != o and d.startswith(o) for o in directories))
    yield from (_below(directory.rstrip("/")) for directory in top or ["docs"])


def _tests(files: Sequence[str]) -> Iterator[str]:
    suffixes = {_suffix(file) for file in files}
    named = [p for suffix, patterns in _TEST_FILES.items() if suffix in suffixes for p in patterns]
    directories = {
        file[: match.end(1)]
        for file in files
        if (match := _TESTS_DIRECTORY.search(file)) and _suffix(file) in _TEST_FILES
    }
    tops = sorted(d for d in directories if not any(d.startswith(f"{o}/") for o in directories))
    yield from (_below(directory) for directory in tops)
    if not tops:
        yield "/tests/"
    yield from named


def _suffix(file: str) -> str:
    suffix = "." + file.rpartition(".")[2]
    return _SAME_LANGUAGE.get(suffix, suffix)


def _below(directory: str) -> str:
    return f"{exactly(directory)}/"


def describe(found: Sequence[Part]) -> str:
    """Return a line for each part, for people and agents."""
    return "\n".join(
        f"- {part.side}: `{part.directory or '.'}`"
        + (f" ({part.ecosystem})" if part.ecosystem is not Ecosystem.OTHER else "")
        for part in found
    )
