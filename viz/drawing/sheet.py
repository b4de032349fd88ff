"""Contact sheets: many small pictures as one image array, each pixel enlarged by a whole factor."""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Grid:
    """Where each tile lies on a sheet. All lengths are pixels of the sheet."""

    count: int
    columns: int
    height: int  # of one tile
    width: int  # of one tile
    gap: int = 2  # between tiles; there is none around the sheet
    caption: int = 0  # room under each tile for a line of text

    @property
    def rows(self) -> int:
        return ceil(self.count / self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        pitch = self.height + self.caption + self.gap
        columns = min(self.columns, self.count)
        return self.rows * pitch - self.gap, columns * (self.width + self.gap) - self.gap

    def corner(self, index: int) -> tuple[int, int]:
        """(top, left) of a tile."""
        row, column = divmod(index, self.columns)
        return row * (self.height + self.caption + self.gap), column * (self.width + self.gap)

    def centre(self, index: int) -> tuple[float, float]:
        """(y, x) of a tile's middle, in the coordinates of imshow, where pixel 0 is around 0."""
        top, left = self.corner(index)
        return top + (self.height - 1) / 2, left + (self.width - 1) / 2


def sheet(
    tiles: np.ndarray | Tensor,
    columns: int | None = None,
    gap: int = 2,
    enlarge: int = 1,
    caption: int = 0,
) -> tuple[np.ndarray, Grid]:
    """One image of all tiles, row by row; gaps are transparent, so that any page shows through.

    Args:
        tiles: (N, h, w, 3) in [0, 1], or (N, h, w, 4) with their opacity.
        columns: Tiles in a row; by default a sheet somewhat wider than high.
        gap: Between tiles, in pixels of the sheet.
        enlarge: How many pixels of the sheet one pixel of a tile is wide and high.
        caption: Room under each tile, in pixels of the sheet.

    Returns:
        The sheet, (H, W, 4) uint8, and where each tile lies on it.
    """
    colours = to_bytes(as_array(tiles)).repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    count, height, width = colours.shape[:3]
    grid = Grid(count, columns or good_columns(count), height, width, gap, caption)
    pixels = np.zeros((*grid.shape, 4), np.uint8)
    for index, tile in enumerate(colours):
        top, left = grid.corner(index)
        place = pixels[top : top + height, left : left + width]
        place[..., 3] = 255
        place[..., : tile.shape[-1]] = tile
    return pixels, grid


def good_columns(count: int, ratio: float = 1.5) -> int:
    """Columns of a sheet about `ratio` times as wide as high, without a ragged last row if any."""
    ideal = sqrt(count * ratio)
    even = [n for n in range(1, count + 1) if count % n == 0 and 0.7 < n / ideal < 1.5]
    return min(even, key=lambda n: abs(n - ideal)) if even else max(1, ceil(ideal))


def fitted(
    count: int, side: int, width_px: int, height_px: int, *, gap: int = 2, caption: int = 0
) -> tuple[int, int]:
    """Columns and whole factor of the sheet whose tiles are largest in such a room.

    Where even tiles that are not enlarged do not fit, the sheet grows downwards.

    Args:
        count: Tiles.
        side: Of one, in its own pixels.
        width_px: Room.
        height_px: Room.
        gap: Between tiles.
        caption: Room under each tile.
    """

    def columns_at(by: int) -> int:
        return min(count, max(1, (width_px + gap) // (by * side + gap)))

    def height_at(by: int) -> int:
        return ceil(count / columns_at(by)) * (by * side + gap + caption) - gap

    by = factor(side, width_px)
    while by > 1 and height_at(by) > height_px:
        by -= 1
    most = columns_at(by)
    rows = ceil(count / most)
    even = [n for n in range(ceil(count / rows), most + 1) if count % n == 0]
    return (even[-1] if even else most), by


def spread(columns: int, tile_px: int, width_px: int, *, gap: int, most: int) -> int:
    """The gap, at most so much, with which the columns fill the width."""
    if columns < 2:
        return gap
    return min(most, max(gap, (width_px - columns * tile_px) // (columns - 1)))


def factor(side: int, wanted: int) -> int:
    """The largest whole factor that keeps a side within the wanted pixels, at least 1."""
    return max(1, wanted // max(side, 1))


def shrink(tiles: np.ndarray, largest: int) -> np.ndarray:
    """Tiles too large for their place, reduced by a whole factor: each pixel a mean of a square.

    Args:
        tiles: (N, h, w, 3), or of any number of colours.
        largest: Side not to exceed, in pixels.
    """
    height, width = tiles.shape[1:3]
    by = ceil(max(height, width) / largest)
    if by <= 1:
        return tiles
    tall, wide = ceil(height / by), ceil(width / by)
    padding = ((0, 0), (0, tall * by - height), (0, wide * by - width), (0, 0))
    padded = np.pad(tiles, padding, mode="edge")
    return padded.reshape(len(tiles), tall, by, wide, by, -1).mean(axis=(2, 4))


def channels_last(images: Tensor | np.ndarray) -> np.ndarray:
    """(…, 3, H, W) as torch keeps it to (…, H, W, 3) as figures draw it; one channel is grey."""
    values = np.moveaxis(as_array(images), -3, -1)
    return values.repeat(3, axis=-1) if values.shape[-1] == 1 else values


def as_array(values: Tensor | np.ndarray) -> np.ndarray:
    """A numpy array, wherever the tensor lives."""
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def to_bytes(colours: np.ndarray) -> np.ndarray:
    """[0, 1] to uint8, 0.5 to 128; what is not a number shows black."""
    return (np.nan_to_num(colours).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def grey_centred(projections: Tensor | np.ndarray) -> np.ndarray:
    """Signed pictures (…, C, H, W) for drawing, each on its own symmetric scale, 0 mid grey.

    As in Zeiler & Fergus 2013, figure 2; an empty projection is all grey.

    Returns:
        (…, H, W, 3) in [0, 1].
    """
    values = channels_last(projections)
    pictures = values.reshape(-1, *values.shape[-3:])
    scaled = [0.5 + 0.5 * picture / full_contrast(picture) for picture in pictures]
    return np.clip(np.array(scaled), 0, 1).reshape(values.shape)


def small_projections(projections: Tensor | np.ndarray, largest: int) -> np.ndarray:
    """Signed pictures (…, C, H, W) for drawing, reduced by a whole factor to at most `largest` px.

    They are reduced before they are scaled: a mean over both signs leaves little but grey.

    Returns:
        (…, h, w, 3) in [0, 1].
    """
    values = channels_last(projections)
    small = shrink(values.reshape(-1, *values.shape[-3:]), largest)
    return grey_centred(np.moveaxis(small, -1, -3)).reshape(*values.shape[:-3], *small.shape[1:])


def full_contrast(values: Tensor | np.ndarray) -> float:
    """The size at which a signed picture's colours are full; 1 where it is empty.

    The 99th percentile of the values that are not zero: a projection is a few bright spots on
    much that is faint, and scaled to its largest value would be grey to the eye.
    """
    sizes = np.abs(as_array(values))
    sizes = sizes[sizes > 0]
    return float(np.percentile(sizes, 99)) if len(sizes) else 1.0
