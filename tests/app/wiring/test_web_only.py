"""`serve --no-worker` loads nothing that only a worker needs, so that it stays small."""

import os
import subprocess
import sys
from pathlib import Path

from app.store.migrating import migrate

PROGRAM = """
import asyncio, sys
from app.cli.main import app
from app.cli.starting import migrated, settings_or_stop
from app.main import service

async def main():
    settings = settings_or_stop()
    migrated(settings)
    async with service(settings, with_worker=False):
        print(*sys.modules)

asyncio.run(main())
"""
OF_A_WORKER = {"anthropic", "dbos", "githubkit", "httpx", "httpx2", "genai_prices"}
OF_A_MIGRATION = {"alembic", "mako"}


def test_the_web_side_by_itself_loads_no_library_of_a_worker(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'phaseline.db'}"
    migrate(url)
    given = {
        "PHASELINE_DATABASE_URL": url,
        "PHASELINE_DATA_DIR": str(tmp_path),
        "PHASELINE_GITHUB_APP_ID": "1001",
        "PHASELINE_GITHUB_PRIVATE_KEY": "not used by the web side",
        "PHASELINE_GITHUB_WEBHOOK_SECRET": "s" * 32,
        "ANTHROPIC_API_KEY": "not used by the web side",
        # Where the packages lie, whatever the current directory is.
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"fastapi", "sqlalchemy"} <= loaded
    assert loaded & (OF_A_WORKER | OF_A_MIGRATION) == set()
