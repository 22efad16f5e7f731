"""The app's own colours: a dark theme and a light one, calm and of high contrast.

The terminal's sixteen colours, which figures and tables are drawn in, are given values that
belong to each theme. Textual's `ansi-dark` and `ansi-light` leave them to the terminal.
"""

from __future__ import annotations

import os

from rich.terminal_theme import TerminalTheme
from textual.theme import Theme

DARK = Theme(
    name="labbook-dark",
    dark=True,
    primary="#79b8ff",
    secondary="#a7b6cc",
    accent="#f0c674",
    success="#86d69a",
    warning="#f2b866",
    error="#ff8a8a",
    foreground="#dfe3e8",
    background="#16181b",
    surface="#1d2024",
    panel="#292d33",
    variables={
        "quiet": "#9aa2ad",
        "faint": "#434952",
        "selected": "#24272d",
        "block-cursor-background": "#2c4a6e",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#292d33",
        "input-selection-background": "#3d6a9e 60%",
        "input-cursor-background": "#f0c674",
        "input-cursor-foreground": "#16181b",
        "scrollbar": "#363b43",
        "scrollbar-hover": "#565e6a",
        "scrollbar-active": "#79b8ff",
        "scrollbar-background": "#16181b",
        "scrollbar-background-hover": "#16181b",
        "scrollbar-background-active": "#16181b",
        "scrollbar-corner-color": "#16181b",
        "border": "#565e6a",
        "border-blurred": "#363b43",
    },
)

LIGHT = Theme(
    name="labbook-light",
    dark=False,
    primary="#1a56a8",
    secondary="#4b5b73",
    accent="#8a4b00",
    success="#1b6b35",
    warning="#7d4e00",
    error="#a8201a",
    foreground="#20252d",
    background="#fcfbf8",
    surface="#f4f2ed",
    panel="#e8e5dd",
    variables={
        "quiet": "#5a6473",
        "faint": "#cfcabd",
        "selected": "#f1eee6",
        "block-cursor-background": "#cfe0f6",
        "block-cursor-foreground": "#10141a",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e8e5dd",
        "input-selection-background": "#9cc1ee 70%",
        "input-cursor-background": "#1a56a8",
        "input-cursor-foreground": "#ffffff",
        "scrollbar": "#d5d0c4",
        "scrollbar-hover": "#b7b1a2",
        "scrollbar-active": "#1a56a8",
        "scrollbar-background": "#fcfbf8",
        "scrollbar-background-hover": "#fcfbf8",
        "scrollbar-background-active": "#fcfbf8",
        "scrollbar-corner-color": "#fcfbf8",
        "border": "#b7b1a2",
        "border-blurred": "#d5d0c4",
    },
)

THEMES = (DARK, LIGHT)

ANSI_DARK = TerminalTheme(
    background=(0x16, 0x18, 0x1B),
    foreground=(0xDF, 0xE3, 0xE8),
    normal=[
        (0x29, 0x2D, 0x33),
        (0xFF, 0x8A, 0x8A),
        (0x86, 0xD6, 0x9A),
        (0xF0, 0xC6, 0x74),
        (0x79, 0xB8, 0xFF),
        (0xD2, 0xA6, 0xFF),
        (0x74, 0xD3, 0xD8),
        (0xC3, 0xCC, 0xD9),
    ],
    bright=[
        (0x9A, 0xA2, 0xAD),
        (0xFF, 0xA8, 0xA3),
        (0xA5, 0xE8, 0xB5),
        (0xFF, 0xDD, 0x9B),
        (0xA4, 0xCF, 0xFF),
        (0xE2, 0xC6, 0xFF),
        (0x9A, 0xE8, 0xEB),
        (0xFF, 0xFF, 0xFF),
    ],
)

ANSI_LIGHT = TerminalTheme(
    background=(0xFC, 0xFB, 0xF8),
    foreground=(0x20, 0x25, 0x2D),
    normal=[
        (0x20, 0x25, 0x2D),
        (0xA8, 0x20, 0x1A),
        (0x1B, 0x6B, 0x35),
        (0x8A, 0x4B, 0x00),
        (0x1A, 0x56, 0xA8),
        (0x7A, 0x34, 0x9E),
        (0x00, 0x66, 0x70),
        (0x5A, 0x64, 0x73),
    ],
    bright=[
        (0x5A, 0x64, 0x73),
        (0xC0, 0x30, 0x2A),
        (0x24, 0x7F, 0x42),
        (0x9A, 0x57, 0x00),
        (0x2A, 0x68, 0xC0),
        (0x8C, 0x45, 0xB3),
        (0x00, 0x76, 0x82),
        (0x20, 0x25, 0x2D),
    ],
)


def first_theme(asked: str, known: set[str]) -> str:
    """The theme to begin with: the one asked for when it is known, else the one that fits.

    A terminal that tells its background does so in COLORFGBG, as "15;0" or "0;15".
    """
    for name in (asked, os.environ.get("TEXTUAL_THEME", "")):
        if name in known:
            return name
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in ("7", "15") else DARK.name


def variables_for(current: Theme) -> dict[str, str]:
    """Values of our own variables that suit a theme which does not name them."""
    if current.ansi:
        return {
            "quiet": "ansi_bright_black",
            "faint": "ansi_bright_black",
            "selected": "ansi_default",
        }
    own = DARK if current.dark else LIGHT
    names = ("quiet", "faint", "selected")
    return {name: own.variables[name] for name in names}
