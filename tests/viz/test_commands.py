import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from training.layer_table import append_rows
from training.metrics import METRICS
from training.runs import Run
from training.status import read_status
from viz import answer
from viz.attribution import METHODS
from viz.cli import PLAIN, commands, main
from viz.deconvnet import project
from viz.filters import first_layer
from viz.network.choices import class_index
from viz.occlusion import OcclusionQuery
from viz.occlusion import query as occlusion_query
from viz.store.export import PROVENANCE, picture_bytes
from viz.top_patches import TopPatchesQuery

SHAPES = {
    "architecture": {
        **dict.fromkeys(("name", "kind", "parameters", "macs"), (22,)),
        **dict.fromkeys(("receptive_field", "stride", "start"), (22,)),
        "output": (22, 3),
    },
    "filters": {
        **{"weight": (6, 3, 7, 7), "drawn": (6, 7, 7, 3), "channel": (6,), "norm": (6,)},
        **dict.fromkeys(("layer", "low", "high"), ()),
    },
    "film": {
        **{"weight": (3, 6, 3, 7, 7), "drawn": (3, 6, 7, 7, 3), "epoch": (3,)},
        **dict.fromkeys(("layer", "high"), ()),
    },
    "top-patches": {
        **dict.fromkeys(("score", "image", "row", "col", "label"), (6, 9)),
        "class_name": (4,),
        "layer": (),
        "channel": (6,),
    },
    "occlusion": {
        **dict.fromkeys(("probability", "predicted", "activation"), (23, 23)),
        **{"probabilities": (23, 23, 4), "whole": (4,), "class_name": (4,)},
        **dict.fromkeys(("whole_activation", "label", "channel", "layer"), ()),
        **dict.fromkeys(("window", "stride"), ()),
    },
    "attribution": {
        **dict.fromkeys(map(str, METHODS), (32, 32)),
        **{"label": (), "class_name": (4,), "whole": (4,)},
    },
    "retrieval": {
        **dict.fromkeys(("image", "distance", "label", "file_name"), (12,)),
        **{"class_name": (4,), "layer": ()},
    },
    "mistakes": {
        **dict.fromkeys(("index", "label", "truth", "file_name"), (8,)),
        "class_name": (4,),
        **dict.fromkeys(("guess", "probability"), (8, 4)),
    },
    "confusion": {
        "confusion": (4, 4),
        "class_name": (4,),
        **dict.fromkeys(("images", "top1", "top5"), ()),
    },
}


def look(view: str, run: Run, *flags: object) -> int:
    return main([view, str(run.path), *map(str, flags)])


@pytest.mark.parametrize("view", SHAPES)
def test_arrays_have_their_names_and_shapes(view: str, run: Run, tmp_path: Path):
    out = tmp_path / "arrays.npz"
    assert look(view, run, "--out", out) == 0
    with np.load(out, allow_pickle=False) as file:
        found = {name: file[name].shape for name in file.files if name != PROVENANCE}
        assert found == SHAPES[view]


def test_the_sanity_checks_of_a_map_are_written_under_their_old_name_too(run: Run, tmp_path: Path):
    flags = ["--method", "gradient", "--of", "trust", "--label", "green", "--out"]
    assert look("attribution", run, *flags, tmp_path / "trust.png") == 0
    assert look("attribution", run, *flags, tmp_path / "trust.npz") == 0
    with np.load(tmp_path / "trust.npz", allow_pickle=False) as file:
        assert file["down_to"].tolist()[0] == "fc8"
        assert file["maps"].shape == (9, 32, 32)
        assert file["random_deleted"].shape == (5, 33)


VIEWS = [*commands(), *PLAIN]
NO_PICTURE = ("provenance", "report", "self-check")
# these need more than an untrained run
OTHERS = ("comparison", "correspondence", "curves")
OF_UNTRAINED = [name for name in VIEWS if name not in (*OTHERS, *NO_PICTURE)]


@pytest.mark.parametrize("view", OF_UNTRAINED)
def test_every_view_draws_a_picture_and_leaves_nothing_beside_it(view, run: Run, tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    assert look(view, run, "--out", folder / "view.png") == 0
    assert [path.name for path in folder.iterdir()] == ["view.png"]
    with Image.open(folder / "view.png") as picture:
        assert picture.format == "PNG"


def test_the_last_epoch_is_the_default(run: Run, tmp_path: Path):
    look("filters", run, "--scale", "shared", "--out", tmp_path / "a.npz")
    look("filters", run, "--epoch", 0, "--scale", "shared", "--out", tmp_path / "b.npz")
    for name, epoch in (("a", 2), ("b", 0)):
        truth = first_layer(run.weight(epoch, "conv1.weight")).tiles
        with np.load(tmp_path / f"{name}.npz") as file:
            assert np.array_equal(file["drawn"], truth)


def test_the_film_plays_every_epoch(run: Run, tmp_path: Path):
    look("film", run, "--out", tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]


def test_a_picture_file_and_the_same_validation_image_give_the_same(run: Run, tmp_path: Path):
    Image.fromarray(run.data().val.images[5]).save(tmp_path / "five.png")
    for source in (5, tmp_path / "five.png"):
        out = tmp_path / f"{Path(str(source)).stem}.npz"
        look("occlusion", run, "--image", source, "--label", "green", "--out", out)
    with np.load(tmp_path / "5.npz") as one, np.load(tmp_path / "five.npz") as other:
        assert np.array_equal(one["probability"], other["probability"])
    assert len(list(run.derived.glob("occlusion-*"))) == 1


def test_several_images_give_one_sheet_and_share_what_is_kept(run: Run, tmp_path: Path):
    Image.fromarray(run.data().val.images[5]).save(tmp_path / "five.png")
    sources = f"3,5,{tmp_path / 'five.png'}"
    flags = ["--image", sources, "--stride", 8, "--out"]
    assert look("occlusion", run, *flags, tmp_path / "sheet.png") == 0
    assert look("occlusion", run, *flags, tmp_path / "sheet.npz") == 0
    assert len(list(run.derived.glob("occlusion-*"))) == 2
    with np.load(tmp_path / "sheet.npz") as file:
        assert file["probability"].shape == (3, 3, 3)
        assert np.array_equal(file["predicted"][1], file["predicted"][2])
    with Image.open(tmp_path / "sheet.png") as picture:
        made = json.loads(picture.info["Description"])
    labels = run.data().val.labels
    assert made["label"][:2] == [run.classes[labels[3]], run.classes[labels[5]]]  # the true ones


def test_the_tracked_layer_and_the_fill_are_chosen(run: Run, tmp_path: Path):
    flags = ["--stride", 8, "--layer", "pool1", "--fill", "blur", "--label", "green", "--out"]
    assert look("occlusion", run, *flags, tmp_path / "a.npz") == 0
    [found] = answer(OcclusionQuery(str(run.path), 2, stride=8, fill="blur"))
    with np.load(tmp_path / "a.npz") as file:
        assert np.array_equal(file["activation"], found.tracked("pool1").activation)
        green = found.probability[..., run.classes.index("green")]
        assert np.array_equal(file["probability"], green)


OF_TWO: dict[str, tuple[Any, ...]] = {
    "occlusion": (
        ["--stride", 8, "--label", "green"],
        "second_probability",
        "probability",
        "difference",
    ),
    "attribution": (
        ["--method", "gradient", "--label", "green"],
        "second_gradient",
        "gradient",
        "difference_gradient",
    ),
}


@pytest.mark.parametrize("view", OF_TWO)
def test_an_epoch_beside_itself_has_no_difference_and_another_has(view, run: Run, tmp_path: Path):
    given, second, first, difference = OF_TWO[view]
    flags = [*given, "--beside", run.path]
    largest = []
    for epoch in (2, 0):
        out = tmp_path / f"{epoch}.npz"
        assert look(view, run, *flags, "--beside_epoch", epoch, "--out", out) == 0
        with np.load(out, allow_pickle=False) as file:
            assert np.array_equal(file[difference], file[second] - file[first])
            largest.append(np.abs(file[difference]).max())
    assert largest[0] == 0
    assert largest[1] > 0
    assert look(view, run, *flags, "--out", tmp_path / "pair.png") == 0
    with Image.open(tmp_path / "pair.png") as picture:
        made = json.loads(picture.info["Description"])
        assert made.get("compare_with", made.get("beside")) == "untrained, epoch 2"


def test_the_same_channels_of_two_epochs_are_drawn_and_kept(run: Run, tmp_path: Path):
    flags = ["--layer", "conv2", "--channels", "3,1", "--beside", run.path, "--beside_epoch", 0]
    for kind in ("npz", "png"):
        assert look("top-patches", run, *flags, "--out", tmp_path / f"pair.{kind}") == 0
    with np.load(tmp_path / "pair.npz", allow_pickle=False) as file:
        for prefix, epoch in (("", 2), ("second_", 0)):
            asked = TopPatchesQuery(str(run.path), epoch, ("conv2",))
            top = answer(asked, cached_only=True)["conv2"]
            assert np.array_equal(file[f"{prefix}score"], top.score)
    with Image.open(tmp_path / "pair.png") as picture:
        made = json.loads(picture.info["Description"])
    assert (made["channels"], made["compare_with"]) == ([3, 1], "untrained, epoch 0")


def test_a_unit_is_projected_from_where_it_is_asked(run: Run, tmp_path: Path):
    flags = ["--image", 2, "--layer", "conv3", "--channel", 4, "--row", 1, "--col", 2]
    look("deconvnet", run, *flags, "--out", tmp_path / "unit.npz")
    images = run.preprocess.from_uint8(run.data().val.images[2:3])
    unit = torch.tensor([[1, 2]])
    truth = project(run.network(2), images, "conv3", torch.tensor([4]), units=unit)[0]
    with np.load(tmp_path / "unit.npz") as file:
        assert np.allclose(file["projection"], truth)


def test_without_a_file_the_result_is_only_kept(run: Run, capsys):
    assert look("top-patches", run, "--layer", "all") == 0
    assert len(list(run.derived.glob("top-patches-*.npz"))) == 5
    assert capsys.readouterr().out == ""


def test_progress_is_there_for_other_programs_to_read(run: Run, tmp_path: Path):
    assert look("top-patches", run, "--progress", tmp_path / "status.json") == 0
    status = read_status(tmp_path / "status.json")
    assert status is not None
    assert (status.state, status.done, status.total) == ("finished", 16, 16)


def test_a_failure_is_told_to_other_programs_too(run: Run, tmp_path: Path):
    flags = ["--window", 99, "--progress", tmp_path / "status.json"]
    assert look("occlusion", run, *flags) == 2
    status = read_status(tmp_path / "status.json")
    assert status is not None
    assert status.state == "failed"
    assert "99 px" in status.message


def test_a_class_goes_by_name_or_number():
    assert class_index(("cat", "7", "dog"), "dog") == 2
    assert class_index(("cat", "7", "dog"), "7") == 1  # a name before a number
    assert class_index(("cat", "7", "dog"), "0") == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["filters", "RUN", "--epoch", "9"], "untrained has no epoch 9. It has 0 to 2."),
        (["filters", "RUN", "--out", "x.jpg"], ".png, .svg, .pdf, .npz"),
        (["filters", "RUN", "--out", "nowhere/x.png"], "no folder nowhere"),
        (["filters", "nowhere"], "does not exist"),
        (["feature-maps", "RUN", "--layer", "conv9"], "conv1, relu1"),
        (["feature-maps", "RUN", "--image", "99"], "from 0 to 15"),
        (["feature-maps", "RUN", "--image", "gone.png"], "gone.png"),
        (["top-patches", "RUN", "--layer", "all", "--out", "x.npz"], "holds one layer"),
        (["top-patches", "RUN", "--channels", "1,b"], "like 3,17"),
        (["top-patches", "RUN", "--channels", "6"], "conv5 has channels 0 to 5, not 6"),
        (["deconvnet", "RUN", "--row", "3"], "both --row and --col"),
        (["deconvnet", "RUN", "--channel", "77"], "channels 0 to 5, not 77"),
        (["occlusion", "RUN", "--label", "purple"], "no class 'purple'"),
        (["attribution", "RUN", "--of", "trust"], "--of trust takes one --method"),
        (["occlusion", "RUN", "--fill", "gray"], "grey, mean, blur, noise, or a number"),
        (["occlusion", "RUN", "--layer", "fc7"], "fc7 has no maps to track"),
        (["occlusion", "RUN", "--image", "1,x.png"], "x.png"),
        (["occlusion", "RUN", "--image", "1,2", "--beside", "RUN"], "compared on one image"),
        (["occlusion", "RUN", "--beside", "RUN", "--beside_epoch", "9"], "has no epoch 9"),
        (["occlusion", "RUN", "--stride", "0"], "--stride must be at least 1"),
        (["retrieval", "RUN", "--k", "0"], "--k must be at least 1"),
        (["mistakes", "RUN", "--k", "65"], "--k must be from 1 to 64"),
        (["evolution", "RUN", "--epochs", "0,7"], "no epoch 7"),
        (["evolution", "RUN", "--channels", "123"], "conv5 has channels 0 to 5, not 123"),
    ],
)
def test_what_the_user_can_mend_is_one_line(flags, words, run: Run, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(run.path) if flag == "RUN" else flag for flag in flags]) == 2
    said = capsys.readouterr().err
    assert said.startswith("filterscope: ")
    assert said.count("\n") == 1
    assert words in said


def test_an_unknown_kind_of_file_is_refused_before_any_work(run: Run, tmp_path: Path):
    assert look("occlusion", run, "--out", tmp_path / "heat.bmp") == 2
    assert not run.derived.exists()


def test_ctrl_c_leaves_no_file_behind(run: Run, tmp_path: Path, monkeypatch):
    def stop(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(occlusion_query, "scan", stop)
    folder = tmp_path / "pictures"
    folder.mkdir()
    progress = tmp_path / "status.json"
    assert look("occlusion", run, "--out", folder / "a.png", "--progress", progress) == 130
    assert list(folder.iterdir()) == []
    status = read_status(progress)
    assert status is not None
    assert status.state == "stopped"


def test_the_same_picture_gives_the_same_file():
    from matplotlib.figure import Figure

    made = {"view": "filters", "run": "demo", "epoch": 3}
    for kind in ("png", "pdf"):
        assert picture_bytes(Figure(), kind, made) == picture_bytes(Figure(), kind, made)


@pytest.mark.parametrize("view", VIEWS)
def test_help_speaks_of_flags_and_not_of_types(view, capsys):
    with pytest.raises(SystemExit):
        main([view, "--help"])
    text = capsys.readouterr().out
    assert ("--out" in text) == (view != "provenance")
    assert "type:" not in text
    assert "null" not in text


def test_curves_of_a_run_and_of_its_layers_are_written(run: Run, tmp_path: Path):
    columns = ",".join(METRICS)
    (run.path / "metrics.csv").write_text(f"{columns}\n1,2,0.2,2.1,0.2,0.5,0.1,4,900\n")
    rows = [{"epoch": 1, "layer": "conv1", "update_ratio": 0.5}, {"epoch": 1, "layer": "relu1"}]
    append_rows(run.path / "layers.csv", rows)
    for flags, key in (((), "val_loss"), (("--of", "layers"), "update_ratio")):
        assert look("curves", run, *flags, "--out", tmp_path / "curves.svg") == 0
        assert look("curves", run, *flags, "--out", tmp_path / "curves.npz") == 0
        with np.load(tmp_path / "curves.npz", allow_pickle=False) as file:
            assert key in file.files
            assert json.loads(str(file[PROVENANCE]))["trained"] == 1
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")


def test_curves_of_a_run_that_has_none_are_refused_in_words(run: Run, tmp_path: Path, capsys):
    assert look("curves", run, "--out", tmp_path / "curves.svg") == 2
    assert "no epoch yet" in capsys.readouterr().err


def test_parts_of_a_table_are_hidden_in_validation_images_and_files(run: Run, tmp_path: Path):
    Image.fromarray(run.data().val.images[5]).save(tmp_path / "five.png")
    table = "image,part,left,top,right,bottom\n3,eye,2,2,9,9\n{},eye,20,20,28,27\n"
    for name, source in (("number", 5), ("file", "five.png")):
        (tmp_path / "parts.csv").write_text(table.format(source))
        flags = ["--parts", tmp_path / "parts.csv", "--draws", 2, "--layers", "conv5,fc7"]
        for kind in ("npz", "png"):
            assert look("correspondence", run, *flags, "--out", tmp_path / f"{name}.{kind}") == 0
    with np.load(tmp_path / "number.npz") as one, np.load(tmp_path / "file.npz") as other:
        assert one["difference"].shape == (2, 1, 3)
        assert np.array_equal(one["difference"], other["difference"])
    assert len(list(run.derived.glob("correspondence-*"))) == 1


def test_boxes_of_objects_have_halves_too(run: Run, tmp_path: Path):
    flags = ["--images", "0,4,8", "--draws", 2, "--out", tmp_path / "objects.npz"]
    assert look("correspondence", run, *flags) == 0
    with np.load(tmp_path / "objects.npz") as arrays:
        assert arrays["parts"].tolist() == [
            "object",
            "upper half",
            "lower half",
            "left half",
            "right half",
        ]
        assert arrays["images"].tolist() == [3] * 5


def test_without_places_of_objects_marked_parts_are_asked_for(run: Run, tmp_path: Path, capsys):
    (tmp_path / "album/boxes.csv").unlink()
    assert look("correspondence", run) == 2
    assert "does not say where the objects are" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--parts", "gone.csv"], "Cannot read the table of parts gone.csv"),
        (["--parts", "parts.csv", "--images", "1,2"], "--images goes with --parts object"),
    ],
)
def test_parts_that_are_not_there_are_told(run: Run, capsys, flags, reason):
    assert look("correspondence", run, *flags) == 2
    assert reason in capsys.readouterr().err
