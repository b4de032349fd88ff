"""A bag of visual words: each descriptor becomes the nearest word, and words are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.network import Network
from training.models.shallow.gradients import UnitLength
from training.models.shallow.pyramid import QUARTERS, Pyramid, count
from training.models.shallow.sift import DESCRIPTOR, SEVERAL, Patches, Sift, Wired
from training.settings import Range, Seed

Words = Annotated[int, Range(2, 16_384)]


@dataclass(frozen=True)
class Bow(Sift):
    """The choices behind a spatial pyramid of visual words (Lazebnik et al., CVPR 2006).

    After the descriptors of each size of patch come words16 and codes16; then pyramid, root, unit
    and scores. The root turns a linear classifier's kernel into Hellinger's, which takes the place
    of the paper's histogram intersection.
    """

    patches_px: Patches = SEVERAL
    """Sides of the squares that are described, px, in fours."""
    words: Words = 1024
    """Centres of k-means, learnt on descriptors of the training images."""
    seed: Seed = 0
    """Of k-means and of the descriptors drawn for it."""

    def build(self, num_classes: int) -> Network:
        """A codebook and scores that are still to be fitted."""
        layers = Wired()
        codes = []
        for descriptors in self.describe(layers):
            size = descriptors.removeprefix("descriptors")
            layers.add(f"words{size}", nn.Conv2d(DESCRIPTOR, self.words, 1), descriptors)
            codes.append(layers.add(f"codes{size}", NearestWord()))
        layers.add("pyramid", Pyramid(QUARTERS, "sum"), *codes)
        layers.add("root", SignedRoot())
        layers.add("unit", UnitLength())
        layers.add("scores", nn.Linear(count(QUARTERS) * self.words, num_classes))
        return self.network(layers)


class NearestWord(nn.Module):
    """1 for the most similar word of each place, 0 for all others.

    A word's similarity is x·w − |w|²/2, a convolution's: highest where |x − w| is least. The codes
    move in steps, so that no gradient leads back through them.
    """

    in_words = "the nearest word"

    def forward(self, similarities: Tensor) -> Tensor:
        """(N, W, h, w) to the same shape."""
        chosen = similarities.argmax(1)
        codes = functional.one_hot(chosen, similarities.shape[1])
        return codes.to(similarities.dtype).movedim(3, 1)


class SignedRoot(nn.Module):
    """The root of each number's size, with its sign: what occurs often counts less."""

    in_words = "signed root"

    def forward(self, features: Tensor) -> Tensor:
        """Any shape to the same shape."""
        sizes = features.abs()
        is_zero = sizes == 0  # where a root has no slope
        return features.sign() * torch.where(is_zero, 1, sizes).sqrt()


def set_words(layer: nn.Conv2d, words: Tensor) -> None:
    """Make a convolution tell how similar descriptors are to words, (W, 128)."""
    with torch.no_grad():
        layer.weight.copy_(words[:, :, None, None])
        assert layer.bias is not None
        layer.bias.copy_(words.square().sum(1) * -0.5)
