"""Reads an HTML page with a parser and tells what in it could act."""

from __future__ import annotations

from html.parser import HTMLParser

_ACTIVE = {
    *("script", "iframe", "object", "embed", "form", "input", "button", "base", "link", "audio"),
    *("video", "source", "svg", "math", "template", "frame", "portal"),
}
_ADDRESSES = {"href", "src", "srcset", "action", "formaction", "data", "poster", "xlink:href"}
_HARMLESS = ("https://", "http://", "mailto:", "#")


class PageReader(HTMLParser):
    """What a page holds: its text, its ids, where its links lead, and whatever is active."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.policies: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _ACTIVE or (tag == "style" and "body" in self.open):
            self.active.append(tag)
        if tag == "meta" and "http-equiv" in attributes:
            if attributes["http-equiv"] == "Content-Security-Policy":
                self.policies.append(attributes["content"])
            else:
                self.active.append(f"meta {attributes['http-equiv']}")
        self.ids += [attributes["id"]] if "id" in attributes else []
        for name, value in attributes.items():
            self._attribute(tag, name, value)
        if tag not in ("meta", "br", "hr", "img"):
            self.open.append(tag)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or (name == "style" and "url" in value):
            self.active.append(f"{tag} {name}={value}")
        if name not in _ADDRESSES:
            return
        if tag == "a" and name == "href":
            self.links.append(value)
            if not value.startswith(_HARMLESS):
                self.active.append(f"{tag} {name}={value}")
        elif tag == "img" and name == "src":
            self.loaded.append(value)
        else:
            self.active.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data
