"""Several processes train one network, and the result is that of one process."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.conftest import PATIENCE_S
from training.errors import WorkbenchError
from training.fit import fit
from training.ranks import Ranks
from training.runs import Run

DOCS = Path(__file__).parents[2] / "docs" / "training.md"
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
PLAIN = {"dropout": 0.0}  # each process draws the units it drops for its own images


def start(config):
    """`torchrun` for that run, as a process."""
    settings = {
        "run": config.run,
        "data": config.data,
        "image_size": config.image_size,
        "batch_size": config.batch_size,
        "epochs": config.epochs,
        "precision": config.precision,
        "statistics": config.statistics,
        "options": config.options,
    }
    path = Path(config.run).parent / "settings.yaml"
    path.write_text("\n".join(f"{name}: {value!r}" for name, value in settings.items()))
    command = ["-m", "--", "training", "fit", "--device=cpu", f"--config={path}"]
    return subprocess.Popen(
        [*TORCHRUN, "--standalone", "--nproc-per-node=2", *command],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_give_the_network_of_one(recipe, tmp_path):
    one = fit(recipe(run=str(tmp_path / "one"), precision="float32", options=PLAIN))
    config = recipe(run=str(tmp_path / "two"), precision="float32", options=PLAIN)
    process = start(config)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert output.count("epoch ") == 3  # one of them speaks
    two = Run.open(config.run)
    for name, weight in one.network(3).state_dict().items():
        torch.testing.assert_close(two.network(3).state_dict()[name], weight, msg=name)
    for column in ("train_loss", "train_top1", "val_loss", "val_top1", "val_top5", "lr"):
        ours, theirs = (run.metrics()[column].to_numpy() for run in (two, one))
        assert ours == pytest.approx(theirs, rel=1e-5), column


@pytest.mark.slow
def test_a_signal_to_torchrun_stops_all_processes_after_one_batch_and_the_run_goes_on(
    recipe, wait_until
):
    config = recipe(precision="float32", options=PLAIN, epochs=2000)
    process = start(config)
    metrics = Path(config.run) / "metrics.csv"

    def is_at_work() -> bool:
        assert process.poll() is None, process.communicate()[1]
        return metrics.exists() and len(metrics.read_text().splitlines()) >= 3

    wait_until(is_at_work)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    run = Run.open(config.run)
    assert run.status().state == "stopped"
    before = run.epochs[-1]
    assert before == run.metrics().epoch.iloc[-1]
    steps = iter([False] * 3 + [True])  # an epoch, and it stops

    def pause() -> None:
        if next(steps):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(config, resume=True, pause=pause)  # one process goes on where two stopped
    assert run.epochs[-1] == before + 1


def documented_lines():
    """The words that follow `torchrun` in the blocks of docs/training.md."""
    blocks = re.findall(r"^```bash\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line.partition("torchrun ")[2]) for line in lines if "torchrun " in line]


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("words", documented_lines(), ids=["one machine", "SLURM"])
def test_the_documented_line_trains_with_two_processes(words, recipe, tmp_path):
    small = recipe()
    shorter = {  # nothing but values: the words and their order are the documented ones
        "--nnodes": "1",
        "--nproc-per-node": "2",
        "--rdzv-endpoint": "localhost:0",
        "--rdzv-id": "a-test",
        "--model": "alexnet-small",
        "--data": small.data,
        "--batch_size": "8",
        "--run": str(tmp_path / "run"),
    }
    line = [shorter.get(flag, word) for flag, word in zip(["", *words], words, strict=False)]
    line = [word for word in line if word != "$RESUME"]  # empty in a first run
    more = ["--epochs=1", "--image-size=32", "--device=cpu", f"--options={small.options}"]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [*TORCHRUN, *line, *more, "--log", "none"],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PET_MASTER_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch ") == 1  # one process speaks
    assert Run.open(tmp_path / "run").epochs == [0, 1]
    assert Run.open(tmp_path / "run").config["training"]["batch_size"] == 8


def test_a_batch_too_small_to_share_is_refused_in_words(recipe):
    with pytest.raises(WorkbenchError, match="8 is too small for 5 processes"):
        fit(recipe(), ranks=Ranks(rank=0, count=5))
