"""A browser, the product with a bot that can be spoken to, and somebody who trades on it.

Each test brings itself to where it begins: none needs another to have run before. Nothing lasts longer than a module:
a browser that stays open keeps an event loop on the thread, which asynchronous tests then stumble over.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.loopback_bot import LoopbackBot
from tests.browser.market_file import write_market
from tests.browser.people import Person, Screen, open_browser
from tests.browser.product import CALM, LIVELY, Product


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = open_browser(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def bot() -> Iterator[LoopbackBot]:
    with LoopbackBot() as started:
        yield started


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, bot: LoopbackBot) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    write_market(folder / "market")
    started = Product(folder, folder / "market", speed=CALM, environment=bot.settings)
    try:
        started.wait_until_up()
        yield started
    finally:
        started.stop()


@pytest.fixture
def screen(product: Product, browser: Browser, tmp_path: Path) -> Iterator[Screen]:
    """A desk's screen; where the test fails its picture and the product's log are kept."""
    with Screen(product, browser, tmp_path) as opened:
        yield opened


@pytest.fixture
def trader(screen: Screen, request: pytest.FixtureRequest) -> Person:
    """Has signed up, verified the address, and trades with paper money; signed in on the screen. The market, calm
    until then however slow the machine is, has become lively."""
    name = request.node.name.removeprefix("test_")[:40].strip("_")
    person = Person(f"{name}@example.com", "correct horse battery")
    screen.sign_up(person)
    screen.sign_in(person)
    screen.make_wallet("Paper one")
    screen.enable_auto_trading("Paper one")
    screen.product.set_market_speed(LIVELY)
    return person
