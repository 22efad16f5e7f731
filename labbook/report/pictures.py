"""Pictures in reports: embedded in HTML, beside Markdown as files.

An SVG may hold a program. In HTML it stands in an `<img>`, where no browser runs it; as a file
it would be run by whoever opens it, so only one that does nothing is written out.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from xml.parsers import expat

from labbook.model import Picture
from labbook.report.files import make_directory, write_whole

MOST_EMBEDDED_BYTES = 5_000_000

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "application/pdf": ".pdf",
}
_ACTIVE = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "set"}
)
_LOADING = re.compile(rb"@import|url\(\s*['\"]?\s*(?!#|data:image/(?:png|jpeg))", re.IGNORECASE)
_HARMLESS_ADDRESSES = ("#", "data:image/png", "data:image/jpeg")


def data_address(picture: Picture, content: bytes | None) -> str | None:
    """The address under which a page holds the picture itself; None when it cannot."""
    is_shown = picture.media_type in _SUFFIXES and picture.media_type.startswith("image/")
    if content is None or not is_shown or len(content) > MOST_EMBEDDED_BYTES:
        return None
    return f"data:{picture.media_type};base64,{base64.b64encode(content).decode()}"


def write_beside(picture: Picture, content: bytes | None, directory: Path) -> str | None:
    """Write a picture into a directory, and return its name there; None when it is not.

    Raises:
        ReportError: it cannot be written.
    """
    suffix = _SUFFIXES.get(picture.media_type)
    if content is None or suffix is None or (suffix == ".svg" and not is_passive(content)):
        return None
    name = f"{picture.sha256[:16]}{suffix}"
    write_whole(make_directory(directory) / name, content)
    return name


def suffix(picture: Picture) -> str:
    """What the name of a file with this picture ends in."""
    return _SUFFIXES.get(picture.media_type, "")


def is_passive(svg: bytes) -> bool:
    """Whether an SVG shows something and does nothing: no program, no address, no entity."""
    if _LOADING.search(svg):
        return False
    parser = expat.ParserCreate()
    parser.StartElementHandler = _check_element
    parser.EntityDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(svg, True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _check_element(name: str, attributes: dict[str, str]) -> None:
    if name.rpartition(":")[2].lower() in _ACTIVE:
        raise ValueError(name)
    for key, value in attributes.items():
        attribute = key.rpartition(":")[2].lower()
        address = "".join(value.split()).lower()
        is_address = attribute in ("href", "src", "action", "to", "from", "values")
        if attribute.startswith("on") or (
            is_address and ":" in address and not address.startswith(_HARMLESS_ADDRESSES)
        ):
            raise ValueError(key)


def _refuse(*_: object) -> None:
    raise ValueError("it declares what an SVG has no need of")
