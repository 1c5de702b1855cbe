"""What is to be written on GitHub, an outbox in memory that holds it, and its writer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from app.github.connection import GitHubConnection
from app.github.conversation import Conversations
from app.github.outbox import OutboxWriter
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place
from tests.app.github.parts import APP_ID, MovingClock
from tests.app.github.standin import StandIn


@dataclass
class Rows:
    """An outbox in memory that remembers what it was told."""

    items: list[OutwardItem] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    standing: dict[str, tuple[int | None, str | None, str]] = field(default_factory=dict)

    postponed: list[tuple[str, float]] = field(default_factory=list)

    async def due(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[OutwardItem, ...]:
        found = [item for item in self.items if item.repository.installation not in besides]
        return tuple(found[:limit])

    async def attempted(self, item: OutwardItem) -> None:
        self.told.append(("attempted", item.desired.key))

    async def sent(
        self,
        item: OutwardItem,
        remote_id: int | None,
        url: str | None,
        text_sha256: str,
        body_sha256: str | None,
    ) -> None:
        self.told.append(("sent", item.desired.key))
        self.standing[item.desired.key] = (remote_id, url, text_sha256)
        self.items.remove(item)

    async def postpone(self, item: OutwardItem, seconds: float, error: str) -> None:
        assert seconds > 0
        assert error
        self.postponed.append((item.desired.key, seconds))
        self.told.append(("postponed", item.desired.key))

    async def refuse(self, item: OutwardItem, error: str) -> None:
        self.told.append((f"refused {error}", item.desired.key))
        self.items.remove(item)

    async def leave(self, item: OutwardItem) -> None:
        self.told.append(("left", item.desired.key))
        self.items.remove(item)

    def url_of(self, key: str) -> str | None:
        return self.standing[key][1]

    def id_of(self, key: str) -> int | None:
        return self.standing[key][0]


def writer(
    rows: Rows,
    connection: GitHubConnection,
    app_id: int = APP_ID,
    may_write: Callable[[], bool] = lambda: True,
) -> OutboxWriter:
    return OutboxWriter(
        outbox=rows,
        conversations=Conversations(connection.clients, app_id=app_id),
        batch=50,
        betrays=lambda text: "canary" in text,
        may_write=may_write,
        clock=MovingClock(),
        patience=60.0,
    )


def item(github: StandIn, number: int, text: str = "Hello.", **changes: Any) -> OutwardItem:
    key = changes.pop("key", "tracker")
    kind = changes.pop("kind", OutwardKind.COMMENT)
    place = changes.pop("place", Place.ISSUE)
    desired = Desired(key, kind, place, text, changes.pop("comment", None))
    made = OutwardItem(
        id=1,
        run="r1",
        repository=github.repository,
        number=number,
        desired=desired,
        marker=f"<!-- phaseline:comment r1 {key} -->",
        remote_id=None,
        attempted=False,
    )
    return replace(made, **changes)


async def send(connection: GitHubConnection, *items: OutwardItem) -> Rows:
    rows = Rows(list(items))
    await writer(rows, connection).send_due()
    return rows
