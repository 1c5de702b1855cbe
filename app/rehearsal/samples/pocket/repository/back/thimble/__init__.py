"""Durations the way people write them."""

from thimble.durations import DurationError, parse

__all__ = ["DurationError", "parse"]
