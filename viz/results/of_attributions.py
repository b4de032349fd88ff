"""Which pixels speak for a class, and what tells whether to trust that."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from training.progress import Progress, silent
from training.runs import Run
from viz.attribution import MethodName, loss_map
from viz.attribution import compute as attributions
from viz.results.of_pictures import occlusion
from viz.results.opening import answered, blueprint, digest_of, network_of
from viz.sanity_checks import randomisation as randomisations
from viz.sanity_checks import removal as removals
from viz.sanity_checks.compute import Trust
from viz.sanity_checks.randomisation import Randomisation
from viz.sanity_checks.removal import Removal
from viz.store.cache import Arrays, Question, from_arrays, to_arrays

CURVES = 30  # hundredths of the work that the curves are, roughly
SEED = 0  # of the random orders and weights: the same question has the same answer


def attribution(
    run: Run,
    epoch: int,
    image: Image.Image,
    *,
    label: int,
    method: MethodName,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Tensor:
    """The heat map of a class, (H, W); by occlusion it is drawn from that view's own result.

    Args:
        run: Whose network.
        epoch: Of the network.
        image: Any RGB image.
        label: Class whose evidence is wanted.
        method: A name in `viz.attribution.METHODS`.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (places done, places) of an occlusion, else (1, 1).
    """
    if method == "occlusion":
        covered = occlusion(run, epoch, image, only_kept=only_kept, progress=progress)
        side = run.preprocess.size
        return loss_map(covered, label, side, side)

    def compute() -> Arrays:
        images = run.preprocess(image)[None]
        network = network_of(run, epoch)
        [heat] = attributions.attribution(network, images, torch.tensor([label]), method=method)
        progress(1, 1)
        return {"heat": heat.numpy()}

    question = _question("attribution", run, epoch, image, label, method)
    return torch.from_numpy(answered(run, question, compute, only_kept)["heat"])


def trust(
    run: Run,
    epoch: int,
    image: Image.Image,
    *,
    label: int,
    method: MethodName,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Trust:
    """Does the answer follow the map, and does the map follow the weights?

    Args:
        run: Whose network.
        epoch: Of the network.
        image: Any RGB image.
        label: Class whose evidence is wanted.
        method: A name in `viz.attribution.METHODS`.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (hundredths done, 100) over both.
    """

    def first(done: int, total: int) -> None:
        progress(CURVES * done // total, 100)

    def second(done: int, total: int) -> None:
        progress(CURVES + (100 - CURVES) * done // total, 100)

    images, labels = run.preprocess(image)[None], torch.tensor([label])

    def curves() -> Arrays:
        heat = attribution(run, epoch, image, label=label, method=method)
        found = removals.removal(
            network_of(run, epoch),
            images[0],
            heat,
            label=label,
            generator=torch.Generator().manual_seed(SEED),
            progress=first,
        )
        return to_arrays(found)

    def cascade() -> Arrays:
        found = randomisations.randomisation(
            network_of(run, epoch),
            lambda network: attributions.attribution(network, images, labels, method=method)[0],
            generator=torch.Generator().manual_seed(SEED),
            progress=second,
        )
        return {"maps": found.maps.numpy(), "correlation": found.correlation.numpy()}

    how = (run, epoch, image, label, method)
    removal = answered(run, _question("removal", *how), curves, only_kept)
    randomised = answered(run, _question("randomisation", *how), cascade, only_kept)
    steps = randomisations.stages(blueprint(run))
    return Trust(
        from_arrays(Removal, removal),
        Randomisation(
            down_to=tuple(step[-1] for step in steps),
            maps=torch.from_numpy(randomised["maps"]),
            correlation=torch.from_numpy(randomised["correlation"]),
        ),
    )


def _question(
    view: str, run: Run, epoch: int, image: Image.Image, label: int, method: MethodName
) -> Question:
    settings = {"image": digest_of(run, image), "label": label, "method": method}
    return Question(view, run.digest(epoch), "", settings)
