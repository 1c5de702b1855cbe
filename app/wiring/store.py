"""The store's repositories over one database, and the secrets that must never reach it."""

from pathlib import Path

from app.clock import SystemClock
from app.settings import Settings
from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.logs import StoredLogs
from app.store.money import Spending, SpendingLimits
from app.store.outbox import StoredOutbox
from app.store.outlook import Outlook
from app.store.packs import MOST_BYTES_OF_RUN, StoredPacks
from app.store.records import StoredRecords
from app.store.runs import Runs
from app.store.shown import ShownComments


class Store:
    """The store's repositories, over one database."""

    def __init__(self, settings: Settings, clock: SystemClock) -> None:
        self.database = Database(settings.database_url)
        limits = SpendingLimits(
            repository_day_usd=settings.budget_day_usd,
            operator_day_usd=settings.budget_operator_day_usd,
            idle_usd=settings.no_progress_usd,
            idle_seconds=60 * settings.no_progress_minutes,
        )
        self.spending = Spending(self.database, clock, limits)
        self.deliveries = Deliveries(self.database)
        self.runs = Runs(self.database, clock, settings.budget_run_usd)
        self.records = StoredRecords(self.database, clock)
        self.outbox = StoredOutbox(self.database, clock)
        self.outlook = Outlook(self.database, clock)
        self.shown = ShownComments(self.database, clock)
        self.packs = StoredPacks(self.database, MOST_BYTES_OF_RUN)
        self.logs = StoredLogs(self.database, clock)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return every secret value of the settings: what logs and commits must never hold."""
    given = (
        settings.github_webhook_secret,
        settings.anthropic_api_key,
    )
    key = _text_of_key(settings.github_private_key.get_secret_value())
    return (*key, *(secret.get_secret_value() for secret in given))


def _text_of_key(pem_or_path: str) -> tuple[str, ...]:
    """Return the private key itself where the setting names its file."""
    if "-----BEGIN" in pem_or_path:
        return (pem_or_path,)
    try:
        return (Path(pem_or_path).read_text(encoding="utf-8"),)
    except (OSError, ValueError):
        return ()
