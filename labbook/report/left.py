"""What a run left, in words: its pictures and its other files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.style import Style
from rich.text import Text

from labbook.model import Artifact, ArtifactKind, Picture, Run
from labbook.model.picture import is_picture
from labbook.model.run import KEPT
from labbook.report import numbers
from labbook.text.plain import plain_line

MOST_NAMED = 5
_FAINT = Style(dim=True)
_PICTURE = Style(color="cyan")


def picture_words(picture: Picture) -> str:
    """ "plot.png · 640×480 · 34 kB"."""
    parts = [plain_line(picture.name)]
    if picture.width is not None and picture.height is not None:
        parts.append(f"{picture.width}×{picture.height}")
    return " · ".join([*parts, numbers.size(picture.size_bytes)])


def picture_line(picture: Picture) -> Text:
    return Text.assemble(("▣ ", _PICTURE), picture_words(picture))


def other_files(run: Run) -> tuple[Artifact, ...]:
    """The files that a run left and that are not shown in another way."""
    return tuple(
        each
        for each in run.artifacts
        if each.kind is ArtifactKind.FILE and not is_picture(each.media_type) and each.name != KEPT
    )


def files_line(files: Sequence[Artifact]) -> Text:
    """ "3 files: weights.pt 12 MB · notes.txt 4 B · …"."""
    named = [f"{plain_line(each.name)} {numbers.size(each.size_bytes)}" for each in files]
    more = ["…"] if len(named) > MOST_NAMED else []
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}: "
    return Text(count + " · ".join([*named[:MOST_NAMED], *more]), _FAINT)


def file_lines(files: Iterable[Artifact]) -> list[Text]:
    """A line for each file."""
    return [
        Text.assemble(plain_line(each.name), (f" · {numbers.size(each.size_bytes)}", _FAINT))
        for each in files
    ]
