"""Anybody's network made into a run, so that every view opens it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from training.adopt.channel_order import in_colour
from training.adopt.fitting import Where, fitted, initialised
from training.adopt.input_steps import InputSteps
from training.adopt.pixels import Numbers, Order, Pixels, Said, pixels_for
from training.adopt.weights.matching import Rename
from training.adopt.weights.weight_files import read_state_dict
from training.atomic import make_folder
from training.checkpoints import save_checkpoint
from training.config import stored_size
from training.data import describe
from training.data.source import IMAGENET_MEAN, IMAGENET_STD, Triple, listing
from training.errors import WorkbenchError
from training.models import ADOPTED, MODELS, Architecture, Network, architecture, build, options
from training.models.torchvision_networks import Torchvision
from training.output_names import class_names, counted, named
from training.outputs import BINARY, OUTPUTS, SOFTMAX, OutputsName
from training.packages import PREFIX, packaged
from training.progress import Progress, silent
from training.run_settings import write_settings
from training.run_writer import provenance
from training.runs import Run
from training.settings import Filled, Side, checked


def import_weights(
    file: str,
    *,
    run: str | Path,
    model: str = "alexnet-onetower",
    classes: str | None = None,
    data: str | None = None,
    choices: Mapping[str, Any] | None = None,
    image_size: int | None = None,
    resize: int | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    range: str | Numbers | None = None,
    channels: Order | None = None,
    key: str | None = None,
    rename: Rename | None = None,
    outputs: OutputsName | None = None,
    progress: Progress = silent,
) -> Run:
    """Make a run with one epoch out of a file of weights, or of features that need none.

    Args:
        file: A .safetensors or .pth file; torchvision:NAME for torchvision's own weights;
            package:NAME for a network of `PACKAGES` that is installed, with its own preprocessing
            where none is said; or shallow:NAME for the features of the years before, of `SHALLOW`,
            fitted to the training images of `data`, for which only `run` and `choices` are of use
            besides.
        run: Folder to write.
        model: Name in `MODELS`; torchvision:NAME for any other classifier of torchvision's; or
            FILE.py:NAME for a class, function or module of your own. That file's code is run.
        classes: imagenet, data for those of the data set, a file with one class name a line, a JSON
            or CSV file, or a number of classes. If not given, the network's outputs are counted:
            1,000 are ImageNet's, of any others the names are "class 0" and so on.
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
        key: Which of several networks in the file: a key that leads to it, or what its names
            begin with.
        rename: By a layer's name in the file, the network's name for it, or None to leave it out;
            "order" pairs layers of one shape in the order of the file.
        outputs: What the network gives: softmax for classes of which one is right, sigmoid for
            labels each on its own, binary for one number that tells two classes apart, of which one
            name is enough. If not given, as its end and the number of its outputs say.
        progress: Told of the images that features are fitted to.

    Raises:
        WorkbenchError: If the file cannot be read safely or does not fit the network.
    """
    path, choices = _free(run), dict(checked("--options", dict[str, Any], choices or {}))
    if file.startswith("shallow:"):
        from training.shallow.build import import_shallow  # with scikit-learn, which takes a second

        return import_shallow(file, run=path, data=data, choices=choices, progress=progress)
    if file.startswith(PREFIX):
        said = Said(mean, std, range, channels)
        return _import_packaged(file, path, said, data, classes, resize, outputs)
    given = None if classes is None else class_names(classes, data)
    count = None if given is None else len(given)
    said = Said(mean, std, range, channels)
    outputs = checked("--outputs", OutputsName | None, outputs)
    rename = checked("--rename", Literal["order"] | dict[str, str | None] | None, rename)
    where = Where(key, rename)
    if model not in MODELS:
        from training.adopt.user_code import build_network

        if image_size is None:
            raise WorkbenchError(
                "--image_size is missing: the side in px of the square images that the network "
                "takes, such as 224."
            )
        side, contents = image_size, read_state_dict(file)
        module, found = fitted(
            contents,
            lambda count: initialised(build_network(model, count, choices), side),
            count,
            outputs,
            where,
        )
        module.load_state_dict(found.weights)
        return _adopt(
            path,
            module.eval(),
            given,
            _sides(image_size, resize),
            said,
            data,
            outputs,
            file=file,
            imported=contents.file,
            told=found.told,
        )
    if image_size is not None:
        choices["image_size"] = image_size
    contents = read_state_dict(file)
    design = architecture(model, **choices)
    if isinstance(design, Torchvision):
        if not any(re.search(r"(^|\.)aux\d", name) for name in contents.names):
            choices["auxiliary"] = 0.0  # torchvision leaves them out of the weights it gives away
            design = replace(design, auxiliary=0.0)
        where = replace(where, paths=design.layer_paths())
    network, found = fitted(contents, partial(_on_meta, design), count, outputs, where)
    reading = OUTPUTS[outputs or (BINARY.name if network.num_classes == 1 else SOFTMAX.name)]
    names, unnamed = counted(given, network.num_classes, reading.name, data, file)
    names = named(names, reading.name, contents.file)
    if reading is SOFTMAX and len(names) == 1:
        raise WorkbenchError(
            "One class is named, and the softmax of one number is 1 whatever it is. Name two, or "
            "say --outputs binary for one number that tells two classes apart."
        )
    network.load_state_dict(found.weights, assign=True)
    sides, steps = _sides(design.image_size, resize), InputSteps.none(network.image_channels)
    pixels = in_colour(network, _pixels(said, steps, sides, file))
    meaning = f"Its {reading.meaning(names)}. If it was trained otherwise, say --outputs."
    return _write(
        path,
        pixels.weights,
        model=model,
        options=options(model, **choices),
        classes=names,
        outputs=reading.name,
        preprocess=pixels.preprocess,
        data=data,
        imported=contents.file,
        told=(*found.told, *unnamed, meaning, *pixels.told),
    )


def import_network(
    module: nn.Module,
    *,
    run: str | Path,
    classes: Any,
    image_size: int,
    data: str | None = None,
    resize: int | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    range: str | Numbers | None = None,
    channels: Order | None = None,
    outputs: OutputsName | None = None,
) -> Run:
    """Make a run with one epoch out of a network as it stands in a notebook.

    Args:
        module: Any classifier, (N, 3, H, W) or (N, 1, H, W) to logits or probabilities (N, K), or
            one number each, (N, 1) or (N,); it stays as it is.
        run: Folder to write.
        classes: The classes' names as a list, an array, pandas' Series or a dictionary either way
            ({0: "cat"}, {"cat": 0}); or as for `import_weights`.
        image_size: Side of the input, px.
        data: Data set to mine for patches and neighbours, as for training.
        resize: As for `import_weights`; so are
        mean: what was subtracted,
        std: the deviation,
        range: the range,
        channels: the order and
        outputs: what the network gives.

    Raises:
        WorkbenchError: If the network cannot be taken apart, with what to change in it.
    """
    path = _free(run)
    names = class_names(classes, data)
    said = Said(mean, std, range, channels)
    outputs = checked("outputs", OutputsName | None, outputs)
    made = _adopt(path, module, names, _sides(image_size, resize), said, data, outputs)
    for sentence in made.info.told:
        print(f"filterscope: {sentence}", file=sys.stderr)
    return made


def _import_packaged(
    name: str,
    path: Path,
    said: Said,
    data: str | None,
    classes: str | None,
    resize: int | None,
    outputs: OutputsName | None,
) -> Run:
    """A network out of a package, with the preprocessing of its authors where none is said."""
    known = packaged(name.removeprefix(PREFIX))
    contents = read_state_dict(str(known.file()))
    names = class_names(classes or known.classes, data)
    module, found = fitted(contents, lambda _: known.build(), len(names), outputs, Where())
    module.load_state_dict(found.weights)
    if said == Said():
        said = Said(known.mean, known.std, known.range)
    sides = _sides(known.image_size, resize or known.resize)
    file = contents.file
    outputs = outputs or "softmax"
    return _adopt(path, module.eval(), names, sides, said, data, outputs, file=name, imported=file)


def _on_meta(design: Architecture, outputs: int) -> Network:
    """A network of names and shapes, which are all that is needed of it."""
    with torch.device("meta"):
        return build(design, outputs)


def _adopt(
    path: Path,
    module: nn.Module,
    given: Sequence[str] | None,
    sides: tuple[int, int],
    said: Said,
    data: str | None,
    outputs: OutputsName | None,
    *,
    file: str = "",
    told: Sequence[str] = (),
    **settings: Any,
) -> Run:
    from training.adopt.adopt import adopt  # with torchvision, which takes a second
    from training.adopt.forms import told as told_of

    size, _resize = sides
    count = None if given is None else len(given)
    adoption = adopt(
        module, image_size=size, num_classes=count, outputs=outputs, channels=said.count
    )
    known, name, ending = adoption.network.num_classes, type(module).__name__, adoption.ending
    names, unnamed = counted(given, known, ending.outputs, data, file or name)
    if ending.is_one_number:
        names = named(names, BINARY.name, name)
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
        outputs=ending.outputs,
        preprocess=pixels.preprocess,
        data=data,
        told=(*told, *unnamed, told_of(ending, outputs, tuple(names)), *pixels.told),
        adopted={"name": name, "mended": list(adoption.rewrites)},
        **settings,
    )


def _write(
    path: Path,
    weights: Mapping[str, Tensor],
    *,
    data: str | None,
    told: Sequence[str],
    **settings: Any,
) -> Run:
    wrong = [name for name, value in weights.items() if not _is_finite(value)]
    if wrong:
        told = (*told, f"Not all numbers in {listing(wrong)} are finite.")
    make_folder(path / "checkpoints")
    save_checkpoint(path, 1, weights)
    spec = describe(data).spec if data else None
    # last: without it the folder is no run
    write_settings(path, data=spec, told=tuple(told), **settings, **provenance())
    return Run.open(path)


def _is_finite(value: Tensor) -> bool:
    # a sum takes no memory, and is finite for weights of any size that is one
    return bool(value.sum().isfinite()) or bool(value.isfinite().all())


def _free(run: str | Path) -> Path:
    path = Path(checked("--run", Filled, str(run)))
    if (path / "run.json").exists():
        raise WorkbenchError(f"{path} already holds a run. Choose another --run or delete it.")
    return path


def _sides(size: int, resize: int | None) -> tuple[int, int]:
    """Of the input, and of the images as they are stored, px."""
    size = checked("--image_size", Side, size)
    return size, checked("--resize", Side | None, resize) or stored_size(size)


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
