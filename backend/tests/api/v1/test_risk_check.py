"""The calculator, the dry run of the gate, receipts and the preview over HTTP, before a real paper exchange."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from app.adapters.exchange.paper_admin import PaperAdmin
from app.bootstrap.api import open_api
from app.core.clock import utc_now
from app.core.config import Settings
from app.domain.decimal_text import plain
from app.domain.decision import decide_batch
from app.domain.receipts import receipt_of
from app.domain.types import Side
from app.schemas.decision import DecisionDetail, SettingsPreview
from app.schemas.risk_check import EntryAnswer
from app.services.risk_check import EntryQuestion, RiskCheck
from tests.api.desk_world import NOON, Person, World
from tests.paper_venue import PaperVenue

SIZE, VALIDATE = "/risk/position-size", "/risk/validate"
Fund = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture
async def fund(world: World, patient_venue: PaperVenue) -> Fund:
    """Gives a person a balance that was read a moment ago, and windows that began at `start` today, this week and this
    month: by the market's clock, which may stand on another day than the wall's."""
    admin = PaperAdmin(patient_venue.url, patient_venue.token)
    today = (await admin.market_time()).replace(hour=0, minute=0, second=0, microsecond=0)
    await admin.close()

    async def give(person: Person, balance: int, start: int | None = None) -> None:
        began_with = balance if start is None else start
        for wallet_id in (None, person.wallet_id):
            await world.insert(
                "risk_state",
                user_id=person.user_id,
                environment="paper",
                wallet_id=wallet_id,
                balance=balance,
                equity=balance,
                free_margin=balance,
                balance_as_of=utc_now(),
                day_start=today,
                day_start_equity=began_with,
                week_start=today,
                week_start_equity=began_with,
                month_start=today.replace(day=1),
                month_start_equity=began_with,
                peak_equity=began_with,
            )

    return give


def entry(person: Person, **changes: object) -> dict[str, object]:
    """The specification's example: BTC from 45,000 with its stop at 44,000 and a confidence of 0.8."""
    body: dict[str, object] = {
        "wallet_id": str(person.wallet_id),
        "symbol": "BTC",
        "side": "long",
        "entry_price": "45000",
        "stop_price": "44000",
        "take_profit_price": "48000",
        "signal_confidence": "0.8",
    }
    return body | changes


async def asked(api: httpx.AsyncClient, person: Person, path: str = SIZE, **changes: object) -> EntryAnswer:
    answer = await api.post(path, json=entry(person, **changes), headers=person.headers)
    assert answer.status_code == 200, answer.text
    return EntryAnswer.model_validate_json(answer.content)


def codes(answer: EntryAnswer) -> set[str]:
    return {breach.code for breach in answer.breaches}


async def test_the_example_of_the_specification_is_approved_with_a_size(
    api: httpx.AsyncClient, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    answer = await asked(api, alice)
    assert (answer.approved, answer.breaches) == (True, [])
    assert Decimal(answer.position_size_usd) > 0
    assert answer.steps is not None
    assert answer.binding_cap == "max_position_size_percent"
    assert Decimal(answer.notional) <= 1000
    assert Decimal(answer.exposure_heat_after_percent or 0) == round(Decimal(answer.notional) / 100, 4)


async def test_after_a_losing_day_the_same_entry_is_refused(
    api: httpx.AsyncClient, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 9_500, start=10_000)
    answer = await asked(api, alice)
    assert not answer.approved
    assert {"daily_loss_usd", "daily_loss_percent"} <= codes(answer)
    loss = next(one for one in answer.breaches if one.code == "daily_loss_usd")
    assert (loss.limit, loss.value) == ("500", "500")


async def test_asking_reserves_and_stores_nothing(
    api: httpx.AsyncClient, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    for path in (SIZE, VALIDATE):
        await asked(api, alice, path)
    for table in ("trades", "orders", "risk_decisions", "risk_reservations", "outbox"):
        held = await world.sql.fetchval(
            f"SELECT count(*) FROM {table} WHERE user_id = $1",  # noqa: S608 - names of ours
            alice.user_id,
        )
        assert held == 0, table


@pytest.mark.parametrize("method", ["fixed_percent", "fixed_amount", "kelly"])
async def test_another_method_can_be_tried(
    api: httpx.AsyncClient, world: World, alice: Person, method: str, fund: Fund
) -> None:
    await fund(alice, 10_000)
    answer = await asked(api, alice, position_sizing_method=method)
    assert (answer.method, answer.approved) == (method, True)


async def test_an_entry_without_equity_is_refused(api: httpx.AsyncClient, alice: Person) -> None:
    answer = await asked(api, alice)
    assert (answer.approved, answer.quantity, answer.size_refusal) == (False, "0", "equity_unknown")
    assert "equity_unknown" in codes(answer)


async def test_an_entry_with_an_equity_of_zero_is_refused(
    api: httpx.AsyncClient, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 0)
    assert not (await asked(api, alice)).approved


async def test_validation_is_at_the_markets_own_price(
    api: httpx.AsyncClient, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    at_market = await asked(api, alice, VALIDATE, entry_price=None, stop_price="1")
    assert at_market.mark_price == at_market.entry_price
    far_away = await asked(api, alice, VALIDATE, entry_price="1", stop_price="0.5", take_profit_price=None)
    assert "price_moved" in codes(far_away)
    assert far_away.entry_price != "1"


@pytest.mark.parametrize("path", [SIZE, VALIDATE])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entry_price": "NaN"}, "entry_price"),
        ({"entry_price": "Infinity"}, "entry_price"),
        ({"stop_price": "-1"}, "stop_price"),
        ({"stop_price": "44000.123456789012"}, "stop_price"),
        ({"stop_price": 0}, "stop_price"),
        ({"signal_confidence": "1.5"}, "signal_confidence"),
        ({"position_sizing_method": "martingale"}, "position_sizing_method"),
        ({"side": "up"}, "side"),
        ({"symbol": "BTCUSD_251226"}, "symbol"),
        ({"wallet_id": "mine"}, "wallet_id"),
    ],
)
async def test_a_question_that_makes_no_sense_is_named(
    api: httpx.AsyncClient, alice: Person, path: str, changes: dict[str, object], field: str
) -> None:
    answer = await api.post(path, json=entry(alice, **changes), headers=alice.headers)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_a_stop_at_the_entry_is_refused_by_its_code(api: httpx.AsyncClient, alice: Person) -> None:
    answer = await api.post(SIZE, json=entry(alice, stop_price="45000.0"), headers=alice.headers)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["code"] == "stop_equals_entry"


async def decided(
    check: RiskCheck, world: World, person: Person, confidence: str = "0.8"
) -> tuple[UUID, bytes]:
    """A decision with a receipt as the gate stores it, of the facts as they stand now."""
    question = EntryQuestion(
        wallet_id=person.wallet_id,
        symbol="BTC",
        side=Side.LONG,
        entry_price=Decimal(45_000),
        stop_price=Decimal(44_000),
        take_profit_price=Decimal(48_000),
        signal_confidence=Decimal(confidence),
    )
    case = await check.case(person.user_id, question, at_own_price=True)
    [verdict] = decide_batch([case])
    receipt, decision_id = receipt_of(case, verdict), uuid4()
    await world.insert(
        "risk_decisions",
        id=decision_id,
        user_id=person.user_id,
        wallet_id=person.wallet_id,
        signal_id=await world.signal(),
        approved=json.loads(receipt)["answer"]["approved"],
        market_time=NOON,
        receipt=receipt,
    )
    return decision_id, receipt


@pytest_asyncio.fixture
async def check(settings: Settings, patient_venue: PaperVenue) -> AsyncIterator[RiskCheck]:
    """The same service in this process, to make receipts of the facts that the API sees."""
    async with open_api(settings.model_copy(update={"paper_url": patient_venue.url})) as parts:
        yield parts.desk.risk_check


async def test_a_decision_is_shown_with_its_receipt_decided_again(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    decision_id, receipt = await decided(check, world, alice)
    answer = await api.get(f"/risk/decisions/{decision_id}", headers=alice.headers)
    held = DecisionDetail.model_validate_json(answer.content)
    assert held.receipt == json.loads(receipt)
    assert held.rerun is not None
    assert (held.rerun.identical, held.rerun.same_answer) == (True, True)


async def test_an_altered_receipt_is_found_out(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    decision_id, receipt = await decided(check, world, alice)
    altered = receipt.replace(b'"signal_confidence":"0.8"', b'"signal_confidence":"0.1"')
    assert altered != receipt
    await world.sql.execute("UPDATE risk_decisions SET receipt = $1 WHERE id = $2", altered, decision_id)
    answer = await api.get(f"/risk/decisions/{decision_id}", headers=alice.headers)
    rerun = DecisionDetail.model_validate_json(answer.content).rerun
    assert rerun is not None
    assert (rerun.identical, rerun.same_answer) == (False, False)


async def test_a_decision_without_a_receipt_is_shown_as_it_is(
    api: httpx.AsyncClient, world: World, alice: Person
) -> None:
    answer = await api.get(f"/risk/decisions/{await world.decision(alice)}", headers=alice.headers)
    held = DecisionDetail.model_validate_json(answer.content)
    assert (held.receipt, held.rerun, held.decision.approved) == (None, None, False)


async def preview(api: httpx.AsyncClient, person: Person, **changes: object) -> SettingsPreview:
    answer = await api.post("/risk/settings/preview", json=changes, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return SettingsPreview.model_validate_json(answer.content)


async def test_a_preview_says_which_trades_a_change_blocks(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    weak, _ = await decided(check, world, alice, "0.75")
    await decided(check, world, alice, "0.95")
    await world.decision(alice)
    held = await preview(api, alice, min_signal_confidence="0.9")
    assert (held.considered, held.without_receipt, held.approved_before) == (2, 1, 2)
    assert (held.blocks, held.allows) == (1, 0)
    assert [(one.id, [breach.code for breach in one.breaches]) for one in held.changed] == [
        (weak, ["signal_confidence"])
    ]
    settings = (await api.get("/risk/settings", headers=alice.headers)).json()
    assert (settings["min_signal_confidence"], settings["version"]) == ("0.7", 1)


async def test_a_preview_of_looser_settings_says_what_they_let_through(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    await decided(check, world, alice, "0.6")
    held = await preview(api, alice, min_signal_confidence="0.5", max_position_size_percent=5)
    assert (held.blocks, held.allows, held.smaller) == (0, 1, 0)


async def test_a_preview_counts_smaller_positions(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    await decided(check, world, alice)
    held = await preview(api, alice, max_position_size_percent=5)
    assert (held.blocks, held.allows, held.smaller, held.larger) == (0, 0, 1, 0)


async def test_a_preview_of_more_leverage_sizes_with_it(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    """20,000 are asked for with 10,000 of equity: what was decided unlevered had margin for half of it."""
    await fund(alice, 10_000)
    sizes = ("max_position_size_usd", "max_position_size_percent", "max_single_asset_exposure_percent")
    risks = ("max_portfolio_heat", "max_open_risk_percent", "max_daily_loss_usd", "max_daily_loss_percent")
    await world.insert(
        "risk_settings",
        user_id=alice.user_id,
        position_sizing_method="fixed_amount",
        fixed_amount_usd=20_000,
        max_leverage=1,
        **dict.fromkeys(sizes + risks),
    )
    await decided(check, world, alice)
    held = await preview(api, alice, max_leverage=10)
    assert (held.approved_before, held.approved_after, held.smaller, held.larger) == (1, 1, 0, 1)


async def test_a_preview_sees_nobody_elses_decisions(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, bob: Person, fund: Fund
) -> None:
    await fund(bob, 10_000)
    await decided(check, world, bob)
    assert (await preview(api, alice, max_leverage=1)).considered == 0


async def test_a_preview_of_incoherent_settings_is_refused_by_field(
    api: httpx.AsyncClient, alice: Person
) -> None:
    answer = await api.post(
        "/risk/settings/preview", json={"max_daily_loss_percent": 11}, headers=alice.headers
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["max_daily_loss_percent"]


async def test_a_calculator_and_the_receipt_of_the_same_facts_agree(
    api: httpx.AsyncClient, check: RiskCheck, world: World, alice: Person, fund: Fund
) -> None:
    await fund(alice, 10_000)
    shown = await asked(api, alice)
    _, receipt = await decided(check, world, alice)
    size = json.loads(receipt)["answer"]["size"]
    figures = (shown.quantity, shown.notional, shown.risk_amount)
    assert figures == tuple(plain(Decimal(size[name])) for name in ("quantity", "notional", "risk_amount"))
