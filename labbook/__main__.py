"""The `labbook` command: joins the two faces, which do not know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from labbook.cli.main import main as run_command

if TYPE_CHECKING:
    from labbook.desk.desk import Desk


def main() -> NoReturn:
    """Run a command, or open the app when there is none."""
    run_command(_open_app)


def _open_app(desk: Desk) -> None:
    from labbook.tui.app import run

    run(desk)


if __name__ == "__main__":
    main()
