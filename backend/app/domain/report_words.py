"""Figures as the words of a report: names, values in their unit, and why one is not known."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from app.domain.report_sheet import ABSENT

CENT: Final = Decimal("0.01")
NAMES: Final = {
    "money_weighted_return": "Money-weighted return, a year",
    "sharpe_ratio": "Sharpe",
    "sortino_ratio": "Sortino",
    "calmar_ratio": "Calmar",
    "omega_ratio": "Omega",
    "max_drawdown": "Maximum drawdown",
    "annual_turnover": "Turnover, times a year",
    "payoff_ratio": "Payoff",
    "expectancy": "Expectancy of a trade",
    "expectancy_r": "Expectancy in R",
    "median_holding_seconds": "Holding time, median",
    "longest_winning_streak": "Longest run of winners",
    "longest_losing_streak": "Longest run of losers",
    "normal": "Normal",
    "cornish_fisher": "Cornish–Fisher",
}
NO_LOSS: Final = "no trade lost"
NO_WIN: Final = "no trade won"
NO_EQUITY: Final = "the equity of this month is not known"
# Why a figure is not known although there is a sample to take it from.
UNDEFINED: Final = {
    "total_return": "a return below −100 %",
    "annual_return": "a return below −100 %, or too large for a number",
    "sharpe_ratio": "returns do not vary",
    "sortino_ratio": "no return fell short",
    "calmar_ratio": "no drawdown, or no annual return",
    "omega_ratio": "no return fell short",
    "payoff_ratio": "no trade won, or no trade lost",
    "profit_factor": NO_LOSS,
    "expectancy_r": "no trade's risk is known",
    "average_win": NO_WIN,
    "largest_win": NO_WIN,
    "average_loss": NO_LOSS,
    "largest_loss": NO_LOSS,
    "money_weighted_return": "no rate explains these flows",
    "mean_exposure": "equity was not positive throughout",
    "annual_turnover": "no time passed, or equity was not positive",
}
RETURN_NAMES: Final = frozenset(
    ("total_return", "annual_return", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio",
     "omega_ratio", "max_drawdown", "ulcer_index")
)  # fmt: skip
# What has a spread needs two returns.
OF_TWO: Final = frozenset(("volatility", "sharpe_ratio", "sortino_ratio"))
DOLLARS: Final = "USD"
SECONDS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def figure_name(name: str) -> str:
    """The name of a figure as people say it."""
    return NAMES.get(name) or name.replace("_", " ").capitalize()


def currency_of(symbols: Iterable[str]) -> str:
    """What amounts of these symbols are in: the currency that all of them settle in. USD where there are several (each
    counts as a dollar, see `services.trading.markets`) or none is known."""
    settled = {symbol.partition(":")[2] for symbol in symbols} - {""}
    return settled.pop() if len(settled) == 1 else DOLLARS


def figure_text(value: float | None, unit: str, currency: str) -> str:
    """A figure in its unit, an amount with its currency; a dash where it is undefined."""
    if value is None:
        return ABSENT
    match unit:
        case "percent":
            return f"{signed(value, 2)} %"
        case "quote":
            return f"{money(Decimal(repr(value)))} {currency}"
        case "r":
            return f"{signed(value, 2)} R"
        case "count":
            return f"{value:,.0f}"
        case "seconds":
            return duration(value)
        case _:
            return signed(value, 2)


def why_undefined(name: str, n: int) -> str:
    """Why a figure of `n` observations is not known, as the end of a sentence."""
    if n == 0:
        return (
            NO_EQUITY
            if name in RETURN_NAMES | {"mean_exposure", "money_weighted_return", "annual_turnover"}
            else "no trade"
        )
    if n == 1 and name in OF_TWO:
        return "it needs two returns"
    return UNDEFINED.get(name, "not defined for this sample")


def money(amount: Decimal | str) -> str:
    """An amount to the cent, with its sign where it is negative."""
    cents = Decimal(amount).quantize(CENT, rounding=ROUND_HALF_EVEN)
    return f"{cents if cents else abs(cents):,.2f}".replace("-", "−")


def signed(value: float, places: int) -> str:
    """A number with a real minus sign, and no minus before zero."""
    text = f"{value:,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def duration(seconds: float) -> str:
    """A length of time in its two largest units: "1 d 4 h", "35 min", "12 s"."""
    left = round(seconds)
    parts: list[str] = []
    for length, name in SECONDS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {name}")
    if not parts:
        return f"{left} s"
    return " ".join(parts[:2])
