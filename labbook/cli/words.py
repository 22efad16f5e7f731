"""What several commands say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labbook.cli.context import Context
    from labbook.model.moment import Moment


def day_words(context: Context, moment: Moment | None) -> str:
    """The journal's day of a moment; nothing for None."""
    return "" if moment is None else moment.day(context.settings.day_starts_at).isoformat()
