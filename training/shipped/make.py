"""python -m training.shipped.make: train the run that ships with the package, and pack it.

The weights are rounded to half precision and measured again as they are shipped, so that the
tables say of them what a page would find.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from jsonargparse import auto_cli

from training.checkpoints import save_checkpoint
from training.config import FitConfig
from training.evaluate import evaluate
from training.fit import fit
from training.models import freeze
from training.runs import LAYERS, Run
from training.shipped import FOLDER, NAME, SUMS

EPOCHS = (0, 1, 2, 3, 4, 6, 8, 10, 12)  # whose weights are shipped
NETWORK = {"widths": [32, 32, 48, 48, 32], "hidden": [64, 64], "dropout": 0.1}
LARGEST = 2 * 10**6  # bytes of all of it


def make(folder: Path = FOLDER) -> None:
    """Train it and write what is shipped.

    Args:
        folder: To write it to; what lies there is replaced.
    """
    with tempfile.TemporaryDirectory() as place:
        run = fit(
            FitConfig(
                run=str(Path(place) / NAME),
                data="builtin",
                epochs=EPOCHS[-1],
                options=NETWORK,
                lr=0.03,
                precision="float32",
                device="cpu",
            )
        )
        pack(run, folder, EPOCHS)


def pack(run: Run, folder: Path, epochs: tuple[int, ...]) -> None:
    """Write some epochs of a run in half precision, its tables, and the sums of all files."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "checkpoints").mkdir(parents=True)
    metrics, val = run.metrics(), run.data().val
    for epoch in epochs:
        network = run.network(epoch)
        weights = {name: weight.half() for name, weight in network.state_dict().items()}
        save_checkpoint(folder, epoch, weights)
        network.load_state_dict({name: half.float() for name, half in weights.items()})
        score = evaluate(freeze(network), val, run.preprocess)
        found = {"val_loss": score.loss, "val_top1": score.top1, "val_top5": score.top5}
        metrics.loc[metrics["epoch"] == epoch, list(found)] = list(found.values())
    metrics.to_csv(folder / "metrics.csv", index=False)
    shutil.copy(run.path / LAYERS, folder)
    config = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    config["training"]["run"] = NAME
    (folder / "run.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    assert size <= LARGEST, f"{size:,} bytes are more than the {LARGEST:,} that may be shipped"
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    ]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    print(f"{folder}: {len(epochs)} epochs, {size:,} bytes, top-1 {score.top1:.1%}")


if __name__ == "__main__":
    auto_cli(make)
