"""Writes an App's credentials: the private key and `.env`, whole or not at all, mode 0600.

It never shows them. What stands in `.env` beside the App is kept as it is.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values, set_key

from app.settings import ENV_FILE, PREFIX

APP_ID = f"{PREFIX}GITHUB_APP_ID"
PRIVATE_KEY = f"{PREFIX}GITHUB_PRIVATE_KEY"
WEBHOOK_SECRET = f"{PREFIX}GITHUB_WEBHOOK_SECRET"
MODE = 0o600
KEY_FILE = "app.private-key.pem"
HEADING = "# Written by `phaseline setup`. The README's table lists every setting.\n"


class CredentialsError(Exception):
    """The credentials cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Credentials:
    """Where the credentials of one service lie.

    What is overwritten keeps a second name that ends in `suffix`; an App is, only with `replace`.
    `taken` are variables of the environment, which outrank the file.
    """

    env_file: Path
    key_file: Path
    taken: frozenset[str]
    replace: bool
    suffix: str

    def check(self) -> None:
        """Make sure that they can be written, before anything is registered.

        Raises:
            CredentialsError: an App is there already, or its place cannot be written.
        """
        ours = sorted(self.taken & {APP_ID, PRIVATE_KEY, WEBHOOK_SECRET})
        if ours:
            raise CredentialsError(
                f"{', '.join(ours)} is set in the environment and would outrank {ENV_FILE}: unset "
                "it first."
            )
        self._demand_no_app()
        for folder in {self.env_file.absolute().parent, self.key_file.absolute().parent}:
            self._try_to_write(folder)

    def known(self, name: str) -> str:
        """Return a variable of the file, empty when it is not there."""
        return dotenv_values(self.env_file, interpolate=False).get(name) or ""

    def keep(self, variables: Mapping[str, str], private_key: str) -> tuple[str, ...]:
        """Write the key, then `.env` with these variables; return the names of backups.

        Raises:
            CredentialsError: nothing was overwritten, and it may be tried again.
        """
        values = {PRIVATE_KEY: str(self.key_file), **variables}
        self._demand_no_app()
        try:
            with (
                _draft(self.key_file, private_key.encode()) as key,
                _draft(self.env_file, self._text()) as env,
            ):
                for name, value in values.items():
                    set_key(env, name, value, quote_mode="auto")
                kept_key = self._back_up(self.key_file)
                kept_env = self._back_up(self.env_file)
                _place(key, self.key_file, kept_key)
                with _undone(self.key_file, kept_key):
                    _place(env, self.env_file, kept_env)
        except OSError as error:
            raise CredentialsError(
                f"{error.filename2 or error.filename} cannot be written: {error.strerror}."
            ) from error
        return tuple(str(path) for path in (kept_env, kept_key) if path)

    def _demand_no_app(self) -> None:
        there = [str(path) for path in self._of_an_app()]
        if there and not self.replace:
            raise CredentialsError(
                f"There is an App already: {' and '.join(there)}. Nothing is overwritten. Give "
                "--replace to register another one; a backup of the files stays beside them."
            )

    def _of_an_app(self) -> Iterator[Path]:
        if self.known(APP_ID):
            yield self.env_file
        if self.key_file.exists():
            yield self.key_file

    def _text(self) -> bytes:
        with suppress(FileNotFoundError):
            return self.env_file.read_bytes()
        return HEADING.encode()

    def _try_to_write(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise CredentialsError(
                f"{folder} cannot be written ({error.strerror}): give it to the user of the "
                "service, and run this as that user."
            ) from error

    def _back_up(self, target: Path) -> Path | None:
        """Give what is there a second name; None when nothing is."""
        if not target.exists():
            return None
        backup = target.with_name(f"{target.name}.{self.suffix}")
        if not backup.exists():
            os.link(target, backup)
        backup.chmod(MODE)
        return backup


def _place(draft: Path, target: Path, backup: Path | None) -> None:
    if backup is None:
        # Unlike a renaming, a second name does not take the place of what came meanwhile.
        os.link(draft, target)
    else:
        draft.replace(target)


@contextmanager
def _undone(target: Path, backup: Path | None) -> Iterator[None]:
    """Put a file back to what it was when what is done in here fails."""
    try:
        yield
    except OSError:
        if backup is None:
            target.unlink(missing_ok=True)
        else:
            backup.replace(target)
        raise


@contextmanager
def _draft(target: Path, content: bytes) -> Iterator[Path]:
    """Give a file of mode 0600 beside the target with that content, and take it away again."""
    descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.absolute().parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
