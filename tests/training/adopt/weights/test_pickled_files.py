"""What torch.save and pickle wrote is read as torch reads it, and nothing in it is run."""

import argparse
import datetime
import enum
import functools
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import training
from training.adopt.weights.inert import Refused
from training.adopt.weights.survey import survey
from training.adopt.weights.weight_files import read_state_dict
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3)
        self.bn1 = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)
        self.register_buffer("passing", torch.ones(2), persistent=False)

    def forward(self, images):
        return self.fc(self.bn1(self.conv1(images)).relu().mean((2, 3)))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Net().eval()


def read(path: Path, where: str = "") -> dict[str, torch.Tensor]:
    tensors = read_state_dict(str(path)).dicts[where]
    return {name: stored.load() for name, stored in tensors.items()}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)


def pickled(content, path: Path, protocol: int) -> None:
    path.write_bytes(pickle.dumps(content, protocol=protocol))


WAYS = {
    "zip": torch.save,
    "before 1.6": functools.partial(torch.save, _use_new_zipfile_serialization=False),
    "pickle, protocol 2": functools.partial(pickled, protocol=2),
    "pickle, protocol 5": functools.partial(pickled, protocol=5),
}


@pytest.mark.parametrize("save", WAYS.values(), ids=WAYS.keys())
def test_tensors_are_those_that_were_saved(network, tmp_path, save):
    save(network.state_dict(), tmp_path / "w.pth")
    assert_same(read(tmp_path / "w.pth"), network.state_dict())


def test_views_types_and_shared_numbers_are_as_torch_reads_them(tmp_path):
    numbers = torch.arange(24.0)
    content = {
        "turned": numbers.view(4, 6).T,
        "slice": numbers.view(4, 6)[1:3, ::2],
        "repeated": numbers[:1].expand(3, 5),
        "last": nn.Parameter(numbers.view(2, 3, 2, 2).to(memory_format=torch.channels_last)),
        **{str(kind): numbers[:3].to(kind) for kind in (torch.bfloat16, torch.float64, torch.int8)},
        "flags": numbers > 3,
        "none": torch.empty(0, 4),
        "one": torch.tensor(7),
    }
    torch.save(content, tmp_path / "w.pth")
    oracle = torch.load(tmp_path / "w.pth", weights_only=True)
    assert_same(read(tmp_path / "w.pth"), oracle)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_are_tensors_in_whatever_order_they_lie(tmp_path, protocol):
    arrays = {
        "plain": np.arange(6, dtype=np.float32).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
    }
    pickled(arrays, tmp_path / "w.pkl", protocol)
    for name, value in read(tmp_path / "w.pkl").items():
        np.testing.assert_array_equal(value.numpy(), arrays[name])


@pytest.mark.parametrize("wrap", [lambda net: net, nn.DataParallel])
def test_a_whole_network_gives_its_state_dict_and_says_so(network, tmp_path, wrap):
    whole = wrap(network)
    torch.save(whole, tmp_path / "w.pth")
    assert_same(read(tmp_path / "w.pth"), whole.state_dict())
    (told,) = read_state_dict(str(tmp_path / "w.pth")).told
    assert "none of its code was run" in told


def test_a_network_in_torchscript_gives_its_state_dict(tmp_path):
    with pytest.warns(FutureWarning):
        torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))).save(
            tmp_path / "w.pt"
        )
    with pytest.warns(FutureWarning):
        expected = dict(torch.jit.load(tmp_path / "w.pt").state_dict())
    found = read(tmp_path / "w.pt")
    assert {name: value.tolist() for name, value in found.items()} == {
        name: value.tolist() for name, value in expected.items()
    }


class Phase(enum.Enum):
    TRAIN = 1


@dataclass
class Settings:
    lr: float


BESIDE = {
    "namespace": argparse.Namespace(lr=0.1, where=Path("runs")),
    "numpy": {"best": np.float64(0.9), "rng": np.random.RandomState(0)},
    "enum": [Phase.TRAIN, datetime.datetime(2020, 1, 1)],
    "settings": (Settings(0.1), functools.partial(Settings, 0.1)),
    "counts": defaultdict(list, a=[1]),
    "device": (torch.device("cpu"), torch.float32, torch.Size([2])),
    "set": {1, 2},
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE.keys())
def test_what_lies_beside_the_weights_is_no_hindrance(network, tmp_path, beside):
    torch.save({"model": network.state_dict(), "beside": beside}, tmp_path / "w.pth")
    assert_same(read(tmp_path / "w.pth", "model"), network.state_dict())


class Calls:
    def __init__(self, function, *given):
        self.how = function, given

    def __reduce__(self):
        return self.how

    def __call__(self):
        """What has been got may be called in turn."""


CODE = {
    "print": Calls(print, "ran"),
    "eval": Calls(eval, "print('ran')"),
    "system": Calls(os.system, "echo ran"),
    "popen": Calls(subprocess.Popen, ["echo", "ran"]),
    "getattr": Calls(Calls(getattr, "ran", "upper")),
    "import": Calls(__import__, "antigravity"),
    "load": Calls(torch.load, "other.pth"),
    "numpy": Calls(np.load, "other.npy"),
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE.keys())
@pytest.mark.parametrize("wrap", [lambda code: code, lambda code: {"args": [Settings(code)]}])
def test_code_is_refused_by_name_and_not_run(tmp_path, capfd, code, wrap):
    pickled({"conv1.weight": torch.zeros(1), "x": wrap(code)}, tmp_path / "w.pkl", 2)
    before = set(sys.modules)
    with pytest.raises(Refused) as refusal:
        survey(str(tmp_path / "w.pkl"), 0, 0)
    assert refusal.value.kind == "calls"
    assert getattr(code.how[0], "__name__", "getattr") in str(refusal.value)
    assert "ran" not in capfd.readouterr().out
    assert "antigravity" not in set(sys.modules) - before


def test_the_refusal_of_code_says_what_it_would_have_run(tmp_path):
    torch.save({"w": Calls(os.system, "echo ran")}, tmp_path / "w.pth")
    with pytest.raises(WorkbenchError, match=r"asks to run (posix|nt|os)\.system .*refused"):
        read_state_dict(str(tmp_path / "w.pth"))


@pytest.mark.parametrize("save", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("share", [0.3, 0.999])
def test_half_a_file_is_cut_short_wherever_it_ends(network, tmp_path, save, share):
    save(network.state_dict(), tmp_path / "w.pth")
    whole = (tmp_path / "w.pth").read_bytes()
    (tmp_path / "w.pth").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(WorkbenchError, match=r"w\.pth is cut short or damaged: after [\d,]+ bytes"):
        read_state_dict(str(tmp_path / "w.pth"))


@pytest.mark.parametrize(("part", "at"), [("data/0", 200), ("data/2", 5), ("data.pkl", 90)])
def test_a_flipped_bit_in_weights_or_names_is_noticed(network, tmp_path, part, at):
    torch.save(network.state_dict(), tmp_path / "w.pth")
    whole = bytearray((tmp_path / "w.pth").read_bytes())
    with zipfile.ZipFile(tmp_path / "w.pth") as archive:
        entry = archive.getinfo(f"w/{part}")
    name, more = struct.unpack_from("<HH", whole, entry.header_offset + 26)
    whole[entry.header_offset + 30 + name + more + at % entry.file_size] ^= 1
    (tmp_path / "w.pth").write_bytes(whole)
    with pytest.raises(WorkbenchError, match=rf"checksum of w/{part} does not match"):
        read(tmp_path / "w.pth")


MUTATIONS = """
import random, sys
from pathlib import Path
root, *files = sys.argv[1:]
sys.path.insert(0, root)
from training.adopt.weights.survey import answer, limit
limit(60, 512)
chance, target = random.Random(0), Path(files[0]).with_name("mutated.pth")
for way in range(400):
    whole = bytearray(Path(files[way % len(files)]).read_bytes())
    at = chance.randrange(len(whole))
    whole[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    target.write_bytes(whole)
    words, _arrays = answer(str(target), 0, 0)
    print(words.get("refused", "read"))
"""


def test_a_mutated_pickle_is_refused_or_read_and_nothing_else(network, tmp_path):
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    files = [tmp_path / f"{protocol}.pkl" for protocol in range(6)]
    for protocol, file in enumerate(files):
        pickled(arrays, file, protocol)
    WAYS["before 1.6"](network.state_dict(), files[0])
    root = Path(training.__file__).parents[1]
    command = [sys.executable, "-I", "-S", "-c", MUTATIONS, root, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kinds = {"read", "calls", "cut short", "pickle", "big-endian", "memory", "nested", "damaged"}
    assert len(done.stdout.splitlines()) == 400
    assert {"read", "damaged"} < set(done.stdout.splitlines()) <= kinds


def test_repeated_numbers_take_no_memory_until_they_are_needed(tmp_path):
    torch.save({"fc.weight": torch.zeros(1).expand(100_000, 100_000)}, tmp_path / "w.pth")
    assert (tmp_path / "w.pth").stat().st_size < 100_000
    stored = read_state_dict(str(tmp_path / "w.pth")).dicts[""]["fc.weight"]
    assert stored.shape == (100_000, 100_000)
    assert stored.load().untyped_storage().nbytes() == 4


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tmp_path):
    class Beyond:
        def __reduce__(self):
            storage = torch.zeros(4).untyped_storage()
            given = (storage, 0, (1000,), (1,), False, OrderedDict(), torch.float32)
            return torch._utils._rebuild_tensor_v3, given

    torch.save({"w": Beyond()}, tmp_path / "w.pth")
    with pytest.raises(WorkbenchError, match="w reaches beyond what is stored of it"):
        read(tmp_path / "w.pth")


def laughs() -> bytes:
    """A list of ten of a list of ten … which no walk comes to the end of."""
    content: list[object] = [{}]
    for _ in range(30):
        content = [content] * 10
    return pickle.dumps(content)


MONSTERS = {
    "brackets": (b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".", "more than is walked"),
    "laughs": (laughs(), "more than is walked"),
    "memo": (b"\x80\x02Nr" + struct.pack("<I", 2**31) + b".", "more than 512 MB"),
    "long": (b"\x80\x02\x8b" + struct.pack("<i", 2**30) + b"1", "cut short"),
}


@pytest.mark.parametrize(("content", "lesson"), MONSTERS.values(), ids=MONSTERS.keys())
def test_a_monstrous_pickle_is_refused_within_limits(tmp_path, content, lesson):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(WorkbenchError, match=lesson):
        read_state_dict(str(tmp_path / "w.pth"))


@pytest.mark.parametrize("lay", [torch.Tensor.to_sparse, lambda x: x.to(torch.complex64)])
def test_numbers_of_another_sort_are_named(tmp_path, lay):
    torch.save({"w": lay(torch.eye(2)), "bias": torch.ones(2)}, tmp_path / "w.pth")
    assert read_state_dict(str(tmp_path / "w.pth")).dicts[""]["w"].shape == (2, 2)
    with pytest.raises(WorkbenchError, match=r"w is of type (sparse|ComplexFloat).*as float32"):
        read(tmp_path / "w.pth")


def test_names_beside_their_tensors_are_names(network, tmp_path):
    torch.save(list(network.state_dict().items()), tmp_path / "w.pth")
    assert_same(read(tmp_path / "w.pth"), network.state_dict())


def test_tensors_without_names_are_refused_in_words(network, tmp_path):
    torch.save(list(network.state_dict().values()), tmp_path / "w.pth")
    with pytest.raises(WorkbenchError, match="9 tensors in a list, without names"):
        read_state_dict(str(tmp_path / "w.pth"))
    torch.save({"epoch": 3, "args": argparse.Namespace()}, tmp_path / "w.pth")
    with pytest.raises(WorkbenchError, match=r"holds no tensors; it holds argparse\.Namespace"):
        read_state_dict(str(tmp_path / "w.pth"))
