"""Pictures that people send: checked, and drawn anew, so that only pixels are kept.

What a file calls itself counts for nothing. A picture is read by Pillow as one of three formats, never larger than
`MOST_PIXELS` (a small file may unpack to gigabytes), and written afresh without anything that was beside the
pixels: no place, no camera, no script.
"""

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, UnidentifiedImageError

FORMATS: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
MOST_PIXELS: Final = 25_000_000


class PictureError(ValueError):
    """What was sent is no picture that is kept; one sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn anew; sizes in pixels."""

    media_type: str
    width: int
    height: int
    content: bytes = field(repr=False)


def redrawn(content: bytes) -> Picture:
    """The picture; raises `PictureError`. It blocks: callers use a thread."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as image:
            size, form = image.size, str(image.format)
            is_too_large = size[0] * size[1] > MOST_PIXELS
            mode = "RGB" if form == "JPEG" or image.mode in ("RGB", "L", "CMYK", "YCbCr") else "RGBA"
            drawn = image if is_too_large else image.convert(mode)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError("This is no PNG, JPEG or WebP picture that can be read.") from error
    width, height = size
    if is_too_large:
        raise PictureError(f"This picture has {width} x {height} pixels; {MOST_PIXELS:,} in all are allowed.")
    held = io.BytesIO()
    drawn.info.clear()  # a comment and a colour profile would be written again
    drawn.save(held, form, **({"quality": 90} if form != "PNG" else {"optimize": False}))
    return Picture(FORMATS[form], width, height, held.getvalue())
