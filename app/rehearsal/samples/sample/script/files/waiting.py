"""Standing in line for a tool that is out or held. Who may fetch it is the desk's affair."""

import sqlite3
from collections.abc import Callable
from datetime import date

from borrowdale.database import transaction
from borrowdale.model import ConflictError, NotFoundError, Tool, ToolState, same_person
from borrowdale.shelf import Shelf


class WaitingList:
    """The lines of all tools, first come, first served; `today` says what day it is."""

    def __init__(
        self, connection: sqlite3.Connection, shelf: Shelf, today: Callable[[], date]
    ) -> None:
        self._connection = connection
        self._shelf = shelf
        self._today = today

    def join(self, tool_id: int, name: str) -> Tool:
        """Put somebody at the end of the line.

        Raises NotFoundError, and ConflictError when the tool is in, or when they have it or stand
        in its line already.
        """
        with transaction(self._connection):
            tool = self._shelf.tool(tool_id)
            if tool.state is ToolState.IN:
                raise ConflictError(f"{tool.name} is in: it can be borrowed at once")
            if tool.loan and same_person(tool.loan.borrower, name):
                raise ConflictError(f"{tool.loan.borrower} has {tool.name}")
            for place in tool.waiting:
                if same_person(place.name, name):
                    raise ConflictError(f"{place.name} is already waiting for {tool.name}")
            self._connection.execute(
                "INSERT INTO waiting (tool_id, name, since) VALUES (?, ?, ?)",
                (tool_id, name, self._today().isoformat()),
            )
            return self._shelf.tool(tool_id)

    def leave(self, tool_id: int, name: str) -> Tool:
        """Take somebody out of the line. Raises NotFoundError, also when they are not in it."""
        with transaction(self._connection):
            tool = self._shelf.tool(tool_id)
            left = None
            for place in tool.waiting:
                if same_person(place.name, name):
                    left = place
            if left is None:
                raise NotFoundError(f"{name} is not waiting for {tool.name}")
            self._connection.execute(
                "DELETE FROM waiting WHERE tool_id = ? AND name = ?", (tool_id, left.name)
            )
            return self._shelf.tool(tool_id)
