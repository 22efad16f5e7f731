"""A table keeps its cells and its alignment, on any width, and in every form."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from labbook.model import Column, Table
from labbook.report.numbers import column
from labbook.report.tables import draw_table, html_table, markdown_table
from labbook.text.plain import plain, plain_line
from tests.support.figures import bias_table

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        (
            "a|b",
            "*x*",
            "`c`",
            "<script>",
            "\x1b[31m",
            "[/]",
            "日本語",
            "a\nb",
            "#tag",
            "\\",
            "$x$",
            "~~s~~",
        )
    ),
)
CELLS = st.one_of(TEXTS, st.floats(), st.integers(), st.booleans(), st.none())


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(TEXTS, min_size=1, max_size=6, unique=True))
    row = st.tuples(*(CELLS for _ in names))
    rows = draw(st.lists(row, max_size=6))
    return Table("t", tuple(Column(name, draw(TEXTS)) for name in names), tuple(rows))


def shown(table: Table) -> list[list[str]]:
    """The cells as every form of the table shows them, but for blanks behind a number."""
    columns = [column([row[place] for row in table.rows]) for place in range(len(table.columns))]
    return [[cell.rstrip() for cell in row] for row in zip(*columns, strict=True)]


@given(tables(), st.integers(30, 100))
def test_any_table_fits_its_width_unless_a_number_is_wider(table: Table, width: int) -> None:
    widest = max((cell_len(cell) for row in shown(table) for cell in row), default=0)
    for line in draw_table(table, width).plain.split("\n"):
        assert cell_len(line) <= max(width, 2 * max(widest, width // 2) + 2)
        assert line == plain(line)


@given(tables())
def test_markdown_is_read_back_cell_by_cell(table: Table) -> None:
    parser = MarkdownIt("js-default", {"html": True})
    tokens = parser.parse(markdown_table(table))
    cells = [
        "".join(child.content for child in token.children or ())
        for token, before in zip(tokens[1:], tokens, strict=False)
        if before.type == "td_open"
    ]
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special"}
    assert cells == [plain_line(cell) for row in shown(table) for cell in row]


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.inside = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


@given(tables())
def test_html_is_read_back_cell_by_cell(table: Table) -> None:
    reader = Cells()
    reader.feed(html_table(table))
    reader.close()
    assert reader.cells == [cell for row in shown(table) for cell in row]
    assert reader.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td", "span", "caption"}


def test_numbers_stand_below_each_other_and_units_below_names() -> None:
    assert draw_table(bias_table(), 80).plain.split("\n") == [
        "Bias and spread of k1, k2, k3",
        "estimator      bias  bias / true KL  standard error  stdev / true KL",
        "             [nats]",
        "────────────────────────────────────────────────────────────────────",
        "k1         -2.10e-4       -0.042000        0.000600           20.000",
        "k2          1.25e-5        0.002500        0.000040            1.416",
        "k3          5.50e-8        0.000011        0.000045            1.414",
    ]


@pytest.mark.parametrize("width", [30, 40, 60])
def test_a_wide_table_is_folded_beside_its_first_column(width: int) -> None:
    lines = draw_table(bias_table(), width).plain.split("\n")
    text = "\n".join(lines)
    for word in " ".join(each.name for each in bias_table().columns).split():
        assert word in text
    assert text.count("estimator") == text.count("k1 ")


def test_a_folded_table_repeats_the_columns_that_tell_its_rows_apart() -> None:
    names = ("law", "coder", "bits per symbol", "entropy of the index")
    rows = tuple((law, coder, 1.5, 2.5) for law in ("q", "p") for coder in ("greedy", "plain"))
    lines = draw_table(Table("t", tuple(map(Column, names)), rows), 26).plain.split("\n")
    assert sum("law  coder" in line for line in lines) == 2
    assert sum(line.startswith("q    greedy") for line in lines) == 2


def test_of_a_long_table_the_first_rows_are_shown_and_the_others_counted() -> None:
    table = Table("t", (Column("n"),), tuple((number,) for number in range(1000)))
    lines = draw_table(table, 40, most_rows=5).plain.split("\n")
    assert [line.strip() for line in lines[3:]] == ["0", "1", "2", "3", "4", "… 995 more rows"]
    assert "… 800 more rows" in html_table(table)
    assert "… 800 more rows" in markdown_table(table)


def test_long_words_are_broken_and_not_cut_off() -> None:
    word = "x" * 100
    table = Table("t", (Column("key"), Column("value")), (("a", word),))
    assert draw_table(table, 40).plain.count("x") == 100


def test_a_table_without_columns_or_rows_is_no_error() -> None:
    for table in (Table("t", ()), Table("t", (Column("a", "s"),))):
        assert draw_table(table, 40).plain
        assert "<table>" in html_table(table)
        markdown_table(table)


def test_what_is_no_number_is_shown_as_such() -> None:
    table = Table("t", (Column("x"),), ((math.nan,), (math.inf,), (None,), (1.5,)))
    lines = [line.strip() for line in draw_table(table, 40).plain.split("\n")]
    assert lines[3:] == ["nan", "inf", "–", "1.5"]


def test_distances_in_standard_errors_have_two_decimals() -> None:
    """A z with a unit is something else: a coordinate, a latent."""
    names = ("z", "z of its square", "z over KL", "zeta")
    table = Table("t", tuple(Column(name) for name in names), ((1.23456,) * 4,))
    assert draw_table(table).plain.split("\n")[-1].split() == ["1.23", "1.23", "1.235", "1.235"]
    with_unit = Table("t", (Column("z", "m"),), ((1.23456,),))
    assert draw_table(with_unit).plain.split("\n")[-1].split() == ["1.235"]
