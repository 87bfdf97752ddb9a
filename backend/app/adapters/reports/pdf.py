"""A report as PDF on A4, drawn by reportlab with a font that lies in the file.

Text is never read as markup: every word is escaped. The font knows Latin, Greek, Cyrillic, Armenian and Georgian
letters; what it lacks (Chinese, Japanese, Arabic and others) is shown as "?", and a line says so: the HTML report,
which the reader's own fonts draw, has every letter.
"""

import io
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing as Canvas
from reportlab.graphics.shapes import Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas as Page
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from app.adapters.reports.drawings import Drawing, drawing_of
from app.domain.report_sheet import Chart, Sheet, Table

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
FONTS: Final = Path(__file__).with_name("fonts")
MARGIN: Final = 16 * mm
ROOM: Final = A4[0] - 2 * MARGIN - 12  # a frame keeps six points on each side
INK, MID, LINE = HexColor("#14181f"), HexColor("#4a5361"), HexColor("#d5dae1")
MARK, UP, DOWN, LIVE = HexColor("#1f5fbf"), HexColor("#0b6e4f"), HexColor("#b3261e"), HexColor("#8a1c12")
FALL: Final = Color(DOWN.red, DOWN.green, DOWN.blue, alpha=0.18)
LACKING: Final = 'Letters that this document\'s font lacks are shown as "?"; the HTML report has them.'
WORD_SHARE: Final = 1.7  # how much wider than a figure's a column of words is
FACTS_ACROSS: Final = 3


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """Register the fonts; the characters that they have."""
    pdfmetrics.registerFont(TTFont(BOLD, FONTS / f"{BOLD}.ttf"))
    regular = TTFont(REGULAR, FONTS / f"{REGULAR}.ttf")
    pdfmetrics.registerFont(regular)
    return frozenset(regular.face.charToGlyph)


def pdf_report(sheet: Sheet) -> bytes:
    """The report's PDF."""
    writer = _Writer(sheet)
    return writer.document()


class _Writer:
    """One document; it notes whether a letter was lacking."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._letters = _letters()
        self._lacked = False

    def document(self) -> bytes:
        """The bytes of the whole document."""
        sheet, held = self._sheet, io.BytesIO()
        badge = _style("badge", 9, BOLD, LIVE if sheet.is_live else MID)
        story: list[Flowable] = [
            self._words(sheet.environment.upper(), badge),
            self._words(f"{sheet.month}: {sheet.scope}", _style("title", 17, BOLD, INK, 21)),
            self._words(
                f"Month and times in {sheet.time_zone}. {sheet.so_far or ''}",
                _style("lead", 8.5, REGULAR, MID),
            ),
            *(self._words(note, _style("note", 8.5, REGULAR, INK)) for note in sheet.notes),
            Spacer(1, 3 * mm),
            self._facts(),
            Spacer(1, 3 * mm),
        ]
        story += [self._chart(chart) for chart in sheet.charts]
        for table in sheet.tables:
            story += self._table(table)
        if self._lacked:
            story.append(self._words(LACKING, _style("lacking", 8, REGULAR, MID)))
        SimpleDocTemplate(
            held,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=self._text(sheet.title),
            author="StackAlpha",
            lang="en",
        ).build(story, onFirstPage=self._foot, onLaterPages=self._foot)
        return held.getvalue()

    def _facts(self) -> Flowable:
        name, value = _style("fact", 8, REGULAR, MID), _style("figure", 10, BOLD, INK, 13)
        cells = [[self._words(label, name), self._words(text, value)] for label, text in self._sheet.headline]
        rows = [cells[at : at + FACTS_ACROSS] for at in range(0, len(cells), FACTS_ACROSS)]
        rows[-1] += [[]] * (FACTS_ACROSS - len(rows[-1]))
        return Grid(
            rows, colWidths=[ROOM / FACTS_ACROSS] * FACTS_ACROSS, style=[("LEFTPADDING", (0, 0), (-1, -1), 0)]
        )

    def _chart(self, chart: Chart) -> Flowable:
        drawing = drawing_of(chart)
        unit = f", {chart.unit}" if drawing else ""
        caption = self._words(f"{chart.title}{unit}", _style("caption", 9, BOLD, MID, 13))
        if drawing is None:
            return KeepTogether([caption, self._words(chart.absent, _style("absent", 8.5, REGULAR, INK))])
        return KeepTogether([caption, self._drawn(drawing, chart), Spacer(1, 2 * mm)])

    def _drawn(self, drawing: Drawing, chart: Chart) -> Canvas:
        canvas = Canvas(drawing.width, drawing.height)
        top = drawing.height
        for mark in drawing.marks:
            canvas.add(
                Line(
                    drawing.left, top - mark.y, drawing.right, top - mark.y, strokeColor=LINE, strokeWidth=0.6
                )
            )
            canvas.add(self._label(drawing.left - 6, top - mark.y - 4, mark.text, "end"))
        flat = [place for x, y in drawing.points for place in (x, top - y)]
        if flat and drawing.css == "line":
            canvas.add(PolyLine(flat, strokeColor=MARK, strokeWidth=1.6))
        elif flat:
            base = top - drawing.base
            area = [*flat, drawing.points[-1][0], base, drawing.points[0][0], base]
            canvas.add(Polygon(area, fillColor=FALL, strokeColor=None))
            canvas.add(PolyLine(flat, strokeColor=DOWN, strokeWidth=1.2))
        for bar in drawing.bars:
            color = UP if bar.css == "up" else DOWN
            rect = Rect(bar.x, top - bar.y - bar.height, bar.width, bar.height)
            rect.fillColor, rect.strokeColor = color, None
            canvas.add(rect)
        canvas.add(self._label(drawing.left, 4, chart.labels[0], "start"))
        canvas.add(self._label(drawing.right, 4, chart.labels[1], "end"))
        canvas.scale(ROOM / drawing.width, ROOM / drawing.width)
        canvas.width, canvas.height = ROOM, drawing.height * ROOM / drawing.width
        return canvas

    def _label(self, x: float, y: float, text: str, anchor: Literal["start", "end"]) -> String:
        return String(x, y, self._text(text), fontName=REGULAR, fontSize=10, fillColor=MID, textAnchor=anchor)

    def _table(self, table: Table) -> list[Flowable]:
        title = self._words(table.title, _style("heading", 11, BOLD, INK, 16, before=8))
        if not table.rows:
            return [KeepTogether([title, self._words(table.absent, _style("none", 8.5, REGULAR, INK))])]
        count = len(table.headings)

        def styled(place: int, font: str, color: Color) -> ParagraphStyle:
            align: Literal[0, 2] = TA_LEFT if place < table.worded else TA_RIGHT
            return _style(f"cell {font} {align}", 8, font, color, 10.5, align=align)

        rows = [[self._words(one, styled(place, BOLD, MID)) for place, one in enumerate(table.headings)]]
        rows += [
            [self._words(one, styled(place, REGULAR, INK)) for place, one in enumerate(row)]
            for row in table.rows
        ]
        shares = [WORD_SHARE if place < table.worded else 1.0 for place in range(count)]
        grid = Grid(
            rows,
            colWidths=[ROOM * share / sum(shares) for share in shares],
            repeatRows=1,
            style=TableStyle(
                [
                    ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("TOPPADDING", (0, 0), (-1, -1), 2),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
                    ("LEFTPADDING", (0, 0), (-1, -1), 2),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ]
            ),
        )
        note = [self._words(table.note, _style("small", 7.5, REGULAR, MID, 10))] if table.note else []
        return [title, grid, *note]

    def _foot(self, page: Page, document: SimpleDocTemplate) -> None:
        page.saveState()
        page.setFont(REGULAR, 7.5)
        page.setFillColor(MID)
        page.drawString(
            MARGIN,
            9 * mm,
            self._text(f"StackAlpha, {self._sheet.environment.lower()}, made {self._sheet.made}"),
        )
        page.drawRightString(A4[0] - MARGIN, 9 * mm, str(document.page))
        page.restoreState()

    def _words(self, text: str, style: ParagraphStyle) -> Paragraph:
        return Paragraph(escape(self._text(text)), style)

    def _text(self, text: str) -> str:
        """The text in letters that the font has."""
        held = []
        for letter in text:
            if ord(letter) in self._letters:
                held.append(letter)
            else:
                self._lacked = True
                held.append("?")
        return "".join(held)


def _style(
    name: str,
    size: float,
    font: str,
    color: Color,
    leading: float | None = None,
    *,
    align: Literal[0, 2] = TA_LEFT,
    before: float = 0,
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=font,
        fontSize=size,
        leading=leading or size * 1.35,
        textColor=color,
        alignment=align,
        spaceBefore=before,
        splitLongWords=1,
        keepWithNext=int(name == "heading"),
    )
