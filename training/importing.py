"""Anybody's network made into a run, so that every view opens it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.adopt.channel_order import in_colour
from training.adopt.input_steps import InputSteps
from training.adopt.pixels import Numbers, Order, Pixels, Said, pixels_for
from training.adopt.weight_files import read_state_dict, rename
from training.checkpoints import save_checkpoint
from training.config import stored_size
from training.data import describe
from training.data.source import IMAGENET_MEAN, IMAGENET_STD, Triple
from training.errors import WorkbenchError
from training.models import ADOPTED, MODELS, architecture, build, options
from training.models.torchvision_networks import Torchvision
from training.run_settings import write_settings
from training.run_writer import provenance
from training.runs import Run
from training.settings import Classes, Filled, Side, checked


def import_weights(
    file: str,
    *,
    run: str | Path,
    model: str = "alexnet-onetower",
    classes: str = "imagenet",
    data: str | None = None,
    choices: Mapping[str, Any] | None = None,
    image_size: int | None = None,
    resize: int | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    range: str | Numbers | None = None,
    channels: Order | None = None,
) -> Run:
    """Make a run with one epoch out of a state dict.

    Args:
        file: A .safetensors or .pth file, or torchvision:NAME for torchvision's own weights.
        run: Folder to write.
        model: Name in `MODELS`; torchvision:NAME for any other classifier of torchvision's; or
            FILE.py:NAME for a class, function or module of your own. That file's code is run.
        classes: imagenet, data for those of the data set, a text file with one class name a line,
            or a number of classes.
        data: Data set to mine for patches and neighbours, as for training.
        choices: What differs from the model's own options.
        image_size: Side of the input, px; the model's own if not given.
        resize: Side to which images are scaled before that square is cut out, px; as for training
            if not given.
        mean: What was subtracted from each of the network's channels, in its order and in units of
            the range; 0 where a range is given, else ImageNet's, and `Run.info.told` says so.
        std: What each was divided by, likewise; 1 or ImageNet's if not given.
        range: The value of white, or of black and white: 1, 255, (-1, 1); 0 to 1 if not given.
        channels: rgb, bgr or grey; what the network takes if not given.

    Raises:
        WorkbenchError: If the file cannot be read safely or does not fit the network.
    """
    path, choices = _free(run), dict(checked("--options", dict[str, Any], choices or {}))
    names = class_names(classes, data)
    said = Said(mean, std, range, channels)
    if model not in MODELS:
        from training.adopt.user_code import build_network

        if image_size is None:
            raise WorkbenchError(
                "--image_size is missing: the side in px of the square images that the network "
                "takes, such as 224."
            )
        weights = read_state_dict(file)
        module = build_network(model, len(names), choices)
        module.load_state_dict(rename(weights, module.state_dict(), file))
        return _adopt(
            path,
            module.eval(),
            names,
            _sides(image_size, resize),
            said,
            data,
            file=file,
            imported=Path(file).name,
        )
    if image_size is not None:
        choices["image_size"] = image_size
    weights = read_state_dict(file)
    design = architecture(model, **choices)
    paths = None
    if isinstance(design, Torchvision):
        if not any(name.startswith("aux") for name in weights):
            choices["auxiliary"] = 0.0  # torchvision leaves them out of the weights it gives away
            design = replace(design, auxiliary=0.0)
        paths = design.layer_paths()
    with torch.device("meta"):  # names and shapes are all that is needed of it
        network = build(design, len(names))
    network.load_state_dict(rename(weights, network.state_dict(), file, paths), assign=True)
    sides, steps = _sides(design.image_size, resize), InputSteps.none(network.image_channels)
    pixels = in_colour(network, _pixels(said, steps, sides, file))
    return _write(
        path,
        pixels.weights,
        model=model,
        options=options(model, **choices),
        classes=names,
        preprocess=pixels.preprocess,
        data=data,
        imported=Path(file).name,
        told=pixels.told,
    )


def import_network(
    module: nn.Module,
    *,
    run: str | Path,
    classes: str | Sequence[str],
    image_size: int,
    data: str | None = None,
    resize: int | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    range: str | Numbers | None = None,
    channels: Order | None = None,
) -> Run:
    """Make a run with one epoch out of a network as it stands in a notebook.

    Args:
        module: Any classifier, (N, 3, H, W) or (N, 1, H, W) to logits (N, K); it stays as it is.
        run: Folder to write.
        classes: The classes' names, or as for `import_weights`.
        image_size: Side of the input, px.
        data: Data set to mine for patches and neighbours, as for training.
        resize: As for `import_weights`; so are
        mean: what was subtracted,
        std: the deviation,
        range: the range and
        channels: the order.

    Raises:
        WorkbenchError: If the network cannot be taken apart, with what to change in it.
    """
    path = _free(run)
    names = class_names(classes, data) if isinstance(classes, str) else list(classes)
    said = Said(mean, std, range, channels)
    made = _adopt(path, module, names, _sides(image_size, resize), said, data)
    for sentence in made.info.told:
        print(f"filterscope: {sentence}", file=sys.stderr)
    return made


def _adopt(
    path: Path,
    module: nn.Module,
    names: Sequence[str],
    sides: tuple[int, int],
    said: Said,
    data: str | None,
    *,
    file: str = "",
    **settings: Any,
) -> Run:
    from training.adopt.adopt import adopt  # with torchvision, which takes a second

    size, _resize = sides
    adoption = adopt(module, image_size=size, num_classes=len(names), channels=said.count)
    known, name = adoption.network.num_classes, type(module).__name__
    if known != len(names):
        raise WorkbenchError(
            f"{name} tells {known} classes apart, but {len(names)} are named. Give --classes a "
            "file with a name for each, their number, or data if they are those of --data."
        )
    pixels = in_colour(adoption.network, _pixels(said, adoption.steps, sides, file))
    return _write(
        path,
        pixels.weights,
        model=ADOPTED,
        options=asdict(adoption.design),
        classes=names,
        preprocess=pixels.preprocess,
        data=data,
        told=pixels.told,
        adopted={"name": name, "mended": list(adoption.rewrites)},
        **settings,
    )


def _write(path: Path, weights: Mapping[str, Tensor], *, data: str | None, **settings: Any) -> Run:
    (path / "checkpoints").mkdir(parents=True, exist_ok=True)
    save_checkpoint(path, 1, weights)
    spec = describe(data).spec if data else None
    # last: without it the folder is no run
    write_settings(path, data=spec, **settings, **provenance())
    return Run.open(path)


def _free(run: str | Path) -> Path:
    path = Path(checked("--run", Filled, str(run)))
    if (path / "run.json").exists():
        raise WorkbenchError(f"{path} already holds a run. Choose another --run or delete it.")
    return path


def _sides(size: int, resize: int | None) -> tuple[int, int]:
    """Of the input, and of the images as they are stored, px."""
    size = checked("--image_size", Side, size)
    return size, checked("--resize", Side | None, resize) or stored_size(size)


def class_names(classes: str, data: str | None = None) -> Sequence[str]:
    """Class names from imagenet, a data set, a text file or a number."""
    if classes == "data":
        if data is None:
            raise WorkbenchError("--classes data takes the names from --data, which is not given.")
        return describe(data).classes
    if classes == "imagenet":
        from torchvision.models import AlexNet_Weights

        names: Sequence[str] = AlexNet_Weights.IMAGENET1K_V1.meta["categories"]
        return names
    if classes.isdecimal():
        return [f"class {index}" for index in range(checked("--classes", Classes, int(classes)))]
    try:
        lines = Path(classes).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbenchError(
            "--classes is imagenet, data, a number, or a text file with a name a line; "
            f"{classes!r} is none of them ({error})."
        ) from error
    return [line.strip() for line in lines if line.strip()]


def _pixels(said: Said, steps: InputSteps, sides: tuple[int, int], file: str) -> Pixels:
    """How pictures become the input, where the file may say what the weights were trained on.

    Torchvision's published GoogLeNet was ported from TensorFlow and takes pixels from -1 to 1.
    """
    usual: tuple[Triple, Triple] = (IMAGENET_MEAN, IMAGENET_STD)
    googlenet = re.match(r"googlenet-[0-9a-f]{8}\b", Path(file).name)
    if file == "torchvision:googlenet" or googlenet:
        usual = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    is_known = file.startswith("torchvision:") or bool(googlenet)
    size, resize = sides
    return pixels_for(said, steps, size=size, resize=resize, usual=usual, is_known=is_known)
