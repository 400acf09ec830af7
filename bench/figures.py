"""Medians, percentiles and the tables that are printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

Cell = str | float | int


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which that share of ``values`` lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median_by_key(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over several rounds."""
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under their heads: the first column to the left, figures to the right."""
    lines = [list(heads), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    print(f"\n{title}")
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  " + "  ".join(cells), flush=True)


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return str(cell)
