"""The network that a run.json describes, which anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network, architecture, build
from training.outputs import outputs_called
from training.run_info import RunInfo
from training.run_settings import RunError

PLANS = 32  # networks without weights that are kept
_plans: dict[tuple[str, int], Network] = {}  # each built once: initial weights are drawn for it
_expected: WeakKeyDictionary[Network, Mapping[str, Tensor]] = WeakKeyDictionary()


def described(info: RunInfo, file: Path) -> Network:
    """The network, freshly initialised, on the default device.

    Args:
        info: What run.json says.
        file: Where it stands, for the message.

    Raises:
        RunError: If that is no network, or one for images of another size.
    """
    side = info.preprocess["size"]
    try:
        design = architecture(info.model, **info.options)
        if design.image_size != side:
            raise WorkbenchError(
                f"preprocess.size is {side}, but the network takes images of "
                f"{design.image_size} px."
            )
        return build(design, len(info.classes), outputs_called(info.outputs))
    except WorkbenchError as error:
        raise RunError(
            f"{file} describes no network: {error} Put the file back as it was written.",
            code="field",
        ) from error


@torch.inference_mode(False)
def plan(info: RunInfo, file: Path) -> Network:
    """The network on the meta device, without weights; not to be changed. As `described`."""
    side = info.preprocess["size"]
    told = {"model": info.model, "options": info.options, "size": side, "outputs": info.outputs}
    key = json.dumps(told, sort_keys=True), len(info.classes)
    if key not in _plans:
        with torch.device("meta"):
            network = described(info, file).eval()
        while len(_plans) >= PLANS:
            _plans.pop(next(iter(_plans)), None)
        _plans[key] = network
    return _plans[key]


def expected(network: Network) -> Mapping[str, Tensor]:
    """A plan's tensors by name; the same object each time, so that who knows it knows them."""
    if network not in _expected:
        _expected[network] = network.state_dict()
    return _expected[network]
