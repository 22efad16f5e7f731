"""Pictures that a run left: what their first bytes tell."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

HEAD_BYTES = 64 << 10
"""As much of a picture as the functions here want to see."""

_LENGTH = r"[0-9]{1,6}(?:\.[0-9]{1,9})?"
_SVG = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^\[>]*>|\s)*<svg[\s>]", re.DOTALL
)
_SVG_TAG = re.compile(rb"<svg\b([^>]*)>", re.DOTALL)
_TYPES = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"),
        "application/pdf",
    }
)
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture.

    width, height: in pixels; None where the picture does not say
    """

    name: str
    media_type: str
    sha256: str
    size_bytes: int
    width: int | None = None
    height: int | None = None


def is_picture(media_type: str) -> bool:
    """Whether a file of this type is shown as a picture."""
    return media_type in _TYPES


def picture_type(head: bytes) -> str | None:
    """The media type of a file that begins like this, if it is a picture.

    >>> picture_type(b"%PDF-1.7"), picture_type(b"<html>")
    ('application/pdf', None)
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return "image/svg+xml" if _SVG.match(head) else None


def picture_size(head: bytes, media_type: str) -> tuple[int, int] | None:
    """Width and height in pixels, if the first bytes tell them."""
    read = {
        "image/png": _png_size,
        "image/gif": _gif_size,
        "image/jpeg": _jpeg_size,
        "image/webp": _webp_size,
        "image/svg+xml": _svg_size,
    }.get(media_type)
    try:
        found = read(head) if read else None
    except (struct.error, IndexError):
        return None
    return found if found and min(found) > 0 else None


def _png_size(head: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", head[16:24]) if head[12:16] == b"IHDR" else None


def _gif_size(head: bytes) -> tuple[int, int] | None:
    return struct.unpack("<HH", head[6:10])


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """From the first frame's header; segments before it tell their own length."""
    place = 2
    while place < len(head):
        if head[place] != 0xFF:
            return None
        kind = head[place + 1]
        if kind in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", head[place + 5 : place + 9])
            return width, height
        place += 1 if kind == 0xFF else 2 + int(struct.unpack(">H", head[place + 2 : place + 4])[0])
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """Of the three ways in which a WebP file is written."""
    kind = head[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[place : place + 3], "little") for place in (24, 27))
        return width + 1, height + 1
    return None


def _svg_size(head: bytes) -> tuple[int, int] | None:
    tag = _SVG_TAG.search(head)
    if tag is None:
        return None
    text = tag[1].decode("utf-8", "replace")
    sides = [_svg_length(text, side) for side in ("width", "height")]
    if all(sides):
        return round(sides[0]), round(sides[1])
    box = re.search(
        rf"viewBox\s*=\s*[\"']\s*\S+[\s,]+\S+?[\s,]+({_LENGTH})[\s,]+({_LENGTH})\s*[\"']", text
    )
    return (round(float(box[1])), round(float(box[2]))) if box else None


def _svg_length(tag: str, side: str) -> float:
    """A length in CSS pixels, of which an inch has 96; 0 when it is relative or not there."""
    found = re.search(rf"(?:^|\s){side}\s*=\s*[\"']\s*({_LENGTH})\s*(px|pt|in|mm|cm)?\s*[\"']", tag)
    if not found:
        return 0.0
    pixels = {None: 1, "px": 1, "pt": 96 / 72, "in": 96, "mm": 96 / 25.4, "cm": 96 / 2.54}
    return float(found[1]) * pixels[found[2]]
