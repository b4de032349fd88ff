"""CIFAR-10, MNIST and STL-10: small files in their formats, and none at all."""

import hashlib
import pickle
import struct
from urllib.error import URLError

import numpy as np
import pytest
from torchvision import datasets

from training.data import describe, open_data
from training.errors import WorkbenchError


@pytest.fixture
def offline(monkeypatch):
    def fail(*_args, **_options):
        raise URLError("no connection")

    for module in ("mnist", "cifar", "stl10", "caltech", "imagenette"):
        name = f"torchvision.datasets.{module}.download_and_extract_archive"
        monkeypatch.setattr(name, fail)


def write_mnist(root, counts=(6, 3)):
    folder = root / "MNIST/raw"
    folder.mkdir(parents=True)
    for part, count in zip(("train", "t10k"), counts, strict=True):
        pixels = np.full((count, 28, 28), 200, np.uint8)
        pixels[:, 0, 0] = range(count)
        header = struct.pack(">IIII", 2051, count, 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        labels = struct.pack(">II", 2049, count) + bytes(range(count))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def write_cifar10(root, monkeypatch):
    """Batches of two images, with their sums in place of the published ones."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)

    def write(name, content) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    planes = np.zeros((2, 3, 32, 32), np.uint8)
    planes[:, 0] = 255  # red
    batch = {"data": planes.reshape(2, -1), "labels": [3, 5]}
    train = [write(f"data_batch_{number}", batch) for number in range(1, 6)]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", train)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [write("test_batch", batch)])
    name, md5 = write("batches.meta", {"label_names": []})
    meta = {"filename": name, "key": "label_names", "md5": md5}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)


def test_mnist_becomes_rgb(tmp_path):
    write_mnist(tmp_path)
    source = describe(f"mnist:{tmp_path}")
    assert (source.train_images, source.val_images) == (6, 3)
    assert source.classes[7] == "7"
    data = open_data(f"mnist:{tmp_path}", size=28)
    assert data.train.images.shape == (6, 28, 28, 3)
    assert data.train.images[4, 0, 0].tolist() == [4, 4, 4]
    assert data.train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.val.names[2] == "mnist val 2"


def test_a_truncated_mnist_is_damaged_in_plain_words(tmp_path):
    write_mnist(tmp_path)
    path = tmp_path / "MNIST/raw/train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WorkbenchError, match=r"MNIST in .* damaged.*unzip the four files"):
        open_data(f"mnist:{tmp_path}", size=28)


def test_cifar10_keeps_its_colours_and_labels(tmp_path, monkeypatch):
    write_cifar10(tmp_path, monkeypatch)
    data = open_data(f"cifar10:{tmp_path}", size=32)
    assert (data.train.images.shape, data.val.images.shape) == ((10, 32, 32, 3), (2, 32, 32, 3))
    assert (data.train.images == (255, 0, 0)).all()
    assert [data.classes[label] for label in data.val.labels] == ["cat", "dog"]


def test_cifar10_is_checked_before_its_pickles_are_opened(tmp_path, monkeypatch):
    write_cifar10(tmp_path, monkeypatch)
    (tmp_path / "cifar-10-batches-py/data_batch_3").write_bytes(b"cos\nsystem\n")
    with pytest.raises(WorkbenchError, match=r"CIFAR-10 in .* damaged"):
        open_data(f"cifar10:{tmp_path}", size=32)


def test_cifar10_may_be_a_folder_of_files(photos, fill):
    fill(photos / "train/cat", 2), fill(photos / "test/cat", 1)
    source = describe(f"cifar10:{photos}")
    assert (source.train_images, source.val_images) == (2, 1)
    assert source.spec == f"cifar10:{photos}"
    assert source.mean == (0.4914, 0.4822, 0.4465)


def test_stl10_stands_upright(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.STL10, "_check_integrity", lambda _set: True)
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    planes = np.zeros((2, 3, 96, 96), np.uint8)
    planes[:, 0, :48] = 255  # stored column by column: the left half is red
    for part in ("train", "test"):
        planes[1, 2] = part == "test"
        (folder / f"{part}_X.bin").write_bytes(planes.tobytes())
        (folder / f"{part}_y.bin").write_bytes(bytes([1, 10]))
    data = open_data(f"stl10:{tmp_path}", size=96)
    assert (data.train.images[0, :, :48] == (255, 0, 0)).all()
    assert (data.train.images[0, :, 48:] == 0).all()
    assert [data.classes[label] for label in data.train.labels] == ["airplane", "truck"]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("family", "advice"),
    [
        ("cifar10", "cifar-10-python.tar.gz into"),
        ("mnist", "MNIST/raw"),
        ("stl10", "stl10_binary.tar.gz into"),
        ("caltech101", "101_ObjectCategories exists"),
        ("imagenette", "imagenette2-320.tgz into"),
    ],
)
def test_without_a_connection_it_says_what_to_put_where(tmp_path, family, advice):
    root = tmp_path / "nothing"
    with pytest.raises(WorkbenchError, match=f"not in .*nothing.*cannot be.*{advice}"):
        describe(f"{family}:{root}")
    assert not root.exists()


def test_a_download_comes_whole_and_once(tmp_path, monkeypatch):
    def fetch(mnist):
        (tmp_path / "mnist/fetched").touch(exist_ok=False)
        root = mnist.raw_folder.removesuffix("MNIST/raw")
        assert not (tmp_path / "mnist/MNIST").exists()  # nothing to see until it is whole
        write_mnist(type(tmp_path)(root))

    monkeypatch.setattr(datasets.MNIST, "download", fetch)
    for _ in range(2):
        assert describe(f"mnist:{tmp_path}/mnist").train_images == 6
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == ["MNIST", "fetched"]


def test_a_download_broken_off_leaves_nothing(tmp_path, monkeypatch):
    def fetch(mnist):
        write_mnist(type(tmp_path)(mnist.raw_folder.removesuffix("MNIST/raw")))
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets.MNIST, "download", fetch)
    with pytest.raises(KeyboardInterrupt):
        describe(f"mnist:{tmp_path}/mnist")
    assert not (tmp_path / "mnist").exists()
