"""Attribution: which pixels speak for a class, by several methods, and whether to believe them."""

from __future__ import annotations

import shlex

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.views.attribution.heat_maps import DEAR, Maps, arguments, heat_of, kept_heat, maps_of
from app.views.attribution.pair import has_class, show_beside
from app.views.attribution.sanity_checks import show_trust
from app.widgets.bars import scale_bar
from app.widgets.class_choice import pick_class, probabilities
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage, choose_image, on_both
from app.widgets.layout import heading, panes, show_pixels
from training.models import Network
from viz import results
from viz.attribution import METHODS, MethodName
from viz.attribution.figure import attribution_figure, attribution_pointing, heat_pixels
from viz.drawing import style
from viz.drawing.outline import image_pixels
from viz.drawing.sheet import full_contrast, sheet
from viz.drawing.style import AMOUNT, SIGNED, number
from viz.drawing.words import percent
from viz.sanity_checks.removal import ranks

LARGE_PX, SMALL_PX = 256, 160
DEFAULT: MethodName = "grad-cam"


def page() -> None:
    heading(
        "Attribution",
        "Which pixels speak for a class? Every method gives another answer, on a scale of its own. "
        "Click a map to see what its highest pixels alone are worth.",
    )
    choices = compared()
    choice = choices[0]
    image = choose_image(choice)
    network = choice.network()
    probability = probabilities(network, choice.run.preprocess(image.picture))
    label = pick_class(choice.run.classes, probability)
    method = address.read("method", {str(each): each for each in METHODS}.__getitem__, DEFAULT)
    pairs = on_both(choices, image)
    if len(pairs) > 1 and has_class(pairs[1][0], choice.run.classes[label]):
        show_beside(pairs, label, method)
        return
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


page()
