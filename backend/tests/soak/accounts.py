"""A thousand random accounts with deposits, partial closes, flips, funding and fees: `make soak NAME=accounts`.

Equity curve, fills, attribution and ledger of each must agree (tests/domain/random_accounts.py). `ARGS=5000` takes
as many. Prints accounts.checked and accounts.violations, and exits 1 where there is one.
"""

import json
import sys

from hypothesis import HealthCheck, Phase, given, settings

from tests.domain.random_accounts import accounts, check_account

ACCOUNTS = 1_000


def main() -> int:
    """Draw the accounts, check each, and print what came out."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    checked, violations = 0, 0

    @settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(accounts)
    def one(events: list[tuple[object, ...]]) -> None:
        nonlocal checked, violations
        checked += 1
        try:
            check_account(events)
        except AssertionError as error:
            violations += 1
            print(f"violation: {error}: {events}", file=sys.stderr)

    one()
    print(json.dumps({"name": "accounts.checked", "value": checked, "unit": "accounts"}))
    print(json.dumps({"name": "accounts.violations", "value": violations, "unit": "accounts", "limit": 0}))
    return int(violations > 0 or checked < wanted)


if __name__ == "__main__":
    raise SystemExit(main())
