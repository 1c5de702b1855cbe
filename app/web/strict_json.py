"""Parses JSON as GitHub writes it: one object, each key once, numbers that are numbers.

It knows nothing of events.
"""

import json
from typing import Any, NoReturn

from app.web.refusal import RefusedRequestError


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds.

    Raises:
        RefusedRequestError: 400 when it is not UTF-8, not JSON, nested too deeply, repeats a key,
            holds a number out of bounds, or is no object.
    """
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_no_constant
        )
    except RecursionError as error:
        raise RefusedRequestError(400, "the JSON is nested too deeply") from error
    except ValueError as error:
        # The parser's own text would quote the body; the class of fault is enough for a sender.
        raise RefusedRequestError(400, "the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise RefusedRequestError(400, "the body must be a JSON object")
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedRequestError(400, "the JSON repeats a key")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
