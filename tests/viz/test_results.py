import numpy as np
import pytest
import torch
from PIL import Image

from training.runs import Run
from viz import results
from viz.network.fills import FILLS
from viz.network.images import SplitImages
from viz.top_patches import mine, mining


class Interruption(Exception):
    pass


def images_of(run: Run) -> SplitImages:
    return SplitImages(run.data().val, run.preprocess)


def picture(run: Run, index: int = 0) -> Image.Image:
    return Image.fromarray(run.data().val.images[index])


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been recalled, not computed.")


def test_one_pass_serves_all_layers_and_each_is_recalled_alone(run: Run):
    both = results.top_patches(run, 1, ["conv2", "conv5"])
    alone = results.top_patches(run, 1, ["conv5"], progress=never)
    truth = mine(run.network(1), images_of(run), ["conv2", "conv5"])
    for layer in both:
        assert torch.equal(both[layer].image, truth[layer].image)
    assert torch.equal(alone["conv5"].score, both["conv5"].score)


def test_each_epoch_has_patches_of_its_own(run: Run):
    first = results.top_patches(run, 0, ["conv3"])["conv3"]
    second = results.top_patches(run, 1, ["conv3"])["conv3"]
    assert not torch.equal(first.score, second.score)


def test_interrupted_mining_goes_on_where_it_stopped(run: Run, monkeypatch):
    monkeypatch.setattr(mining, "BATCH_SIZE", 4)
    seen: list[int] = []

    def stop_half_way(done: int, total: int) -> None:
        seen.append(done)
        if done >= total // 2:
            raise Interruption

    with pytest.raises(Interruption):
        results.top_patches(run, 2, ["conv5"], progress=stop_half_way)
    (partial,) = run.derived.iterdir()
    assert partial.name.endswith(".partial.npz")
    seen.clear()
    found = results.top_patches(run, 2, ["conv5"], progress=lambda done, _total: seen.append(done))
    assert seen == [8, 12, 16]  # of 16 images; the first 8 were not looked at again
    truth = mine(run.network(2), images_of(run), ["conv5"])["conv5"]
    assert torch.equal(found["conv5"].image, truth.image)
    assert torch.equal(found["conv5"].row, truth.row)
    assert not list(run.derived.glob("*.partial.npz"))


def test_a_killed_pass_loses_a_few_seconds_at_most(run: Run, monkeypatch):
    monkeypatch.setattr(mining, "BATCH_SIZE", 4)
    monkeypatch.setattr(mining, "SAVE_EVERY_S", 0.0)
    kept_files = []

    def look(_done: int, _total: int) -> None:
        kept_files.append(len(list(run.derived.glob("*.partial.npz"))))

    results.top_patches(run, 0, ["conv1"], progress=look)
    assert kept_files == [1, 1, 1, 1, 1]  # before the first batch and after each of four


def test_a_page_that_only_asks_what_is_kept_computes_nothing(run: Run):
    with pytest.raises(results.NotKept):
        results.top_patches(run, 0, ["conv1"], only_kept=True, progress=never)
    with pytest.raises(results.NotKept):
        results.occlusion(run, 0, picture(run), only_kept=True, progress=never)
    with pytest.raises(results.NotKept):
        results.evolution(run, "conv1", [0], only_kept=True, progress=never)
    assert not run.derived.exists()


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


def test_evolution_follows_the_best_patch_of_each_epoch(run: Run):
    found = results.evolution(run, "conv2", [1, 4])
    assert found.epoch.tolist() == [0, 1, 2]
    for column, epoch in enumerate(run.epochs):
        best = results.top_patches(run, epoch, ["conv2"], progress=never)["conv2"]
        assert found.image[column].tolist() == best.image[[1, 4], 0].tolist()
    again = results.evolution(run, "conv2", [1, 4], progress=never)
    assert torch.equal(again.projection, found.projection)


def test_first_and_last_epoch_are_always_shown():
    assert results.spread(list(range(91)))[0] == 0
    assert results.spread(list(range(91)))[-1] == 90
    assert results.spread([0, 1, 2]) == [0, 1, 2]


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
