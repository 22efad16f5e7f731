"""Whom a note names as the source of what it says: a colleague, a paper."""

from __future__ import annotations

import re

from labbook.text.markdown import inline_text, parse_tokens

_COLLEAGUE = r"(?<![\w~/.\\-])~[A-Za-z][\w-]*(?![\w/~])"
_ARXIV = r"(?<!\w)arXiv:(?:\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,2})?"
_DOI = r"(?<!\w)doi:10\.\d{4,9}/[^\s,;)\]>]*[^\s,;)\]>.]"
_NAMED = re.compile(f"(?P<colleague>{_COLLEAGUE})|(?i:{_ARXIV})|(?i:{_DOI})")
_ANY = re.compile("~|arxiv:|doi:", re.IGNORECASE)


def said_by(body: str) -> tuple[str, ...]:
    """ "~jonas", "arXiv:2004.00010", "doi:10.1109/18.61115": each once, in order.

    None of it counts inside code. A note that names none is its writer's own.
    """
    if not _ANY.search(body):
        return ()
    text = "\n".join(inline_text(each) for each in parse_tokens(body) if each.type == "inline")
    return tuple(dict.fromkeys(found[0] for found in _NAMED.finditer(text)))
