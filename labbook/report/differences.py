"""Which setting made a difference: as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType

from labbook.model import Cell, Column, Table
from labbook.model.jsonable import encode
from labbook.model.setting import AtValue, Effect, Measured, Setting
from labbook.report import numbers
from labbook.report.runs import params_text
from labbook.report.tables import TableView
from labbook.text.amounts import count
from labbook.text.plain import plain_line

MOST_VALUES = 12
"""So many values of a setting have a row."""


def draw_setting(setting: Setting) -> RenderableType:
    """A setting on the terminal."""
    return TableView(setting_table(setting), most_rows=100)


def setting_title(setting: Setting) -> str:
    """ "kl.bias-table · shift alone, with samples=1e5"; or what changed along with it."""
    words = f"{plain_line(setting.experiment)} · {plain_line(setting.name)}"
    if setting.along:
        return f"{words}, but not alone: {', '.join(map(plain_line, setting.along))} changed too"
    same = params_text(setting.same or {})
    words += f" alone, with {same}" if same else " alone"
    if setting.elsewhere:
        words += f" ({count(setting.elsewhere, 'other combination')} of the rest not shown)"
    return words


def setting_table(setting: Setting) -> Table:
    """A row of metrics for each value; the last says by how much each of them differs."""
    columns = [Column(plain_line(setting.name)), Column("runs")]
    columns += [Column(plain_line(name)) for name in setting.metrics]
    rows: list[tuple[Cell, ...]] = [
        (numbers.exact(each.value), _short_ids(each.runs), *map(_measured, each.metrics))
        for each in _spread(setting.values)
    ]
    if len(setting.values) > MOST_VALUES:
        more = f"{len(setting.values) - MOST_VALUES} more between"
        rows.append((more, *([""] * (len(columns) - 1))))
    effects = {each.metric: each for each in setting.effects}
    cells = [_effect(effects.get(name)) for name in setting.metrics]
    rows.append(("least to greatest", "", *cells))
    return Table("setting", tuple(columns), tuple(rows), title=setting_title(setting))


def setting_json(setting: Setting) -> dict[str, Any]:
    """What scripts may rely on; numbers in full."""
    return {
        "experiment": setting.experiment,
        "parameter": setting.name,
        "alone": not setting.along,
        "changed_along": list(setting.along),
        "same": encode(setting.same or {}),
        "other_combinations": setting.elsewhere,
        "values": [
            {
                "value": encode(each.value),
                "runs": list(each.runs),
                "metrics": {
                    name: None
                    if measured is None
                    else {"value": encode(measured.value), "standard_error": encode(measured.error)}
                    for name, measured in zip(setting.metrics, each.metrics, strict=True)
                },
            }
            for each in setting.values
        ],
        "effects": {
            each.metric: {
                "least_at": encode(each.low),
                "greatest_at": encode(each.high),
                "difference": encode(each.difference),
                "in_standard_errors": encode(each.in_errors),
            }
            for each in setting.effects
        },
    }


def _spread(values: Sequence[AtValue]) -> list[AtValue]:
    """Of many, so many that are evenly apart, the first and the last among them."""
    if len(values) <= MOST_VALUES:
        return list(values)
    step = (len(values) - 1) / (MOST_VALUES - 1)
    return [values[round(place * step)] for place in range(MOST_VALUES)]


def _short_ids(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids[:4])) + (f" +{len(ids) - 4}" if len(ids) > 4 else "")


def _measured(measured: Measured | None) -> str:
    if measured is None:
        return numbers.NOTHING
    return numbers.with_error(measured.value, measured.error)


def _effect(effect: Effect | None) -> str:
    if effect is None:
        return numbers.NOTHING
    if effect.difference == 0:
        return "none"
    told = numbers.number(effect.difference)
    return (
        told if effect.in_errors is None else f"{told} = {numbers.number(effect.in_errors, 3)} se"
    )
