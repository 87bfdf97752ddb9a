"""By which name attempts are counted: a client cannot choose another one."""

import pytest

from app.services.attempts import site_of, subject_of


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:12:3400::1", "2001:db8:12:3400::/56"),
        ("2001:db8:12:34ff:ffff:ffff:ffff:ffff", "2001:db8:12:3400::/56"),
        ("2001:db8:12:3500::1", "2001:db8:12:3500::/56"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unknown", "unknown"),
    ],
)
def test_a_client_is_counted_by_the_network_that_it_chooses_addresses_from(address: str, site: str) -> None:
    assert site_of(address) == site


@pytest.mark.parametrize(
    "typed", ["VICTIM@example.com", "v\u0130ctim@example.com", "V\u0130CT\u0130M@EXAMPLE.COM"]
)
def test_an_address_is_counted_by_one_name_however_it_is_typed(typed: str) -> None:
    assert subject_of(typed) == subject_of("victim@example.com")


def test_other_people_are_counted_apart() -> None:
    assert len({subject_of("a", "bc"), subject_of("ab", "c"), subject_of("abc"), subject_of("a")}) == 4
