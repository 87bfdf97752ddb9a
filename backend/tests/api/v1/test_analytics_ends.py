"""Where figures meet: months beside each other, transfers within a day, wallets that join and are archived."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.api.analytics_world import DAY, HOUR, asked, figures, posting
from tests.api.desk_world import Person, World

MIDNIGHT = datetime(2025, 10, 1, tzinfo=UTC)


async def snapshot(
    world: World,
    person: Person,
    at: datetime,
    equity: float,
    resolution: str = "day",
    *,
    wallet_id: UUID | None = None,
    observed_at: datetime | None = None,
) -> None:
    """What the user, or the wallet named, was worth."""
    await world.insert(
        "portfolio_snapshots",
        scope_id=wallet_id or person.user_id,
        environment="paper",
        resolution=resolution,
        at=at,
        user_id=person.user_id,
        wallet_id=wallet_id,
        source="observed",
        observed_at=observed_at or at,
        balance=Decimal(str(equity)),
        equity=Decimal(str(equity)),
        exposure=0,
        margin=0,
        unrealized=0,
        peak=Decimal(str(equity)),
    )


async def second_wallet(world: World, person: Person) -> UUID:
    wallet_id = uuid4()
    await world.insert(
        "wallets",
        id=wallet_id,
        user_id=person.user_id,
        name="Second",
        venue="paper",
        account_fingerprint=wallet_id.hex,
    )
    return wallet_id


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia"],
)
async def test_months_beside_each_other_make_what_both_together_made(
    http: httpx.AsyncClient, world: World, zone: str
) -> None:
    """October and November, with the end of daylight saving in some zones: equity rises by one each hour."""
    person = await world.person(zone=zone)
    bounds = [datetime(2025, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month in (10, 11, 12)]
    first = datetime(2025, 9, 29, tzinfo=UTC)
    for hour in range(65 * 24):
        at = first + hour * HOUR
        await snapshot(world, person, at, 10_000 + hour, "hour")
        if hour % 24 == 0:
            await snapshot(world, person, at, 10_000 + hour)
    spans = [(bounds[0], bounds[1]), (bounds[1], bounds[2]), (bounds[0], bounds[2])]
    answers = [
        await asked(http, person, "portfolio", from_=begin.isoformat(), to=end.isoformat())
        for begin, end in spans
    ]
    october, november, both = answers
    assert october["last_equity"] == november["first_equity"]
    assert Decimal(october["profit"]) + Decimal(november["profit"]) == Decimal(both["profit"])
    # The hour that the month began in stands where its zone is half an hour off.
    hours = [int((at - first) / HOUR) for at in bounds]
    assert [answer["first_equity"] for answer in answers[:2]] == [f"{10_000 + one}" for one in hours[:2]]
    assert november["last_equity"] == f"{10_000 + hours[2]}"
    grown = [1 + figures(answer)["total_return"]["value"] / 100 for answer in answers]
    assert grown[0] * grown[1] == pytest.approx(grown[2], rel=1e-12)
    assert grown[2] == pytest.approx((10_000 + hours[2]) / (10_000 + hours[0]), rel=1e-12)


async def test_the_newest_snapshot_ends_a_line_of_days(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    for day in range(31):
        await snapshot(world, alice, MIDNIGHT + day * DAY, 1_000)
    newest = MIDNIGHT + 30 * DAY + 7 * HOUR
    await snapshot(world, alice, newest, 900, "fine")
    answer = await asked(http, alice, "portfolio")
    assert (answer["last_equity"], answer["profit"], answer["asked"]["interval"]) == ("900", "-100", "day")
    assert datetime.fromisoformat(answer["as_of"]) == newest
    assert figures(answer)["max_drawdown"]["value"] == pytest.approx(10)


async def test_hours_that_begin_later_than_the_days_do_not_answer_for_them(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """Hours are kept for a year: of twenty days only the last two have them."""
    for day in range(20):
        await snapshot(world, alice, MIDNIGHT + day * DAY, 1_000 + 10 * day)
    for hour in range(48):
        await snapshot(world, alice, MIDNIGHT + 17 * DAY + hour * HOUR, 1_170, "hour")
    answer = await asked(http, alice, "portfolio")
    assert (answer["first_equity"], answer["profit"], answer["asked"]["interval"]) == ("1000", "190", "day")


async def test_a_deposit_within_a_day_is_no_capital_of_what_was_lost_before_or_after(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """1,000 gain a hundredth, then 9,000 come in, then two hundredths of all of it are lost: not a fifth of 1,000."""
    await posting(world, alice, "deposit", "9000", MIDNIGHT + 29 * DAY + 10 * HOUR)
    for day in range(30):
        await snapshot(world, alice, MIDNIGHT + day * DAY, 1_000)
    await snapshot(world, alice, MIDNIGHT + 29 * DAY + 9 * HOUR, 1_010, "hour")
    await snapshot(world, alice, MIDNIGHT + 29 * DAY + 10 * HOUR, 10_010, "hour")
    await snapshot(world, alice, MIDNIGHT + 30 * DAY, 9_809.8)
    answer = await asked(http, alice, "portfolio")
    assert (answer["flows"], answer["profit"]) == ("9000", "-190.2")
    found = figures(answer)
    assert found["total_return"]["value"] == pytest.approx((1.01 * 0.98 - 1) * 100)
    assert found["total_return"]["n"] == 30
    falls = (await asked(http, alice, "drawdowns"))["falls"]
    assert [fall["depth_percent"] for fall in falls] == [pytest.approx((1 - 1.01 * 0.98) * 100)]


async def test_the_moneys_return_counts_what_the_first_look_held_once(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """The first day's slot was looked at nine hours late, after the deposit; a year later a tenth was made."""
    await posting(world, alice, "deposit", "1000", MIDNIGHT + 8 * HOUR)
    await snapshot(world, alice, MIDNIGHT, 1_000, observed_at=MIDNIGHT + 9 * HOUR)
    await snapshot(world, alice, MIDNIGHT + 365 * DAY, 1_100, observed_at=MIDNIGHT + 365 * DAY + 9 * HOUR)
    found = figures(await asked(http, alice, "portfolio"))
    assert found["money_weighted_return"]["value"] == pytest.approx(10)


async def test_an_archived_wallet_takes_its_equity_along_and_leaves_no_loss(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """4,000 and 6,000; the second gains 60, 1,000 are withdrawn after the last look, and it is archived."""
    second = await second_wallet(world, alice)
    for day, (own, other) in enumerate([(4_000, 6_000), (4_040, 6_060), (4_080.4, None), (4_080.4, None)]):
        at = MIDNIGHT + day * DAY
        await snapshot(world, alice, at, own, wallet_id=alice.wallet_id)
        if other is not None:
            await snapshot(world, alice, at, other, wallet_id=second)
        await snapshot(world, alice, at, own + (other or 0))
    await world.insert(
        "ledger_events",
        user_id=alice.user_id,
        wallet_id=second,
        kind="withdrawal",
        amount=-1_000,
        venue_reference="late",
        occurred_at=MIDNIGHT + DAY + HOUR,
    )
    await world.sql.execute(
        "UPDATE wallets SET status = 'archived', archived_at = now() WHERE id = $1", second
    )
    answer = await asked(http, alice, "portfolio")
    assert (answer["flows"], answer["profit"]) == ("-6060", "140.4")
    found = figures(answer)
    # It left within the day that began with both.
    assert found["total_return"]["value"] == pytest.approx((1.01 * (4_080.4 + 6_060) / 10_100 - 1) * 100)
    assert found["max_drawdown"]["value"] == 0


async def test_a_wallet_that_joins_brings_its_equity_and_no_profit(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """The venue remembers one old deposit of the five thousand that the second wallet holds."""
    second = await second_wallet(world, alice)
    await world.insert(
        "ledger_events",
        user_id=alice.user_id,
        wallet_id=second,
        kind="deposit",
        amount=700,
        venue_reference="old",
        occurred_at=MIDNIGHT + 6 * HOUR,
    )
    for day, (own, other) in enumerate([(1_000, None), (1_010, None), (1_010, 5_000), (1_010, 5_500)]):
        at = MIDNIGHT + day * DAY
        await snapshot(world, alice, at, own, wallet_id=alice.wallet_id)
        if other is not None:
            await snapshot(world, alice, at, other, wallet_id=second)
        await snapshot(world, alice, at, own + (other or 0))
    answer = await asked(http, alice, "portfolio")
    assert (answer["flows"], answer["profit"]) == ("5000", "510")
    assert figures(answer)["total_return"]["value"] == pytest.approx((1.01 * 6_510 / 6_010 - 1) * 100)
    one = await asked(http, alice, "portfolio", wallet_id=second)
    assert (one["flows"], one["profit"]) == ("0", "500")


async def test_a_new_deposit_after_a_loss_of_more_than_all_is_no_part_of_the_fall(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """1,000 fall to -200; 5,200 are paid in; half of the 5,000 is gained: nothing of that is a fall."""
    await posting(world, alice, "deposit", "5200", MIDNIGHT + DAY + HOUR)
    for day, equity in enumerate([1_000, -200, 5_000, 7_500]):
        await snapshot(world, alice, MIDNIGHT + day * DAY, equity)
    answer = await asked(http, alice, "drawdowns")
    assert [fall["depth_percent"] for fall in answer["falls"]] == [pytest.approx(120)]
    assert answer["current_percent"] == 0
    found = figures(await asked(http, alice, "portfolio"))
    assert found["max_drawdown"]["value"] == pytest.approx(120)
    assert found["total_return"]["value"] is None
