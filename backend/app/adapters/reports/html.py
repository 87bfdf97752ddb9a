"""A report as one HTML file: nothing is loaded, nothing runs, and every word of the user's is escaped."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.adapters.reports.drawings import NARROW, drawing_of
from app.core.report_style import REPORT_STYLE, REPORT_STYLE_SOURCE
from app.domain.report_sheet import Sheet

_TEMPLATES: Final = Environment(
    loader=PackageLoader("app.adapters.reports", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html_report(sheet: Sheet) -> bytes:
    """The report as UTF-8."""
    charts = [(chart, (drawing_of(chart), drawing_of(chart, NARROW))) for chart in sheet.charts]
    template = _TEMPLATES.get_template("report.html.jinja")
    text = template.render(sheet=sheet, charts=charts, style=REPORT_STYLE, style_source=REPORT_STYLE_SOURCE)
    return text.encode()
