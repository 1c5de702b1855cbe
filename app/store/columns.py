"""Columns with a meaning that databases have no type for: moments, and amounts of money."""

from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite has no time zones, so it is stored as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> int | None:
        """Turn a moment into microseconds."""
        return None if value is None else round(value.timestamp() * 1_000_000)

    def process_result_value(self, value: int | None, _dialect: sa.Dialect) -> datetime | None:
        """Turn microseconds into a moment in UTC."""
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


class Usd(TypeDecorator[Decimal]):
    """An amount of money, stored as whole nano-dollars so that sums are exact."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: sa.Dialect) -> int | None:
        """Turn dollars into nano-dollars."""
        return None if value is None else int(value.scaleb(9).to_integral_value())

    def process_result_value(self, value: int | None, _dialect: sa.Dialect) -> Decimal | None:
        """Turn nano-dollars into dollars."""
        return None if value is None else Decimal(value).scaleb(-9)
