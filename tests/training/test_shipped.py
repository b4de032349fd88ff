"""The finished run that comes with the package: small, unaltered, and what its tables say."""

import hashlib
import shutil

import pytest
import torch

from training import shipped
from training.checkpoints import CheckpointError, checkpoint_path, load_checkpoint
from training.evaluate import evaluate
from training.shipped import FOLDER, SUMS, make, unpack


def files():
    return [path for path in FOLDER.rglob("*") if path.is_file() and path.name != SUMS]


def test_every_file_is_the_one_that_was_packed():
    lines = (FOLDER / SUMS).read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files()
    }


def test_it_is_small():
    sizes = [path.stat().st_size for path in files()]
    assert sum(sizes) <= 2 * 10**6
    assert max(sizes) < 10**6


def test_it_opens_as_a_run_with_the_weights_that_are_shipped(tmp_path):
    run = unpack(tmp_path / shipped.NAME)
    assert run.epochs == list(make.EPOCHS)
    assert run.metrics().epoch.tolist() == list(range(1, 13))
    assert not run.layers().empty
    assert run.status().state == "finished"
    for epoch in (0, 12):
        packed = load_checkpoint(checkpoint_path(FOLDER, epoch))
        opened = run.network(epoch).state_dict()
        assert all(torch.equal(opened[name], half.float()) for name, half in packed.items())


def test_who_opens_it_twice_finds_what_is_there(tmp_path):
    run = unpack(tmp_path / shipped.NAME)
    times = [path.stat().st_mtime_ns for path in sorted(run.path.rglob("*"))]
    unpack(run.path)
    assert [path.stat().st_mtime_ns for path in sorted(run.path.rglob("*"))] == times


def test_weights_that_were_altered_are_refused(tmp_path, monkeypatch):
    altered = shutil.copytree(FOLDER, tmp_path / "shipped")
    path = checkpoint_path(altered, 12)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    monkeypatch.setattr(shipped, "FOLDER", altered)
    with pytest.raises(CheckpointError, match="altered"):
        unpack(tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()


def test_it_is_as_good_as_its_table_says(tmp_path):
    run = unpack(tmp_path / shipped.NAME)
    score = evaluate(run.network(12), run.data().val, run.preprocess)
    last = run.metrics().iloc[-1]
    assert score.top1 == pytest.approx(last.val_top1, abs=0.003)  # sums have other orders elsewhere
    assert score.loss == pytest.approx(last.val_loss, rel=0.02)
    assert score.top1 > 0.95
