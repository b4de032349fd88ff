"""The recipe of a comparison: a claim of a paper, and the settings of the runs that test it.

A recipe is a YAML file. Its variants differ in a few settings of `fit` (fields of `FitConfig`) and
share all others; it has two settings of its own, `small` for two cores and half an hour at most,
`full` for GPUs and ImageNet, each of which may change anything but the claim.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

import torch
import yaml
from jsonargparse import get_loader

from training.config import FitConfig
from training.errors import WorkbenchError
from training.measures import MEASURES
from training.models import create
from training.settings import Count, Range, checked
from training.transfer import follow

SHIPPED = Path(__file__).parent / "recipes"
SETTINGS = ("small", "full")
WORDS = ("title", "claim", "paper", "minutes", "machine", "axis")  # say something, decide nothing
DECIDING = ("measure", "also", "until", "seeds", "base", "variants", "choose")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NOT_OURS = ("run", "seed")  # of FitConfig: the comparison decides them
CLASSES = 10  # of a network that is built to see whether its options fit

Settings = Mapping[str, Any]
"""Fields of `FitConfig`, by name."""
KINDS: Mapping[str, Any] = {  # of what a recipe holds besides words
    "base": dict[str, Any] | None,
    "variants": dict[Any, dict[str, Any] | None],  # a width, say, may be a name
    "also": list[str] | None,
    "until": Annotated[float, Range(0, 1)] | None,
    "paper": dict[Any, Any] | None,
    "axis": str | None,
    "minutes": Annotated[float, Range(least=0)] | None,
}
CANDIDATES = dict[str, list[dict[str, Any]]] | None


class RecipeError(WorkbenchError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True)
class Recipe:
    """What is compared, whole: base, variant and the chosen setting are one by now."""

    name: str
    title: str
    claim: str  # the paper's sentence, with its source and its number
    measure: str  # the number that decides
    variants: Mapping[str, Settings]  # everything but run and seed
    seeds: tuple[int, ...] = (0,)
    also: tuple[str, ...] = ()  # further measures
    until: float | None = None  # training error at which a run ends
    candidates: Mapping[str, Sequence[Settings]] = field(default_factory=dict)  # tried first
    candidate_epochs: int = 1
    setting: str = "small"
    paper: Mapping[str, str] = field(default_factory=dict)  # variant to what the paper has for it
    minutes: float | None = None  # expected, on the machine
    machine: str = ""
    axis: str | None = None  # setting that a figure is drawn along, a line for each group of names
    source: str = ""  # the shipped name or the file, absolute
    given: str = ""  # the same as the user wrote it
    place: str | None = None  # of the data, where the recipe was not asked
    start: str | None = None  # the run to start from, likewise

    @property
    def arguments(self) -> list[str]:
        """What `python -m training compare` is given to follow it again, without --run."""
        data = [] if self.place is None else ["--data", self.place]
        start = [] if self.start is None else ["--from", self.start]
        return [self.source, "--setting", self.setting, *data, *start]

    def command(self, run: Path) -> str:
        """The line for a shell that goes on with a comparison in that folder."""
        words = [self.given, *self.arguments[1:]]
        if run != self.usual_folder:
            words += ["--run", str(run)]
        return f"python -m training compare {shlex.join(words)}"

    @property
    def usual_folder(self) -> Path:
        """Where a comparison lies that was given no --run."""
        return Path("runs", self.name)

    @property
    def measures(self) -> tuple[str, ...]:
        """The one that decides, then the others."""
        return (self.measure, *self.also)

    @property
    def data(self) -> list[str]:
        """The data sets that the variants learn from."""
        specs = (settings.get("data", FitConfig.data) for settings in self.variants.values())
        return list(dict.fromkeys(specs))

    @property
    def decisive(self) -> dict[str, Any]:
        """All that decides the results, as JSON can hold it; words are left out."""
        everything = asdict(self)
        for name in ("name", "source", "given", "place", "start", *WORDS):
            del everything[name]
        return everything

    def config(
        self, variant: str, seed: int, run: Path, chosen: Settings | None = None
    ) -> FitConfig:
        """The settings of one run, checked, with what the run that it starts from decides.

        Args:
            variant: One of `variants`.
            seed: Of its chance.
            run: Its folder.
            chosen: What was chosen for the variant among its candidates.
        """
        settings = merged(self.variants[variant], chosen or {})
        if self.until is not None:
            settings["stop_at_train_error"] = self.until
        return FitConfig(**follow({**settings, "run": str(run), "seed": seed}))

    def trial(self, variant: str, number: int, run: Path) -> FitConfig:
        """The settings of a short run that tries one candidate."""
        candidate = merged(self.candidates[variant][number], {"epochs": self.candidate_epochs})
        return self.config(variant, self.seeds[0], run, candidate)

    def check(self) -> None:
        """Build every run's settings and its network, without weights.

        A run to start from need not be there yet, so what depends on it is left out.

        Raises:
            RecipeError: If one of them does not fit; says which variant.
        """
        for variant in self.variants:
            candidates = self.candidates.get(variant, [{}])
            for candidate in candidates:
                try:
                    settings = merged(self.variants[variant], candidate)
                    _check_fields(settings)
                    config = FitConfig(**settings)
                    if config.start_from is not None:
                        continue
                    with torch.device("meta"):
                        create(config.model, CLASSES, **config.model_options)
                except WorkbenchError as error:
                    raise RecipeError(f"{self.name}, variant {variant}: {error}") from error


def shipped() -> list[str]:
    """Names of the recipes that come with Filterscope."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_recipe(
    source: str, setting: str = "small", *, data: str | None = None, start: str | None = None
) -> Recipe:
    """A recipe by the name of a shipped one or by its file, in one of its settings, checked.

    Args:
        source: relu-vs-tanh, or a path that ends with .yaml.
        setting: small or full.
        data: Where the data lie, instead of where the recipe says.
        start: Run that variants start from, instead of that which the recipe says.

    Raises:
        RecipeError: If there is none, it has unknown keys, or a variant cannot be trained.
    """
    path = _file(source)
    try:
        written = get_loader("yaml")(path.read_text(encoding="utf-8"))  # reads 5e-4 as a number
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path} cannot be read as a recipe: {error}") from error
    if not isinstance(written, dict):
        raise RecipeError(f"{path} is no recipe: it has no `title`, `measure` and `variants`.")
    if setting not in SETTINGS:
        raise RecipeError(f"Unknown setting {setting!r}. Choose one of: {', '.join(SETTINGS)}.")
    recipe = _whole(path, source, written, setting, data, start)
    recipe.check()
    return recipe


def merged(below: Settings, above: Settings) -> dict[str, Any]:
    """Settings over settings; nested ones, such as `options`, are merged in turn."""
    result = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = merged(result[name], value) if both else value
    return result


def _file(source: str) -> Path:
    if source in shipped():
        return SHIPPED / f"{source}.yaml"
    path = Path(source)
    if not path.is_file():
        raise RecipeError(
            f"There is no recipe {source!r}. Give a YAML file, or one of: {', '.join(shipped())}."
        )
    return path


def _whole(
    path: Path,
    given: str,
    written: dict[str, Any],
    setting: str,
    data: str | None,
    start: str | None,
) -> Recipe:
    where = path.name
    _known(where, written, (*WORDS, *DECIDING, *SETTINGS))
    for name in SETTINGS:
        change = written.get(name) or {}
        _known(f"{where}, {name}", change, (*WORDS, *DECIDING))
    effective = {name: value for name, value in written.items() if name not in SETTINGS}
    effective = merged(effective, written.get(setting) or {})
    for name in ("title", "claim", "measure", "variants"):
        if not effective.get(name):
            raise RecipeError(f"{where} has no `{name}`. Every recipe needs one.")
    for name, kind in KINDS.items():
        _checked(f"{where}: `{name}`", kind, effective.get(name))
    base = merged(effective.get("base") or {}, {} if data is None else {"data": data})
    variants = {
        str(name): _started(merged(base, settings or {}), start)
        for name, settings in effective["variants"].items()
    }
    for name in variants:
        if not NAME.fullmatch(name):
            raise RecipeError(
                f"{where}: {name!r} cannot name a variant: it becomes a folder. Use letters, "
                "digits, points, dashes and underscores."
            )
    choose = effective.get("choose") or {}
    _known(f"{where}, choose", choose, ("epochs", "among"))
    epochs = _checked(f"{where}, choose: `epochs`", Count, choose.get("epochs", 1))
    among = _checked(f"{where}, choose: `among`", CANDIDATES, choose.get("among")) or {}
    _known(f"{where}, choose, among", among, tuple(variants))
    recipe = Recipe(
        name=path.stem,
        title=str(effective["title"]),
        claim=" ".join(str(effective["claim"]).split()),
        measure=str(effective["measure"]),
        variants=variants,
        seeds=_seeds(where, effective.get("seeds", [0])),
        also=tuple(effective.get("also") or ()),
        until=effective.get("until"),
        candidates={name: [dict(each) for each in those] for name, those in among.items()},
        candidate_epochs=epochs,
        setting=setting,
        paper={str(name): str(said) for name, said in (effective.get("paper") or {}).items()},
        minutes=effective.get("minutes"),
        machine=str(effective.get("machine", "")),
        axis=effective.get("axis"),
        start=start,
        source=path.stem if path.parent == SHIPPED else str(path.absolute()),
        given=given,
        place=data,
    )
    _known(f"{where}, paper", recipe.paper, tuple(variants))
    _check_measures(where, recipe)
    return recipe


def _started(settings: dict[str, Any], start: str | None) -> dict[str, Any]:
    """A variant's settings with another run to start from, at the same epoch if one is named."""
    before = settings.get("start_from")
    if start is None or before is None:
        return settings
    epoch = re.search(r"@\d+$", str(before))
    run = re.sub(r"@\d+$", "", start)
    return settings | {"start_from": run + epoch[0] if epoch else start}


def _checked(name: str, kind: Any, value: Any) -> Any:
    try:
        return checked(name, kind, value)
    except WorkbenchError as error:
        raise RecipeError(str(error)) from error


def _known(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    if not isinstance(given, Mapping):
        raise RecipeError(f"{where}: expected names with values, got {given!r}.")
    for name in given:
        if name not in known:
            raise RecipeError(f"{where}: unknown key {name!r}. There is: {', '.join(known)}.")


def _seeds(where: str, seeds: Any) -> tuple[int, ...]:
    whole = isinstance(seeds, list) and all(type(seed) is int and seed >= 0 for seed in seeds)
    if not whole or not seeds or len(set(seeds)) < len(seeds):
        raise RecipeError(f"{where}: `seeds` must be different whole numbers, got {seeds!r}.")
    return tuple(seeds)


def _check_measures(where: str, recipe: Recipe) -> None:
    for name in recipe.measures:
        if name not in MEASURES:
            raise RecipeError(
                f"{where}: unknown measure {name!r}. Choose among: {', '.join(MEASURES)}."
            )
    if "epochs_to_train_error" in recipe.measures and recipe.until is None:
        raise RecipeError(
            f"{where}: epochs_to_train_error needs `until`, the training error to reach: 0.25, say."
        )


def _check_fields(settings: Settings) -> None:
    known = [each.name for each in fields(FitConfig) if each.name not in NOT_OURS]
    for name in settings:
        if name not in known:
            raise RecipeError(
                f"{name!r} is no setting of fit that a recipe may give. There is: "
                f"{', '.join(known)}."
            )
