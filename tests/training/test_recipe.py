"""A recipe is read, merged and checked before anything is trained."""

from pathlib import Path

import pytest
import yaml

from training.compare import compare
from training.errors import WorkbenchError
from training.measures import MEASURES, epochs_to, rank
from training.recipe import RecipeError, merged, read_recipe, shipped

PLAIN = {
    "title": "Two rates",
    "claim": "The higher rate learns faster.",
    "measure": "top1_error",
    "base": {"model": "alexnet-small", "options": {"lrn": [], "hidden": [64]}, "epochs": 5},
    "variants": {"slow": {"lr": 0.001}, "sigmoid": {"options": {"activation": "sigmoid"}}},
    "small": {"minutes": 5},
    "full": {"base": {"epochs": 90, "options": {"hidden": [512]}}, "seeds": [0, 1]},
}


@pytest.fixture
def file(tmp_path):
    def write(**changes) -> str:
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(PLAIN | changes))
        return str(path)

    return write


def test_a_variant_is_the_base_with_its_own_settings_over_it(file):
    recipe = read_recipe(file())
    assert recipe.variants["sigmoid"] == {
        "model": "alexnet-small",
        "epochs": 5,
        "options": {"lrn": [], "hidden": [64], "activation": "sigmoid"},
    }
    config = recipe.config("slow", 7, Path("runs/x"))
    assert (config.lr, config.seed, config.epochs) == (0.001, 7, 5)


def test_each_setting_changes_what_it_names_and_keeps_the_rest(file):
    full = read_recipe(file(), "full")
    assert full.seeds == (0, 1)
    assert full.variants["slow"]["epochs"] == 90
    assert full.variants["slow"]["options"] == {"lrn": [], "hidden": [512]}
    assert read_recipe(file()).minutes == 5


def test_nested_settings_are_merged_and_lists_replaced():
    below = {"options": {"lrn": [1, 2], "hidden": [64]}, "lr": 0.1}
    assert merged(below, {"options": {"lrn": []}}) == {
        "options": {"lrn": [], "hidden": [64]},
        "lr": 0.1,
    }
    assert below["options"]["lrn"] == [1, 2]


def test_data_given_by_the_command_take_the_place_of_the_recipes(file):
    assert read_recipe(file(), data="folder:elsewhere").data == ["folder:elsewhere"]


def test_the_threshold_ends_each_run(file):
    recipe = read_recipe(file(measure="epochs_to_train_error", until=0.25))
    assert recipe.config("slow", 0, Path("x")).stop_at_train_error == 0.25


def test_numbers_may_be_written_with_an_exponent(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(PLAIN).replace("lr: 0.001", "lr: 1e-3"))
    assert read_recipe(str(path)).variants["slow"]["lr"] == 0.001


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"varients": {}}, "unknown key 'varients'"),
        ({"full": {"bass": {}}}, "full: unknown key 'bass'"),
        ({"measure": "beauty"}, "unknown measure 'beauty'"),
        ({"measure": "epochs_to_train_error"}, "needs `until`"),
        ({"variants": {}}, "has no `variants`"),
        ({"variants": {"a": {"learning_rate": 1}}}, "variant a: 'learning_rate' is no setting"),
        ({"variants": {"a": {"seed": 1}}}, "'seed' is no setting"),
        ({"variants": {"a": {"epochs": 0}}}, "variant a: --epochs must be a whole number from 1"),
        (
            {"variants": {"a": {"epochs": "many"}}},
            "variant a: --epochs must be a whole number from 1",
        ),
        ({"variants": {"a": {"options": {"width": 3}}}}, "has no option 'width'"),
        ({"variants": {"a": {"image_size": 4}}}, "variant a: An image_size of 4 px is too small"),
        ({"variants": {"a": {"options": {"lrn": False}}}}, "variant a: lrn must be a list"),
        ({"variants": {"a": {"options": 3}}}, "variant a: --options must be names with values"),
        ({"variants": {"a": {"flip": "no"}}}, "variant a: --flip must be true or false"),
        ({"variants": ["a", "b"]}, "`variants` must be names with values"),
        ({"variants": {"a": 3}}, "`variants` must be names with values"),
        ({"base": "alexnet"}, "`base` must be names with values"),
        ({"also": "top5_error"}, "`also` must be a list"),
        ({"until": "low"}, "`until` must be a number from 0 to 1"),
        ({"small": {"minutes": "many"}}, "`minutes` must be a number"),
        ({"paper": 3}, "`paper` must be names with values"),
        ({"choose": {"epochs": "few"}}, "choose: `epochs` must be a whole number"),
        ({"choose": {"among": {"slow": {"lr": 1}}}}, "choose: `among` must be names with values"),
        ({"variants": {"../a": {}}}, "cannot name a variant"),
        ({"seeds": [0, 0]}, "`seeds` must be different"),
        ({"seeds": 3}, "`seeds` must be different"),
        ({"choose": {"among": {"fast": [{}]}}}, "unknown key 'fast'"),
        ({"choose": {"among": {"slow": [{"rate": 1}]}}}, "'rate' is no setting"),
        ({"paper": {"fast": "1 %"}}, "paper: unknown key 'fast'"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(file, changes, words):
    with pytest.raises(RecipeError) as refusal:
        read_recipe(file(**changes))
    assert words in str(refusal.value)


def test_a_file_that_is_no_recipe_is_refused(tmp_path):
    for text in ("just words", "a: [", "- 1"):
        (tmp_path / "recipe.yaml").write_text(text)
        with pytest.raises(RecipeError, match=r"recipe\.yaml"):
            read_recipe(str(tmp_path / "recipe.yaml"))


def test_an_unknown_name_teaches_the_shipped_ones():
    with pytest.raises(RecipeError, match="There is no recipe 'relu'"):
        read_recipe("relu")


def test_measures_by_hand():
    import pandas as pd

    metrics = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_top1": [0.5, 0.75, 0.9],
            "val_top1": [0.4, 0.7, 0.6],
            "val_top5": [0.8, 0.9, 0.95],
        }
    )

    def value(name: str) -> float:
        read = MEASURES[name].read
        assert read is not None
        return read(metrics, 0.25)

    assert value("top1_error") == pytest.approx(0.4)
    assert value("best_top1_error") == pytest.approx(0.3)
    assert value("top5_error") == pytest.approx(0.05)
    assert value("train_error") == pytest.approx(0.1)
    assert value("epochs_to_train_error") == 2
    assert epochs_to(metrics, 0.01) != epochs_to(metrics, 0.01)  # nan: never reached
    # neither reaches the threshold: the one that has learned more is ahead
    worse = metrics.assign(train_top1=[0.1, 0.2, 0.3])
    assert rank("epochs_to_train_error", metrics, 0.01) < rank("epochs_to_train_error", worse, 0.01)


@pytest.mark.parametrize("setting", ["small", "full"])
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_recipe_can_be_followed(name, setting):
    recipe = read_recipe(name, setting)  # builds every variant's settings and network
    assert recipe.paper
    assert len(recipe.data) == 1
    assert recipe.minutes
    if setting == "small":
        assert recipe.minutes <= 30


def test_the_recipes_of_the_papers_claims_are_all_there():
    assert shipped() == sorted(
        [
            "relu-vs-tanh",
            "response-norm",
            "overlapping-pooling",
            "dropout",
            "augmentation",
            "depth",
            "first-layer",
            "pooling",
            "ensemble",
            "lenet-mnist",
            "best-alexnet",
            "transfer",
        ]
    )


def test_another_run_to_start_from_keeps_the_epoch_that_a_variant_names():
    recipe = read_recipe("transfer", start="runs/mine@7")
    assert recipe.variants["scratch-5"]["start_from"] == "runs/mine@0"
    assert recipe.variants["all-5"]["start_from"] == "runs/mine@7"
    assert recipe.arguments[-2:] == ["--from", "runs/mine@7"]


def test_a_run_to_start_from_that_is_missing_is_told_before_anything_is_trained(tmp_path):
    recipe = read_recipe("transfer", data="builtin", start=str(tmp_path / "nowhere"))
    with pytest.raises(WorkbenchError, match="nowhere is not a run: it does not exist"):
        compare(recipe, tmp_path / "comparison")
    assert not (tmp_path / "comparison").exists()
