"""Lending tools and taking them back."""

import sqlite3
from collections.abc import Callable
from datetime import date

from borrowdale.database import transaction
from borrowdale.model import ConflictError, Tool, ToolState
from borrowdale.shelf import Shelf


class Desk:
    """Where tools are fetched and brought back; `today` says what day it is."""

    def __init__(
        self, connection: sqlite3.Connection, shelf: Shelf, today: Callable[[], date]
    ) -> None:
        self._connection = connection
        self._shelf = shelf
        self._today = today

    def lend(self, tool_id: int, borrower: str) -> Tool:
        """Give a tool to somebody. Raises NotFoundError, and ConflictError while it is out."""
        with transaction(self._connection):
            tool = self._shelf.tool(tool_id)
            if tool.state is ToolState.OUT:
                raise ConflictError(f"{tool.name} is out")
            self._connection.execute(
                "INSERT INTO loans (tool_id, borrower, since) VALUES (?, ?, ?)",
                (tool_id, borrower, self._today().isoformat()),
            )
            return self._shelf.tool(tool_id)

    def take_back(self, tool_id: int) -> Tool:
        """Put a tool back. Raises NotFoundError, and ConflictError when it is not out."""
        with transaction(self._connection):
            tool = self._shelf.tool(tool_id)
            if tool.state is not ToolState.OUT:
                raise ConflictError(f"{tool.name} is not out")
            self._connection.execute(
                "UPDATE loans SET returned = ? WHERE tool_id = ? AND returned IS NULL",
                (self._today().isoformat(), tool_id),
            )
            return self._shelf.tool(tool_id)
