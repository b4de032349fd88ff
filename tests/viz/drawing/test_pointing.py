"""Pictures as addresses: as they are, however wide, and encoded once."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from viz.drawing import pointing
from viz.drawing.pointing import data_uri


@pytest.mark.parametrize(("width", "kind"), [(7, "webp"), (20_000, "png")])
def test_a_picture_comes_back_pixel_for_pixel_also_where_webp_cannot_hold_it(width, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (3, width, 4), np.uint8)
    pixels[..., 3] = 255
    head, _, content = data_uri(pixels).partition(",")
    assert head == f"data:image/{kind};base64"
    found = Image.open(BytesIO(base64.b64decode(content))).convert("RGBA")
    assert np.array_equal(np.asarray(found), pixels)


def test_the_same_picture_is_encoded_once_and_not_all_are_remembered(monkeypatch):
    encoded = []
    monkeypatch.setattr(pointing, "_uris", {})
    monkeypatch.setattr(pointing, "_encoded", lambda pixels: encoded.append(pixels) or "")
    one = np.zeros((2, 3, 4), np.uint8)
    for pixels in (one, one.copy(), one.reshape(3, 2, 4)):
        data_uri(pixels)
    assert len(encoded) == 2
    for value in range(pointing.REMEMBERED + 1):
        data_uri(one + np.uint8(value))
    assert len(pointing._uris) == pointing.REMEMBERED
