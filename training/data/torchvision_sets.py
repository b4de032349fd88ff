"""CIFAR-10, MNIST and STL-10, which torchvision downloads and reads as one array a split.

Each may also lie there as a folder of image files, train/<class> and val/<class> or test/<class>.
torchvision is imported when it is needed, for that alone takes a second or two.
"""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.download import download
from training.data.folder import describe_folder
from training.data.source import IMAGENET_MEAN, IMAGENET_STD, Items, Source, SplitName, Triple
from training.errors import WorkbenchError
from training.images import Picture

# what torchvision lets through when files are damaged
_READING_ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    AssertionError,
    EOFError,
    pickle.UnpicklingError,
)

Pixels = tuple[np.ndarray, Sequence[int]]  # (N, H, W) or (N, H, W, 3) uint8, and N labels


@dataclass(frozen=True)
class _ArraySet:
    """A data set that torchvision reads as one array a split."""

    title: str
    name: str
    classes: tuple[str, ...]
    files: tuple[str, ...]  # below ROOT
    read: Callable[[Path, SplitName, bool], Pixels]  # root, split, download first?
    count: Callable[[Path], tuple[int, int]]  # training and validation images below ROOT
    by_hand: str  # how to get it without torchvision
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD

    @property
    def colours_of(self) -> str:
        """Whose mean and std these are."""
        return "ImageNet" if self.mean == IMAGENET_MEAN else f"{self.title}'s training images"


def _read_cifar10(root: Path, split: SplitName, download: bool) -> Pixels:
    from torchvision.datasets import CIFAR10

    dataset = CIFAR10(root, train=split == "train", download=download)
    return dataset.data, dataset.targets


def _read_mnist(root: Path, split: SplitName, download: bool) -> Pixels:
    from torchvision.datasets import MNIST

    dataset = MNIST(root, train=split == "train", download=download)
    return dataset.data.numpy(), dataset.targets.tolist()


def _read_stl10(root: Path, split: SplitName, download: bool) -> Pixels:
    from torchvision.datasets import STL10

    dataset = STL10(root, split="train" if split == "train" else "test", download=download)
    return dataset.data.transpose(0, 2, 3, 1), dataset.labels.tolist()


def _count_mnist(root: Path) -> tuple[int, int]:
    def count(name: str) -> int:
        with (root / "MNIST/raw" / name).open("rb") as file:
            return int.from_bytes(file.read(8)[4:], "big")

    return count("train-labels-idx1-ubyte"), count("t10k-labels-idx1-ubyte")


def _count_stl10(root: Path) -> tuple[int, int]:
    folder = root / "stl10_binary"  # a byte is a label
    return (folder / "train_y.bin").stat().st_size, (folder / "test_y.bin").stat().st_size


_CIFAR10 = _ArraySet(
    title="CIFAR-10",
    name="cifar10",
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    files=(
        *(f"cifar-10-batches-py/data_batch_{batch}" for batch in range(1, 6)),
        "cifar-10-batches-py/test_batch",
        "cifar-10-batches-py/batches.meta",
    ),
    read=_read_cifar10,
    count=lambda _root: (50_000, 10_000),
    by_hand="unpack https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz into {root}",
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
)
_MNIST = _ArraySet(
    title="MNIST",
    name="mnist",
    classes=tuple("0123456789"),
    files=tuple(
        f"MNIST/raw/{part}"
        for part in (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        )
    ),
    read=_read_mnist,
    count=_count_mnist,
    by_hand="unzip the four files of https://ossci-datasets.s3.amazonaws.com/mnist/ into "
    "{root}/MNIST/raw",
    mean=(0.1307,) * 3,
    std=(0.3081,) * 3,
)
_STL10 = _ArraySet(
    title="STL-10",
    name="stl10",
    classes=("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),
    files=tuple(
        f"stl10_binary/{part}"
        for part in ("train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin")
    ),
    read=_read_stl10,
    count=_count_stl10,
    by_hand="unpack http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz into {root}",
)


def _describe_arrays(of: _ArraySet, place: str) -> Source:
    root = Path(place).expanduser().absolute()
    spec = f"{of.name}:{root}"
    if (root / "train").is_dir():
        return replace(
            describe_folder(place), spec=spec, mean=of.mean, std=of.std, colours_of=of.colours_of
        )
    download(
        of.title,
        root,
        lambda folder: of.read(folder, "train", True),
        is_there=lambda: all((root / file).is_file() for file in of.files),
        by_hand=of.by_hand.format(root=root),
    )
    try:
        fingerprint = _fingerprint(root, of.files)
        train_images, val_images = of.count(root)
    except OSError as error:
        raise _damaged(of, root, error) from error
    return Source(
        spec=spec,
        classes=of.classes,
        fingerprint=fingerprint,
        train_images=train_images,
        val_images=val_images,
        open=partial(_open_arrays, of, root),
        mean=of.mean,
        std=of.std,
        colours_of=of.colours_of,
    )


describe_cifar10 = partial(_describe_arrays, _CIFAR10)
describe_mnist = partial(_describe_arrays, _MNIST)
describe_stl10 = partial(_describe_arrays, _STL10)


def _fingerprint(root: Path, files: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        status = (root / file).stat()
        digest.update(repr((file, status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()[:20]


def _open_arrays(of: _ArraySet, root: Path, split: SplitName) -> Items:
    try:
        pixels, labels = of.read(root, split, False)
    except _READING_ERRORS as error:
        raise _damaged(of, root, error) from error
    names = [f"{of.name} {split} {index}" for index in range(len(labels))]

    def load(index: int) -> Picture:
        return Picture(Image.fromarray(pixels[index]).convert("RGB"))

    return Items(np.asarray(labels, dtype=np.int64), names, load)


def _damaged(of: _ArraySet, root: Path, error: Exception) -> WorkbenchError:
    return WorkbenchError(
        f"The files of {of.title} in {root} are damaged ({error}). Remove them to have them "
        f"downloaded again, or {of.by_hand.format(root=root)}."
    )
