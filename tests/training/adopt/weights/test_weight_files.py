"""A file that holds no weights is called what it is, with the way on."""

import io
import json
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save

from training.adopt.weights.weight_files import read_state_dict
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough


def array(value, **more) -> bytes:
    file = io.BytesIO()
    np.save(file, value, **more)
    return file.getvalue()


def archive(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in entries.items():
            packed.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


def tar(name: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        packed.addfile(tarfile.TarInfo(name))
    return file.getvalue()


FILES = {  # content, and what is said of it, whatever its name
    "page": (
        b"<!DOCTYPE html><title>Drive - Virus scan</title>",
        "a web page, “Drive - Virus scan”",
    ),
    "page with a mark": (b"\xef\xbb\xbf\n <html><body>Sign in</body>", "a web page.*browser"),
    "answer of a server": (b"<?xml?><Error><Code>AccessDenied</Code></Error>", "“AccessDenied”"),
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12345\n",
        "12,345 .*lfs",
    ),
    "annex": (b"/annex/objects/SHA256E-s1--2.pth\n", "git annex get"),
    "sentence": (b"Repository not found", "text, “Repository not found”"),
    "source": (b"import torch\n\nclass Net(torch.nn.Module):\n", "text, “import torch class Net"),
    "JSON": (json.dumps({"architectures": ["ResNet"]}).encode(), "JSON text"),
    "index": (json.dumps({"weight_map": {"a": "b"}}).encode(), "split into several files"),
    "npy": (array(np.zeros((3, 3))), r"NumPy file.*numpy\.save_file"),
    "npy of objects": (array({"conv1": [1]}, allow_pickle=True), "NumPy file"),
    "npz": (archive(conv1_dot_npy=b"", fc_dot_npy=b""), r"\.npz.*python -c .*save_file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), r"HDF5.*transpose\(3, 2, 0, 1\)"),
    "Keras": (archive(config_dot_json=b"", model_dot_weights_dot_h5=b""), "Keras"),
    "MATLAB": (b"MATLAB 5.0 MAT-file" + bytes(500), "MatConvNet"),
    "ONNX": (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0" + bytes(99), "ONNX.*initializer"),
    "TensorFlow's index": (bytes(range(60)) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "TensorFlow"),
    "TensorFlow's list": (b'model_checkpoint_path: "model.ckpt-1"\n', "TensorFlow"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3" + bytes(range(99)), "TensorFlow Lite"),
    "Lua": (struct.pack("<iii", 4, 1, 3) + b"V 1", "Lua Torch.*torchfile"),
    "JPEG": (b"\xff\xd8\xff\xe0" * 50, "JPEG picture"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG picture"),
    "PDF": (b"%PDF-1.7", "PDF"),
    "gzip": (b"\x1f\x8b\x08" + bytes(99), "gzip archive.*gunzip"),
    "zip": (archive(w_dot_pth=b"", notes_dot_txt=b""), "zip archive with w.pth, notes.txt"),
    "tar": (tar("w.pth"), r"tar archive with w\.pth.*tar -xf"),
    "old tar": (tar("storages")[:512] + tar("tensors")[:512] + tar("pickle"), r"torch before 0\.1"),
    "zeros": (bytes(5000), "zero bytes.*broke off"),
    "nothing": (b"", r"empty \(0 bytes\)"),
    "noise": (b"\xfe\xdc\xba\x98" * 20, r"begins with b'\\xfe"),
}


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize(("content", "said"), FILES.values(), ids=FILES.keys())
def test_a_file_of_another_kind_is_called_by_its_name(tmp_path, content, said, name):
    if content == FILES["noise"][0] and name.endswith(".safetensors"):
        said = "damaged or no safetensors file"
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WorkbenchError, match=rf"{name} (is|was) .*{said}") as refusal:
        read_state_dict(str(tmp_path / name))
    assert "run" not in str(refusal.value).replace("run `git", "").replace("Run `git", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("m.onnx", "ONNX"),
        ("model.ckpt.data-00000-of-00001", "TensorFlow"),
        ("saved_model.pb", "TensorFlow"),
        ("bvlc_alexnet.caffemodel", "Caffe"),
        ("yolov3.weights", "Darknet"),
        ("resnet18.pth.crdownload", "unfinished download"),
        ("resnet18.pth.part", "unfinished download"),
    ],
)
def test_where_bytes_say_nothing_the_name_does(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"\x0a\xfe\xdc\xba" * 50)
    with pytest.raises(WorkbenchError, match=f"{said}"):
        read_state_dict(str(tmp_path / name))


def test_a_folder_names_the_files_in_it(tmp_path):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "config.json").touch()
    with pytest.raises(WorkbenchError, match=r"is a folder.* such as model\.safetensors\."):
        read_state_dict(str(tmp_path))
    with pytest.raises(WorkbenchError, match="is no file"):
        read_state_dict(str(tmp_path / "nowhere.pth"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("saved_model.pb variables", "checkpoint of TensorFlow"),
        (".metadata __0_0.distcp", r"dcp_to_torch .* weights\.pth"),
        ("data data.pkl version", r"was unpacked.*zip -0 -r weights\.pth network"),
    ],
)
def test_a_folder_that_is_a_network_is_called_by_its_name(tmp_path, names, said):
    (tmp_path / "network").mkdir()
    for name in names.split():
        (tmp_path / "network" / name).touch()
    with pytest.raises(WorkbenchError, match=said):
        read_state_dict(str(tmp_path / "network"))


def header(content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(content) if length is None else length) + content


ONE = b'"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
SAFETENSORS = {
    "cut": (save({"w": torch.zeros(99)})[:-9], "damaged or cut short at"),
    "cut in its header": (save({"w": torch.zeros(99)})[:30], "header claims"),
    "header of 2^63": (header(b"{}", 2**63), "header claims 9,223,372,036,854,775,808 bytes"),
    "no JSON": (header(b'{"w": }') + bytes(9), "damaged or cut short"),
    "a name twice": (
        header(b"{" + b",".join([ONE, ONE]) + b"}") + bytes(1),
        "names a tensor twice",
    ),
    "no tensors": (header(b"{}"), "holds no tensors"),
    "other type": (
        header(b'{"w":{"dtype":"F3","shape":[1],"data_offsets":[0,1]}}') + bytes(1),
        "damaged or cut short",
    ),
    "hole": (
        header(b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}}') + bytes(6),
        "damaged or cut short",
    ),
}


@pytest.mark.parametrize(("content", "said"), SAFETENSORS.values(), ids=SAFETENSORS.keys())
def test_a_damaged_safetensors_file_is_refused_with_the_reason(tmp_path, content, said):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WorkbenchError, match=rf"w\.safetensors .*{said}"):
        read_state_dict(str(tmp_path / "w.safetensors"))


def test_a_title_cannot_speak_to_the_terminal(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"<html><title>\x1b[31mred\x07\n\nline</title>")
    with pytest.raises(WorkbenchError) as refusal:
        read_state_dict(str(tmp_path / "w.pth"))
    assert str(refusal.value).isprintable()


def test_an_archive_whose_entries_lie_on_one_another_is_refused(tmp_path):
    torch.save({"w": torch.zeros(300_000)}, tmp_path / "w.pth")
    with zipfile.ZipFile(tmp_path / "w.pth", "a") as packed:
        entry = packed.getinfo("w/data/0")
        for number in range(1, 20):
            again = zipfile.ZipInfo(f"w/data/{number}")
            again.file_size, again.compress_size = entry.file_size, entry.compress_size
            again.header_offset, again.CRC = entry.header_offset, entry.CRC
            packed.filelist.append(again)
        packed._didModify = True
    with pytest.raises(WorkbenchError, match=r"has 1,[\d,]+ bytes but unpacks to 24,"):
        read_state_dict(str(tmp_path / "w.pth"))
