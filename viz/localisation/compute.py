"""Do heat maps point at the object: the pointing game, and the share of a map that lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import torch
from torch import Tensor

from training.data import Split
from training.errors import WorkbenchError
from training.models import Network
from training.preprocess import Preprocess
from training.progress import Progress, silent
from viz.attribution.compute import METHODS, MethodName, evidence, require_method
from viz.network.objects import object_masks, require_known
from viz.store.cache import Arrays, to_arrays

TOGETHER = 8  # images whose maps are made before anything is told of them
BATCH = 128  # images in one forward pass
WORST = 5  # misses whose maps are kept
CONFIDENCE = 0.95  # of the intervals
NAMES: dict[str, str] = {  # for people; occlusion first, which points for itself
    name: METHODS[name].name for name in sorted(METHODS, key=lambda name: name != "occlusion")
}


@dataclass(frozen=True)
class Localisation:
    """How one method does on the N images that the network classifies correctly."""

    method: str
    image: Tensor  # (N,) int64, index into the split
    peak: Tensor  # (N, 2) int64, row and column where the map points
    distance: Tensor  # (N,) px from there to the object; 0 is a hit
    energy: Tensor  # (N,) share of the map's positive part that lies in the object; NaN without any
    area: Tensor  # (N,) share of the picture that is object: chance for a random point
    centre: Tensor  # (N,) bool, whether the picture's middle pixel is object
    looked_at: int  # images, of which N were classified correctly
    worst: Tensor  # (k,) int64, places among the N of the farthest misses, farthest first
    maps: Tensor  # (k, H, W) of these

    @property
    def hit(self) -> Tensor:
        """(N,) bool."""
        return self.distance == 0


@dataclass(frozen=True)
class Share:
    """So many of so many, with what else the true share may well be."""

    share: float
    low: float
    high: float


def localise(
    network: Network,
    split: Split,
    preprocess: Preprocess,
    method: MethodName,
    *,
    images: int,
    progress: Progress = silent,
) -> Localisation:
    """Let a method point at the object in images that the network classifies correctly.

    An image counts as a hit where the point lies in the object's mask or box, without tolerance.
    A map that is zero everywhere points at its top left pixel.

    Args:
        network: In evaluation mode.
        split: Images and where their objects are.
        preprocess: The run's preprocessing.
        method: A name in `viz.attribution.METHODS`.
        images: How many to look at, evenly spread over those whose object is known.
        progress: Told (images done, images).

    Raises:
        WorkbenchError: If there is no such method, no object's place is known, or the network
            classifies none of the images correctly.

    Source: the pointing game is of Zhang et al. 2016, section 4.1 (there with 15 px of tolerance
    on PASCAL VOC); the energy of Wang et al. 2020 (Score-CAM), section 4.4.
    """
    require_method(method)
    candidates, looked_at = _classified_correctly(network, split, preprocess, images)
    masks = torch.from_numpy(object_masks(split, preprocess, candidates))
    labels = torch.from_numpy(split.labels[candidates])
    peaks, energies = [], []
    together = 1 if method == "occlusion" else TOGETHER  # an image's places fill batches alone
    progress(0, len(candidates))
    for first in range(0, len(candidates), together):
        some = slice(first, first + together)
        seen = preprocess.from_uint8(split.images[candidates[some]])
        pointed = evidence(network, seen, labels[some], method=method)
        peaks.append(pointed.peak)
        energies.append(energy_inside(pointed.maps, masks[some]))
        progress(first + len(seen), len(candidates))
    peak = torch.cat(peaks)
    distance = distance_to(peak, masks)
    worst = distance.argsort(descending=True, stable=True)[:WORST]
    pictures = preprocess.from_uint8(split.images[candidates[worst.numpy()]])
    middle = masks.shape[1] // 2
    return Localisation(
        method=method,
        image=torch.from_numpy(candidates),
        peak=peak,
        distance=distance,
        energy=torch.cat(energies),
        area=masks.float().mean((1, 2)),
        centre=masks[:, middle, middle],
        looked_at=looked_at,
        worst=worst,
        maps=evidence(network, pictures, labels[worst], method=method).maps,
    )


def _classified_correctly(
    network: Network, split: Split, preprocess: Preprocess, count: int
) -> tuple[np.ndarray, int]:
    """Indices of those whose object is seen, and how many images were asked."""
    there = require_known(split)
    spread = np.linspace(0, len(there) - 1, min(count, len(there))).round().astype(int)
    chosen = there[spread]
    seen = object_masks(split, preprocess, chosen).any((1, 2))
    chosen = chosen[seen]
    predictions = []
    with torch.inference_mode():
        for first in range(0, len(chosen), BATCH):
            batch = preprocess.from_uint8(split.images[chosen[first : first + BATCH]])
            predictions.append(network(batch.to(network.device)).argmax(1).cpu().numpy())
    right = chosen[np.concatenate(predictions) == split.labels[chosen]] if predictions else chosen
    if not len(right):
        raise WorkbenchError(
            f"The network classifies none of {len(chosen)} images with a known object correctly. "
            "Look at more images, or at a later epoch."
        )
    return right, len(chosen)


# ---- how well it points -------------------------------------------------------------------------


def distance_to(peak: Tensor, masks: Tensor) -> Tensor:
    """Pixels from each point (N, 2) to the nearest one of its mask (N, H, W); 0 inside."""
    return torch.stack(
        [
            (mask.nonzero() - point).float().norm(dim=1).min()
            for point, mask in zip(peak, masks, strict=True)
        ]
    )


def energy_inside(maps: Tensor, masks: Tensor) -> Tensor:
    """(N,) share of each map's positive part that lies in its mask; NaN where there is none."""
    positive = maps.clamp(min=0)
    total = positive.sum((1, 2))
    inside = (positive * masks).sum((1, 2))
    return torch.where(total > 0, inside / total.clamp(min=1e-30), nan)


def share_of(hits: Tensor) -> Share:
    """How many of N (bool) are hits, with Wilson's interval at 95 %.

    Source: Wilson 1927; unlike the usual ± it stays within 0 and 1.
    """
    from scipy.stats import binomtest  # here: it takes a second, which other views need not wait

    count = int(hits.sum())
    interval = binomtest(count, len(hits)).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count / len(hits), float(interval.low), float(interval.high))


def mean_energy(found: Localisation) -> float:
    """Over the images; a map without a positive part has none of it in the object."""
    return float(found.energy.nan_to_num(0.0).mean())


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    hits: Share  # of a random point: what is to be expected, exactly
    energy: float | None  # mean share of the map that lies in the object


def rows(found: Sequence[Localisation]) -> list[Row]:
    """Each method, then the picture's middle pixel and a random one, on the same images."""
    first = found[0]
    area = float(first.area.mean())
    return [
        *(Row(NAMES[one.method], share_of(one.hit), mean_energy(one)) for one in found),
        Row("Middle of the picture", share_of(first.centre), None),
        Row("Random point", Share(area, area, area), area),
    ]


def table(found: Sequence[Localisation]) -> str:
    """The rows as text."""
    first = found[0]
    lines = [
        f"{len(first.image)} of {first.looked_at} images are classified correctly; of these:",
        f"{'':24}{'hits the object':>17}{'95 %':>16}{'energy inside':>15}",
    ]
    for row in rows(found):
        hits = row.hits
        interval = f"{hits.low:.1%} to {hits.high:.1%}" if hits.high > hits.low else ""
        energy = "" if row.energy is None else f"{row.energy:.1%}"
        lines.append(f"{row.name:24}{hits.share:>17.1%}{interval:>16}{energy:>15}")
    return "\n".join(lines)


# ---- cached and written --------------------------------------------------------------------------


def as_arrays(found: Sequence[Localisation]) -> Arrays:
    """Of several methods, by name: grad-cam_peak and so on."""
    return {
        f"{one.method}_{name}": array for one in found for name, array in to_arrays(one).items()
    }
