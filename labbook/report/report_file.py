"""Writes a report to a file; one in Markdown with its images in a directory beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labbook.model import Figure, Picture
from labbook.report.figures import content_key, draw_file, png
from labbook.report.files import make_directory, no_directory, write_whole
from labbook.report.pictures import write_beside
from labbook.report.pieces import Address, PictureAddress


def write_file(path: Path, draw: Callable[[], bytes]) -> Path:
    """Write what `draw` gives, which is not called where there is no directory for it.

    Raises:
        ReportError: the file cannot be written.
    """
    if not path.parent.is_dir():
        raise no_directory(path, path.parent)
    return write_whole(path, draw())


def write_markdown(
    path: Path,
    draw: Callable[[Address, PictureAddress], str],
    read: Callable[[Picture], bytes | None],
    cache: Path | None = None,
) -> Path:
    """Write what `draw` gives, and the images that it asks for the addresses of.

    read: gives a stored picture; None when it is gone
    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    images = path.with_name(f"{path.stem}-figures")

    def image(figure: Figure) -> str:
        drawn = draw_file(figure, "png", cache).read_bytes() if cache else png(figure)
        name = f"{content_key(figure)[:16]}.png"
        write_whole(make_directory(images) / name, drawn)
        return f"<{images.name}/{name}>"

    def picture(each: Picture) -> str | None:
        name = write_beside(each, read(each), images)
        return name and f"<{images.name}/{name}>"

    return write_file(path, lambda: draw(image, picture).encode())
