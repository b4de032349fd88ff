"""Every view and every evaluation reads a network's outputs as its author does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from training.adopt.adopt import adopt
from training.ensemble import evaluate_together, open_members
from training.errors import WorkbenchError
from training.evaluate import Tally, evaluate
from training.importing import import_network
from training.models import Network, freeze
from training.outputs import BINARY, OUTPUTS, SIGMOID, SOFTMAX
from training.preprocess import Preprocess
from training.scores import table
from viz.architecture import describe
from viz.attribution import attribution
from viz.attribution.covering import by_occlusion
from viz.class_evidence.compute import class_evidence
from viz.invariance import invariance
from viz.mistakes import MistakesQuery
from viz.network.layers import last_hidden
from viz.occlusion import occlusion
from viz.sanity_checks.deletion_insertion import deletion_insertion
from viz.self_check import self_check
from viz.store.answer import answer
from viz.store.lend import Lender, Opened

pytestmark = pytest.mark.thorough

SIZE, WINDOW, STRIDE = 16, 6, 5


def body(scores: int, *end: nn.Module) -> nn.Sequential:
    torch.manual_seed(3)
    layers = nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(20, scores), *end).eval()


def both(p: Tensor) -> Tensor:
    return torch.stack([1 - p.flatten(), p.flatten()], 1)


ENDS: dict[str, tuple[nn.Module, Callable[[Tensor], Tensor]]] = {
    "labels": (body(4, nn.Sigmoid()), lambda out: out),
    "one number": (body(1), lambda out: both(out.sigmoid())),
    "one P, squeezed": (body(1, nn.Sigmoid(), nn.Flatten(0)), both),
    "softmax": (body(3, nn.Softmax(-1)), lambda out: out),
    "softmax twice": (body(3, nn.Softmax(1), nn.Softmax(1)), lambda out: out),
    "log-softmax": (body(2, nn.LogSoftmax(1)), torch.exp),
}


@pytest.fixture(params=list(ENDS.values()), ids=list(ENDS))
def case(request) -> tuple[Network, Callable[[Tensor], Tensor]]:
    """A network as it is looked at, and its author's probabilities of images."""
    module, meant = request.param
    with torch.no_grad():
        return freeze(adopt(module, image_size=SIZE).network), lambda images: meant(module(images))


@pytest.fixture
def image() -> Tensor:
    return torch.randn(3, SIZE, SIZE, generator=torch.Generator().manual_seed(4))


def test_occlusion_shows_the_authors_probabilities(case, image):
    network, theirs = case
    found = occlusion(network, image, window=WINDOW, stride=STRIDE)
    with torch.no_grad():
        assert torch.allclose(found.base.float(), theirs(image[None])[0], atol=1e-6)
        for row, column in np.ndindex(*found.shape):
            covered = image.clone()
            top, left = row * STRIDE, column * STRIDE
            covered[:, top : top + WINDOW, left : left + WINDOW] = 0
            shown = found.probability[row, column].float()
            assert torch.allclose(shown, theirs(covered[None])[0], atol=1e-6)


def test_class_evidence_is_the_authors_probability(case, image):
    network, theirs = case
    with torch.no_grad():
        assert torch.allclose(
            class_evidence(network, image).float(), theirs(image[None])[0], atol=1e-6
        )


def test_deletion_ends_at_the_authors_probability_of_the_mean_colour(case, image):
    network, theirs = case
    found = deletion_insertion(
        network, image, image[0], label=1, generator=torch.Generator().manual_seed(0), random=0
    )
    with torch.no_grad():
        whole, nothing = theirs(torch.stack([image, torch.zeros_like(image)]))[:, 1]
    assert torch.allclose(found.deleted[[0, -1]], torch.stack([whole, nothing]), atol=1e-6)


@pytest.mark.parametrize("label", [0, 1])
def test_what_covering_costs_is_captums_loss_of_the_authors_probability(case, image, label):
    network, theirs = case
    ours = attribution(network, image[None], torch.tensor([label]), method="occlusion")
    shapes = {"sliding_window_shapes": (3, 5, 5), "strides": (3, 1, 1)}  # as for 16 px
    captum = Occlusion(theirs).attribute(image[None], target=label, **shapes)
    assert torch.allclose(ours, captum[:, 0].float(), atol=1e-6)


@pytest.mark.parametrize("end", [(), (nn.Sigmoid(),), (nn.Flatten(0),)], ids=["z", "P", "(N,)"])
def test_the_evidence_for_either_of_two_classes_is_that_of_the_authors_number(end, image):
    network, author = freeze(adopt(body(1, *end), image_size=SIZE).network), body(1)
    images = image[None].clone().requires_grad_()
    gradient = Saliency(author).attribute(images, 0).amax(1)
    shares = IntegratedGradients(author).attribute(images, target=0, n_steps=32).sum(1)
    for label, sign in ((1, 1), (0, -1)):
        ours = attribution(network, image[None], torch.tensor([label]), method="gradient")
        assert torch.allclose(ours, gradient, atol=1e-6)
        ours = attribution(
            network, image[None], torch.tensor([label]), method="integrated-gradients"
        )
        assert torch.allclose(ours, sign * shares.float().detach(), atol=1e-6)


def test_log_odds_are_those_of_the_authors_probability(case, image):
    network, theirs = case
    with torch.no_grad():
        p = theirs(image[None]).double()
        for label in range(p.shape[1]):
            ours = network.outputs.log_odds(network(image[None]), torch.tensor([label]))
            assert torch.allclose(ours.double(), (p[:, label] / (1 - p[:, label])).log(), atol=1e-4)


def test_the_probability_of_a_moved_picture_is_the_authors(case):
    network, theirs = case
    pixels = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    preprocess = Preprocess(SIZE, SIZE, (0.5,) * 3, (0.25,) * 3)
    found = invariance(network, pixels, [1], preprocess, "translation")
    unmoved = found.probability[0, found.amount.tolist().index(0.0)]
    with torch.no_grad():
        assert torch.allclose(unmoved, theirs(preprocess.from_uint8(pixels))[0, 1], atol=1e-5)


def test_one_number_for_two_classes_leaves_layers_and_their_check_as_they_are():
    network = freeze(adopt(body(1, nn.Sigmoid()), image_size=SIZE).network)
    assert last_hidden(network) == "avgpool1"
    assert describe(network)[-1].kind == "one number for two classes: −z and z"
    checked = self_check(network)
    assert checked.passed
    assert "two_classes" not in checked.uncovered


LOSSES = {
    "softmax": lambda p, right: -p[right].log(),
    "sigmoid": lambda p, right: functional.binary_cross_entropy(p, right.to(p)),
    "binary": lambda p, right: -p[right].log(),
}


def some_scores(outputs: str, generator: torch.Generator) -> Tensor:
    scores = 3 * torch.randn(9, 2 if outputs == "binary" else 4, generator=generator)
    return torch.cat([-scores[:, :1], scores[:, :1]], 1) if outputs == "binary" else scores


@pytest.mark.parametrize("outputs", LOSSES)
def test_the_loss_is_that_of_the_probabilities(outputs):
    scores = some_scores(outputs, torch.Generator().manual_seed(0))
    labels = torch.arange(9) % scores.shape[1]
    counted = Tally(scores.shape[1], outputs=OUTPUTS[outputs], mistakes=9)
    counted.add(scores, labels)
    found, p = counted.evaluation(), OUTPUTS[outputs].probabilities(scores)
    right = functional.one_hot(labels, scores.shape[1]).bool()
    losses = [
        LOSSES[outputs](one, which).mean().item() for one, which in zip(p, right, strict=True)
    ]
    assert found.loss == pytest.approx(np.mean(losses), rel=1e-5)
    assert found.top1 == (p.argmax(1) == labels).double().mean().item()
    worst = found.worst
    assert torch.allclose(worst.truth, p[worst.index, worst.label])


@pytest.mark.parametrize("outputs", LOSSES)
def test_several_answers_are_averaged_as_probabilities(outputs):
    generator = torch.Generator().manual_seed(0)
    several, read = [some_scores(outputs, generator) for _ in range(3)], OUTPUTS[outputs]
    mean = torch.stack([read.probabilities(each) for each in several]).mean(0)
    assert torch.allclose(read.probabilities(read.mean(several)), mean, atol=1e-6)


def test_the_mean_of_very_sure_answers_is_a_number():
    sure = SIGMOID.mean([torch.tensor([[500.0, -500.0]])] * 2)
    assert sure.tolist() == [[500.0, -500.0]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> str:
    """Four images each of cat and dog."""
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            place = tmp_path / "pets" / split / name
            place.mkdir(parents=True)
            for index in range(4):
                pixels = generator.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
                Image.fromarray(pixels).save(place / f"{index}.png")
    return f"folder:{tmp_path / 'pets'}"


def pets(folder: str, tmp_path: Path, module: nn.Module, name: str, **more):
    settings = {"classes": ["cat", "dog"], "image_size": SIZE, "data": folder} | more
    return import_network(module, run=tmp_path / name, **settings)


@pytest.mark.parametrize("end", [(), (nn.Sigmoid(),)], ids=["logit", "P"])
def test_one_number_is_right_where_it_is_on_the_classs_side_of_a_half(folder, tmp_path, end):
    module = body(1, *end)
    with torch.no_grad():
        module[4].bias.sub_(_median(module[:5], pets(folder, tmp_path, module, "first")))
    run = pets(folder, tmp_path, module, "run")
    split = run.data().val
    with torch.no_grad():
        p = body_p(module, run, split.images)
    [score] = evaluate_together(open_members([run]), mistakes=8)
    assert score.evaluation.top1 == ((p > 0.5).numpy() == split.labels).mean()
    theirs = functional.binary_cross_entropy(p, torch.from_numpy(split.labels).float())
    assert score.evaluation.loss == pytest.approx(theirs.item(), rel=1e-5)
    own = evaluate(run.network(), split, run.preprocess)
    assert own.loss == pytest.approx(theirs.item(), rel=1e-5)
    shown = answer(MistakesQuery(str(run.path), 1))
    assert torch.allclose(shown.surest.probability.sum(1), torch.ones(len(shown.surest)))


def _median(scores: nn.Module, run) -> float:
    return float(scores(run.preprocess.from_uint8(run.data().val.images)).median())


def body_p(module: nn.Sequential, run, images: np.ndarray) -> Tensor:
    return module[:5](run.preprocess.from_uint8(images)).sigmoid()[:, 0]


def test_what_is_wrong_among_labels_each_on_its_own_is_said(folder, tmp_path):
    labels = pets(folder, tmp_path, body(2, nn.Sigmoid()), "labels")
    scores = evaluate_together(open_members([labels]))
    assert "right is where that one has the highest probability" in table(scores)
    classes = pets(folder, tmp_path, body(2), "classes")
    assert "highest" not in table(evaluate_together(open_members([classes])))
    with pytest.raises(WorkbenchError, match="labels, epoch 1 gives sigmoid outputs, classes"):
        evaluate_together(open_members([labels, classes]))


def test_a_single_label_is_not_evaluated(folder, tmp_path):
    run = pets(folder, tmp_path, body(1), "run", classes=["dog"], outputs="sigmoid")
    with pytest.raises(WorkbenchError, match="knows one label alone"):
        open_members([run])


def test_answers_of_other_outputs_are_not_taken_for_these(folder, tmp_path):
    runs = [pets(folder, tmp_path, body(2), name, outputs=name) for name in ("softmax", "sigmoid")]
    keys = {MistakesQuery(str(r.path), 1).key(Opened.of(str(r.path), 1, Lender())) for r in runs}
    assert runs[0].digest(1) == runs[1].digest(1)
    assert len(keys) == 2


def test_the_point_of_least_log_odds_is_found_for_labels_too(image):
    network = freeze(adopt(body(3, nn.Sigmoid()), image_size=SIZE).network)
    found = by_occlusion(network, image[None], torch.tensor([2]), window=5, stride=1)
    lowest = occlusion(network, image, window=5, stride=1).probability[..., 2].flatten().argmin()
    assert found.peak[0].tolist() == [int(lowest) // 12 + 2, int(lowest) % 12 + 2]


def test_a_network_that_says_nothing_has_exclusive_classes():
    assert Network({"fc": nn.Linear(3, 2)}, image_size=1).outputs is SOFTMAX
    assert BINARY.exclusive
    assert not SIGMOID.exclusive
