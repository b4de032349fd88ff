import torch

from viz.evolution import Evolution
from viz.evolution.figure import channel_pixels, evolution_figure

GREY = [128, 128, 128]


def test_evolution_has_epochs_across_and_projections_below(words_of):
    patch = torch.zeros(2, 1, 3, 24, 24)
    patch[1, 0, 0] = 1.0
    zeros = torch.zeros(2, 1, dtype=torch.int64)
    evolution = Evolution(
        layer="conv2",
        epoch=torch.tensor([0, 9]),
        channel=torch.tensor([3]),
        score=torch.tensor([[0.5], [2.0]]),
        image=zeros,
        row=zeros,
        col=zeros,
        patch=patch,
        projection=torch.zeros_like(patch),
    )
    pixels = channel_pixels(evolution, 0)  # 24 px three times as large: 72, and a gap of 3
    assert pixels[10, 10, :3].tolist() == [0, 0, 0]
    assert pixels[10, 85, :3].tolist() == [255, 0, 0]
    assert pixels[85, 85, :3].tolist() == GREY
    assert {"epoch 0", "epoch 9", "channel 3", "0.5", "2"} <= set(
        words_of(evolution_figure(evolution))
    )
