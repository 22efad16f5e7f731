"""Finds the files that ship with labbook: kernels, migrations and data.

They are resources and not packages. A wheel carries them inside the package as
`_kernels`, `_migrations` and `_data`; in a checkout they lie beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from labbook.errors import ResourceMissing

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: Literal["kernels", "migrations", "data"]) -> Path:
    """Return the directory of a shipped resource.

    Raises:
        ResourceMissing: the installation is incomplete.
    """
    installed = _PACKAGE / f"_{name}"
    # In site-packages a neighbour called "data" could be anybody's: only a checkout has
    # the project file beside it.
    checkout = _PACKAGE.parent / name
    if installed.is_dir():
        return installed
    if checkout.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return checkout
    raise ResourceMissing(
        f"This installation of labbook lacks its {name} directory.",
        hint="Install labbook again.",
    )
