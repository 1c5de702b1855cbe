"""Conversations with the model, as the phases know them: the port `Sessions`, made real."""

from app.claude.asking import Asking
from app.claude.client import Client
from app.claude.conversation import Conversation
from app.claude.exchange import Room
from app.claude.keepalive import KeepAlive
from app.claude.misses import Misses
from app.claude.models import Models, check_served
from app.claude.ports import Journal, Pause, Watch
from app.claude.prices import Prices
from app.claude.retry import Retry
from app.claude.warmth import Warmth
from phases.core.ports import Desk, Examine
from phases.core.session import Assignment, SessionEnd


class ClaudeSessions:
    """All sessions of one process, on one client; closing the client is its owner's.

    `pause` is for retries, `rest` for keep-alives.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        models: Models,
        prices: Prices,
        pause: Pause,
        rest: Pause,
        watch: Watch,
        warmth: Warmth,
        misses: Misses,
    ) -> None:
        self._client = client
        self._room = Room(
            asking=Asking(client, Retry(pause, watch), watch),
            journal=journal,
            models=models,
            prices=prices,
            watch=watch,
            warmth=warmth,
            keep_alive=KeepAlive(rest),
            misses=misses,
        )

    async def check_models(self) -> None:
        """Make sure, at start, that every configured model has a price and is served.

        Raises:
            NoPriceError: a model has no price.
            ModelsError: the API does not answer or does not serve one.
        """
        self._room.prices.check(self._room.models.ids.values(), self._room.watch.now())
        await check_served(self._client, self._room.models)

    def model_of(self, assignment: Assignment) -> str:
        """Return the model id that an assignment's tier stands for."""
        return self._room.models.of(assignment.tier)

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        """Hold one session to its end, behind the rows that it has.

        Raises:
            StaleSegmentError: somebody else holds the session by now.
        """
        return await Conversation(self._room, assignment, desk).hold(examine)
