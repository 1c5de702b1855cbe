"""What an operator's commands need of the store; nothing here drives a run."""

from collections.abc import Mapping
from typing import Any

from app.clock import SystemClock
from app.durable.orders import Orders
from app.settings import Settings
from app.store.history import Happening, History, Listed
from app.telemetry.redaction import Redaction
from app.wiring.store import Store, secrets_of
from phases.core.machine import RunState
from phases.core.record import Record


class Operator:
    """The runs of one service, as its operator sees and steers them."""

    def __init__(self, settings: Settings, store: Store, clock: SystemClock) -> None:
        self._records = store.records
        self._runs = store.runs
        self._clock = clock
        self._history = History(store.database)
        self._orders = Orders(store.runs, store.records)
        self._redaction = Redaction(secrets_of(settings))

    async def latest(self, state: str | None, repository: str | None, limit: int) -> list[Listed]:
        """Return the newest runs, newest first."""
        return await self._history.runs(state=state, repository=repository, limit=limit)

    async def show(self, run: str) -> Record:
        """Return the record of the one run whose id begins so.

        Raises:
            UnknownRunError: when there is none, or more than one. So do those below.
        """
        return await self._records.record(await self._history.identify(run))

    async def events(self, run: str) -> list[Happening]:
        """Return a run's time line."""
        return await self._history.happenings(await self._history.identify(run))

    async def order(self, run: str, command: str, operator: str) -> tuple[str, RunState]:
        """Give a command; return the run's id and the state that it moves to.

        Raises:
            RefusedOrderError: when the command does not fit the run's state.
        """
        record = await self.show(run)
        state = await self._orders.give(record.run, command, operator, self._clock.now())
        return record.run.id, state

    async def export(self, run: str) -> dict[str, Any]:
        """Return everything that is kept of a run as JSON types, secrets taken out."""
        kept = await self._history.export(await self._history.identify(run))
        cleaned: dict[str, Any] = self._clean(kept)
        return cleaned

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redaction.clean(value)
        if isinstance(value, Mapping):
            return {self._clean(key): self._clean(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._clean(inner) for inner in value]
        return value
