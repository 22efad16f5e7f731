"""A figure as an image: the same bytes each time, and nothing in it but the figure."""

from __future__ import annotations

import hashlib
import io
import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from PIL import Image

from labbook.errors import ReportError
from labbook.model import Axis, Figure, Mark, Series
from labbook.report.figures import adaptive_svg, content_key, draw_file, png, svg
from tests.report.test_textplot import figures
from tests.support.figures import FIGURES, bias_bars, spreads
from tests.support.hostile import ALL

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: bytes | str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314  we drew it ourselves


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_bytes(name: str) -> None:
    assert svg(FIGURES[name]()) == svg(FIGURES[name]())


def test_another_process_with_other_settings_draws_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfont.size: 20\nsvg.fonttype: none\nlines.linewidth: 9\n"
    )
    code = (
        "import hashlib\nfrom tests.support.figures import spreads\n"
        "from labbook.report.figures import svg, png\n"
        "print(hashlib.sha256(svg(spreads()) + png(spreads())).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(svg(spreads()) + png(spreads())).hexdigest()
    assert done.stdout.strip() == here


def test_letters_are_paths_so_that_no_font_is_needed() -> None:
    root = parsed(svg(bias_bars()))
    assert root.findall(f".//{SVG}text") == []
    assert len(root.findall(f".//{SVG}path")) > 20
    assert b"date" not in svg(bias_bars()).lower()


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams.items())
    svg(spreads())
    assert dict(mpl.rcParams.items()) == before


def test_names_on_an_axis_that_is_said_to_be_logarithmic_are_drawn() -> None:
    bars = Series("", ("one", "two"), (0.0, 2.0), kind="bars")
    svg(Figure("named", x=Axis("", scale="log"), y=Axis("", scale="log"), series=(bars,)))


@settings(max_examples=15)
@given(figures())
def test_any_figure_is_drawn_as_well_formed_svg(figure: Figure) -> None:
    parsed(svg(figure))


@pytest.mark.parametrize("first", range(0, len(ALL), 8))
def test_hostile_labels_are_only_letters(first: int) -> None:
    texts = ALL[first : first + 8]
    words = "".join(texts)
    figure = Figure(
        words,
        Axis(words, words),
        Axis(words, words),
        [Series(text, (text, "b"), (1.0, 2.0), "bars") for text in texts],
        [Mark("y", 1.5, text) for text in texts],
        title=words,
    )
    root = parsed(svg(figure))
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert not names & {"script", "foreignObject", "image", "a", "text", "iframe"}
    for element in root.iter():
        assert not any(name.lower().startswith("on") for name in element.attrib)
        for name, value in element.attrib.items():
            assert not name.endswith("href") or value.startswith("#")


def test_dollars_are_no_mathematics() -> None:
    figure = Figure("f", "cost [$]", r"$\frac{", [Series("$x$ and $", (1, 2), (1, 2))], title="5$")
    assert parsed(svg(figure)) is not None


def test_a_png_is_1280_pixels_wide_and_not_empty() -> None:
    for theme, ground in (("light", (255, 255, 255)), ("dark", (13, 17, 23))):
        image = Image.open(io.BytesIO(png(bias_bars(), theme))).convert("RGB")  # type: ignore[arg-type]
        assert image.size == (1280, 720)
        assert image.getpixel((0, 0)) == ground
        colours = image.getcolors(1 << 24)
        assert colours is not None
        assert len(colours) > 10


def test_a_page_figure_follows_the_reader_into_the_dark() -> None:
    drawn = adaptive_svg(spreads()).decode()
    parsed(drawn)
    assert "prefers-color-scheme:dark" in drawn
    assert drawn.count("var(--ink)") > 5
    assert "#1f2328" not in drawn.replace("--ink:#1f2328", "")


def test_a_figure_is_drawn_once_and_kept_under_its_content(tmp_path: Path) -> None:
    first = draw_file(spreads(), "svg", tmp_path / "cache")
    written = first.stat().st_mtime_ns
    assert draw_file(spreads(), "svg", tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == written
    assert first.read_bytes() == svg(spreads())
    assert draw_file(bias_bars(), "svg", tmp_path / "cache") != first
    assert content_key(spreads()) != content_key(spreads(), "dark")
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".svg", ".svg"]


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        draw_file(spreads(), "svg", tmp_path / "file")


def test_figures_are_drawn_in_several_threads_at_once() -> None:
    expected = {name: svg(FIGURES[name]()) for name in ("spreads", "changes")}
    wrong: list[str] = []

    def check(name: str) -> None:
        if svg(FIGURES[name]()) != expected[name]:
            wrong.append(name)

    threads = [threading.Thread(target=check, args=(name,)) for name in expected for _ in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_values_stand_where_they_belong() -> None:
    """The drawn line is read back from the SVG: on linear axes its points keep their ratios."""
    figure = Figure("f", "x", "y", [Series("s", (0.0, 1.0, 4.0), (0.0, 3.0, 2.0))])
    root = parsed(svg(figure))
    lines = [
        element.attrib["d"].split()
        for element in root.iter(f"{SVG}path")
        if "#2f8fd0" in element.attrib.get("style", "") and "fill: none" in element.attrib["style"]
    ]
    points = next(
        [(float(parts[i + 1]), float(parts[i + 2])) for i in range(0, len(parts) - 2, 3)]
        for parts in lines
        if len(parts) == 9
    )
    (x0, y0), (x1, y1), (x2, y2) = points
    assert math.isclose((x1 - x0) / (x2 - x0), 1 / 4, rel_tol=1e-3)
    assert math.isclose((y2 - y0) / (y1 - y0), 2 / 3, rel_tol=1e-3)
