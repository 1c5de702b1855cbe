"""Logs: one JSON line per record on standard error, secrets taken out, hostile text escaped."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from app.telemetry.redaction import Redaction

LONGEST_EXTRA = 500
# What every record has; whatever else it has came by `extra`.
_STANDARD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
LONGEST = 8_000  # Characters of one message; a traceback may be as long again.
# Libraries that log requests with their headers, or say nothing that an operator needs.
_QUIET = (
    *("httpx", "httpx2", "httpcore", "httpcore2", "anthropic", "hishel", "asyncio", "alembic"),
    "uvicorn",
)


class JsonLines(logging.Formatter):
    """Formats a record as one line of ASCII JSON."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a record that cannot be rendered says so instead of raising."""
        try:
            said = record.getMessage()
        except (TypeError, ValueError) as error:
            said = f"unrenderable log record: {error}"
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "said": self._redaction.clean(said)[:LONGEST],
            **self._extras(record),
        }
        if record.exc_info:
            line["trace"] = self._redaction.clean(self.formatException(record.exc_info))[-LONGEST:]
        return json.dumps(line, ensure_ascii=True).replace("\x7f", "\\u007f")

    def _extras(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return what was given by `extra`, as plain values without secrets."""
        given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        return {
            name: value
            if value is None or isinstance(value, bool | int | float)
            else self._redaction.clean(str(value))[:LONGEST_EXTRA]
            for name, value in given.items()
        }


def configure(level: str, redaction: Redaction) -> None:
    """Send all logs of the process through one redacting handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(redaction))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos"):
        logger = logging.getLogger(name)
        # Where DBOS finds no handler it adds one of its own, which redacts nothing.
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = True
