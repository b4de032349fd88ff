"""Anybody's network made into a run, so that every view opens it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.adopt.weight_files import Weights, read_state_dict, rename
from training.checkpoints import save_checkpoint
from training.config import stored_size
from training.data import describe
from training.data.source import IMAGENET_MEAN, IMAGENET_STD, Triple
from training.errors import WorkbenchError
from training.models import ADOPTED, MODELS, architecture, build, options
from training.models.torchvision_networks import Torchvision
from training.outputs import BINARY, OUTPUTS, SOFTMAX, OutputsName
from training.preprocess import Preprocess
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
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    outputs: OutputsName | None = None,
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
        mean: Colour that was subtracted, of each channel in [0, 1]; ImageNet's if not given.
        std: Deviation by which channels were divided; ImageNet's if not given.
        outputs: What the network gives: softmax for classes of which one is right, sigmoid for
            labels each on its own, binary for one number that tells two classes apart, of which one
            name is enough. If not given, as its end and the number of its outputs say.

    Raises:
        WorkbenchError: If the file cannot be read safely or does not fit the network.
    """
    path, choices = _free(run), dict(checked("--options", dict[str, Any], choices or {}))
    names = class_names(classes, data)
    outputs = checked("--outputs", OutputsName | None, outputs)
    scale = _scale(file, mean, std)
    if model not in MODELS:
        from training.adopt.user_code import build_network

        if image_size is None:
            raise WorkbenchError(
                "--image_size is missing: the side in px of the square images that the network "
                "takes, such as 224."
            )
        weights = read_state_dict(file)
        count = 1 if outputs == BINARY.name else len(names)
        module = build_network(model, count, choices)
        if count == 2 and outputs is None and _has_one_output(weights, module.state_dict()):
            module = build_network(model, 1, choices)
        module.load_state_dict(rename(weights, module.state_dict(), file))
        preprocess = _preprocess(image_size, resize, scale)
        return _adopt(
            path, module.eval(), names, preprocess, data, outputs, imported=Path(file).name
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
    found: str = BINARY.name if _has_one_output(weights) else SOFTMAX.name
    reading = OUTPUTS[outputs or found]
    names = _named(names, reading.name, Path(file).name)
    if reading is SOFTMAX and len(names) == 1:
        raise WorkbenchError(
            "One class is named, and the softmax of one number is 1 whatever it is. Name two, or "
            "say --outputs binary for one number that tells two classes apart."
        )
    with torch.device("meta"):  # names and shapes are all that is needed of it
        expected = build(design, len(names), reading).state_dict()
    return _write(
        path,
        rename(weights, expected, file, paths),
        model=model,
        options=options(model, **choices),
        classes=names,
        outputs=reading.name,
        preprocess=_preprocess(design.image_size, resize, scale),
        data=data,
        imported=Path(file).name,
    )


def import_network(
    module: nn.Module,
    *,
    run: str | Path,
    classes: str | Sequence[str],
    image_size: int,
    data: str | None = None,
    resize: int | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    outputs: OutputsName | None = None,
) -> Run:
    """Make a run with one epoch out of a network as it stands in a notebook.

    Args:
        module: Any classifier, (N, 3, H, W) to logits or probabilities (N, K), or one number each,
            (N, 1) or (N,); it stays as it is.
        run: Folder to write.
        classes: The classes' names, or as for `import_weights`.
        image_size: Side of the input, px.
        data: Data set to mine for patches and neighbours, as for training.
        resize: As for `import_weights`; so are
        mean: colour and
        std: deviation, and
        outputs: what the network gives.

    Raises:
        WorkbenchError: If the network cannot be taken apart, with what to change in it.
    """
    path = _free(run)
    names = class_names(classes, data) if isinstance(classes, str) else list(classes)
    outputs = checked("outputs", OutputsName | None, outputs)
    preprocess = _preprocess(image_size, resize, _scale("", mean, std))
    return _adopt(path, module, names, preprocess, data, outputs)


def _adopt(
    path: Path,
    module: nn.Module,
    names: Sequence[str],
    preprocess: Preprocess,
    data: str | None,
    given: OutputsName | None,
    **settings: Any,
) -> Run:
    from training.adopt.adopt import adopt  # with torchvision, which takes a second
    from training.adopt.forms import told

    adoption = adopt(module, image_size=preprocess.size, num_classes=len(names), outputs=given)
    known, name, ending = adoption.network.num_classes, type(module).__name__, adoption.ending
    if ending.is_one_number:
        names = _named(names, BINARY.name, name)
    if known != len(names):
        raise WorkbenchError(
            f"{name} tells {known} classes apart, but {len(names)} are named. Give --classes a "
            "file with a name for each, their number, or data if they are those of --data."
        )
    return _write(
        path,
        adoption.network.state_dict(),
        model=ADOPTED,
        options=options(ADOPTED, image_size=preprocess.size, graph=adoption.design.graph),
        classes=names,
        outputs=ending.outputs,
        preprocess=preprocess,
        data=data,
        adopted={
            "name": name,
            "mended": list(adoption.rewrites),
            "outputs": told(ending, given, tuple(names)),
        },
        **settings,
    )


def _write(path: Path, weights: Weights, *, data: str | None, **settings: Any) -> Run:
    (path / "checkpoints").mkdir(parents=True, exist_ok=True)
    save_checkpoint(path, 1, weights)
    spec = describe(data).spec if data else None
    # last: without it the folder is no run
    write_settings(path, data=spec, **settings, **provenance())
    return Run.open(path)


def _named(names: Sequence[str], outputs: str, network: str) -> Sequence[str]:
    """The classes' names; of two that one number tells apart, one name is enough.

    Raises:
        WorkbenchError: If one number is to tell more classes apart.
    """
    if OUTPUTS[outputs].positive is None:
        return names
    if len(names) == 1:
        return [f"not {names[0]}", names[0]]
    if len(names) != 2:
        raise WorkbenchError(
            f"{network} gives one number, which tells two classes apart, but {len(names)} are "
            "named. Name two, the one that a large number speaks for last; or that one alone."
        )
    return names


def _has_one_output(weights: Weights, built: Weights | None = None) -> bool:
    """Whether some layer of a file has one row of weights: where it would have two, if built."""
    return any(
        value.dim() > 1 and len(value) == 1 and (built is None or len(built.get(name, "")) == 2)
        for name, value in weights.items()
    )


def _free(run: str | Path) -> Path:
    path = Path(checked("--run", Filled, str(run)))
    if (path / "run.json").exists():
        raise WorkbenchError(f"{path} already holds a run. Choose another --run or delete it.")
    return path


def _preprocess(size: int, resize: int | None, scale: tuple[Triple, Triple]) -> Preprocess:
    size = checked("--image_size", Side, size)
    resize = checked("--resize", Side | None, resize)
    return Preprocess(size, resize or stored_size(size), *scale)


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


def _scale(
    file: str, mean: Sequence[float] | None, std: Sequence[float] | None
) -> tuple[Triple, Triple]:
    """Mean and deviation of the pixels that the weights were trained on.

    Torchvision's published GoogLeNet was ported from TensorFlow and takes pixels from -1 to 1.
    """
    usual: tuple[Triple, Triple] = (IMAGENET_MEAN, IMAGENET_STD)
    if file == "torchvision:googlenet" or re.match(r"googlenet-[0-9a-f]{8}\b", Path(file).name):
        usual = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    return _triple("mean", mean, usual[0]), _triple("std", std, usual[1])


def _triple(name: str, given: Sequence[float] | None, usual: Triple) -> Triple:
    if given is None:
        return usual
    least = 1e-4 if name == "std" else 0  # images are divided by it
    if len(given) != 3 or not all(least <= number <= 1 for number in given):
        raise WorkbenchError(
            f"--{name} is a number from {least:g} to 1 for each of red, green and blue, "
            f"got {list(given)}."
        )
    red, green, blue = given
    return red, green, blue
