"""Pictures that a run left are shown by their names, in pages and beside them, and never act."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from labbook.errors import ReportError
from labbook.model import Picture, Results
from labbook.report.halfblocks import half_blocks
from labbook.report.left import picture_words
from labbook.report.pictures import MOST_EMBEDDED_BYTES, is_passive
from labbook.report.weekly import WeekPages, weekly_html, weekly_markdown, write_week
from tests.report.test_markdown import active
from tests.support.hostile import ALL
from tests.support.page_reader import PageReader
from tests.support.weeks import RUN, WEEK

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path d="M0 0"/></svg>'
EVIL = [
    b"<svg><script>alert(1)</script></svg>",
    b'<svg onload="alert(1)"/>',
    b'<svg><a href="javascript:alert(1)"><text>x</text></a></svg>',
    b'<svg xmlns:x="y"><a x:href=" java\nscript:alert(1)"/></svg>',
    b'<svg><image href="https://evil.example/i.png"/></svg>',
    b"<svg><foreignObject><b/></foreignObject></svg>",
    b"<svg><style>@import 'https://evil.example'</style></svg>",
    b"<svg><rect style='fill:url( https://evil.example )'/></svg>",
    b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
    b'<?xml-stylesheet href="https://evil.example"?><svg/>',
    b'<svg><set attributeName="href" to="javascript:alert(1)"/></svg>',
    b"<svg>",
    b"",
]


def png() -> bytes:
    data = io.BytesIO()
    Image.effect_noise((64, 48), 50).save(data, "png")
    return data.getvalue()


def week(files: dict[str, tuple[str, bytes]]) -> WeekPages:
    contents = {hashlib.sha256(data).hexdigest(): data for _, data in files.values()}
    pictures = tuple(
        Picture(name, media_type, hashlib.sha256(data).hexdigest(), len(data), 64, 48)
        for name, (media_type, data) in files.items()
    )
    return replace(
        WEEK,
        runs={41: (RUN, Results(pictures=pictures))},
        read=lambda each: contents.get(each.sha256),
    )


def test_a_picture_is_named_with_its_size() -> None:
    picture = Picture("plot.png", "image/png", "0" * 64, 34_000, 640, 480)
    assert picture_words(picture) == "plot.png · 640×480 · 34 kB"
    assert picture_words(replace(picture, width=None)) == "plot.png · 34 kB"
    assert "\x1b" not in picture_words(replace(picture, name="\x1b[31m\u202ered"))


def test_a_page_holds_its_pictures_and_loads_nothing() -> None:
    image = png()
    pages = week(
        {
            "plot.png": ("image/png", image),
            "evil.svg": ("image/svg+xml", EVIL[0]),
            "page.pdf": ("application/pdf", b"%PDF-1.7"),
            "huge.png": ("image/png", bytes(MOST_EMBEDDED_BYTES + 1)),
            "odd.html": ("text/html", b"<script>alert(1)</script>"),
        }
    )
    reader = PageReader(weekly_html(pages))
    assert reader.active == []
    assert reader.loaded == [
        "data:image/png;base64," + base64.b64encode(image).decode(),
        "data:image/svg+xml;base64," + base64.b64encode(EVIL[0]).decode(),
    ]
    for name in ("plot.png · 64×48", "page.pdf", "huge.png", "odd.html"):
        assert name in reader.text
    gone = replace(pages, read=lambda _: None)
    assert PageReader(weekly_html(gone)).loaded == []


def test_markdown_has_its_pictures_beside_it_but_for_what_would_act(tmp_path: Path) -> None:
    image = png()
    pages = week(
        {
            "plot.png": ("image/png", image),
            "good.svg": ("image/svg+xml", SVG),
            "evil.svg": ("image/svg+xml", EVIL[1]),
            "page.pdf": ("application/pdf", b"%PDF-1.7"),
        }
    )
    text = write_week(pages, "md", tmp_path / "week.md").read_text()
    written = {file.suffix: file.read_bytes() for file in (tmp_path / "week-figures").iterdir()}
    assert written == {".png": image, ".svg": SVG, ".pdf": b"%PDF-1.7"}
    for file in (tmp_path / "week-figures").iterdir():
        assert f"(<week-figures/{file.name}>)" in text
    assert f"*evil.svg · 64×48 · {len(EVIL[1])} B*" in text
    assert "*plot.png" in weekly_markdown(pages)


@pytest.mark.parametrize("name", ALL)
def test_a_pictures_name_does_not_act(name: str) -> None:
    pages = week({name: ("image/png", png())})
    reader = PageReader(weekly_html(pages))
    assert reader.active == []
    assert len(reader.loaded) == 1
    assert not active(weekly_markdown(pages))


def test_only_an_svg_that_does_nothing_is_passive(tmp_path: Path) -> None:
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4], label="x")
    axes.imshow([[1, 2], [3, 4]])
    figure.savefig(tmp_path / "plot.svg")
    plt.close(figure)
    assert is_passive((tmp_path / "plot.svg").read_bytes()), "what matplotlib writes"
    assert is_passive(SVG)
    for evil in EVIL:
        assert not is_passive(evil), evil


def test_a_picture_in_half_blocks_has_its_colours_and_its_shape() -> None:
    data = io.BytesIO()
    image = Image.new("RGB", (2, 3), (255, 0, 0))
    image.putpixel((1, 1), (0, 0, 255))
    image.save(data, "png")
    drawn = half_blocks("x", data.getvalue(), 80)
    assert drawn.plain == "▀▀\n▀▀"
    assert "rgb(255,0,0) on rgb(0,0,255)" in {str(span.style) for span in drawn.spans}
    wide = half_blocks("x", png(), 20)
    assert max(map(len, wide.plain.split("\n"))) == 20
    for nothing in (b"", b"%PDF-1.7", data.getvalue()[:40], SVG):
        with pytest.raises(ReportError):
            half_blocks("x", nothing, 20)
