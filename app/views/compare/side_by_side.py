"""Two variants of a comparison beside each other: the same view, the same epoch, one scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from matplotlib.figure import Figure

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of, name_of
from app.widgets.cached_patches import cached_patches
from app.widgets.drawing import is_dark, png_of
from training.comparison import Comparison
from training.errors import WorkbenchError
from training.runs import Run
from viz.architecture import describe
from viz.architecture.figure import architecture_figure
from viz.curves.figure import curves_figure
from viz.drawing.style import DPI
from viz.filters import first_layer
from viz.filters.figure import filters_figure
from viz.network.images import SplitImages
from viz.network.layers import deepest
from viz.network.patches import boxes, cut
from viz.results import blueprint
from viz.store.answer import CacheMiss
from viz.top_patches.figure import top_patches_figure

CHANNELS = 4  # of which patches are shown
COLUMN_PX = 560  # of one picture; wider ones are reduced


@dataclass(frozen=True)
class At:
    """What one side shows."""

    run: Run
    epoch: int
    side: str  # left or right


def show_two(comparison: Comparison) -> None:
    """Choose a view, two runs and an epoch, and draw them."""
    runs = _runs(comparison)
    if not runs:
        st.info("There is no run to look at yet.", icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        look = address.pick(
            st.segmented_control,
            "View",
            list(LOOKS),
            name="look",
            default="filters",
            format_func=lambda name: LOOKS[name][0],
            required=True,
            width="content",
        )
        epoch = _epoch(runs) if look in ("filters", "patches") else None
    columns = st.columns(2, gap="medium")
    pair = []
    for column, side, default in zip(columns, ("left", "right"), _first_two(runs), strict=True):
        with column:
            name = address.pick(st.selectbox, side.title(), list(runs), name=side, default=default)
        pair.append(At(runs[name], _nearest(runs[name], epoch), side))
    for column, one in zip(columns, pair, strict=True):
        with column:
            try:
                LOOKS[look][1](one, pair)
            except WorkbenchError as error:
                st.info(plain(str(error)), icon=":material/info:")


def _runs(comparison: Comparison) -> dict[str, Run]:
    """Those with a checkpoint, by what to call them: relu, or relu, seed 1."""
    several = len(comparison.seeds) > 1
    found = {}
    for variant in comparison.variants:
        for seed in comparison.seeds:
            run = comparison.run(variant, seed)
            if run is not None and run.epochs:
                found[f"{variant}, seed {seed}" if several else variant] = run
    return found


def _first_two(runs: dict[str, Run]) -> tuple[str, str]:
    """The first run and the first of another variant."""
    names = list(runs)
    variant = names[0].split(",")[0]
    return names[0], next((name for name in names if name.split(",")[0] != variant), names[-1])


def _epoch(runs: dict[str, Run]) -> int:
    epochs = sorted({epoch for run in runs.values() for epoch in run.epochs})
    if len(epochs) == 1:
        return epochs[0]
    with st.container(width=320):
        return address.pick(
            st.select_slider, "Epoch of both", epochs, name="at", default=epochs[-1]
        )


def _nearest(run: Run, epoch: int | None) -> int:
    """The last epoch that the run has up to this one: a variant may have ended earlier."""
    before = [each for each in run.epochs if epoch is None or each <= epoch]
    return before[-1] if before else run.epochs[0]


def _filters(one: At, pair: list[At]) -> None:
    high = max(float(_first_weight(each).abs().nan_to_num().max()) for each in pair)
    filters = first_layer(_first_weight(one), high=high)
    title = f"First filters, epoch {one.epoch}"
    _draw(filters_figure(filters, title=title), f"{title} of {one.run.name}")


def _first_weight(one: At) -> torch.Tensor:
    layer = blueprint(one.run).convolutions[0]
    return one.run.weight(one.epoch, f"{layer}.weight")


def _curves(one: At, pair: list[At]) -> None:
    metrics = one.run.metrics()
    if metrics.empty:
        raise WorkbenchError("Its curves will stand here after the first epoch.")
    tables = [table for each in pair if len(table := each.run.metrics())]
    figure = curves_figure(metrics, epochs=max(len(table) for table in tables))
    highest = max(
        float(table[name].max()) for table in tables for name in ("train_loss", "val_loss")
    )
    figure.axes[0].set_ylim(0, 1.2 * highest)
    _draw(figure, f"Loss and error of {one.run.name} by epoch")


def _architecture(one: At, _pair: list[At]) -> None:
    figure = architecture_figure(describe(blueprint(one.run)), name=one.run.info.model)
    _draw(figure, f"The network of {one.run.name} as a row of blocks")


def _patches(one: At, _pair: list[At]) -> None:
    run, epoch = one.run, one.epoch
    plan = blueprint(run)
    layer = deepest(plan)
    try:
        top = cached_patches(Choice(run, epoch), layer)
    except CacheMiss:
        st.info(
            f"The patches of {layer} at epoch {epoch} have not been looked for yet.",
            icon=":material/photo_library:",
        )
        if st.button("Look for them", icon=":material/search:", key=f"mine {one.side}"):
            go_to("top_patches", run=name_of(run), epoch=epoch, layer=layer)
        return
    channels = top.score[:, 0].argsort(descending=True, stable=True)[:CHANNELS]
    image, row, col = (table[channels].flatten() for table in (top.image, top.row, top.col))
    images = SplitImages(data_of(run).val, run.preprocess)[image.clamp(min=0)]
    patches = cut(run.preprocess.picture(images), boxes(plan, layer, row, col))
    patches = patches.unflatten(0, (len(channels), -1))
    figure = top_patches_figure(
        patches, None, top.score[channels], channels.tolist(), layer=layer, epoch=epoch
    )
    _draw(figure, f"The strongest patches of {layer} of {run.name}")


def _draw(figure: Figure, alt: str) -> None:
    width = round(figure.get_figwidth() * DPI)
    st.image(png_of(figure, dark=is_dark()), width=min(width, COLUMN_PX), alt=alt)


LOOKS: dict[str, tuple[str, Callable[[At, list[At]], None]]] = {
    "filters": ("First filters", _filters),
    "curves": ("Curves", _curves),
    "architecture": ("Architecture", _architecture),
    "patches": ("Top patches", _patches),
}
