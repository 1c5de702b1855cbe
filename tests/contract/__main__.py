"""`python -m tests.contract DIR...`: hold what stand-ins noted in these folders, of a demo say."""

import sys
from pathlib import Path

from tests.contract.folder import Report, folders_below, held


def main(arguments: list[str]) -> int:
    """Print the report; 1 when there are findings or nothing to hold."""
    report = Report()
    for argument in arguments:
        report.add(held(folders_below(Path(argument))))
    print(*report.lines(), sep="\n")  # noqa: T201 - its answer
    return 0 if report.exchanges and not report.findings else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
