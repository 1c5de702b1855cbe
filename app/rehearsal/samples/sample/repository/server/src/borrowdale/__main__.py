"""`python -m borrowdale shelf.db` serves the API over that database."""

import sys
from datetime import date
from pathlib import Path

import uvicorn

from borrowdale.api import create_app
from borrowdale.database import connect, migrate


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m borrowdale DATABASE")
    connection = connect(Path(sys.argv[1]))
    migrate(connection)
    uvicorn.run(create_app(connection, today=date.today), host="127.0.0.1", port=8010)


if __name__ == "__main__":
    main()
