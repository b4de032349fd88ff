"""What a run begins with, checked before there is a folder, and its folder before any epoch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from training.config import FitConfig
from training.data import Source, describe, open_data
from training.data.colours import colours_of
from training.data.statistics import mean_image
from training.device import choose_device, choose_dtype
from training.fit_checks import check_batches, check_data
from training.layer_ranges import frozen_layers
from training.learner import Learner
from training.logs import check_log
from training.models import Network, create
from training.preprocess import Preprocess
from training.progress import Progress
from training.ranks import Ranks
from training.run_writer import begin_run
from training.status import Reporter
from training.transfer import Start, model_options, new_layers


@dataclass(frozen=True)
class Beginning:
    """What a run begins with."""

    source: Source
    learner: Learner  # untrained
    start: Start | None  # where its weights come from; None for random ones, and on resuming


def prepare(config: FitConfig, ranks: Ranks, *, resume: bool) -> Beginning:
    """Data, network and learner of a run; writes nothing.

    Args:
        config: Everything that decides the result.
        ranks: The processes.
        resume: Whether the weights are in the run's folder, so that their origin may be gone.

    Raises:
        WorkbenchError: If the settings do not fit each other, the data or the run to start from.
    """
    check_log(config.log)
    device = choose_device(config.device)
    source = describe(config.data_spec)
    check_data(config, source, ranks)
    start = None
    if config.start_from is not None and not resume:
        start = Start.open(config.start_from)
        start.check(vars(config))
    torch.manual_seed(config.seed)
    classes = len(source.classes)
    network = create(config.model, classes, **model_options(config, classes))
    if start is not None:
        start.give(network)
    if config.freeze:
        network.freeze_layers(_frozen(config, network))
    check_batches(network, config, source.train_images, ranks)
    network = network.to(device).to(memory_format=torch.channels_last)
    learner = Learner(network, config, choose_dtype(config.precision, device), ranks)
    return Beginning(source, learner, start)


def begin(
    path: Path,
    config: FitConfig,
    beginning: Beginning,
    status: Reporter,
    progress: Progress,
) -> None:
    """Write the folder of a run as it is before the first epoch."""
    source, start = beginning.source, beginning.start
    if start is not None:
        preprocess = start.run.preprocess
        colours = start.run.info.colours_of or "what its network was trained with"
        told = f"Inputs are normalised as in {start.run.name}."
    else:
        preprocess, colours, told = _normalised(config, beginning, status, progress)
    print(told, file=sys.stderr)
    begin_run(
        path,
        config,
        source,
        preprocess,
        beginning.learner,
        data_notices=(source.validation_in_words, told, *source.notices),
        colours_of=colours,
        start=start,
    )


def both(progress: Progress, pause: Callable[[], None]) -> Progress:
    """Reports that are also places to stop at."""

    def report(done: int, total: int) -> None:
        progress(done, total)
        pause()

    return report


def _frozen(config: FitConfig, network: Network) -> tuple[str, ...]:
    new = new_layers(network) if config.start_from else (network.head, *network.auxiliary)
    return frozen_layers(config.freeze, network, new)


def _normalised(
    config: FitConfig, beginning: Beginning, status: Reporter, progress: Progress
) -> tuple[Preprocess, str, str]:
    """The preprocessing by the data's own colours, whose they are, and what to say of it."""
    status.say("Measuring the colours")
    colours = colours_of(beginning.source, config.stored_size, config.statistics, progress)
    preprocess = Preprocess.of_colours(
        config.input_size,
        config.stored_size,
        colours.mean,
        colours.std,
        channels=beginning.learner.network.image_channels,
    )
    # else before the data are ready: there is something to look at from the first second
    if config.mean == "image":
        status.say("Reading the images")
        train = open_data(config.data_spec, size=config.stored_size, progress=progress).train
        status.say("Working out the mean image")
        preprocess = preprocess.with_mean_image(mean_image(train, progress))
    return preprocess, colours.of, str(colours)
