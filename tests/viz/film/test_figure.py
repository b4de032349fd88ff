from io import BytesIO

import numpy as np
from PIL import Image

from viz.film.figure import film_figure, film_gif
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
