"""Reports by their job: real figures in both documents, sent once with the PDF, made once a month and zone."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import asyncpg
import pypdfium2
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.adapters.email import EmailCourier
from app.bootstrap.notifications import sealed_addresses
from app.bootstrap.reports import report_job
from app.core.clock import utc_now
from app.core.config import Settings, SmtpSecurity
from app.core.db import Database
from app.core.errors import ConflictError, InvalidInputError, TooManyRequestsError
from app.domain.notification_events import Channel
from app.domain.report_sheet import Sheet
from app.repositories.account_data import account_tables, shown_columns
from app.repositories.reports import ReportRepository, ReportScope
from app.repositories.sessions import SignedInUser
from app.services.job_tries import MOST_ATTEMPTS
from app.services.notification_sender import NotificationSender
from app.services.report_jobs import sweep_reports
from app.services.reports import STEPS, ReportForm, Reports, ReportTerms
from tests.adapters.smtp_sink import SmtpSink, smtp_sink
from tests.api.analytics_world import DAY, snapshots, trade
from tests.api.desk_world import NOON, Person, World
from tests.services.test_exports import Bell

OCTOBER = date(2025, 10, 1)
PAPER = ReportScope("paper", None)
KEPT = timedelta(days=400)


class Office:
    """Both sides of reports."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.bell = database, Bell()
        terms = ReportTerms(per_day=3, schedules=2, kept=KEPT, has_mail=True)
        self.reports = Reports(database, self.bell, terms, utc_now)
        self.job = report_job(settings, database)

    async def made(self, person: Person, scope: ReportScope = PAPER, *, mailed: bool = False) -> UUID:
        """A report of October, made by its job."""
        view = await self.reports.ask(signed_in(person), scope, OCTOBER, mailed=mailed)
        assert await self.job.run(person.user_id, view.id)
        return view.id

    async def text(self, person: Person, report_id: UUID) -> str:
        """The words of its PDF."""
        _, pdf = await self.reports.document(person.user_id, report_id, ReportForm.PDF)
        return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def signed_in(person: Person, *, zone: str = "UTC", verified: bool = True) -> SignedInUser:
    return SignedInUser(
        id=person.user_id,
        session_id=person.session_id,
        email=f"{person.user_id}@example.com",
        role="user",
        time_zone=zone,
        email_verified=verified,
        created_at=utc_now(),
        proved_at=utc_now(),
    )


@pytest.fixture
def office(worker_database: Database, settings: Settings) -> Office:
    return Office(worker_database, settings)


@pytest_asyncio.fixture
async def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    return World(owner_connection, settings)


@pytest_asyncio.fixture
async def alice(world: World) -> Person:
    return await world.person()


async def a_month(world: World, person: Person) -> None:
    """October with 40 days of equity around it and four trades, one of them with a name that is markup."""
    await snapshots(world, person, [1_000.0 + 3 * (day % 7) + day for day in range(40)], NOON - 5 * DAY)
    for day, made in enumerate(("60", "-30", "90", "12.34")):
        await trade(
            world, person, made, NOON + day * DAY, risk_amount=30, strategy="<script>alert(1)</script>"
        )


async def test_a_report_holds_the_figures_of_the_month_in_both_documents(
    office: Office, world: World, alice: Person
) -> None:
    await a_month(world, alice)
    await trade(world, alice, "5000", datetime(2025, 11, 1, 0, 30, tzinfo=UTC))  # the month is over
    report_id = await office.made(alice)
    view, html = await office.reports.document(alice.user_id, report_id, ReportForm.HTML)
    assert (view.status, view.steps_done, view.steps_total) == ("done", STEPS, STEPS)
    assert (view.month, view.environment, view.html_bytes) == ("2025-10", "paper", len(html))
    page, pdf = html.decode(), await office.text(alice, report_id)
    for words in (page, pdf):
        assert "October 2025" in words
        assert "122.34 USDT" in words  # 132.34 less 4 x 2.5 of fees and funding
        assert "4: 3 won, 1 lost" in words
        assert "Profit factor" in words
    assert page.count("<svg") == 6  # each for a desk and for a phone
    assert "Paper: no money was at risk" in page


async def test_a_report_runs_nothing_loads_nothing_and_escapes_what_a_user_wrote(
    office: Office, world: World, alice: Person
) -> None:
    await world.sql.execute(
        "UPDATE wallets SET name = $2 WHERE id = $1",
        alice.wallet_id,
        '<img src=x onerror="alert(1)">日本 Тест Ελλάδα',
    )
    await a_month(world, alice)
    report_id = await office.made(alice, ReportScope("paper", alice.wallet_id))
    _, html = await office.reports.document(alice.user_id, report_id, ReportForm.HTML)
    page = html.decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;日本 Тест Ελλάδα" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for reference in ("http:", "https:", "url(", "@import", 'src="', "href="):
        assert reference not in page, reference
    pdf = await office.text(alice, report_id)
    assert '<img src=x onerror="alert(1)">?? Тест Ελλάδα' in " ".join(pdf.split())
    assert 'this document\'s font lacks are shown as "?"' in pdf


async def test_a_month_without_anything_says_why_nothing_is_known(office: Office, alice: Person) -> None:
    report_id = await office.made(alice)
    _, html = await office.reports.document(alice.user_id, report_id, ReportForm.HTML)
    page = html.decode()
    assert "Nothing is known in this range" in page
    assert "— (no trade)" in page
    assert "— (the equity of this month is not known)" in page
    assert "nan" not in page.lower().replace("finance", "")
    assert "<svg" not in page


async def test_paper_and_live_and_wallets_are_apart(
    office: Office,
    world: World,
    alice: Person,
) -> None:
    await a_month(world, alice)
    live = await office.made(alice, ReportScope("live", None))
    words = await office.text(alice, live)
    assert "REAL MONEY" in words
    assert "0: 0 won, 0 lost" in words
    assert "122.34" not in words
    with pytest.raises(InvalidInputError, match="is a paper wallet"):
        await office.made(alice, ReportScope("live", alice.wallet_id))


async def test_a_month_is_that_of_the_users_zone(office: Office, world: World, alice: Person) -> None:
    await trade(world, alice, "50", datetime(2025, 9, 30, 16, tzinfo=UTC))  # the first of October in Tokyo
    user = signed_in(alice, zone="Asia/Tokyo")
    view = await office.reports.ask(user, PAPER, OCTOBER, mailed=False)
    assert await office.job.run(alice.user_id, view.id)
    assert "1: 1 won, 0 lost" in await office.text(alice, view.id)
    assert "0: 0 won, 0 lost" in await office.text(alice, await office.made(alice))


async def test_a_month_that_has_not_begun_is_refused_and_the_present_one_is_marked(
    office: Office, alice: Person
) -> None:
    this = utc_now().date().replace(day=1)
    after = (this + timedelta(days=32)).replace(day=1)
    with pytest.raises(InvalidInputError, match="has not begun"):
        await office.reports.ask(signed_in(alice), PAPER, after, mailed=False)
    view = await office.reports.ask(signed_in(alice), PAPER, this, mailed=False)
    assert await office.job.run(alice.user_id, view.id)
    assert "The month is not over" in await office.text(alice, view.id)


async def test_the_quota_of_a_day_allows_that_many(office: Office, alice: Person) -> None:
    for _ in range(3):
        await office.reports.ask(signed_in(alice), PAPER, OCTOBER, mailed=False)
    with pytest.raises(TooManyRequestsError, match="3 reports in 24 hours; 3 are allowed"):
        await office.reports.ask(signed_in(alice), PAPER, OCTOBER, mailed=False)


async def test_a_cancelled_report_is_not_made_and_a_made_one_loses_its_documents(
    office: Office, alice: Person
) -> None:
    view = await office.reports.ask(signed_in(alice), PAPER, OCTOBER, mailed=False)
    assert (await office.reports.cancel(alice.user_id, view.id)).status == "cancelled"
    assert not await office.job.run(alice.user_id, view.id)
    made = await office.made(alice)
    await office.reports.cancel(alice.user_id, made)
    with pytest.raises(ConflictError, match="no document"):
        await office.reports.document(alice.user_id, made, ReportForm.PDF)


async def test_a_job_that_died_is_followed_by_another_and_two_make_one(
    office: Office, system_database: Database, alice: Person
) -> None:
    view = await office.reports.ask(signed_in(alice), PAPER, OCTOBER, mailed=False)
    async with office.database.tenant(alice.user_id) as session:
        reports = ReportRepository(session)
        assert await reports.take(alice.user_id, view.id, utc_now() - timedelta(seconds=61)) is not None
    await sweep_reports(system_database, office.bell, utc_now(), KEPT)
    assert (str(alice.user_id), str(view.id)) in office.bell.rung
    assert await office.job.run(alice.user_id, view.id)
    assert not await office.job.run(alice.user_id, view.id)


async def test_what_fails_for_a_reason_that_nobody_foresaw_is_tried_a_few_times_only(
    office: Office, world: World, system_database: Database, alice: Person
) -> None:
    def broken(_: Sheet) -> bytes:
        raise RuntimeError("the drawing broke")

    view = await office.reports.ask(signed_in(alice), PAPER, OCTOBER, mailed=False)
    office.job._html = broken
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with pytest.raises(RuntimeError):
            await office.job.run(alice.user_id, view.id)
        held = await world.sql.fetchrow("SELECT status, error FROM reports WHERE id = $1", view.id)
        assert held is not None
        assert held["status"] == ("failed" if attempt == MOST_ATTEMPTS else "running")
        await world.sql.execute(
            "UPDATE reports SET beat_at = now() - interval '61 seconds' WHERE id = $1", view.id
        )
    assert held["error"] == f"It failed {MOST_ATTEMPTS} times, last by RuntimeError. Ask again."
    office.bell.rung.clear()
    await sweep_reports(system_database, office.bell, utc_now(), KEPT)
    assert (str(alice.user_id), str(view.id)) not in office.bell.rung


async def test_the_documents_go_with_time(office: Office, system_database: Database, alice: Person) -> None:
    report_id = await office.made(alice)
    await sweep_reports(system_database, office.bell, utc_now() + KEPT - timedelta(minutes=1), KEPT)
    assert (await office.reports.one(alice.user_id, report_id)).status == "done"
    await sweep_reports(system_database, office.bell, utc_now() + KEPT + timedelta(minutes=1), KEPT)
    gone = await office.reports.one(alice.user_id, report_id)
    assert (gone.status, gone.html_bytes, gone.pdf_bytes) == ("expired", None, None)


async def scheduled(sql: asyncpg.Connection, person: Person) -> list[tuple[date, str]]:
    rows = await sql.fetch(
        "SELECT month, environment FROM reports WHERE user_id = $1 AND by_schedule ORDER BY month, environment",
        person.user_id,
    )
    return [(row["month"], row["environment"]) for row in rows]


async def test_a_schedule_makes_one_report_a_month_when_the_month_is_over_in_the_users_zone(
    office: Office, system_database: Database, world: World
) -> None:
    person = await world.person(zone="America/New_York")
    user = signed_in(person, zone="America/New_York")
    await office.reports.set_schedule(user, [PAPER, ReportScope("paper", person.wallet_id), PAPER])
    await world.sql.execute(
        "UPDATE report_schedules SET since = $2 WHERE user_id = $1",
        person.user_id,
        datetime(2025, 10, 31, 23, tzinfo=UTC),
    )
    # midnight in New York is 04:00 UTC, and the books are closed an hour later
    for at in (datetime(2025, 11, 1, 1, tzinfo=UTC), datetime(2025, 11, 1, 4, 59, tzinfo=UTC)):
        await sweep_reports(system_database, office.bell, at, KEPT)
        assert await scheduled(world.sql, person) == []
    for at in (datetime(2025, 11, 1, 5, tzinfo=UTC), datetime(2025, 11, 9, tzinfo=UTC)):
        await sweep_reports(system_database, office.bell, at, KEPT)
        assert await scheduled(world.sql, person) == [(OCTOBER, "paper")] * 2
    await office.reports.set_schedule(user, [])
    await sweep_reports(system_database, office.bell, datetime(2025, 12, 2, tzinfo=UTC), KEPT)
    assert len(await scheduled(world.sql, person)) == 2


async def test_a_schedule_makes_no_month_that_ended_before_it_was_switched_on(
    office: Office, system_database: Database, world: World, alice: Person
) -> None:
    await office.reports.set_schedule(signed_in(alice), [PAPER])
    await sweep_reports(system_database, office.bell, utc_now(), KEPT)
    assert await scheduled(world.sql, alice) == []


async def test_more_schedules_than_allowed_and_a_strangers_wallet_are_refused(
    office: Office, world: World, alice: Person
) -> None:
    scopes = [PAPER, ReportScope("live", None), ReportScope("paper", alice.wallet_id)]
    held = await office.reports.set_schedule(signed_in(alice), scopes[:2])
    assert len(held.scopes) == 2
    with pytest.raises(InvalidInputError, match="3 monthly reports were asked for; 2 are allowed"):
        await office.reports.set_schedule(signed_in(alice), scopes)
    assert len((await office.reports.schedule(signed_in(alice))).scopes) == 2


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as sink:
        yield sink


async def test_a_report_is_mailed_once_with_its_pdf(
    office: Office, settings: Settings, system_database: Database, mail: SmtpSink, alice: Person
) -> None:
    smtp = settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": mail.port,
            "smtp_security": SmtpSecurity.NONE,
            "smtp_password": SecretStr(""),
        }
    )
    report_id = await office.made(alice, mailed=True)
    couriers = {Channel.EMAIL: EmailCourier(smtp)}
    sender = NotificationSender(system_database, couriers, sealed_addresses(settings), utc_now)
    for _ in range(2):
        while await sender.dispatch():
            pass
        while await sender.send_due(Channel.EMAIL):
            pass
    [letter] = [one for one in mail.mails if one["To"] == f"{alice.user_id}@example.com"]
    assert letter["Subject"] == "Your report of October 2025: all paper wallets"
    assert isinstance(letter, EmailMessage)
    [attached] = list(letter.iter_attachments())
    assert attached.get_filename() == "stackalpha-report-2025-10-paper.pdf"
    _, pdf = await office.reports.document(alice.user_id, report_id, ReportForm.PDF)
    assert attached.get_content() == pdf
    assert pdf.startswith(b"%PDF-")


async def test_who_has_no_proven_address_is_not_mailed(office: Office, alice: Person) -> None:
    user = signed_in(alice, verified=False)
    with pytest.raises(ConflictError, match="Confirm your address"):
        await office.reports.ask(user, PAPER, OCTOBER, mailed=True)
    held = await office.reports.schedule(user)
    assert (held.mailed_to, held.not_mailed) == (
        None,
        "Confirm your address first: reports are sent to no other.",
    )


async def test_reports_go_with_the_account_and_into_its_export(
    office: Office, system_database: Database, world: World, alice: Person
) -> None:
    report_id = await office.made(alice)
    await office.reports.set_schedule(signed_in(alice), [PAPER])
    tables = {table.name: table for table in account_tables()}
    assert {"reports", "report_schedules"} <= set(tables)
    assert {"html", "pdf"} <= {column.name for column in shown_columns(tables["reports"])}
    await world.sql.execute("UPDATE users SET deletion_due_at = now() WHERE id = $1", alice.user_id)
    await world.sql.execute("SELECT erase_account($1)", alice.user_id)
    left = await world.sql.fetchval("SELECT count(*) FROM reports WHERE id = $1", report_id)
    assert left == 0
