"""The same channels of two networks: a row for each, A's patches and projections, then B's."""

from __future__ import annotations

from viz.drawing.pairs import Pair, PairRow
from viz.store.answer import Side
from viz.store.cache import SECOND
from viz.top_patches.figure import READING, RIGHT, PatchPanel

ROWS = "channel"  # name of their clicks


def pair(first: Side, second: Side) -> Pair:
    """One row of panels; there is no difference between patches of two networks."""
    a, b = first.shown, second.shown
    panels = [PatchPanel(shown, a.channels, (a, b)) for shown in (a, b)]
    arrays = {f"{SECOND}{name}": array for name, array in b.arrays().items()}
    return Pair(
        title=f"What excites {a.layer}",
        reading=f"{READING}; {RIGHT}",
        rows=[PairRow(panels[0], panels[1], name=ROWS)],
        found=a.arrays() | arrays,
        notes=_notes(first, second),
    )


def _notes(first: Side, second: Side) -> list[str]:
    """What keeps the two from being compared in full."""
    notes, shown = [], second.shown
    if first.opened.run.path != second.opened.run.path:
        notes.append(
            "Two runs learn their channels apart: the same number means little, unless one began "
            "with the other's weights."
        )
    if len(shown.channels) < len(first.shown.channels):
        notes.append(f"{shown.layer} of B has {len(shown.top.score)} channels only.")
    return notes
