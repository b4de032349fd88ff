"""What a run leaves behind about its layers, and what it says while it trains."""

from contextlib import suppress
from pathlib import Path

import pytest

from training.__main__ import main
from training.errors import WorkbenchError
from training.fit import fit
from training.layer_table import COLUMNS, append_rows, cut_rows, read_rows
from training.runs import Run

LAYERS = [f"conv{number}" for number in range(1, 6)] + ["fc6", "fc7", "fc8"]
RECTIFIED = [f"relu{number}" for number in range(1, 8)]


def stop_at_step(number):
    steps = iter(range(100))

    def pause() -> None:
        if next(steps) == number:
            raise KeyboardInterrupt

    return pause


def test_every_epoch_has_a_row_for_each_layer(recipe):
    table = fit(recipe(epochs=2)).layers()
    assert tuple(table.columns) == COLUMNS
    for _epoch, rows in table.groupby("epoch"):
        with_weights = rows.dropna(subset=["update_ratio"])
        assert with_weights.layer.tolist() == LAYERS
        assert with_weights.dead.isna().all()
        rectified = rows.dropna(subset=["dead"])
        assert rectified.layer.tolist() == RECTIFIED
        assert rectified.dead.between(0, 1).all()
        ratios = with_weights.update_norm / with_weights.weight_norm
        assert with_weights.update_ratio.to_numpy() == pytest.approx(ratios.to_numpy(), rel=0.05)
    assert table.epoch.unique().tolist() == [1, 2]


def test_a_resumed_run_has_the_same_table_as_an_uninterrupted_one(recipe, tmp_path):
    whole = fit(recipe(run=str(tmp_path / "whole")))
    halves = recipe(run=str(tmp_path / "halves"))
    with pytest.raises(KeyboardInterrupt):
        fit(halves, pause=stop_at_step(5))
    assert fit(halves, resume=True).layers().equals(whole.layers())


def test_rows_of_an_epoch_that_did_not_count_are_cut(tmp_path):
    path = tmp_path / "layers.csv"
    for epoch in (1, 2):
        append_rows(path, [{"epoch": epoch, "layer": "conv1", "update_ratio": 0.1}])
    with path.open("a") as file:
        file.write("3,conv1,1.0,0.")  # killed here
    assert read_rows(path).epoch.tolist() == [1, 2]
    cut_rows(path, 1)
    assert read_rows(path).epoch.tolist() == [1]
    append_rows(path, [{"epoch": 2, "layer": "conv1"}])
    assert read_rows(path).epoch.tolist() == [1, 2]
    assert path.read_text().count("epoch") == 1  # one header


def test_a_run_from_before_there_was_a_table_opens_and_goes_on(recipe):
    config = recipe()
    with pytest.raises(KeyboardInterrupt):
        fit(config, pause=stop_at_step(5))
    Path(config.run, "layers.csv").unlink()
    assert Run.open(config.run).layers().empty
    assert Run.open(config.run).advice() == ""
    assert fit(config, resume=True).layers().epoch.unique().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("lr", "words"), [(1e-7, "too low"), (0.02, None), (0.3, "too high")], ids=str
)
def test_a_wrong_rate_is_told_once_within_the_first_epoch(recipe, lr, words):
    said: list[str] = []
    heard_in_epoch: list[int] = []
    now = [0]

    def tell(advice: str) -> None:
        said.append(advice)
        heard_in_epoch.append(now[0])

    def count(epoch, _step) -> None:
        now[0] = epoch

    # two images a step, so that an epoch has enough of them
    config = recipe(epochs=2, batch_size=2, lr=lr, momentum=0.0, flip=False)
    with suppress(WorkbenchError):  # far too high a rate kills the network in the end
        fit(config, on_advice=tell, on_step=count)
    run = Run.open(config.run)
    assert run.advice() == "".join(said)
    if words is None:
        assert not said
    else:
        assert heard_in_epoch == [1]
        assert words in said[0]


def test_the_command_line_tells_it_on_stderr(recipe, capsys):
    config = recipe()
    names = ("run", "data", "image_size")
    flags = [f"--{name}={getattr(config, name)}" for name in names]
    rate = ["--lr=1e-7", "--batch_size=2", "--epochs=2", "--device=cpu"]
    options = '--options={"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}'
    assert main(["fit", *flags, *rate, options]) == 0
    assert capsys.readouterr().err.count("filterscope: The learning rate is too low") == 1


def scalars(run: Run):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run.path / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_tensorboard_reads_what_the_run_wrote(recipe):
    pytest.importorskip("tensorboard")
    run = fit(recipe(epochs=2, log="tensorboard"))
    logged, metrics = scalars(run), run.metrics()
    assert [step for step, _ in logged["loss/val"]] == [3, 6]  # three steps an epoch
    assert [value for _, value in logged["loss/val"]] == pytest.approx(metrics.val_loss.tolist())
    assert [value for _, value in logged["error/top1"]] == pytest.approx(
        (1 - metrics.val_top1).tolist()
    )
    assert [step for step, _ in logged["update_ratio/conv1"]] == [1, 2, 3, 4, 5, 6]
    assert {"loss/train", "error/top5", "lr", "images_per_s", "dead/relu1"} <= logged.keys()


def test_no_step_is_logged_twice_by_a_run_that_was_stopped(recipe):
    pytest.importorskip("tensorboard")
    config = recipe(log="tensorboard")
    saved = {}

    def keep_resume_file(row) -> None:
        saved[row["epoch"]] = Path(config.run, "resume.pt").read_bytes()

    fit(config, on_epoch=keep_resume_file)
    Path(config.run, "resume.pt").write_bytes(saved[1])  # as if killed before the second counted
    steps = [step for step, _ in scalars(fit(config, resume=True))["lr"]]
    assert steps == list(range(1, 10))


def test_a_log_may_be_asked_for_when_a_run_is_resumed(recipe):
    pytest.importorskip("tensorboard")
    with pytest.raises(KeyboardInterrupt):
        fit(recipe(), pause=stop_at_step(5))
    run = fit(recipe(log="tensorboard"), resume=True)
    assert [step for step, _ in scalars(run)["loss/val"]] == [6, 9]


def test_without_tensorboard_the_log_is_refused_before_anything_is_made(recipe, monkeypatch):
    monkeypatch.setattr("training.logs.find_spec", lambda _name: None)
    config = recipe(log="tensorboard")
    with pytest.raises(WorkbenchError, match="pip install tensorboard"):
        fit(config)
    assert not Path(config.run).exists()
