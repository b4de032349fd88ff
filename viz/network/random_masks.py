"""The same shape at another place: what a hidden part is compared with."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d


def random_masks(masks: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture's shape at a random place of its own, beside the part.

    Args:
        masks: (N, H, W) bool, none of them empty.
        generator: On the CPU.
    """
    return torch.stack([moved(mask, mask, generator) for mask in masks])


def one_mask(masks: Tensor, generator: torch.Generator) -> Tensor:
    """The shape of a random picture at one random place in all of them, beside every part."""
    shape = masks[torch.randint(len(masks), (), generator=generator)]
    return moved(shape, masks.any(0), generator).expand_as(masks)


def moved(mask: Tensor, avoid: Tensor, generator: torch.Generator) -> Tensor:
    """The same shape at a random place where it touches nothing to avoid, or as little as can be.

    Args:
        mask: (H, W) bool, not empty.
        avoid: (H, W) bool.
        generator: On the CPU.
    """
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    shape = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    touched = conv2d(avoid[None, None].float(), shape[None, None].float())[0, 0].round()
    free = (touched == touched.min()).nonzero()  # (places, 2) top left corners
    top, left = free[torch.randint(len(free), (), generator=generator)].tolist()
    copy = torch.zeros_like(mask)
    copy[top : top + len(shape), left : left + shape.shape[1]] = shape
    return copy


def overlap(masks: Tensor, other: Tensor) -> Tensor:
    """() share of the other pixels that belong to the masks, both (N, H, W) bool."""
    return (masks & other).sum() / other.sum()
