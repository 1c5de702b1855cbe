"""The inputs of tool calls: plain JSON, `{file: path}` replaced by text. No tool is known here."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_FILE_BYTES = 1024 * 1024


class InputError(Exception):
    """The input of a tool call is not usable; the message says why and what to write."""


@dataclass(frozen=True)
class Inputs:
    """Resolves inputs; `folder` is the script's own, and no file above it is ever read."""

    folder: Path

    def input(self, given: Any) -> dict[str, Any]:
        """Return the input as JSON data.

        Raises:
            InputError: it is no mapping, holds what JSON cannot, or names a file that is not there.
        """
        if not isinstance(given, dict):
            raise InputError("the input must be a mapping such as {command: ls}")
        return {self._key(key): self._value(value) for key, value in given.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"file"} and isinstance(value["file"], str):
                return self._text(value["file"])
            return {self._key(key): self._value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        raise InputError(f"{value!r} is not JSON; put it in quotes")

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise InputError(f"the key {key!r} is not text; put it in quotes")
        return key

    def _text(self, name: str) -> str:
        folder = self.folder.resolve()
        path = (folder / name).resolve()
        if Path(name).is_absolute() or not path.is_relative_to(folder):
            raise InputError(f"file {name!r} lies outside the script's folder {folder}")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputError(f"file {name!r} cannot be read: {error.strerror}") from error
        if len(raw) > MOST_FILE_BYTES:
            raise InputError(f"file {name!r} has {len(raw)} bytes; {MOST_FILE_BYTES} are allowed")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"file {name!r} is not UTF-8 text") from error
