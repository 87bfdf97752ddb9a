"""A month as a report: the figures of analytics, asked once, put into words, tables and the values of charts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from app.domain.attribution import Cut
from app.domain.report_sheet import ABSENT, Chart, ChartKind, Sheet, Table, month_bounds, month_words
from app.domain.report_words import (
    DOLLARS,
    currency_of,
    duration,
    figure_name,
    figure_text,
    money,
    why_undefined,
)
from app.domain.types import Environment
from app.services.analytics.ranges import Chosen
from app.services.analytics.views import (
    AttributionView,
    CalendarView,
    CausesView,
    DrawdownsView,
    EquityView,
    FigureView,
    PortfolioView,
    RiskMetricsView,
    ShareView,
)

POINTS: Final = 300
MOST_SHARES: Final = 12
MOST_FALLS: Final = 5
DOLLARS_NOTE: Final = "Amounts are in USD: USDT and USDC count as a dollar each."
CUTS: Final = (Cut.STRATEGY, Cut.SYMBOL, Cut.SIDE, Cut.EXIT_RULE, Cut.MODEL, Cut.TAG)
CUT_TITLES: Final = {
    Cut.STRATEGY: "By strategy",
    Cut.SYMBOL: "By symbol",
    Cut.SIDE: "By side",
    Cut.EXIT_RULE: "By exit rule",
    Cut.MODEL: "By model",
    Cut.TAG: "By tag",
}
QUESTIONS: Final = 5 + len(CUTS)
SHORT_DAY: Final = "%-d %b"
INTERVALS: Final = {"fine": "five minutes", "hour": "an hour", "day": "a day"}
NO_TRADES: Final = "No trade closed in this month."
PAPER_NOTE: Final = (
    "Paper: no money was at risk. Orders were filled by the simulated exchange, whose book, latency, fees and funding"
    " are modelled: a real venue fills differently, and mostly worse."
)
LIVE_NOTE: Final = "Real money: fills, fees and funding are those that the venue reported."
FEW_NOTE: Final = "* fewer than 30 observations: the figure says little yet."
KUPIEC_NOTE: Final = (
    "A positive figure is a loss, in percent of equity. Kupiec's test compares how often a claim was exceeded on these"
    " very returns with how often it should have been; a method that does not hold should not be relied on."
)


class Asking(Protocol):
    """The questions of analytics within one transaction."""

    @property
    def portfolio(self) -> "PortfolioQuestions": ...

    @property
    def comparisons(self) -> "CalendarQuestions": ...

    @property
    def risk(self) -> "RiskQuestions": ...


class PortfolioQuestions(Protocol):
    """What a portfolio made."""

    async def portfolio(self, chosen: Chosen) -> PortfolioView: ...

    async def attribution(self, chosen: Chosen, by: Cut) -> AttributionView: ...

    async def equity(self, chosen: Chosen, points: int) -> EquityView: ...

    async def drawdowns(self, chosen: Chosen, most: int) -> DrawdownsView: ...


class CalendarQuestions(Protocol):
    """What was made day by day."""

    async def calendar(self, chosen: Chosen) -> CalendarView: ...


class RiskQuestions(Protocol):
    """What the bad intervals cost."""

    async def risk_metrics(self, chosen: Chosen, venues: tuple[str, ...]) -> RiskMetricsView: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about; `now` is when it is made (wall time)."""

    environment: Environment
    wallet: str | None
    month: date
    time_zone: str
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def scope(self) -> str:
        """The wallet's name, or all of the environment."""
        return self.wallet or f"All {self.environment.value} wallets"


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that a report is made of."""

    portfolio: PortfolioView
    equity: EquityView
    drawdowns: DrawdownsView
    calendar: CalendarView
    risk: RiskMetricsView
    attributions: dict[Cut, AttributionView]

    @property
    def currency(self) -> str:
        """What every amount is in."""
        return currency_of(share.key for share in self.attributions[Cut.SYMBOL].shares)


async def asked_all(
    ask: Asking, chosen: Chosen, venues: tuple[str, ...], step: Callable[[], Awaitable[None]]
) -> Answers:
    """Ask every question, one `step` after each: `QUESTIONS` in all."""
    portfolio = await ask.portfolio.portfolio(chosen)
    await step()
    equity = await ask.portfolio.equity(chosen, POINTS)
    await step()
    drawdowns = await ask.portfolio.drawdowns(chosen, MOST_FALLS)
    await step()
    calendar = await ask.comparisons.calendar(chosen)
    await step()
    risk = await ask.risk.risk_metrics(chosen, venues)
    await step()
    attributions: dict[Cut, AttributionView] = {}
    for cut in CUTS:
        attributions[cut] = await ask.portfolio.attribution(chosen, cut)
        await step()
    return Answers(portfolio, equity, drawdowns, calendar, risk, attributions)


def tear_sheet(subject: Subject, answers: Answers) -> Sheet:
    """The report in words."""
    portfolio, is_live = answers.portfolio, subject.environment is Environment.LIVE
    _, end = month_bounds(subject.month, subject.zone)
    notes = [LIVE_NOTE if is_live else PAPER_NOTE]
    if portfolio.asked.note is not None:
        notes.append(portfolio.asked.note)
    if answers.currency == DOLLARS:
        notes.append(DOLLARS_NOTE)
    return Sheet(
        title=f"{month_words(subject.month)}: {subject.scope}",
        scope=subject.scope,
        environment="Real money" if is_live else "Paper",
        is_live=is_live,
        month=month_words(subject.month),
        so_far=None
        if subject.now >= end
        else f"The month is not over: as of {_moment(subject, subject.now)}.",
        time_zone=subject.time_zone,
        made=_moment(subject, subject.now),
        notes=tuple(notes),
        headline=_headline(portfolio, answers.currency),
        charts=_charts(subject, answers),
        tables=_tables(subject, answers),
    )


def _headline(portfolio: PortfolioView, currency: str) -> tuple[tuple[str, str], ...]:
    def known(amount: str | None) -> str:
        return ABSENT if amount is None else f"{money(amount)} {currency}"

    even = portfolio.trades - portfolio.won - portfolio.lost
    trades = f"{portfolio.trades}: {portfolio.won} won, {portfolio.lost} lost"
    return (
        ("Profit", known(portfolio.profit)),
        ("Equity at the beginning", known(portfolio.first_equity)),
        ("Equity at the end", known(portfolio.last_equity)),
        ("Deposits less withdrawals", known(portfolio.flows)),
        ("Closed trades, net", known(portfolio.net_pnl)),
        ("Trades closed", f"{trades}, {even} even" if even else trades),
    )


def _charts(subject: Subject, answers: Answers) -> tuple[Chart, ...]:
    line = answers.equity
    at = tuple(float(one) for one in line.at_ms)
    ends = (_day(subject, at[0]), _day(subject, at[-1])) if at else ("", "")
    absent = line.asked.note or "No snapshot of equity was taken in this month."
    days = answers.calendar.days
    begin, end = month_bounds(subject.month, subject.zone)
    count = (end.astimezone(subject.zone).date() - begin.astimezone(subject.zone).date()).days
    made = {int(one.date[-2:]): float(one.net_pnl) for one in days}
    numbers = tuple(float(day) for day in range(1, count + 1))
    bars = tuple(made.get(day, 0.0) for day in range(1, count + 1)) if days else ()
    first = subject.month.replace(day=1)
    months_ends = (first.strftime(SHORT_DAY), first.replace(day=count).strftime(SHORT_DAY))
    return (
        Chart("Equity", ChartKind.LINE, answers.currency, at, tuple(line.equity), ends, absent),
        Chart(
            "Drawdown", ChartKind.FALL, "%", at, tuple(-one for one in line.drawdown_percent), ends, absent
        ),
        Chart(
            "Closed trades by day, net",
            ChartKind.BARS,
            answers.currency,
            numbers if bars else (),
            bars,
            months_ends,
            NO_TRADES,
        ),
    )


def _tables(subject: Subject, answers: Answers) -> tuple[Table, ...]:
    portfolio = answers.portfolio
    interval = INTERVALS.get(portfolio.asked.interval, portfolio.asked.interval)
    note = f"Returns are over {interval}, time-weighted; intervals hold the figure with 95 %, by resampling. {FEW_NOTE}"
    figures = Table(
        "Figures",
        ("Figure", "Value", "Interval", "Sample"),
        tuple(_figure_row(one, answers.currency) for one in portfolio.figures),
        "Nothing is known of this month.",
        note,
    )
    causes = answers.attributions[Cut.STRATEGY].total
    return (
        figures,
        Table(
            "By cause",
            ("Signal", "Sizing", "Slippage", "Fees", "Funding", "Net"),
            (_causes(causes),),
            "",
            "What was posted in the month, open positions included; every table below adds up to it exactly.",
            0,
        ),
        *(_shares(cut, answers.attributions[cut]) for cut in CUTS),
        _falls(subject, answers.drawdowns),
        _tails(answers.risk),
    )


def _figure_row(one: FigureView, currency: str) -> tuple[str, ...]:
    mark = "*" if one.is_few and one.value is not None else ""
    text = figure_text(one.value, one.unit, currency)
    value = f"{text}{mark}" if one.value is not None else f"{ABSENT} ({why_undefined(one.name, one.n)})"
    span = ABSENT
    if one.low is not None and one.high is not None:
        span = f"{figure_text(one.low, one.unit, currency)} to {figure_text(one.high, one.unit, currency)}"
    return (figure_name(one.name), value, span, str(one.n))


def _causes(causes: CausesView) -> tuple[str, ...]:
    return tuple(
        money(one)
        for one in (causes.signal, causes.sizing, causes.slippage, causes.fees, causes.funding, causes.net)
    )


def _shares(cut: Cut, view: AttributionView) -> Table:
    held = sorted(view.shares, key=lambda share: (-abs(Decimal(share.causes.net)), share.key))
    rows = [_share_row(share) for share in held[:MOST_SHARES]]
    rest = held[MOST_SHARES:]
    if rest:
        net = sum((Decimal(share.causes.net) for share in rest), Decimal(0))
        costs = sum(
            (Decimal(share.causes.fees) + Decimal(share.causes.funding) for share in rest), Decimal(0)
        )
        trades = sum(share.trades for share in rest)
        rows.append((f"{len(rest)} others", str(trades), money(costs), money(net)))
    title = CUT_TITLES[cut]
    return Table(
        title,
        (title.removeprefix("By ").capitalize(), "Trades", "Fees and funding", "Net"),
        tuple(rows),
        NO_TRADES,
    )


def _share_row(share: ShareView) -> tuple[str, ...]:
    costs = Decimal(share.causes.fees) + Decimal(share.causes.funding)
    return (share.key, str(share.trades), money(costs), money(share.causes.net))


def _falls(subject: Subject, view: DrawdownsView) -> Table:
    rows = tuple(
        (
            _moment(subject, fall.peak_at),
            _moment(subject, fall.trough_at),
            "not yet" if fall.recovery_at is None else _moment(subject, fall.recovery_at),
            figure_text(fall.depth_percent, "percent", ""),
            duration(fall.days * 86_400),
        )
        for fall in view.falls
    )
    headings = ("Peak", "Trough", "Recovered", "Depth", "Length")
    return Table(
        "Deepest drawdowns", headings, rows, "Equity never fell below its peak, or is not known.", "", 3
    )


def _tails(view: RiskMetricsView) -> Table:
    rows = tuple(
        (
            f"{figure_name(tail.method)}, {tail.level * 100:.0f} %, {tail.horizon} ×",
            figure_text(tail.value_at_risk_percent, "percent", ""),
            figure_text(tail.expected_shortfall_percent, "percent", ""),
            (
                f"{ABSENT} (too few returns to judge by)"
                if tail.judged is None and tail.horizon == 1
                else ABSENT
                if tail.judged is None
                else f"{'holds' if tail.judged.holds else 'does not hold'}, {tail.judged.exceptions} exceeded of"
                f" {tail.judged.expected:.1f} expected"
            ),
        )
        for tail in view.tails
        if tail.value_at_risk_percent is not None
    )
    headings = ("Method, level, intervals", "Value at risk", "Expected shortfall", "Kupiec's test")
    return Table(
        "Tail risk", headings, rows, "Too few returns to say what a bad interval costs.", KUPIEC_NOTE
    )


def _moment(subject: Subject, at: datetime) -> str:
    return f"{at.astimezone(subject.zone):%Y-%m-%d %H:%M}"


def _day(subject: Subject, at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=subject.zone).strftime(SHORT_DAY)
