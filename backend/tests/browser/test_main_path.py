"""The main jobs, as people do them: from sign-up to a first trade, its figures and its export; stopping everything
from a phone; linking Telegram; running the platform."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.loopback_bot import LoopbackBot
from tests.browser.people import Person, Screen
from tests.browser.product import CALM

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/positions/live",
    "/analytics",
    "/trade-journal",
    "/risk-management",
    "/wallets",
    "/alerts",
    "/account",
)
OUTSIDE = ("/sign-in", "/sign-up", "/reset-password")
CHAT = 4711


def test_a_new_user_trades_leaves_and_takes_the_figures_home(screen: Screen, trader: Person) -> None:
    page = screen.page
    screen.go("/positions/live")
    stop = screen.first_position().locator("dt:has-text('Stop') + dd").first
    expect(stop).to_be_visible(timeout=240_000)
    opened_with = stop.inner_text()
    expect(stop).not_to_have_text(opened_with, timeout=120_000)
    screen.product.set_market_speed(CALM)  # the position is still there when every page was looked over
    for path in PAGES:
        screen.look_over(path)

    # Paused, the world stands still once the position is left: what follows is about one known trade.
    page.get_by_role("button", name="Pause entries").click()
    expect(page.get_by_role("button", name="Resume entries…")).to_be_visible()
    screen.go("/positions/live")
    screen.leave_by_keyboard()
    screen.go("/")
    expect(page.get_by_role("region", name="Trading state").get_by_text("Entries paused")).to_be_visible()

    page.keyboard.press("Control+K")
    page.get_by_role("combobox", name="Type a command or a page").fill("journ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/trade-journal"))
    screen.go("/trade-journal?tab=trades")
    closed = page.get_by_role("table", name="Trades").get_by_role("row").filter(has_text="Closed by you")
    expect(closed).to_have_count(1)
    net = closed.get_by_role("cell").nth(3).inner_text()
    closed.click()
    expect(page.get_by_role("dialog").locator("canvas").first).to_be_visible()
    page.keyboard.press("Escape")

    screen.go("/analytics")
    figures = page.get_by_role("region", name="Key figures")
    expect(figures.get_by_text("1 trades: ")).to_be_visible(timeout=120_000)  # asked for every minute
    expect(figures.get_by_text(net, exact=True)).to_be_visible()

    [row] = exported_trades(screen)
    assert row["exit_reason"] == "manual"
    assert money(row["net_pnl"]) == net.split()[-1]


def money(amount: str) -> str:
    """As the pages write profit and loss, without the glyph."""
    value = round(float(amount), 2)
    return f"{'+' if value > 0 else '−' if value < 0 else ''}${abs(value):,.2f}"


def exported_trades(screen: Screen) -> list[dict[str, str]]:
    """The closed trades as the exported file has them, opened like a spreadsheet would."""
    page = screen.page
    screen.go("/trade-journal?tab=trades")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export")
    dialog.get_by_role("button", name="Export").click()
    with page.expect_download() as loaded:
        dialog.get_by_role("button", name="Download Trades as CSV").click()
    return list(csv.DictReader(io.StringIO(loaded.value.path().read_text())))


def test_a_phone_pauses_in_one_press_and_closes_everything_by_keyboard(
    screen: Screen, trader: Person
) -> None:
    page = screen.page
    screen.become_a_phone()
    screen.go("/positions/live")
    page.get_by_role("button", name="Pause entries").click()
    expect(page.get_by_role("button", name="Resume entries…")).to_be_visible()
    screen.assert_fits("paused")

    page.keyboard.press("Alt+Shift+K")
    asked = page.get_by_role("alertdialog", name="Close all positions")
    expect(asked.get_by_label("Type CLOSE ALL to confirm")).to_be_focused()
    expect(asked.get_by_text("Closes", exact=False).first).to_be_visible()
    screen.assert_accessible("kill switch")
    screen.shoot("kill-switch-phone")
    page.keyboard.type("CLOSE ALL")
    page.keyboard.press("Enter")
    receipt = page.get_by_role("dialog", name="Kill switch")
    expect(receipt.get_by_text("Everything is proven flat")).to_be_visible(timeout=90_000)
    screen.assert_accessible("receipt")
    screen.shoot("receipt-phone")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Halted by the kill switch")).to_be_visible()
    screen.assert_fits("halted")
    page.get_by_role("alert").get_by_role("button", name="Resume…").click()
    page.get_by_role("checkbox", name="I have seen why").check()
    page.get_by_role("button", name="Resume entries", exact=True).click()
    expect(page.get_by_text("Halted by the kill switch")).to_have_count(0)


def test_an_administrator_links_telegram_and_watches_the_platform(screen: Screen, bot: LoopbackBot) -> None:
    page = screen.page
    for path in OUTSIDE:
        screen.look_over(path)
    operator = Person("root@example.com", "correct horse battery")
    screen.product.command("create-admin", operator.email, "--password", operator.password)
    screen.sign_in(operator)
    screen.look_over("/admin")

    screen.become_a_phone()
    page.get_by_role("button", name="More").click()
    page.get_by_role("navigation", name="More").get_by_role("link", name="Alerts").click()
    page.get_by_role("button", name="Link Telegram").click()
    dialog = page.get_by_role("dialog", name="Link Telegram")
    bot.say(CHAT, dialog.get_by_text("/link ").inner_text())
    expect(dialog.get_by_text("Linked to")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Send test by Telegram").click()
    bot.wait_until_told(CHAT, "test")
