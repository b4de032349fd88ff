import numpy as np
import pytest
import torch
from PIL import Image

from training.runs import Run
from viz import results
from viz.network.fills import FILLS
from viz.retrieval import nearest


class Interruption(Exception):
    pass


def picture(run: Run, index: int = 0) -> Image.Image:
    return Image.fromarray(run.data().val.images[index])


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been recalled, not computed.")


def test_a_page_that_only_asks_what_is_kept_computes_nothing(run: Run):
    with pytest.raises(results.NotKept):
        results.neighbours(run, 0, picture(run), only_kept=True, progress=never)
    with pytest.raises(results.NotKept):
        results.occlusion(run, 0, picture(run), only_kept=True, progress=never)
    assert not run.derived.exists()


def test_an_image_is_no_neighbour_of_itself_unless_it_may_be(run: Run):
    itself = results.neighbours(run, 0, picture(run, 3), k=2)
    others = results.neighbours(run, 0, picture(run, 3), k=2, but=3, progress=never)
    assert itself.image[0] == 3
    assert itself.distance[0] == pytest.approx(0, abs=1e-4)
    assert others.image[0] == itself.image[1]
    assert len(others.image) == 2


def test_neighbours_are_those_of_the_features(run: Run):
    features = results.features(run, 1)
    truth = nearest(features, features[5], 4)
    found = results.neighbours(run, 1, picture(run, 5), k=4)
    assert found.image.tolist() == truth.image.tolist()


def test_two_uploads_that_differ_in_one_pixel_have_maps_of_their_own(run: Run):
    one = picture(run)
    other = one.copy()
    other.putpixel((16, 16), (255, 0, 255))
    first = results.occlusion(run, 0, one, stride=8)
    second = results.occlusion(run, 0, other, stride=8)
    assert not torch.equal(first.probability, second.probability)
    again = results.occlusion(run, 0, one, stride=8, progress=never)
    assert torch.equal(again.probability, first.probability)


def test_each_image_of_several_is_kept_for_itself(run: Run):
    pictures = [picture(run, index) for index in (0, 5, 9)]
    told: list[tuple[int, int]] = []
    several = results.occlusions(
        run, 0, pictures, stride=8, progress=lambda done, total: told.append((done, total))
    )
    assert (told[0], told[-1]) == ((0, 27), (27, 27))  # three images of nine places
    for image, found in zip(pictures, several, strict=True):
        alone = results.occlusion(run, 0, image, stride=8, progress=never)
        assert torch.equal(alone.probability, found.probability)
        assert alone.layers == found.layers


def test_each_fill_has_a_result_of_its_own(run: Run):
    found = {fill: results.occlusion(run, 0, picture(run), stride=8, fill=fill) for fill in FILLS}
    assert len({tuple(one.probability.flatten().tolist()) for one in found.values()}) == len(FILLS)
    again = results.occlusion(run, 0, picture(run), stride=8, fill="blur", progress=never)
    assert torch.equal(again.probability, found["blur"].probability)


def test_an_interrupted_occlusion_shows_what_it_has_and_goes_on_from_there(run: Run):
    def stop_after_a_batch(done: int, _total: int) -> None:
        if done:
            raise Interruption

    assert results.occlusion_so_far(run, 2, picture(run), stride=2) is None
    with pytest.raises(Interruption):
        results.occlusion(run, 2, picture(run), stride=2, progress=stop_after_a_batch)
    coarse = results.occlusion_so_far(run, 2, picture(run), stride=2)
    assert coarse is not None
    assert (coarse.step, coarse.done) == (2, 64)  # of 12 by 12 places
    seen: list[int] = []
    found = results.occlusion(
        run, 2, picture(run), stride=2, progress=lambda done, _total: seen.append(done)
    )
    assert seen == [64, 128, 144]
    truth = results.occlusion(run, 2, picture(run), stride=2, fill="0.0")  # grey under another name
    assert torch.equal(found.probability, truth.probability)
    assert not list(run.derived.glob("*.partial.npz"))
    whole = results.occlusion_so_far(run, 2, picture(run), stride=2)
    assert whole is not None
    assert whole.step == 1


@pytest.mark.parametrize(
    ("size", "square"), [(224, (32, 8)), (96, (14, 3)), (64, (12, 2)), (32, (10, 1))]
)
def test_the_square_suits_the_image(size, square):
    assert results.square_for(size) == square


def test_the_blueprint_knows_the_layers_without_weights(run: Run):
    plan = results.blueprint(run)
    assert list(plan.layers) == list(run.network(0).layers)
    assert all(parameter.is_meta for parameter in plan.parameters())


def test_what_the_network_sees_decides_not_the_file(run: Run):
    one = picture(run)
    same = Image.fromarray(np.asarray(one).copy())
    assert results.digest_of(run, one) == results.digest_of(run, same)


def test_an_attribution_is_worked_out_once_and_occlusion_shares_its_own_page(run: Run):
    image = picture(run)
    for method in ("grad-cam", "occlusion"):
        first = results.attribution(run, 1, image, label=2, method=method)
        again = results.attribution(run, 1, image, label=2, method=method, only_kept=True)
        assert torch.equal(first, again)
    assert results.occlusion(run, 1, image, only_kept=True).step == 1
    with pytest.raises(results.NotKept):
        results.attribution(run, 1, image, label=1, method="grad-cam", only_kept=True)


def test_whether_to_trust_a_map_is_worked_out_once(run: Run):
    how = {"label": 2, "method": "gradient"}
    told = []
    first = results.trust(run, 1, picture(run), **how, progress=lambda *each: told.append(each))
    assert told == sorted(told)
    assert told[-1] == (100, 100)
    again = results.trust(run, 1, picture(run), **how, only_kept=True)
    assert first.randomisation.down_to == again.randomisation.down_to
    for name, array in first.arrays().items():
        assert np.array_equal(array, again.arrays()[name])
    heat = results.attribution(run, 1, picture(run), **how, only_kept=True)
    assert torch.equal(first.randomisation.maps[0], heat)
