"""A text as a QR code."""

import segno


def qr_rows(text: str) -> list[str]:
    """Rows of "0" and "1" (dark), without a quiet zone."""
    return ["".join(str(cell) for cell in row) for row in segno.make(text, error="m", micro=False).matrix]
