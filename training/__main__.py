"""python -m training fit | evaluate | import | compare | probe: train, score, adopt networks."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Literal

from jsonargparse import ActionConfigFile, Namespace, set_parsing_settings
from tqdm import tqdm

from training.command_help import Parser, PlainHelp
from training.config import FitConfig
from training.errors import WorkbenchError
from training.interrupt import Interruptible
from training.loop import Step
from training.memory import keep_freed_memory
from training.progress import Bar, Lines
from training.ranks import is_first, joined
from training.transfer import follow
from training.words import print_any_name


def parser() -> Parser:
    """The command line; flags of `fit` are the fields of `FitConfig`."""
    set_parsing_settings(docstring_parse_attribute_docstrings=True)  # fields explain the flags
    fit = Parser(description="Train a network; one checkpoint an epoch.")
    fit.add_argument("--config", action=ActionConfigFile, help="YAML file with these settings")
    fit.add_class_arguments(FitConfig, skip={"start_from"})
    fit.add_argument(
        "--start_from",
        "--from",
        type=str | None,
        default=None,
        help="run to start from, RUN or RUN@EPOCH, the last whole epoch if none is named: its "
        "network, options, image size and preprocessing, and all weights but the last layer's",
    )
    fit.add_argument(
        "--resume", action="store_true", help="go on with the run in --run, with its own settings"
    )

    adopt = Parser(
        description="Make a run with one epoch out of anybody's weights. With --model FILE.py:NAME "
        "the code in that file is run, once and now: give a file that you trust. The run itself "
        "holds no code."
    )
    adopt.add_argument(
        "file",
        type=str,
        help=".safetensors or .pth; torchvision:alexnet; "
        "or shallow:hog, sift, bow, llc, fisher, fitted to the training images of --data",
    )
    adopt.add_argument("--run", type=str, required=True, help="folder to write")
    adopt.add_argument(
        "--model",
        type=str,
        default="alexnet-onetower",
        help="a known network; torchvision:NAME; or FILE.py:NAME, a class or function of your own, "
        "whose file is run",
    )
    adopt.add_argument(
        "--classes",
        type=str | None,
        default=None,
        help="imagenet, data for the names of --data, a number, or a file of names; if not given, "
        "ImageNet's for 1,000 outputs, else class 0, class 1 and so on, as many as outputs",
    )
    adopt.add_argument("--data", type=str | None, default=None, help="data set to mine")
    adopt.add_argument(
        "--options", type=dict, default={}, help="the model's choices, or your class's arguments"
    )
    adopt.add_argument("--image_size", type=int | None, default=None, help="side of the input, px")
    adopt.add_argument(
        "--resize", type=int | None, default=None, help="side before the centre is cut out, px"
    )
    adopt.add_argument(
        "--mean",
        type=float | list[float] | None,
        default=None,
        help="what was subtracted from each channel, such as '[0.5, 0.5, 0.5]', in units of "
        "--range; 0 where that is given, else ImageNet's, which is told",
    )
    adopt.add_argument(
        "--std",
        type=float | list[float] | None,
        default=None,
        help="deviation that each channel was divided by, likewise; 1 or ImageNet's",
    )
    adopt.add_argument(
        "--range",
        type=str | None,
        default=None,
        help="value of white, or of black and white: 1, 255, '[-1, 1]'",
    )
    adopt.add_argument(
        "--channels",
        type=Literal["rgb", "bgr", "grey"] | None,
        default=None,
        help="what the network takes, and in which order; red, green, blue, or grey where its "
        "first layer takes one channel, if not given",
    )
    adopt.add_argument(
        "--key",
        type=str | None,
        default=None,
        help="which of several networks in the file, such as state_dict_ema",
    )
    adopt.add_argument(
        "--rename",
        type=Literal["order"] | dict[str, str | None] | None,
        default=None,
        help='layers\' names in the file and in the network, \'{"old": "new"}\', null to leave one '
        "out; order: layers of one shape in the order of the file",
    )
    adopt.add_argument(
        "--outputs",
        type=Literal["softmax", "sigmoid", "binary"] | None,
        default=None,
        help="softmax: one class is right; sigmoid: labels each on its own; binary: one number for "
        "two classes, of the second or only one named; found from the network's end if not given",
    )

    score = Parser(description="Top-1 and top-5 error of runs, one by one and together.")
    score.add_argument("runs", type=str, nargs="+", metavar="RUN", help="run folders")
    score.add_argument("--epoch", type=int | None, default=None, help="the last one if not given")
    score.add_argument(
        "--views", type=Literal[1, 10], default=1, help="10: also the mean of ten views"
    )
    score.add_argument("--split", type=Literal["val", "train"], default="val", help="images")
    score.add_argument(
        "--mistakes",
        type=int,
        default=0,
        help="how many to name of the most confident, and with the lowest P(true class)",
    )
    score.add_argument(
        "--out", type=str | None, default=None, help="file to write: .json, .csv or .npz"
    )

    several = Parser(description="Train the variants of a recipe and compare them.")
    several.add_argument("recipe", type=str, help="name of a shipped recipe, or a YAML file")
    several.add_argument(
        "--run", type=str | None, default=None, help="folder to write; runs/<recipe> if not given"
    )
    several.add_argument(
        "--setting", type=str, default="small", help="small: 2 cores; full: GPUs and ImageNet"
    )
    several.add_argument(
        "--data", type=str | None, default=None, help="where the data lie, as for fit"
    )
    several.add_argument(
        "--from",
        dest="start",
        type=str | None,
        default=None,
        help="run that variants start from, as for fit, instead of that which the recipe names",
    )
    several.add_argument(
        "--jobs", type=int | None, default=None, help="trainings at once; as many as fit"
    )
    several.add_argument(
        "--only", type=str | None, default=None, help="variants to train now, with commas between"
    )

    probe = Parser(
        description="What a network's features are worth on another data set: a linear classifier "
        "on each layer. Figures and cache are those of `python -m viz probe`."
    )
    probe.add_argument("runs", type=str, nargs="+", metavar="RUN", help="run folders")
    probe.add_argument("--data", type=str | None, default=None, help="data set, as for fit")
    probe.add_argument(
        "--layers", type=str | None, default=None, help="such as conv1..fc7, or names with commas"
    )
    probe.add_argument(
        "--per_class",
        "--per-class",
        type=int | None,
        default=None,
        help="training images of each class; 30, or as many as every class has",
    )
    probe.add_argument("--splits", type=int, default=10, help="random choices of images")
    probe.add_argument(
        "--classifier",
        type=Literal["svm", "softmax"],
        nargs="+",
        default=["svm"],
        help="one or both",
    )
    probe.add_argument(
        "--epochs", type=str | None, default=None, help="all, or numbers with commas; else the last"
    )
    probe.add_argument(
        "--pooling",
        type=Literal["none", "mean", "pyramid"],
        default="pyramid",
        help="how maps become features",
    )
    probe.add_argument("--seed", type=int, default=0, help="decides which images are drawn")
    probe.add_argument(
        "--out", type=str | None, default=None, help="figure or .npz to write, of one run"
    )

    commands = Parser(
        prog="python -m training", description="The training core.", formatter_class=PlainHelp
    )
    choose = commands.add_subcommands(dest="command")
    choose.add_subcommand("fit", fit, help="train a network")
    choose.add_subcommand("evaluate", score, help="score runs, alone and together")
    choose.add_subcommand("import", adopt, help="make a run from weights")
    choose.add_subcommand("compare", several, help="train the variants of a recipe")
    choose.add_subcommand("probe", probe, help="score the features of each layer")
    return commands


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 if it went well, 2 for what the user can mend, 130 after Ctrl-C."""
    try:
        choice = parser().parse_args(arguments)
        settings = choice[choice.command]
        if choice.command == "fit" and (settings.resume or settings.start_from):
            given = parser().parse_args(arguments, defaults=False)[choice.command]
            settings.update(
                _settings_before(settings.run, given)
                if settings.resume
                else Namespace(**follow(vars(given)))
            )
        COMMANDS[choice.command](settings)
    except WorkbenchError as error:
        print(f"filterscope: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("filterscope: stopped.", file=sys.stderr)
        return 130
    return 0


def _settings_before(run: str, given: Namespace) -> Namespace:
    """The settings a run was started with, where the command line does not say otherwise."""
    from training.runs import Run

    before = Run.open(run).info.training
    if before is None:
        raise WorkbenchError(
            f"{run} was imported, so there is no training to go on with. Train a network of your "
            "own with another --run."
        )
    kept = {name: before[name] for name in before if name not in ("run", *given.keys())}
    return Namespace(**kept)


def _fit(settings: Namespace) -> None:
    from training.fit import fit

    config = FitConfig(**{field.name: settings[field.name] for field in fields(FitConfig)})
    bar = tqdm(unit="image", file=sys.stderr, disable=not is_first() or None, leave=False)

    def show(epoch: int, step: Step) -> None:
        if step.images <= bar.n or bar.total is None:
            bar.reset(step.total)
            bar.set_description(f"Epoch {epoch}/{config.epochs}")
        bar.set_postfix(loss=f"{step.mean_loss:.3f}", top1=f"{step.top1:.1%}", refresh=False)
        bar.update(step.images - bar.n)

    def tell(row: dict[str, float]) -> None:
        if not is_first():
            return
        bar.clear()
        print(
            f"epoch {row['epoch']:3}   loss {row['train_loss']:.3f}   validation: "
            f"loss {row['val_loss']:.3f}   top-1 {row['val_top1']:6.1%}   "
            f"top-5 {row['val_top5']:6.1%}   {row['seconds']:.1f} s   "
            f"{row['images_per_s']:,.0f} images/s",
            flush=True,
        )

    def warn(advice: str) -> None:
        bar.clear()
        print(f"filterscope: {advice}", file=sys.stderr)

    with joined() as ranks, Interruptible() as interruptible, bar:
        fit(
            config,
            resume=settings.resume,
            on_step=show,
            on_epoch=tell,
            on_advice=warn,
            pause=interruptible.pause,
            ranks=ranks,
        )


def _evaluate(settings: Namespace) -> None:
    from training.ensemble import evaluate_together, open_members
    from training.runs import Run
    from training.scores import check_out, mistakes_in_words, table, write_scores

    out = check_out(settings.out)
    if settings.mistakes < 0:
        raise WorkbenchError(f"--mistakes must be at least 0, got {settings.mistakes}.")
    runs = [Run.open(path) for path in settings.runs]
    members = open_members(
        runs, epoch=settings.epoch, split=settings.split, progress=Bar("Reading")
    )
    for told in dict.fromkeys(run.data().told for run in runs):
        if told:
            print(told, file=sys.stderr)
    scores = evaluate_together(
        members, views=settings.views, mistakes=settings.mistakes, progress=Bar("Evaluating")
    )
    print(table(scores))
    if settings.mistakes:
        names = members[0].split.names
        print(f"\n{mistakes_in_words(scores[-1], runs[0].classes, names)}")
    if out is not None:
        write_scores(out, scores, runs[0].classes)


def _import(settings: Namespace) -> None:
    from training.importing import import_weights

    run = import_weights(
        settings.file,
        run=settings.run,
        model=settings.model,
        classes=settings.classes,
        data=settings.data,
        choices=settings.options,
        image_size=settings.image_size,
        resize=settings.resize,
        mean=settings.mean,
        std=settings.std,
        key=settings.key,
        rename=settings.rename,
        range=settings.range,
        channels=settings.channels,
        outputs=settings.outputs,
        progress=Bar("Looking"),
    )
    adopted = run.info.adopted
    print(f"{run.path}: {run.info.network_name} with {len(run.classes)} classes")
    for sentence in (*run.info.told, *(adopted.rewrites if adopted else ())):
        print(f"- {sentence}")
    if adopted:
        print("Taken apart, it gives the logits that it gave before.")
    print(f"`python -m viz self-check {run.path}` checks how views look into it.")


def _compare(settings: Namespace) -> None:
    from training.compare import compare
    from training.comparison_table import markdown
    from training.recipe import read_recipe
    from training.settings import Filled, checked

    if settings.jobs is not None and settings.jobs < 1:
        raise WorkbenchError(f"--jobs must be at least 1, got {settings.jobs}.")
    recipe = read_recipe(
        settings.recipe, settings.setting, data=settings.data, start=settings.start
    )
    run = checked("--run", Filled | None, settings.run)
    path = Path(run) if run else recipe.usual_folder
    with Interruptible() as interruptible, Lines() as lines:
        comparison = compare(
            recipe,
            path,
            jobs=settings.jobs,
            only=settings.only.split(",") if settings.only else (),
            on_look=lines.show,
            on_end=lines.tell,
            pause=interruptible.pause,
        )
    print(f"\n{markdown(comparison)}")


def _probe(settings: Namespace) -> None:
    from training.probing import probe_run

    if settings.out and len(settings.runs) > 1:
        raise WorkbenchError("--out takes the figure of one run; give one run, or no --out.")
    given = {name: settings[name] for name in PROBE_FLAGS if settings[name] is not None}
    for run in settings.runs:
        probe_run(run, classifier=settings.classifier, epochs=settings.epochs, **given)


PROBE_FLAGS = ("data", "layers", "per_class", "splits", "pooling", "seed", "out")
COMMANDS = {
    "fit": _fit,
    "evaluate": _evaluate,
    "import": _import,
    "compare": _compare,
    "probe": _probe,
}


if __name__ == "__main__":
    keep_freed_memory()
    print_any_name()
    sys.exit(main())
