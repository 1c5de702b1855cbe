"""What stands on the shelf. Lending is the desk's affair."""

import sqlite3
from datetime import date

from borrowdale.database import transaction
from borrowdale.model import ConflictError, Loan, NotFoundError, Tool, ToolState

_SELECT = """
    SELECT tools.id, tools.name, tools.notes, loans.borrower, loans.since
    FROM tools
    LEFT JOIN loans ON loans.tool_id = tools.id AND loans.returned IS NULL
"""


class Shelf:
    """The tools, read and written through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tools(self) -> list[Tool]:
        """Return every tool, by name."""
        rows = self._connection.execute(f"{_SELECT} ORDER BY tools.name COLLATE NOCASE")
        return [_tool(row) for row in rows]

    def tool(self, tool_id: int) -> Tool:
        """Return one tool. Raises NotFoundError."""
        row = self._connection.execute(f"{_SELECT} WHERE tools.id = ?", (tool_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no tool {tool_id}")
        return _tool(row)

    def add(self, name: str, notes: str) -> Tool:
        """Put a tool on the shelf. Raises ConflictError when the name is taken."""
        with transaction(self._connection):
            try:
                added = self._connection.execute(
                    "INSERT INTO tools (name, notes) VALUES (?, ?) RETURNING id", (name, notes)
                ).fetchone()
            except sqlite3.IntegrityError:
                raise ConflictError(f"there is already a tool called {name}") from None
            return self.tool(added["id"])

    def retire(self, tool_id: int) -> None:
        """Take a tool off the shelf. Raises NotFoundError, and ConflictError while it is out."""
        with transaction(self._connection):
            tool = self.tool(tool_id)
            if tool.state is ToolState.OUT:
                raise ConflictError(f"{tool.name} is out: it can be retired when it is back")
            self._connection.execute("DELETE FROM tools WHERE id = ?", (tool_id,))


def _tool(row: sqlite3.Row) -> Tool:
    loan = None
    if row["borrower"] is not None:
        loan = Loan(row["borrower"], date.fromisoformat(row["since"]))
    return Tool(row["id"], row["name"], row["notes"], loan)
