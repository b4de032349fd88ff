"""How a unit's signal comes back to the pixels: the rule to choose, and what it does in words."""

from __future__ import annotations

import streamlit as st
from torch import nn

from app.shell import address
from training.models import Network
from training.models.lenet import ScaledTanh
from training.models.merge import Add, Concat
from training.models.response_norm import ResponseNorm
from viz.deconvnet import RULES, RuleName
from viz.network.layers import way_down

WAYS: dict[RuleName, str] = {
    "deconvnet": "Deconvnet",
    "guided": "Guided",
    "gradient": "Gradient",
}
SOURCES: dict[RuleName, str] = {
    "deconvnet": "Zeiler & Fergus 2013",
    "guided": "Springenberg et al. 2014",
    "gradient": "Simonyan et al. 2013",
}


def choose_rule() -> RuleName:
    """What a ReLU shall do to the signal; the address says `rule`."""
    rule: RuleName = address.pick(
        st.segmented_control,
        "Way back",
        list(WAYS),
        name="rule",
        default="deconvnet",
        format_func=WAYS.__getitem__,
        required=True,
        help="What a ReLU does to the signal on its way back; everything else is the same.",
    )
    return rule


def passing(network: Network, layer: str, rule: RuleName) -> str:
    """How the signal came back to the pixels, as far as this network has such layers."""
    below = way_down(network, layer)
    way = "Back through the transposed filters"
    if any(isinstance(each, nn.ReLU) for each in below):
        way += f", {RULES[rule].words}"
    if any(isinstance(each, ScaledTanh | nn.Tanh | nn.Sigmoid) for each in below):
        way += ", times the slope of each squashing function"
    if any(isinstance(each, nn.MaxPool2d) for each in below):
        way += ", unpooled with the recorded switches"
    if any(isinstance(each, Add | Concat) for each in below):
        way += ", summed where branches part"
    if any(isinstance(each, nn.BatchNorm2d) for each in below):
        way += "; batch normalisation scales the signal"
    if any(isinstance(each, ResponseNorm) for each in below):
        way += "; local response normalisation " + (
            "passes the signal through unchanged"
            if RULES[rule].through_norm
            else "hands back its gradient"
        )
    return f"{way} ({SOURCES[rule]})."
