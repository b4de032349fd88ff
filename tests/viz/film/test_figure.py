from io import BytesIO

import numpy as np
import torch
from PIL import Image

from viz.film.figure import film_figure, film_frames, film_gif
from viz.film.query import film_of_planes
from viz.filters import film


def test_the_film_has_a_frame_an_epoch(weight):
    steps = {epoch: weight * epoch / 4 for epoch in range(5)}
    with Image.open(BytesIO(film_gif(film(steps)))) as gif:
        assert gif.n_frames == 5
        gif.seek(0)
        assert np.abs(np.asarray(gif.convert("RGB"))[40, 60].astype(int) - 128).max() <= 2
        gif.seek(4)
        last = np.asarray(gif.convert("RGB"))
    # the second kernel's tile, all red at the end: 10 of border, 39 of tile, 2 of gap
    assert np.abs(last[40, 10 + 39 + 2 + 20].astype(int) - [255, 128, 128]).max() <= 4


def test_a_film_on_paper_shows_first_and_last_epoch(weight, words_of):
    steps = {epoch: weight * epoch for epoch in range(21)}
    words = words_of(film_figure(film(steps)))
    assert sum(word.startswith("epoch") for word in words) == 8
    assert {"epoch 0", "epoch 20"} <= set(words)


def test_planes_of_a_deeper_layer_stand_in_a_row_a_filter_in_red_and_blue():
    weight = torch.zeros(2, 1, 2, 3, 3)  # epochs, filters, planes
    weight[1, 0, 0], weight[1, 0, 1] = 1.0, -1.0
    frames = film_frames(film_of_planes((0, 4), weight))
    before, after = (np.asarray(each).astype(int) for each in frames)
    left, right = (40, 10 + 20), (40, 10 + 39 + 2 + 20)
    assert (before[left] > 240).all()
    red, blue = after[left], after[right]
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50


def test_the_scale_of_a_low_film_ends_where_its_pictures_end():
    figure = film_figure(film_of_planes(range(3), torch.ones(3, 1, 2, 3, 3)))
    *pictures, scale = (ax.get_position().y0 for ax in figure.axes)
    assert scale >= min(pictures) - 1e-6
