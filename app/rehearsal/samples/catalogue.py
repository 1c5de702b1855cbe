"""Which samples there are and where their files lie; what is in them is their own affair."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """One repository with an issue that asks for a feature and a script that builds it.

    `repository` is the tree of the newest commit, `history` says in which commits it came about.
    """

    name: str
    repository: Path
    history: Path
    issue: Path
    script: Path


def _sample(name: str) -> Sample:
    folder = _HERE / name
    return Sample(
        name=name,
        repository=folder / "repository",
        history=folder / "history.yaml",
        issue=folder / "issue.md",
        script=folder / "script" / "script.yaml",
    )


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {name: _sample(name) for name in ("pocket", "sample", "odd")}
)
