"""A picture in a terminal that shows only letters: two pixels in each cell.

The last resort, and only when asked for: a plot's labels cannot be read in it.
"""

from __future__ import annotations

import io
import warnings

from rich.style import Style
from rich.text import Text

from labbook.errors import ReportError
from labbook.text.plain import plain_line

MOST_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_PAPER = (255, 255, 255)


def half_blocks(name: str, content: bytes, columns: int, rows: int = 40) -> Text:
    """The picture, no larger than `columns` by `rows` cells.

    Raises:
        ReportError: it is none that consists of pixels, too large, or damaged.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            warnings.simplefilter("ignore")
            if opened.width * opened.height > MOST_PIXELS:
                raise ReportError(f"{plain_line(name)} has too many pixels to be drawn here.")
            opened.draft("RGB", (columns, 2 * rows))
            image = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReportError(f"{plain_line(name)} cannot be drawn in a terminal.") from error
    image.thumbnail((columns, 2 * rows))
    drawn = Image.new("RGB", image.size, _PAPER)
    drawn.paste(image, mask=image.getchannel("A"))
    text = Text(no_wrap=True)
    for top in range(0, drawn.height, 2):
        for x in range(drawn.width):
            upper = _colour(drawn.getpixel((x, top)))
            is_last = top + 1 >= drawn.height
            lower = None if is_last else _colour(drawn.getpixel((x, top + 1)))
            text.append("▀", Style(color=upper, bgcolor=lower))
        text.append("\n")
    text.rstrip()
    return text


def _colour(pixel: object) -> str:
    red, green, blue = pixel if isinstance(pixel, tuple) else _PAPER
    return f"rgb({red},{green},{blue})"
