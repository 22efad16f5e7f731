"""Tags, threads, next steps and links count where a Markdown reader sees text, and only there."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labbook.text import markdown
from labbook.text.markdown import NoteMarks, TaskItem, parse_note, set_checkbox


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ("k3 beats k2 here #insight", ("insight",)),
        ("#insight first, then #Insight and #other", ("insight", "other")),
        ("(#in-brackets), “#quoted”, -#dash. #end.", ("in-brackets", "quoted", "dash", "end")),
        (
            "#kl/k3 #übung #тег #日本語 #हिन्दी #می‌خواهم",
            ("kl/k3", "übung", "тег", "日本語", "हिन्दी", "می‌خواهم"),
        ),
        ("#cafe\u0301", ("café",)),
        ("C# and F#, issue #12, pull#13, a&#39;b", ()),
        ("colours #1f77b4 and #FF0000AA, but #k3 and #facade", ("k3", "facade")),
        ("# A heading #tagged\n\n## Another ##", ("tagged",)),
        ("#-no #/no ## ###x # x", ()),
        (r"\#escaped and &#35;entity", ()),
        ("`#code` and ``#more `code` ``", ()),
        ("```\n#fenced\n```\n#out", ("out",)),
        ("~~~python\n#fenced\n~~~", ()),
        ("text\n\n    #indented\n\n#out", ("out",)),
        ("<a href='#fragment' title='#title'>#inside</a>", ("inside",)),
        ("<div>\n#html\n</div>\n\n#out", ("out",)),
        ("<!-- #comment -->\n\n#out", ("out",)),
        ("[#label](https://example.org/#target '#title')", ("label",)),
        ("[ref]: https://example.org/#target\n\nsee [ref] #out", ("out",)),
        ("<https://example.org/#auto> https://example.org/#bare #out", ("out",)),
        ("![#alt](x.png) #out", ("out",)),
        ("| a #cell | b |\n|---|---|\n| #one | `#two` |", ("cell", "one")),
        ("> quoted #tag\n\n- item **#bold** *#slanted*", ("tag", "bold", "slanted")),
        ("#snake_case_tag and _#slanted_", ("snake_case_tag", "slanted")),
        ("#a/ #b- #c_", ("a", "b", "c_")),
    ],
)
def test_tags_are_found_where_a_reader_sees_them(body: str, tags: tuple[str, ...]) -> None:
    assert parse_note(body).tags == tags


@pytest.mark.parametrize(
    ("body", "threads"),
    [
        ("@kl-estimators: looks good", ("kl-estimators",)),
        ("mail ada@example.org or @ada", ("ada",)),
        ("@Channel/Sim and @channel/sim", ("channel/sim",)),
        ("`@decorator` and @@twice and @12", ()),
        ("import from '@/components'", ()),
        ("https://example.org/@user @real", ("real",)),
    ],
)
def test_threads_are_names_and_not_addresses(body: str, threads: tuple[str, ...]) -> None:
    assert parse_note(body).threads == threads


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("- [ ] write it up", [("write it up", False, 0)]),
        (
            "* [x] a\n+ [X] b\n1. [ ] c\n2) [ ] d",
            [("a", True, 0), ("b", True, 1), ("c", False, 2), ("d", False, 3)],
        ),
        (
            "- [ ] outer\n  - [x] inner\n    - [ ] innermost",
            [("outer", False, 0), ("inner", True, 1), ("innermost", False, 2)],
        ),
        ("text\n\n> - [ ] quoted", [("quoted", False, 2)]),
        ("- [ ] over\n  two  lines", [("over two lines", False, 0)]),
        ("-\n  [ ] below", [("below", False, 1)]),
        ("- - [ ] list in a list", [("list in a list", False, 0)]),
        ("- [ ] with *marks* #tag @thread", [("with *marks* #tag @thread", False, 0)]),
        (
            "- [x] done, though a link says\n\n[x]: https://example.org",
            [("done, though a link says", True, 0)],
        ),
        ("a\r\n- [ ] b\r\n\r\n- [x] c", [("b", False, 1), ("c", True, 3)]),
        ("- [ ]\n- [ ]x\n- [y] no\n- no [ ] box\n[ ] no list", []),
        ("`- [ ] code`\n\n```\n- [ ] fenced\n```\n\n    - [ ] indented", []),
        ("<div>\n- [ ] html\n</div>", []),
    ],
)
def test_next_steps_are_the_list_items_with_a_box(
    body: str, steps: list[tuple[str, bool, int]]
) -> None:
    assert parse_note(body).next_steps == tuple(TaskItem(*step) for step in steps)


def test_days_and_runs_are_linked() -> None:
    marks = parse_note(
        "as on [[2026-11-20]] and [[2026-02-30]], see run:41, (run:7). "
        "`run:8` rerun:9 run:1.5 run:x"
    )
    assert marks.day_links == (dt.date(2026, 11, 20),)
    assert marks.run_links == (41, 7)
    assert parse_note("`[[2026-11-20]]`").day_links == ()


def test_an_empty_note_says_nothing() -> None:
    assert parse_note("") == NoteMarks()


PIECES = st.sampled_from(
    (
        *(
            "#tag",
            "@thread",
            "run:4",
            "word",
            " ",
            "\n",
            "\n",
            "- ",
            "1. ",
            "# ",
            "- [ ] ",
            "- [x] ",
        ),
        *(
            "`",
            "```\n",
            "*",
            "_",
            "[",
            "]",
            "(",
            ")",
            "<",
            ">",
            "<b>",
            "\\",
            "&amp;",
            "~~",
            "!",
            "|",
        ),
        *("  ", "    ", "\t", "https://a.b/#c", "[[2026-11-20]]", "é", "日本", "===\n", "---\n"),
        *(":", "/", "\r\n", "\r", "\ufffc"),
    )
)
NOTES = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=25).map("".join)
ITEMS = st.tuples(
    st.sampled_from(("", "", "  ", "> ", "1. ", "    ", "- ")),
    st.sampled_from(("- [ ] ", "* [x] ", "2) [X] ", "+ [ ]  ", "-\n  [ ] ")),
    st.sampled_from(("a", "b [ ] c", "*d* #tag", "[x] e", "`f`\n  g")),
    st.sampled_from(("\n", "\r\n", "\r", "\n\n", "\n```\n")),
).map("".join)
TASK_NOTES = st.lists(st.one_of(ITEMS, ITEMS, NOTES), min_size=1, max_size=6).map("".join)


@given(NOTES)
def test_reading_without_the_parser_finds_what_the_parser_finds(body: str) -> None:
    assume(not markdown._NEEDS_PARSER.search(body))
    tokens = markdown.parse_tokens(body)
    text = "\n".join(markdown.inline_text(token) for token in tokens if token.type == "inline")
    assert parse_note(body) == markdown._marks(text, tuple(markdown._tasks(tokens)))


def test_a_quick_note_is_read_without_the_parser() -> None:
    code = (
        "import sys; from labbook.text.markdown import parse_note;"
        "assert parse_note('k3 beats k2 here #insight @kl run:4').tags == ('insight',);"
        "assert 'markdown_it' not in sys.modules;"
        "parse_note('`code`'); assert 'markdown_it' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@given(TASK_NOTES, st.data(), st.booleans())
def test_ticking_a_box_changes_that_box_and_nothing_else(
    body: str, data: st.DataObject, done: bool
) -> None:
    steps = parse_note(body).next_steps
    assume(steps)
    position = data.draw(st.integers(0, len(steps) - 1))
    changed = set_checkbox(body, position, done)
    differing = [
        index for index, pair in enumerate(zip(body, changed, strict=True)) if pair[0] != pair[1]
    ]
    assert len(differing) == (steps[position].done != done)
    after = parse_note(changed).next_steps
    assert [step.done for step in after] == [
        done if index == position else step.done for index, step in enumerate(steps)
    ]
    assert [(step.text, step.line) for step in after] == [(step.text, step.line) for step in steps]


def test_there_is_no_box_to_tick_beyond_the_last() -> None:
    with pytest.raises(IndexError):
        set_checkbox("- [ ] one", 1, True)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_text_can_be_read(body: str) -> None:
    marks = parse_note(body)
    assert all(name == name.lower() and name for name in marks.tags + marks.threads)
