"""What a run is, in a few lines: network, data, training, errors."""

from __future__ import annotations

from contextlib import suppress

from training.outputs import SOFTMAX
from training.runs import Run
from viz.architecture import describe
from viz.store.lend import plan_of

Card = tuple[tuple[str, str], ...]


def card_of(run: Run, epoch: int) -> Card:
    """Names and values, in the order to be read; nothing says where files lie."""
    plan = plan_of(run)
    rows = describe(plan)
    parameters, macs = (sum(getattr(row, name) for row in rows) for name in ("parameters", "macs"))
    size = run.preprocess.size
    first = next(row for row in rows if row.name == plan.convolutions[0])
    lines = [
        ("Network", run.info.model),
        ("Size", f"{parameters:,} parameters, {macs:,} multiply-accumulates an image"),
        ("Input", f"{size}×{size} px"),
        *(
            [("Normalised by", f"mean and deviation of {of}")]
            if (of := run.info.colours_of)
            else []
        ),
        ("First layer", f"{first.output[0]} kernels, {first.kind}"),
        ("Data", f"{run.data_name}, {len(run.classes)} classes"),
        *([("Outputs", run.outputs.words)] if run.outputs is not SOFTMAX else []),
        ("Epoch shown", f"{epoch}, of {run.epochs[-1]} trained"),
        *_errors(run, epoch),
    ]
    with suppress(LookupError, TypeError, ValueError):  # anybody may have written the settings
        lines += _training(run)
    versions = run.info.versions
    revision = run.info.revision
    if versions:
        words = [
            f"{name} {versions[name]}" for name in ("filterscope", "torch") if name in versions
        ]
        lines.append(
            ("Trained with", ", ".join(words) + (f", revision {revision}" if revision else ""))
        )
    return tuple(lines)


def _training(run: Run) -> list[tuple[str, str]]:
    training = run.info.training
    if not training:
        return []
    said = (
        f"{training['epochs']} epochs asked for, batches of {training['batch_size']}, "
        f"rate {training['lr']:g} ({training['schedule']}), "
        f"momentum {training['momentum']:g}, weight decay {training['weight_decay']:g}, "
        f"dropout {run.info.options.get('dropout', 0):g}, seed {training['seed']}, "
        f"{run.info.precision or 'float32'}"
    )
    return [("Training", said)]


def _errors(run: Run, epoch: int) -> list[tuple[str, str]]:
    metrics = run.metrics()
    found = metrics[metrics["epoch"] == epoch]
    if found.empty:
        return []
    row = found.iloc[-1]
    return [
        ("Validation error", f"top-1 {_error(row['val_top1'])}, top-5 {_error(row['val_top5'])}"),
        (
            "Training error",
            f"top-1 {_error(row['train_top1'])}, measured during training (running average)",
        ),
    ]


def _error(accuracy: float) -> str:
    return f"{100 * (1 - accuracy):.1f} %"
