"""What the page Unit shows of a channel: its images, its past, and the channels around it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import streamlit as st
from matplotlib import colormaps
from torch import Tensor, nn

from app.jobs.ask import ask
from app.shell.frame import Choice, go_to
from app.shell.lender import LENDER
from app.shell.runs import name_of
from app.widgets.cached_patches import cached_patches, patches_of
from app.widgets.drawing import pointed_at
from training.models import Network
from viz.drawing.colours import class_colour
from viz.drawing.style import SIGNED, number
from viz.drawing.words import label_of, percent
from viz.evolution import EvolutionQuery, mean_response
from viz.network.images import SplitImages
from viz.network.layers import source_of
from viz.planes import Planes, PlanesQuery, below
from viz.store.answer import CacheMiss
from viz.store.lend import Opened, plan_of
from viz.store.query import Look
from viz.top_patches import TopPatches
from viz.unit.compute import best_patches
from viz.unit.pointing import Course, Thumb, course_pointing, thumbs_pointing
from viz.unit.query import UnitShown

SIMILAR, FEEDING, CLASSES = 8, 8, 8


def draw_patches(choice: Choice, shown: UnitShown, figure: go.Figure) -> None:
    """Patches and projections; each leads to what happens to its image."""
    layer, channel = shown.layer, shown.look.channel
    place = pointed_at(
        figure,
        key=f"unit {name_of(choice.run)} {choice.epoch} {layer} {channel}",
        alt=f"{layer}, channel {channel}: its strongest patches and their projections",
    )
    if place is None:
        return
    image = int(shown.top.image[channel, place])
    if image >= 0:
        unit = f"{int(shown.top.row[channel, place])},{int(shown.top.col[channel, place])}"
        in_maps = {"unit": unit} if layer in plan_of(choice.run).geometry else {}
        run = {"run": name_of(choice.run), "epoch": choice.epoch}
        go_to("feature_maps", image=f"val:{image}", layer=layer, channel=channel, **run, **in_maps)


def draw_classes(shown: UnitShown) -> None:
    """The classes that excite it most, by their mean response, names in full."""
    profiles, channel = shown.profiles, shown.look.channel
    chosen = profiles.preferred(channel, CLASSES)
    if not chosen:
        return
    means = profiles.by_class[channel]
    most = float(means[chosen[0]])
    rows = "".join(
        '<div style="margin-bottom:.5rem"><div style="display:flex;justify-content:space-between;'
        f'gap:1rem;font-size:13px"><span>{escape(label_of(shown.classes, index, None))}</span>'
        f"<span>{number(float(means[index]))}</span></div>"
        f'<div style="width:{100 * float(means[index]) / most:.1f}%;height:8px;'
        f'background:{class_colour(index)}"></div></div>'
        for index in chosen
    )
    st.html(f'<div style="font-size:13px;margin-bottom:.5rem"><b>Classes it prefers</b>, mean '
            f"response</div>{rows}")  # fmt: skip


def draw_course(choice: Choice, shown: UnitShown, width_px: int) -> None:
    """Response and dead share over the epochs, and the histogram; a dot leads to its epoch."""
    layer, channel, run = shown.layer, shown.look.channel, choice.run
    response = responses_of(choice, layer, channel)
    course = Course(response, dead_share(choice, layer), run.epochs, choice.epoch)
    edge, images = shown.profiles.edge[channel].numpy(), shown.profiles.images[channel].numpy()
    epoch = pointed_at(
        course_pointing(course, edge, images, width_px=width_px),
        key=f"course {name_of(run)} {choice.epoch} {layer} {channel} {len(response)}",
        alt=f"{layer}, channel {channel}: response and dead share over the epochs, and a "
        "histogram of its responses",
    )
    if epoch is not None and epoch != choice.epoch:
        go_to("unit", run=name_of(run), epoch=epoch, layer=layer, channel=channel)
    missing = len(run.epochs) - len(response)
    if not missing:
        return
    wanted = "following", str(run.path), layer
    if st.session_state.get("unit follows") == wanted:
        epochs = run.sound(run.epochs).epochs
        query = EvolutionQuery(str(run.path), layer=layer, channels=(channel,), epochs=epochs)
        if ask(query, f"Mining {layer} at {missing} epochs").answer is not None:
            st.session_state["unit follows"] = None
            st.rerun()
    elif st.button(
        f"Measure the other {missing} epochs",
        icon=":material/timeline:",
        help="Mines the layer's strongest patches at each of them; it can be stopped and goes on",
    ):
        st.session_state["unit follows"] = wanted
        st.rerun()


def responses_of(choice: Choice, layer: str, channel: int) -> dict[int, float]:
    """By epoch: the mean of the nine strongest activations, where patches were mined."""
    found = {}
    for epoch, digest in choice.run.sound(choice.run.epochs).digests.items():
        try:
            known = _response(str(choice.run.path), digest, epoch, layer)
        except CacheMiss:
            continue
        found[epoch] = float(known[channel])
    return found


@st.cache_data(max_entries=2048, show_spinner=False)
def _response(run_path: str, digest: str, epoch: int, layer: str) -> Tensor:
    """Of all channels of a layer; an error is not cached, so they are looked for again."""
    opened = Opened.of(run_path, epoch, LENDER)
    assert opened.digest == digest
    return mean_response(cached_patches(Choice(opened.run, epoch), layer).score)


def dead_share(choice: Choice, layer: str) -> dict[int, float]:
    """By epoch: the share of dead units behind the layer's activation function, where watched."""
    table = choice.run.layers()
    if table.empty:
        return {}
    after = [name for name, fed in plan_of(choice.run).inputs.items() if fed == (layer,)]
    own = table[table["layer"].isin([layer, *after]) & table["dead"].notna()]
    epochs, shares = own["epoch"].astype(int).tolist(), own["dead"].astype(float).tolist()
    return dict(zip(epochs, shares, strict=True))


def draw_similar(choice: Choice, shown: UnitShown, width_px: int) -> None:
    """The channels that fire for the same images, by their strongest patches."""
    layer, channel, profiles = shown.layer, shown.look.channel, shown.profiles
    similar = profiles.similar(channel, SIMILAR)
    if not similar:
        return
    st.markdown("**Channels that fire for the same images**, with the correlation")
    patches = patches_at(choice, layer, shown.top, similar)
    thumbs = [
        Thumb(
            other,
            patch,
            [f"channel {other}", f"{float(profiles.likeness[channel, other]):.2f}"],
            f"{layer}, channel {other}\nclick: its unit page",
        )
        for other, patch in zip(similar, patches, strict=True)
    ]
    other = pointed_at(
        thumbs_pointing(thumbs, width_px=width_px),
        key=f"similar {name_of(choice.run)} {choice.epoch} {layer} {channel}",
        alt=f"Channels like {channel} of {layer}: {', '.join(map(str, similar))}",
    )
    if other is not None:
        go_to("unit", run=name_of(choice.run), epoch=choice.epoch, layer=layer, channel=other)


def patches_at(choice: Choice, layer: str, top: TopPatches, channels: Sequence[int]) -> Tensor:
    """The strongest patch of each, (C, 3, s, s) in [0, 1]."""
    opened = Opened.of(str(choice.run.path), choice.epoch, LENDER)
    images = SplitImages(opened.split("val"), opened.run.preprocess)
    picture = opened.run.preprocess.picture
    return best_patches(opened.plan, images, layer, top, channels, picture=picture)


def feeding(plan: Network, layer: str) -> tuple[str, str] | None:
    """The convolution whose channels a layer passes on, and the layer below it, if there is one."""
    source = source_of(plan, layer)
    if source not in plan.convolutions or not isinstance(plan.layers[source], nn.Conv2d):
        return None
    under = below(plan, source) if plan.inputs[source][0] in plan.layers else ""
    return (source, under) if under in plan.layers and under != source else None


def draw_feeding(choice: Choice, layer: str, channel: int, width_px: int) -> None:
    """The channels below that weigh most in its filter, with the planes that look at them."""
    between = feeding(plan_of(choice.run), layer)
    if between is None:
        return
    source, under = between
    query = PlanesQuery(str(choice.run.path), choice.epoch, source, (channel,), FEEDING)
    shown = ask(query).side(Look()).shown
    found: Planes = shown.planes
    held = percent(float(found.share[0].sum()), 0)
    st.markdown(
        f"**What feeds it**: the {found.source.shape[1]} heaviest of {found.of} channels of "
        f"{under}, which hold {held} of its filter; below each the weights on it, red adds, blue "
        "takes away"
    )
    top = patches_of(choice, under)
    if top is None:
        return
    sources = found.source[0].tolist()
    patches = patches_at(choice, under, top, sources)
    planes = colormaps[SIGNED](0.5 + found.planes[0].numpy() / (2 * shown.high or 1))[..., :3]
    thumbs = [
        Thumb(
            other,
            patch,
            [f"{under} · {other}", f"{percent(share)} of it"],
            f"{under}, channel {other}: {percent(share)} of the filter's energy\n"
            "click: its unit page",
            plane,
        )
        for other, patch, share, plane in zip(
            sources, patches, found.share[0].tolist(), planes, strict=True
        )
    ]
    other = pointed_at(
        thumbs_pointing(thumbs, width_px=width_px),
        key=f"feeding {name_of(choice.run)} {choice.epoch} {layer} {channel}",
        alt=f"Channels of {under} that feed {layer}, channel {channel}: "
        f"{', '.join(map(str, sources))}",
    )
    if other is not None:
        go_to("unit", run=name_of(choice.run), epoch=choice.epoch, layer=under, channel=other)
