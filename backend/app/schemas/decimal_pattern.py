"""Regular expressions of the decimals between two bounds: JSON Schema bounds numbers, but not numbers in text."""

from decimal import Decimal


def decimal_pattern(least: Decimal, most: Decimal, places: int) -> str:
    """How a decimal from `least` to `most`, both at least zero, is written with at most so many digits behind its
    point, and without needless zeros before it. A `least` that is no whole number lies below another whole part than
    `most`."""
    whole, part = _split(least, places)
    last_whole, last_part = _split(most, places)
    ways = []
    if part.strip("0"):
        ways.append(rf"{whole}\.({_at_least(part)})")
        whole += 1
    if last_part.strip("9"):
        last_way = rf"{last_whole}(\.({_at_most(last_part)}))?"
        last_whole -= 1
    else:
        last_way = ""
    if whole <= last_whole:
        ways.append(rf"({_whole_pattern(whole, last_whole)})(\.[0-9]{{1,{places}}})?")
    return "|".join([*ways, last_way] if last_way else ways)


def _split(value: Decimal, places: int) -> tuple[int, str]:
    """The whole part, and the digits behind the point."""
    whole, _, part = f"{value:.{places}f}".partition(".")
    return int(whole), part


def _at_least(part: str) -> str:
    """Digits behind a point that come to no less."""
    ways = []
    for place, digit in enumerate(part):
        if digit < "9":
            ways.append(f"{part[:place]}[{int(digit) + 1}-9]{_any(len(part) - place - 1)}")
    return "|".join([*ways, f"{part.rstrip('0')}0{{0,{len(part) - len(part.rstrip('0'))}}}"])


def _at_most(part: str) -> str:
    """Digits behind a point that come to no more."""
    if not part.strip("0"):
        return f"0{{1,{len(part)}}}"
    ways = []
    for place, digit in enumerate(part):
        if digit > "0":
            ways.append(f"{part[:place]}[0-{int(digit) - 1}]{_any(len(part) - place - 1)}")
        ways.append(part[: place + 1])
    return "|".join(ways)


def _any(most: int) -> str:
    return f"[0-9]{{0,{most}}}" if most else ""


def _whole_pattern(least: int, most: int) -> str:
    """Whole numbers from one to the other: first those of as many digits as `least`, then longer ones."""
    ways = []
    full_from, full_to = 0, 0
    for length in range(len(str(least)), len(str(most)) + 1):
        first = 0 if length == 1 else 10 ** (length - 1)
        last = 10**length - 1
        if least <= first and last <= most and length > 1:
            full_from, full_to = full_from or length, length
        else:
            ways.append(_of_a_length(str(max(least, first)), str(min(most, last))))
    if full_to:
        ways.append(f"[1-9][0-9]{{{full_from - 1},{full_to - 1}}}")
    return "|".join(ways)


def _of_a_length(first: str, last: str) -> str:
    """Whole numbers between two of as many digits."""
    if not first:
        return ""
    rest = len(first) - 1
    if first[0] == last[0]:
        return first[0] + _group(_of_a_length(first[1:], last[1:]))
    low, high = int(first[0]), int(last[0])
    before, after = [], []
    if first[1:].strip("0"):
        before.append(first[0] + _group(_of_a_length(first[1:], "9" * rest)))
        low += 1
    if last[1:].strip("9"):
        after.append(last[0] + _group(_of_a_length("0" * rest, last[1:])))
        high -= 1
    between = [f"[{low}-{high}]" + (f"[0-9]{{{rest}}}" if rest else "")] if low <= high else []
    return "|".join([*before, *between, *after])


def _group(pattern: str) -> str:
    return f"({pattern})" if "|" in pattern else pattern
