"""A scrolling column that stays where the eye is while its blocks grow and shrink."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.layout import DockArrangeResult
from textual.scrollbar import ScrollBar
from textual.widget import Widget

from labbook.tui.later import Later

LET_GO_AFTER_S = 0.1
"""After the last layout of a change: what stands above may come to its height a pass later."""

Place = Callable[[dict[Widget, Region], Size], int | None]
"""Where to scroll to, once the new places of the blocks are known."""


class HeldScroll(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls in the same layout pass that moves its blocks, so that nothing jumps.

    Scrolling after the layout, as `scroll_to` does, would show one frame in the wrong place.
    """

    def __init__(self) -> None:
        super().__init__()
        self._place: Place | None = None
        self._release = Later(self, LET_GO_AFTER_S, self._let_go)

    def hold(self) -> None:
        """Keep what has the focus, else the topmost block in view, where it is on screen.

        A place that is asked for and not yet laid out goes before.
        """
        anchor = self._anchor()
        if anchor is not None and self._place is None:
            before = anchor.virtual_region.y - self.scroll_offset.y
            self._scroll_by(lambda regions, _: _shifted(regions.get(anchor), before))

    def reveal(self, block: Widget) -> None:
        """Scroll as little as needed to show a block, its top if it is taller than the view."""

        def place(regions: dict[Widget, Region], size: Size) -> int | None:
            region = regions.get(block)
            if region is None:
                return None
            top = self.scroll_offset.y
            if region.y < top or region.height >= size.height:
                return region.y
            return max(top, region.bottom - size.height)

        self._scroll_by(place)

    def stay(self) -> None:
        """Keep the line at the top, whatever stands there then."""
        top = self.scroll_offset.y
        self._scroll_by(lambda _, __: top)

    def to_end(self) -> None:
        """Scroll to the end of the last block."""
        self._scroll_by(lambda regions, _: max((r.bottom for r in regions.values()), default=0))

    def to_start(self) -> None:
        self._scroll_by(lambda _, __: 0)

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        arranged = super().arrange(size, optimal)
        if self._place is not None and size.height:
            regions = {placement.widget: placement.region for placement in arranged.placements}
            target = self._place(regions, size)
            if target is not None:
                self._scroll_quietly(target, arranged.total_region.height - size.height)
                self._release.ask()
        return arranged

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The person scrolls: nothing is held any more."""
        super().watch_scroll_y(old_value, new_value)
        self._place = None

    def _scroll_by(self, place: Place) -> None:
        self._place = place
        self._release.cancel()  # an earlier change's must not let go of this one
        self.refresh(layout=True)

    def _let_go(self) -> None:
        self._place = None

    def _scroll_quietly(self, target: int, furthest: int) -> None:
        y = float(max(0, min(target, furthest)))
        self.set_reactive(VerticalScroll.scroll_y, y)
        self.set_reactive(VerticalScroll.scroll_target_y, y)
        self.vertical_scrollbar.set_reactive(ScrollBar.position, y)

    def _anchor(self) -> Widget | None:
        view = Region(0, self.scroll_offset.y, *self.scrollable_content_region.size)
        focused = self.screen.focused
        if focused is not None and focused.parent is self and view.overlaps(focused.virtual_region):
            return focused
        return next(
            (
                child
                for child in self.children
                if child.display and child.virtual_region.bottom > view.y
            ),
            None,
        )


def _shifted(region: Region | None, before: int) -> int | None:
    return None if region is None else region.y - before
