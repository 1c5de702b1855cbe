"""Time that passes only when a test says so."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class FakeWatch:
    """Starts at a fixed moment; `passed` is in seconds."""

    passed: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@dataclass
class FakeRest:
    """Lasts until a test lets it end by `over`; `begun` is released whenever a rest begins."""

    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    over: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def between(self, shortest: float, longest: float) -> None:
        assert 0 < shortest <= longest
        self.begun.release()
        await self.over.acquire()


@dataclass
class FakePause:
    """Remembers how long it was asked to wait, and does not."""

    asked: list[tuple[float, float]] = field(default_factory=list)

    async def between(self, shortest: float, longest: float) -> None:
        self.asked.append((shortest, longest))
        await asyncio.sleep(0)
