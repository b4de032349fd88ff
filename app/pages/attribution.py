"""Attribution: which pixels speak for a class, by several methods, and whether to believe them."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app import address
from app.bars import scale_bar
from app.class_choice import pick_class, probabilities
from app.downloads import made_by, offer
from app.drawing import pointed_at, show_figure
from app.errors import plain
from app.frame import Choice, chosen, go_to
from app.images import ChosenImage, choose_image
from app.panes import heading, panes, show_pixels
from app.patience import answer, can_keep
from training.models import Network
from viz import results
from viz.attribution import METHODS, MethodName
from viz.figures import style
from viz.figures.attribution import attribution_figure, attribution_pointing, heat_pixels
from viz.figures.outline import image_pixels
from viz.figures.sheet import full_contrast, sheet
from viz.figures.style import AMOUNT, SIGNED, number
from viz.figures.trust import trust_figure
from viz.removal import area, ranks
from viz.trust import Trust
from viz.words import percent

LARGE_PX, SMALL_PX = 256, 160
DEFAULT: MethodName = "grad-cam"
DEAR: MethodName = "occlusion"  # a thousand passes
Maps = dict[MethodName, Tensor]


def page() -> None:
    heading(
        "Attribution",
        "Which pixels speak for a class? Every method gives another answer, each map on its own "
        "scale. Click one to see what its highest pixels alone are worth.",
    )
    choice = chosen()
    image = choose_image(choice)
    network = choice.network()
    probability = probabilities(network, choice.run.preprocess(image.picture))
    label = pick_class(choice.run.classes, probability)
    method = address.read("method", {str(each): each for each in METHODS}.__getitem__, DEFAULT)
    maps = maps_of(choice, image, label, method)
    picture, inspector = panes()
    with picture:
        draw_sheet(choice, image, label, maps, method)
    with inspector:
        inspect(choice, network, image, label, method, maps[method])
    show_trust(choice, image, label, method)
    if DEAR not in maps:
        with picture:  # under what is there already: a job's progress ends the page
            heat_of(choice, image, label, DEAR)
        if kept_heat(choice, image, label, DEAR) is not None:
            st.rerun()


def arguments(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> list[str]:
    """Of `python -m viz` for one method's map."""
    path, epoch = str(choice.run.path), str(choice.epoch)
    words = ["attribution", path, "--image", image.source, "--epoch", epoch]
    return [*words, "--label", str(label), "--method", method]


def maps_of(choice: Choice, image: ChosenImage, label: int, wanted: MethodName) -> Maps:
    """All of them; the dear one may come later, unless it is the one to be seen."""
    maps: Maps = {}
    for method in METHODS:
        at_once = method != DEAR or method == wanted or not can_keep(choice.run)
        find = heat_of if at_once else kept_heat
        heat = find(choice, image, label, method)
        if heat is not None:
            maps[method] = heat
    return maps


def kept_heat(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Tensor | None:
    """The map, if it was worked out before."""
    run, epoch, picture = choice.run, choice.epoch, image.picture
    try:
        return results.attribution(run, epoch, picture, label=label, method=method, only_kept=True)
    except results.NotKept:
        return None


def heat_of(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Tensor:
    """Kept, computed at once or left to a job."""

    def compute(**how: Any) -> Tensor:
        return results.attribution(
            choice.run, choice.epoch, image.picture, label=label, method=method, **how
        )

    words = arguments(choice, image, label, method)
    return answer(compute, choice.run, words, label=f"Mapping by {METHODS[method].name}")


def draw_sheet(
    choice: Choice, image: ChosenImage, label: int, maps: Maps, method: MethodName
) -> None:
    """The image and all maps; a click chooses one."""
    run, epoch = choice.run, choice.epoch
    seen = run.preprocess.picture(run.preprocess(image.picture))
    name = run.classes[label]
    st.markdown(f"**What speaks for {plain(name)}**")
    figure = attribution_pointing(seen, maps, chosen=method)
    alt = f"{image.name} and heat maps of {name} by {len(maps)} methods"
    clicked = pointed_at(figure, key=f"attributions {len(maps)}", alt=alt)
    if clicked:
        address.write(method=clicked)
        st.rerun()
    scale_bar(AMOUNT, "0", "much", "amounts: gradient, guided, deconvnet, Grad-CAM")
    scale_bar(SIGNED, "against", "for", "signed, white is 0: integrated gradients, occlusion")
    words = shlex.join(arguments(choice, image, label, method)).rpartition(" --method ")[0]
    offer(
        lambda: attribution_figure(seen, maps, style.plain(name)),
        lambda: {each: heat.numpy() for each, heat in maps.items()},
        name=f"{run.name}-attribution-epoch-{epoch}",
        made=made_by(choice, "attribution", image=image.seen(run), label=name, method=list(maps)),
        shell=f"python -m viz {words} --out attribution.png",
        python=image.python(run.path)
        + "\nfrom viz.attribution import attribution\n\n"
        + f"network = run.network({epoch})\nimages = run.preprocess(image)[None]\n"
        + f'attribution(network, images, [{label}], method="{method}")',
    )


def inspect(
    choice: Choice,
    network: Network,
    image: ChosenImage,
    label: int,
    method: MethodName,
    heat: Tensor,
) -> None:
    """One map, large, and what its highest pixels are worth to the network."""
    shown = METHODS[method]
    st.markdown(f"**{shown.name}** · {shown.source}")
    show_pixels(
        heat_pixels(heat, LARGE_PX, is_signed=shown.is_signed),
        alt=f"Heat map of {choice.run.classes[label]} by {shown.name}",
    )
    full = number(full_contrast(heat))
    low = f"−{full}" if shown.is_signed else "0"
    scale_bar(SIGNED if shown.is_signed else AMOUNT, low, full, "")
    st.caption(f"Each pixel: {shown.words}.")
    if not heat.any():
        st.info("The map is empty: by this method nothing speaks for the class.")
    share = address.pick_number(
        st.slider, "Its highest pixels (%)", 1, 99, name="share", default=10
    )
    show_worth(choice, network, image, label, heat, share)
    if st.button("Cover it spot by spot", icon=":material/visibility_off:"):
        go_to("occlusion", image=image.key, label=label)


def show_worth(
    choice: Choice,
    network: Network,
    image: ChosenImage,
    label: int,
    heat: Tensor,
    share: int,
) -> None:
    """The image with nothing but its highest pixels, and without them."""
    preprocess = choice.run.preprocess
    seen = preprocess(image.picture)
    rank = ranks(heat, torch.Generator().manual_seed(results.SEED))
    highest = rank < share / 100 * rank.numel()
    parts = [torch.where(which, seen, torch.zeros_like(seen)) for which in (highest, ~highest)]
    pixels = np.stack([image_pixels(preprocess.picture(part), SMALL_PX) for part in parts])
    worth = (percent(float(probabilities(network, part)[label])) for part in parts)
    alone, without = (each.replace(" ", "\u00a0") for each in worth)
    st.markdown(f"P(class) **{alone}** with them alone, **{without}** without them")
    show_pixels(
        sheet(pixels / 255, 2, gap=4)[0],
        alt=f"{image.name} with nothing but the highest {share} % of the map, and without them",
    )


def show_trust(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> None:
    """The two tests of one map: drawn where they are kept or asked for."""
    shown = METHODS[method]
    st.subheader(f"Can the map by {shown.name} be trusted?", anchor=False)
    trust = trust_of(choice, image, label, method)
    if trust is None:
        st.caption(
            "Takes its pixels away and brings them, beside random orders; then takes the learnt "
            "weights away, layer by layer. Takes some seconds, once."
        )
        if st.button("Put it to the test", icon=":material/fact_check:", type="primary"):
            address.write(trust="yes")
            st.rerun()
        return
    picture, words = panes()
    name = choice.run.classes[label]
    with picture:
        show_figure(
            trust_figure(trust, method=method, class_name=style.plain(name)),
            alt=f"Deletion and insertion curves, and the map by {shown.name} with random weights",
        )
        offer_trust(choice, image, label, method, trust)
    with words:
        read_trust(trust)


def trust_of(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Trust | None:
    """What is kept; else worked out where the address asks for it."""

    def compute(**how: Any) -> Trust:
        return results.trust(
            choice.run, choice.epoch, image.picture, label=label, method=method, **how
        )

    if address.read("trust", {"yes": True}.__getitem__, False):
        words = [*arguments(choice, image, label, method), "--of", "trust"]
        return answer(compute, choice.run, words, label="Putting the map to the test")
    try:
        return compute(only_kept=True)
    except results.NotKept:
        return None


def read_trust(trust: Trust) -> None:
    """The numbers, and how each came about."""
    removal, cascade = trust.removal, trust.randomisation
    share, times = removal.share, len(removal.random_deleted)
    at_random = area(share, removal.random_deleted)
    st.markdown(f"**Deletion** {area(share, removal.deleted):.3f}, at random {at_random:.3f}")
    st.caption(
        "Area under P(class) while pixels turn to the mean colour, the map's highest first. "
        "Smaller than at random: the answer needs the pixels that the map names."
    )
    at_random = area(share, removal.random_inserted)
    st.markdown(f"**Insertion** {area(share, removal.inserted):.3f}, at random {at_random:.3f}")
    st.caption(
        "The same while they come back onto the mean colour; here larger is better. At random: "
        f"mean of {times} orders, the band their range. Grey holes are no natural image, so "
        "compare only within a panel (Petsiuk et al. 2018)."
    )
    first, last = (_correlation(cascade.correlation[stage]) for stage in (1, -1))
    st.markdown(f"**Rank correlation** {first} after {cascade.down_to[0]}, {last} at the end")
    st.caption(
        "Spearman's, of the map with that of networks whose layers, from the top down, are noise "
        "of the same mean and deviation. What stays alike shows the image rather than what was "
        "learnt (Adebayo et al. 2018). Only one draw: look at the trend."
    )


def _correlation(value: Tensor) -> str:
    return "none" if value.isnan() else f"{float(value):.2f}".replace("-", "−")


def offer_trust(
    choice: Choice, image: ChosenImage, label: int, method: MethodName, trust: Trust
) -> None:
    run, epoch = choice.run, choice.epoch
    name = run.classes[label]
    words = shlex.join(arguments(choice, image, label, method))
    offer(
        lambda: trust_figure(trust, method=method, class_name=style.plain(name)),
        trust.arrays,
        name=f"{run.name}-trust-{method}-epoch-{epoch}",
        made=made_by(
            choice, "attribution", of="trust", image=image.seen(run), label=name, method=method
        ),
        shell=f"python -m viz {words} --of trust --out trust.png",
        python=image.python(run.path)
        + "\nfrom viz import results\n\n"
        + f'results.trust(run, {epoch}, image, label={label}, method="{method}")',
    )


page()
