"""A picture in a terminal that shows only letters: two pixels in each cell.

The last resort, and only when asked for: a plot's labels cannot be read in it.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from labbook.errors import ReportError
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_PAPER = (255, 255, 255)


def half_blocks(name: str, content: bytes, columns: int, rows: int = 40) -> Text:
    """The picture, no larger than `columns` by `rows` cells.

    Raises:
        ReportError: it is none that consists of pixels, too large, or damaged.
    """
    drawn = opened(name, content, (columns, 2 * rows))
    drawn.thumbnail((columns, 2 * rows))
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


def opened(name: str, content: bytes, size: tuple[int, int] | None = None) -> Image:
    """The picture's pixels, on white where it is transparent.

    size: how much of it will be seen, which spares some formats the rest

    Raises:
        ReportError: as for `half_blocks`.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=_FORMATS) as found:
            warnings.simplefilter("ignore")
            if found.width * found.height > MOST_PIXELS:
                raise ReportError(f"{plain_line(name)} has too many pixels to be drawn here.")
            if size is not None:
                found.draft("RGB", size)
            image = found.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReportError(f"{plain_line(name)} cannot be drawn in a terminal.") from error
    drawn = Image.new("RGB", image.size, _PAPER)
    drawn.paste(image, mask=image.getchannel("A"))
    return drawn


def _colour(pixel: object) -> str:
    red, green, blue = pixel if isinstance(pixel, tuple) else _PAPER
    return f"rgb({red},{green},{blue})"
