"""A run's numbers for other tools: TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import WorkbenchError
from training.monitor import Activity, Motion

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"  # in the run's own
PER_EPOCH = {
    "loss/train": lambda row: row["train_loss"],
    "loss/val": lambda row: row["val_loss"],
    "error/top1_train": lambda row: 1 - row["train_top1"],
    "error/top1": lambda row: 1 - row["val_top1"],
    "error/top5": lambda row: 1 - row["val_top5"],
    "images_per_s": lambda row: row["images_per_s"],
}


def check_log(kind: str) -> None:
    """Make sure that what writes the log is installed.

    Raises:
        WorkbenchError: If it is not.
    """
    if kind == "tensorboard" and find_spec("tensorboard") is None:
        raise WorkbenchError(
            "--log tensorboard needs the package tensorboard, which is not installed here. "
            "Install it (pip install tensorboard) or leave out --log."
        )


def open_log(kind: str, path: Path, step: int) -> Log:
    """The log of a run.

    Args:
        kind: none or tensorboard.
        path: Run folder.
        step: Steps taken so far; what was logged after them, before the run was stopped, is void.
    """
    return TensorBoardLog(path / FOLDER, step) if kind == "tensorboard" else Log()


class Log:
    """Writes nothing."""

    def write(
        self,
        row: Mapping[str, float],
        motion: Motion,
        seen: Activity,
        *,
        before: int,
        steps: int,
    ) -> None:
        """Add an epoch.

        Args:
            row: Its line of metrics.csv.
            motion: How the weights moved in it.
            seen: Which units are silent after it.
            before: Steps of the run before this epoch.
            steps: Steps of an epoch.
        """


class TensorBoardLog(Log):
    """Scalars over the steps of the run: the epochs' numbers at their last step.

    One count of steps serves all scalars, as TensorBoard forgets by step what a stopped run had
    logged beyond the point that it is resumed from.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: SummaryWriter = SummaryWriter(str(folder), purge_step=step + 1)

    def write(
        self,
        row: Mapping[str, float],
        motion: Motion,
        seen: Activity,
        *,
        before: int,
        steps: int,
    ) -> None:
        add = self._writer.add_scalar
        for number, step in enumerate(motion.step):
            at = before + int(step)
            add("lr", motion.lr[number], at)
            for place, layer in enumerate(motion.layers):
                add(f"update_ratio/{layer}", motion.ratio[number, place], at)
                add(f"update_norm/{layer}", motion.update[number, place], at)
                add(f"gradient_norm/{layer}", motion.gradient[number, place], at)
                add(f"weight_norm/{layer}", motion.weight[number, place], at)
        last = before + steps
        for tag, value in PER_EPOCH.items():
            add(tag, value(row), last)
        for layer, share in seen.dead.items():
            add(f"dead/{layer}", share, last)
        self._writer.flush()
