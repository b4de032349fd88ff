"""How large the tiles of a contact sheet may be on a page."""

from viz.drawing.sheet import good_columns

GAP_PX = 2


def tile_px(tiles: int, sheet_px: int) -> int:
    """Room for one of so many tiles on a sheet of that width."""
    return max(1, sheet_px // good_columns(tiles) - GAP_PX)
