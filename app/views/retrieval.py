"""What the page Retrieval needs: neighbours by features, cached in memory, and by raw pixels."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.jobs.ask import ask, ask_on_click
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.lender import LENDER
from app.shell.runs import data_of
from app.widgets.bars import class_bars
from app.widgets.class_choice import caption_outputs, probabilities
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import ChosenImage, choose
from app.widgets.layout import picture_px, show_pixels
from training.data import Data
from training.errors import WorkbenchError
from training.runs import Run
from viz.drawing.outline import image_pixels
from viz.drawing.words import label_of, percent
from viz.retrieval import Neighbours, RetrievalQuery
from viz.retrieval.compute import nearest
from viz.retrieval.figure import neighbour_sheet
from viz.retrieval.query import without
from viz.retrieval_scores import RetrievalScoresQuery, ScoresLook, ScoresShown
from viz.retrieval_scores.figure import draw as draw_scores
from viz.retrieval_scores.query import PIXELS
from viz.store.answer import CacheMiss, Side, answer
from viz.store.lend import Opened, plan_of
from viz.store.query import ImageSource, Look

COUNT, QUERY_PX = 10, 256
PIXELS_PX = 32  # side at which raw pixels are compared


def query_of(
    choice: Choice, image: ChosenImage, count: int = COUNT, layer: str | None = None
) -> RetrievalQuery:
    """The nearest by features of a layer, of the last hidden one where it has no such layer."""
    layer = layer if layer in plan_of(choice.run).layers else None
    path, source = str(choice.run.path), ImageSource(image.source)
    return RetrievalQuery(path, choice.epoch, source, count, layer)


def ask_alike(choice: Choice, query: RetrievalQuery) -> Side | None:
    """The neighbours by features; None while a job computes these."""
    opened = Opened.for_query(query, LENDER)
    query = query.resolved(opened)
    assert query.layer is not None
    known = features_of(choice, query.layer)
    if known is None:
        return None
    return Side(opened, query, query.show(opened, known, Look()))


def features_of(choice: Choice, layer: str) -> Tensor | None:
    """Of all validation images, (N, D); the question names no image, so that one job serves all."""
    try:
        return cached_features(str(choice.run.path), choice.digest, choice.epoch, layer)
    except CacheMiss:
        query = RetrievalQuery(str(choice.run.path), choice.epoch, layer=layer)
        reply = ask(query, f"Computing {layer} of all validation images")
        features: Tensor | None = reply.answer
        return features


@st.cache_resource(max_entries=4, show_spinner=False)
def cached_features(run_path: str, digest: str, epoch: int, layer: str) -> Tensor:
    """What is cached; one copy for all visitors, and a miss is not remembered."""
    del digest  # part of the key only
    return answer(RetrievalQuery(run_path, epoch, layer=layer), LENDER, cached_only=True)


def nearest_by_pixels(choice: Choice, image: ChosenImage, count: int) -> Neighbours:
    """For contrast: the nearest without any network."""
    known = small_pixels(str(choice.run.path), str(choice.run.config.get("data")))
    query = shrunken(np.asarray(image.picture)[None])[0]
    found = nearest(known, query, count + (image.index is not None))
    return without(found, image.index, count)


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


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to compare with."""
    st.info(f"Retrieval needs images to compare with. {plain(str(error))}", icon=":material/info:")
    if st.button("Look at where the network looks instead", icon=":material/visibility_off:"):
        go_to("occlusion")


def in_words(data: Data, image: ChosenImage, found: Neighbours, whose: str) -> str:
    """How many of the neighbours are of the query's class, or what most of them are."""
    labels = data.val.labels[found.image.numpy()]
    label = image.label
    if label is None:
        label = int(np.bincount(labels).argmax())
    hits = int((labels == label).sum())
    name = plain(label_of(data.classes, label, None))
    return f"**{hits} of {len(labels)}** nearest by {whose} are **{name}**"


def draw_neighbours(
    data: Data, found: Neighbours, kind: str, label: int | None, width_px: int
) -> None:
    """Neighbours in order, right and wrong ones marked; a click makes one the query."""
    indices = found.image.tolist()
    labels = data.val.labels[indices].tolist()
    figure = neighbour_sheet(
        data.val.images[indices],
        indices,
        found.distance.tolist(),
        labels,
        data.classes,
        label=label,
        width_px=width_px,
    )
    names = ", ".join(data.classes[label] for label in labels)
    clicked = pointed_at(figure, key=f"neighbours {kind}", alt=f"Nearest by {kind}: {names}")
    if clicked is not None:
        choose(f"val:{clicked}")
        st.rerun()


def inspect(choice: Choice, image: ChosenImage) -> None:
    """The query and its top-5 predictions."""
    preprocess = choice.run.preprocess
    seen = preprocess(image.picture)
    st.markdown("**Query**")
    show_pixels(
        image_pixels(preprocess.picture(seen), QUERY_PX), caption=image.name, alt=image.name
    )
    st.markdown("**Top-5 predictions**")
    class_bars(probabilities(choice.network(), seen), choice.run.classes, label=image.label)
    caption_outputs(choice.run)
    if st.button("Where does it look?", icon=":material/visibility_off:"):
        go_to("occlusion", image=image.key)


def show_scores(choice: Choice) -> None:
    """How well each layer finds the same class, where it is known or asked for."""
    st.subheader("Over all images", anchor=False)
    query = RetrievalScoresQuery(str(choice.run.path), choice.epoch)
    reply = ask_on_click(
        query,
        "Score every layer",
        icon=":material/query_stats:",
        help="Every validation image is looked for among the others: how early do those of its "
        "class come? Mean average precision, beside raw pixels",
    )
    if reply is None or reply.answer is None:
        return
    side = reply.side(ScoresLook())
    shown: ScoresShown = side.shown
    epoch = choice.epoch
    best = max(shown.asked.layers, key=lambda name: shown.mean(epoch, name))
    st.markdown(
        f"**{plain(best)}** finds images of the same class best: mean average precision "
        f"**{percent(shown.mean(epoch, best))}**, raw pixels {percent(shown.mean(epoch, PIXELS))}, "
        f"random order {percent(shown.chance)}."
    )
    show_figure(draw_scores(shown, picture_px()), alt="Mean average precision by layer")
    offer_side(side)
