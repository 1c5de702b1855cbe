"""Writes one log line as JSON in ASCII.

A value from outside can neither end the line nor colour it. Where lines go is not decided here.
"""

import json

LONGEST_VALUE = 200


def log_line(what: str, **fields: str | int | None) -> str:
    """Return one line; values are cut at 200 characters, all but plain ASCII is escaped."""
    shown = {
        key: value[:LONGEST_VALUE] if isinstance(value, str) else value
        for key, value in fields.items()
    }
    # DEL is the one control character that JSON leaves as it is.
    return json.dumps({"what": what, **shown}, ensure_ascii=True).replace("\x7f", "\\u007f")
