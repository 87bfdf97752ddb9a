"""The main job, as a person does it: sign up, fund a wallet, trade, see the stop trail, leave, read the journal."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from app.core.config import ROOT_DIR
from tests.browser.market_file import write_market
from tests.browser.product import Product, find_browser

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = ROOT_DIR / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PAGES = ("/positions/live", "/analytics", "/trade-journal", "/risk-management", "/wallets", "/account")
SHOTS = os.environ.get("SCREENSHOT_DIR")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    required = os.environ.get("CI") == "true"
    with sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        except Error as error:
            if required:
                raise
            pytest.skip(f"No browser can be started here: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    write_market(folder / "market")
    started = Product(folder, folder / "market", speed=900)
    try:
        yield started
    finally:
        started.stop()


def wait_until_up(product: Product, page: Page) -> None:
    for _ in range(600):
        assert not product.has_ended(), product.log()[-3000:]
        try:
            with urllib.request.urlopen(f"{product.url}/api/v1/health/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            page.wait_for_timeout(200)
    raise AssertionError(product.log()[-3000:])


def sign_up_and_in(product: Product, page: Page) -> None:
    page.goto(f"{product.url}/sign-up")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("I understand that automated trading").check()
    with page.expect_response("**/api/v1/auth/sign-up") as answered:
        page.get_by_role("button", name="Create account").click()
    assert answered.value.status == 202, answered.value.text()
    page.goto(product.verification_link())
    expect(page.get_by_text("Your e-mail address is verified")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()


def make_wallet(product: Product, page: Page) -> None:
    page.goto(f"{product.url}/wallets")
    page.get_by_role("button", name="Create wallet").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Paper one")
    dialog.get_by_label("First deposit").fill("10000")
    dialog.get_by_role("button", name="Create wallet").click()
    expect(page.get_by_role("article", name="Wallet Paper one")).to_be_visible()


def enable_auto_trading(page: Page) -> None:
    page.get_by_role("button", name="Enable auto-trading: Paper one").click()
    dialog = page.get_by_role("dialog")
    for group in ("Strategies", "Symbols"):
        boxes = dialog.get_by_role("group", name=group).get_by_role("checkbox")
        expect(boxes.first).to_be_visible()
        for index in range(boxes.count()):
            boxes.nth(index).check()
    frames = dialog.get_by_role("group", name="Timeframes").get_by_role("checkbox")
    for index in range(frames.count()):
        frames.nth(index).uncheck()
    dialog.get_by_role("group", name="Timeframes").get_by_label("1h").check()
    dialog.get_by_label("Least signal confidence").fill("0.5")
    dialog.get_by_role("button", name="Enable auto-trading").click()
    expect(page.get_by_role("button", name="Disable auto-trading: Paper one")).to_be_visible()


def assert_accessible(page: Page, where: str) -> None:
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])"
    )
    assert found == [], f"{where}: {found}"


def stop_of(page: Page) -> str:
    card = page.locator("[data-position]").first
    return card.locator("dt:has-text('Stop') + dd").first.inner_text()


def test_a_person_signs_up_trades_watches_leaves_and_reads_the_journal(
    product: Product, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    try:
        wait_until_up(product, page)
        sign_up_and_in(product, page)
        make_wallet(product, page)
        enable_auto_trading(page)

        page.goto(f"{product.url}/positions/live")
        card = page.locator("[data-position]").first
        expect(card).to_be_visible(timeout=120_000)
        opened_with = stop_of(page)
        expect(card.locator("dt:has-text('Stop') + dd").first).not_to_have_text(opened_with, timeout=120_000)
        take_shots(page, product)

        page.goto(f"{product.url}/positions/live")
        exit_button = page.locator("[data-position]").first.get_by_role("button", name="Exit now")
        exit_button.click()
        page.locator("[data-position]").first.get_by_role("button", name="Confirm exit").click()
        expect(page.get_by_text("accepted. It closes at market.")).to_be_visible()

        page.goto(f"{product.url}/trade-journal?tab=trades")
        expect(page.get_by_role("row").filter(has_text="Closed by you").first).to_be_visible(timeout=30_000)
    except BaseException:
        page.screenshot(path=str(tmp_path / "failed.png"), full_page=True)
        print(product.log()[-2000:])
        raise
    finally:
        page.close()


def sign_in(product: Product, page: Page) -> None:
    page.goto(f"{product.url}/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()


def assert_fits(page: Page) -> None:
    """Nothing makes the page wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_phone_pauses_in_one_press_and_closes_everything_by_keyboard(
    product: Product, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 740}, bypass_csp=True)
    try:
        sign_in(product, page)
        page.goto(f"{product.url}/positions/live")
        page.get_by_role("button", name="Pause entries").click()
        expect(page.get_by_role("button", name="Resume entries…")).to_be_visible()
        assert_fits(page)

        page.keyboard.press("Alt+Shift+K")
        asked = page.get_by_role("alertdialog", name="Close all positions")
        expect(asked.get_by_label("Type CLOSE ALL to confirm")).to_be_focused()
        expect(asked.get_by_text("Closes", exact=False).first).to_be_visible()
        assert_accessible(page, "kill switch")
        shot(page, "kill-switch-phone")
        page.keyboard.type("CLOSE ALL")
        page.keyboard.press("Enter")
        receipt = page.get_by_role("dialog", name="Kill switch")
        expect(receipt.get_by_text("Everything is proven flat")).to_be_visible(timeout=90_000)
        assert_accessible(page, "receipt")
        shot(page, "receipt-phone")
        page.keyboard.press("Escape")
        expect(page.get_by_text("Halted by the kill switch")).to_be_visible()
        assert_fits(page)
        page.get_by_role("alert").get_by_role("button", name="Resume…").click()
        page.get_by_role("checkbox", name="I have seen why").check()
        page.get_by_role("button", name="Resume entries", exact=True).click()
        expect(page.get_by_text("Halted by the kill switch")).to_have_count(0)
    except BaseException:
        page.screenshot(path=str(tmp_path / "failed.png"), full_page=True)
        print(product.log()[-2000:])
        raise
    finally:
        page.close()


def shot(page: Page, name: str) -> None:
    """A picture, where SCREENSHOT_DIR names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def take_shots(page: Page, product: Product) -> None:
    """Every page in both themes: axe finds nothing; pictures where SCREENSHOT_DIR names a folder."""
    for theme in ("dark", "light"):
        for path in PAGES:
            page.goto(f"{product.url}{path}")
            page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", theme)
            page.get_by_role("heading", level=1).first.wait_for()
            expect(page.get_by_text("Loading", exact=False)).to_have_count(0)
            assert_accessible(page, f"{path} {theme}")
            shot(page, f"{path.strip('/').replace('/', '-')}-{theme}")
