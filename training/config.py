"""The settings of a training run, checked once and saved with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from training.data_spec import Few
from training.errors import WorkbenchError
from training.models import ADOPTED, MODELS, architecture
from training.settings import Filled, Length, OneOf, Range, Side, settle

RATES = {  # those of the papers where the batch is 128, and in proportion to it elsewhere
    "lenet5": 0.003,
    "alexnet-small": 0.02,
    "cifar4": 0.02,
    "vgg16": 0.005,
    "vgg19": 0.005,
    "resnet18": 0.05,
    "resnet34": 0.05,
    "resnet50": 0.05,
}
ALEXNETS_RATE = 0.01

Share = Annotated[float, Range(0, below=1)]
AtLeast0 = Annotated[float, Range(least=0)]


@dataclass(frozen=True)
class FitConfig:
    """How a network is trained. The defaults suit `alexnet-small` on a laptop."""

    run: Filled = "runs/demo"
    """Folder to write; its name is the run's name."""
    model: Annotated[str, OneOf([*MODELS, ADOPTED])] = "alexnet-small"
    """lenet5, cifar4, alexnet-small, alexnet, alexnet-onetower, zfnet, zfnet-wide, vgg16, vgg19,
    googlenet, resnet18, resnet34 or resnet50; the source's own with --from."""
    data: Filled = "builtin"
    """builtin, folder:PATH, or cifar10, mnist, caltech101, stl10, imagenette, imagenet, each
    with :ROOT, where the data lie or are downloaded to."""
    per_class: Annotated[int, Range(1, 1_000_000)] | None = None
    """Training images of each class, drawn at random by the seed; all when not given. Where the
    data set has no validation images of its own, up to 50 others of each class validate, as is
    the habit for Caltech-101 (Zeiler & Fergus 2013, section 5.2)."""
    start_from: Filled | None = None
    """Run to start from, RUN or RUN@EPOCH; the last whole epoch when none is named. Its network,
    options, image size and preprocessing are taken over, and all weights but the last layer's."""
    freeze: str = ""
    """Layers that do not learn: a range in the network's order such as conv1..conv3, names with
    commas between, or all for every layer but the last."""
    epochs: Annotated[int, Range(1, 1_000_000)] = 12
    """Passes over the training set."""
    seed: Annotated[int, Range(0, 2**63 - 1)] = 0
    """Decides the initial weights, the order of the images, crops, flips and dropout."""
    options: dict[str, Any] = field(default_factory=dict)
    """What differs from the model's own choices, such as '{"widths": [64, 192, 384, 256, 256]}'."""
    image_size: Side | None = None
    """Side of the network's input in px; the model's own when not given."""
    resize: Side | None = None
    """Side at which images are stored; when not given, 256 for an input of 224, and the input's
    own side below 128. Pictures stored smaller than the input lie in its middle, on black."""
    batch_size: Annotated[int, Range(1, 1_000_000)] = 128
    """Images in a step."""
    lr: Annotated[float, Range(above=0)] | None = None
    """Learning rate after warm-up; when not given, one that suits the network: 0.01 for AlexNet, as
    in the paper, 0.02 for its small sister."""
    momentum: Share = 0.9
    """Share of the last step that is kept (Krizhevsky et al. 2012, section 5)."""
    weight_decay: AtLeast0 = 5e-4
    """Pull of the weights towards zero (section 5)."""
    update: Literal["torch", "krizhevsky"] = "torch"
    """Rule of a step: torch.optim.SGD's, or that of section 5, which keeps the rate inside of the
    velocity."""
    multipliers: dict[str, Annotated[list[AtLeast0], Length(2, 2)]] = field(default_factory=dict)
    """By pattern of parameter names or range of layers, what multiplies their rate and their
    decay; Caffe's habit is '{"*.bias": [2, 0]}', and '{"conv1..fc7": [0.1, 1]}' lets all these
    layers learn ten times slower. The last pattern that fits decides."""
    label_smoothing: Share = 0.0
    """Share of each target spread evenly over all classes."""
    average: Share = 0.0
    """Decay of a running mean of the weights, taken after each step, such as 0.999; it is what
    is evaluated and saved. 0 for the weights themselves."""
    warmup: AtLeast0 = 1.0
    """Epochs over which the rate rises from zero, so that no unit dies in the first steps."""
    schedule: Literal["cosine", "plateau"] = "cosine"
    """cosine falls to zero over the run; plateau divides by 10 when the validation error has
    stopped falling, as in the paper."""
    patience: Annotated[int, Range(least=1)] = 3
    """Epochs without a lower validation error before plateau divides the rate."""
    stop_at_train_error: Annotated[float, Range(0, 1)] | None = None
    """Training top-1 error, in [0, 1], at which the run ends early; when not given, all epochs."""
    flip: bool = True
    """Mirror half of the training images."""
    crop_padding: Annotated[int, Range(least=0)] | None = None
    """Border in px that widens the choice of random crops; when not given, none where images are
    stored larger than the input, and a sixteenth of the input elsewhere."""
    mean: Literal["channel", "image"] = "channel"
    """What is subtracted: the mean colour, each channel then divided by its deviation; or the
    training set's mean image (section 2), all channels then divided by one number."""
    statistics: Literal["data", "imagenet"] = "data"
    """Whose mean colour and deviation: data for the data set's own, of a folder measured on a
    sample of its training images; imagenet for ImageNet's."""
    color: Annotated[float, Range(0, 10)] = 0.0
    """Deviation of the noise along the principal components of the training set's colours, 0.1 in
    the paper (section 4.1); 0 for none."""
    distort: Annotated[float, Range(0, 10)] = 0.0
    """Strength of random affine distortions as for digits in LeCun et al. 1998; 1 shifts by up to
    a sixteenth, scales and squeezes by up to 15 % and shears by up to 0.3; 0 for none."""
    scale: Annotated[float, Range(above=0, most=1)] = 1.0
    """Minimum share of the stored image's area in a random crop that is resized to the input; 1
    cuts at the input's own size and resizes nothing."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Precision of the training steps; auto takes bfloat16 where the machine has it."""
    early_checkpoints: Annotated[int, Range(0, 99)] = 0
    """Further checkpoints within the first epoch, closer together at its beginning: 9 for those
    after 1 % of it, 4 %, 9 % and so on. The first filters take their shape there; each is as large
    as an epoch's."""
    log: Literal["none", "tensorboard"] = "none"
    """tensorboard also writes event files to the run's folder tensorboard, for
    `tensorboard --logdir runs`."""
    device: Filled = "auto"
    """cpu, cuda or mps; auto takes the fastest there is."""

    def __post_init__(self) -> None:
        settle(self, "--")
        if self.model == ADOPTED and self.start_from is None:
            raise WorkbenchError(
                f"--model {ADOPTED} is a network that somebody else defined: give the run that "
                f"holds it, --from RUN. By name there are: {', '.join(MODELS)}."
            )
        if self.lr is None:
            object.__setattr__(self, "lr", RATES.get(self.model, ALEXNETS_RATE))
        if "image_size" in self.options:
            raise WorkbenchError(
                f"--options has image_size {self.options['image_size']!r}; the input's side is a "
                "setting of its own: give --image_size."
            )
        design = architecture(self.model, **self.model_options)
        given = {name: _as_written(getattr(design, name)) for name in self.options}
        object.__setattr__(self, "options", given)
        if self.padding >= self.input_size:
            raise WorkbenchError(
                f"--crop_padding must be less than the input's side, {self.input_size} px, got "
                f"{self.padding}: a crop could lie in the border alone."
            )

    @property
    def rate(self) -> float:
        """Learning rate after warm-up."""
        return self.lr or 0.0

    @property
    def data_spec(self) -> str:
        """The data set with the choice of its images, as one string."""
        return str(Few(self.per_class, self.seed, self.data)) if self.per_class else self.data

    @property
    def input_size(self) -> int:
        """Side of the network's input, in px."""
        return self.image_size or architecture(self.model).image_size

    @property
    def stored_size(self) -> int:
        """Side of the stored images, in px."""
        if self.resize is not None:
            return self.resize
        return stored_size(self.input_size)

    @property
    def padding(self) -> int:
        """Border for random crops, in px."""
        if self.crop_padding is not None:
            return self.crop_padding
        if self.scale < 1:
            return 0  # places vary enough
        return self.input_size // 16 if self.stored_size == self.input_size else 0

    @property
    def model_options(self) -> dict[str, Any]:
        """Everything that differs from the named model's own choices."""
        return {**self.options, "image_size": self.input_size}


def stored_size(input_size: int) -> int:
    """Side at which images are stored for a network's input, in px."""
    # 256 for 224, the paper's ratio; small images are too precious to cut
    return input_size if input_size < 128 else round(input_size * 8 / 7)


def _as_written(choice: Any) -> Any:
    """A network's option as JSON has it: what is compared when a run is resumed."""
    return list(choice) if isinstance(choice, tuple) else choice
