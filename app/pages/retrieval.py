"""Retrieval: what looks alike to the network, and what is alike in raw pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.jobs.ask import answer
from app.shell.errors import plain as as_markdown
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of
from app.widgets.bars import class_bars
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage, choose, choose_image, on_both, same_data
from app.widgets.layout import heading, panes, show_pixels
from training.data import Data
from training.errors import WorkbenchError
from training.runs import Run
from viz import results
from viz.drawing.outline import image_pixels
from viz.drawing.style import plain
from viz.network.layers import last_hidden
from viz.retrieval import Neighbours
from viz.retrieval import compute as retrieval
from viz.retrieval.figure import retrieval_figure
from viz.retrieval.neighbour_sheet import neighbour_sheet
from viz.store.cache import to_arrays
from viz.store.export import command_line

COUNT, QUERY_PX = 10, 256
PIXELS_PX = 32  # side at which raw pixels are compared


def page() -> None:
    heading(
        "Retrieval",
        "The validation images nearest to the query, nearest first: by what the network's last "
        "hidden layer makes of them, and by their raw pixels for contrast. Click an image to make "
        "it the query.",
    )
    choices = compared()
    choice = choices[0]
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        without_data(error)
        return
    image = choose_image(choice)
    layer = last_hidden(results.blueprint(choice.run))
    alike = nearest_by_features(choice, image)
    others = [pair for pair in on_both(choices, image)[1:] if same_data(choice, pair[0])]
    by_others = [(each, nearest_by_features(each, seen)) for each, seen in others]
    by_pixels = nearest_by_pixels(choice, image)
    picture, inspector = panes()
    with picture:
        which = f" of A, {choice.title}" if len(choices) > 1 else ""
        st.markdown(f"**By {layer} features**{which}, Euclidean distance under each")
        draw(data, alike, layer)
        for other, found in by_others:
            hidden = last_hidden(results.blueprint(other.run))
            shared = len(set(found.image.tolist()) & set(alike.image.tolist()))
            st.markdown(
                f"**By {hidden} features** of B, {other.title}: {shared} of {COUNT} are the same"
            )
            draw(data, found, f"{hidden} of B")
        if len(choices) > 1 and image.index is None and not others:
            st.caption(f"{choices[1].title}, B, has other images to search: it is not shown.")
        st.markdown("**By raw pixels**, for contrast")
        draw(data, by_pixels, "pixels")
        offer_neighbours(choice, data, image, alike, layer)
    with inspector:
        inspect(choice, data, image, alike, by_pixels, layer)


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to compare with."""
    st.info(
        f"Retrieval needs images to compare with. {as_markdown(str(error))}", icon=":material/info:"
    )
    if st.button("Look at where the network looks instead", icon=":material/visibility_off:"):
        go_to("occlusion")


def features_of(choice: Choice, layer: str) -> Tensor:
    """Of all validation images, kept once for each checkpoint."""
    run, epoch = choice.run, choice.epoch

    def compute(only_kept: bool = False, **how: Any) -> Tensor:
        if only_kept:
            return recalled(str(run.path), choice.digest, epoch, layer)
        return results.features(run, epoch, layer, **how)

    arguments = ["retrieval", str(run.path), "--epoch", str(epoch), "--layer", layer]
    return answer(compute, run, arguments, label=f"Computing {layer} of all validation images")


@st.cache_resource(max_entries=4, show_spinner=False)
def recalled(run_path: str, digest: str, epoch: int, layer: str) -> Tensor:
    """What is kept; one copy for all visitors, and an error is not cached."""
    del digest  # part of the key only
    return results.features(Run.open(run_path), epoch, layer, only_kept=True)


def nearest_by_features(choice: Choice, image: ChosenImage) -> Neighbours:
    """By the features that the choice's network has of the image."""
    layer = last_hidden(results.blueprint(choice.run))
    known = features_of(choice, layer)
    seen = choice.run.preprocess(image.picture)[None]
    query = retrieval.features(choice.network(), seen, layer)[0]
    return nearest(known, query, image.index)


def nearest(known: Tensor, query: Tensor, itself: int | None) -> Neighbours:
    """The query's own entry left out, where it has one."""
    found = retrieval.nearest(known, query, COUNT + (itself is not None))
    others = found.image != (-1 if itself is None else itself)
    return Neighbours(found.image[others][:COUNT], found.distance[others][:COUNT])


def nearest_by_pixels(choice: Choice, image: ChosenImage) -> Neighbours:
    known = small_pixels(str(choice.run.path), str(choice.run.info.data))
    query = shrunken(np.asarray(image.picture)[None])[0]
    return nearest(known, query, image.index)


@st.cache_resource(max_entries=2, show_spinner="Reading the pixels of all validation images")
def small_pixels(run_path: str, spec: str) -> Tensor:
    """All validation images at 32×32 px, (N, 3·32·32) in [0, 1]."""
    del spec  # part of the key only
    images = data_of(Run.open(run_path)).val.images
    parts = [shrunken(images[first : first + 256]) for first in range(0, len(images), 256)]
    return torch.cat(parts)


def shrunken(images: np.ndarray) -> Tensor:
    """(N, S, S, 3) uint8 to (N, 3·32·32), each pixel the mean of a square."""
    planes = torch.tensor(images).permute(0, 3, 1, 2).float() / 255
    return torch.nn.functional.adaptive_avg_pool2d(planes, PIXELS_PX).flatten(1)


def draw(data: Data, found: Neighbours, kind: str) -> None:
    """Neighbours in order; a click makes one the query."""
    indices = found.image.tolist()
    labels = data.val.labels[indices].tolist()
    figure = neighbour_sheet(
        data.val.images[indices], indices, found.distance.tolist(), labels, data.classes
    )
    names = ", ".join(data.classes[label] for label in labels)
    clicked = pointed_at(figure, key=f"neighbours {kind}", alt=f"Nearest by {kind}: {names}")
    if clicked is not None:
        choose(f"val:{clicked}")
        st.rerun()


def inspect(
    choice: Choice,
    data: Data,
    image: ChosenImage,
    alike: Neighbours,
    by_pixels: Neighbours,
    layer: str,
) -> None:
    """The query, what the network takes it for, and how well the neighbours agree."""
    preprocess = choice.run.preprocess
    seen = preprocess(image.picture)
    st.markdown("**Query**")
    show_pixels(
        image_pixels(preprocess.picture(seen), QUERY_PX), caption=image.name, alt=image.name
    )
    network = choice.network()
    with torch.inference_mode():
        probabilities = network(seen[None].to(network.device)).softmax(1)[0].cpu()
    st.markdown("**The network takes it for**")
    class_bars(probabilities, choice.run.classes)
    if image.label is not None:
        name = data.classes[image.label]
        hits, chance = (
            int((data.val.labels[found.image.numpy()] == image.label).sum())
            for found in (alike, by_pixels)
        )
        st.markdown(
            f"Of the {len(alike.image)} nearest, **{hits}** by {layer} and **{chance}** by pixels "
            f"are {name}."
        )
    if st.button("Where does it look?", icon=":material/visibility_off:"):
        go_to("occlusion", image=image.key)


def offer_neighbours(
    choice: Choice, data: Data, image: ChosenImage, alike: Neighbours, layer: str
) -> None:
    run, epoch = choice.run, choice.epoch
    indices = alike.image.numpy()

    def figure() -> Any:
        preprocess = run.preprocess
        return retrieval_figure(
            preprocess.picture(preprocess(image.picture)),
            preprocess.picture(preprocess.from_uint8(data.val.images[indices])),
            alike,
            data.val.labels[indices].tolist(),
            data.classes,
            layer=layer,
            query_name=plain(image.name),
        )

    offer(
        figure,
        lambda: to_arrays(alike),
        name=f"{run.name}-retrieval-epoch-{epoch}",
        made=made_by(choice, "retrieval", layer=layer, split="val", image=image.seen(run), k=COUNT),
        shell=command_line(
            "retrieval",
            run.path,
            image=image.source,
            epoch=epoch,
            layer=layer,
            k=COUNT,
            out="retrieval.png",
        ),
        python=image.python(run.path)
        + "\nfrom viz import results\n\n"
        + f'results.neighbours(run, {epoch}, image, k={COUNT}, layer="{layer}"'
        + (")" if image.index is None else f", but={image.index})"),
    )


page()
