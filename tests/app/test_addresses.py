"""The address of a question brings its page back, and the page's own address the same again."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.shell.menu import VIEWS
from app.views.correspondence import TABLE, folder_of, keep_table
from app.widgets.uploads import keep_upload, upload_folder
from tests.app.test_correspondence import BOXES
from training.runs import Run
from viz.attribution import AttributionQuery
from viz.by_hand import ByHandQuery
from viz.class_evidence import ClassEvidenceLook, ClassEvidenceQuery
from viz.cli import parser_of
from viz.confusion import ConfusionQuery
from viz.correspondence import CorrespondenceQuery
from viz.curves import CurvesQuery
from viz.deconvnet import DeconvnetQuery
from viz.diagnosis import DiagnosisQuery
from viz.directions import DirectionsQuery
from viz.evolution import EvolutionQuery
from viz.feature_maps import FeatureMapsQuery
from viz.film import FilmQuery
from viz.filters import FiltersLook, FiltersQuery
from viz.invariance import InvarianceQuery
from viz.localisation import LocalisationQuery
from viz.mistakes import MistakesLook, MistakesQuery
from viz.object_scale import ObjectScaleQuery
from viz.occlusion import OcclusionLook, OcclusionQuery
from viz.planes import PlanesQuery
from viz.probe import ProbeQuery
from viz.retrieval import RetrievalQuery
from viz.retrieval_scores import RetrievalScoresQuery
from viz.sanity_checks import SanityChecksQuery
from viz.store.answer import Side, ask
from viz.store.lines import parameters, read
from viz.store.query import ImageSource, Look, Query
from viz.store.view import views
from viz.strongest import StrongestQuery
from viz.top_patches import TopPatchesQuery
from viz.unit import UnitLook, UnitQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]
NINE, TWO = ImageSource("9"), (ImageSource("6"), ImageSource("3"))

VALIDATION = "a page shows validation images, and leads on to them by `image=val:17`"
FIXED_BY_THE_PAGE = {
    ("attribution", "method"): "all methods stand side by side; the address says the large one",
    ("class-evidence", "epoch"): "the page follows the image to the last epoch",
    ("confusion", "split"): VALIDATION,
    ("curves", "of"): "Overview shows both, one below the other",
    ("deconvnet", "control"): "the control always stands below the projection",
    ("diagnosis", "width_px"): "the figure is as wide as the page",
    ("directions", "split"): VALIDATION,
    ("evolution", "split"): VALIDATION,
    ("invariance", "images"): "the chosen image, and the first ones of other classes",
    ("localisation", "split"): VALIDATION,
    ("mistakes", "split"): VALIDATION,
    ("planes", "channels"): "twelve channels, among them the one that the address says",
    ("retrieval", "split"): VALIDATION,
    ("top-patches", "channels"): "sixteen channels, among them the one that the address says",
    ("top-patches", "count"): "sixteen channels",
    ("top-patches", "k"): "nine, as the inspector's column has room for",
    ("top-patches", "split"): VALIDATION,
    ("unit", "split"): VALIDATION,
}
"""What an address does not change: fields of a question, and why."""


@dataclass(frozen=True)
class Case:
    """A question, by a function of the run, the page that asks it, and what else that is told."""

    page: str
    query: Callable[[str], Query[Any]]
    look: Look | None = None
    more: dict[str, str] = field(default_factory=dict)


CASES = {
    "attribution": Case(
        "attribution", lambda run: AttributionQuery(run, 1, NINE, "red", ("gradient",))
    ),
    "sanity-checks": Case(
        "attribution", lambda run: SanityChecksQuery(run, 2, NINE, "red", "gradient"),
        more={"trust": "yes"},
    ),
    "by-hand": Case("by_hand", lambda run: ByHandQuery(run, 1, NINE, channel=3, row=4, col=6)),
    "by-hand-corner": Case("by_hand", lambda run: ByHandQuery(run, 1, ImageSource("0"))),
    "class-evidence": Case(
        "class_evidence",
        lambda run: ClassEvidenceQuery(run, image=NINE, epochs=(0, 2)),
        ClassEvidenceLook("red"),
    ),
    "confusion": Case(
        "mistakes", lambda run: ConfusionQuery(run, 1, views=10), more={"picture": "matrix"}
    ),
    "curves": Case("overview", CurvesQuery),
    "deconvnet": Case(
        "feature_maps",
        lambda run: DeconvnetQuery(
            run, 1, NINE, layer="conv3", channel=4, row=1, col=0, rule="guided"
        ),
    ),
    "diagnosis": Case("diagnosis", lambda run: DiagnosisQuery(run, 1, split="train")),
    "directions": Case(
        "directions",
        lambda run: DirectionsQuery(run, 1, layer="relu3", kind="concept", count=3, seed=2),
    ),
    "evolution": Case(
        "evolution",
        lambda run: EvolutionQuery(run, layer="conv1", channels=(4, 2), epochs=(1, 3)),
    ),
    "feature-maps": Case("feature_maps", lambda run: FeatureMapsQuery(run, 1, NINE, "pool1")),
    "feature-maps-dense": Case("feature_maps", lambda run: FeatureMapsQuery(run, 3, NINE, "fc7")),
    "film": Case("filters", lambda run: FilmQuery(run, epochs=(0, 3)), more={"picture": "film"}),
    "filters": Case("filters", lambda run: FiltersQuery(run, 1), FiltersLook("norm", "each")),
    "invariance": Case(
        "invariance", lambda run: InvarianceQuery(run, 1, label=("red", "1", "red", "red", "0")),
        more={"image": "val:9"},
    ),
    "mistakes": Case(
        "mistakes", lambda run: MistakesQuery(run, 1, views=10), MistakesLook("worst", 3)
    ),
    "occlusion": Case(
        "occlusion",
        lambda run: OcclusionQuery(
            run, 1, (NINE,), window=10, stride=8, fill="blur", shape="circle"
        ),
        OcclusionLook("red", "pool1"),
    ),
    "occlusion-number": Case(
        "occlusion", lambda run: OcclusionQuery(run, 2, (NINE,), stride=8, fill="-0.5")
    ),
    "occlusion-several": Case(
        "occlusion", lambda run: OcclusionQuery(run, 2, TWO, window=9, stride=8)
    ),
    "planes": Case("filters", lambda run: PlanesQuery(run, 1, layer="conv3", count=3)),
    "probe": Case(
        "probe",
        lambda run: ProbeQuery(
            run, 3, per_class=3, splits=2, pooling="mean", seed=4, layers=("pool1", "relu6"),
            classifier=("svm", "softmax"), epochs=(1, 3),
        ),
    ),
    "retrieval": Case("retrieval", lambda run: RetrievalQuery(run, 1, NINE, 4, "fc6")),
    "retrieval-scores": Case("retrieval", lambda run: RetrievalScoresQuery(run, 1)),
    "strongest": Case(
        "feature_maps", lambda run: StrongestQuery(run, 1, NINE, "share"),
        more={"sheet": "strongest of each layer"},
    ),
    "top-patches": Case("top_patches", lambda run: TopPatchesQuery(run, 1, ("relu3",))),
    "unit": Case("unit", lambda run: UnitQuery(run, 1, "pool2"), UnitLook(3)),
}  # fmt: skip
WITH_OBJECTS = {
    "correspondence": Case(
        "correspondence",
        lambda run: CorrespondenceQuery(
            run, 2, images=TWO, layers=("conv3", "fc6"), draws=2, seed=5
        ),
    ),
    "localisation": Case(
        "localisation",
        lambda run: LocalisationQuery(run, 1, methods=("grad-cam", "gradient"), images=7),
    ),
    "object-scale": Case("diagnosis", lambda run: ObjectScaleQuery(run, split="train")),
}


def asked_by(test: AppTest, kind: type[Query[Any]]) -> tuple[Any, Any]:
    """Question and look of the first shell line of a view that stands on a page."""
    assert not test.exception
    assert not [error.value for error in test.error]
    begin = ["python", "-m", "viz", kind.view]
    lines = [shlex.split(code.value) for code in test.code if code.language == "bash"]
    words = next(line[4:] for line in lines if line[:4] == begin)
    flags = vars(parser_of(kind).parse_args(words))
    return read(kind, flags), read(kind.look, flags)


def changeable(asked: Query[Any] | Look, view: str) -> dict[str, Any]:
    """The fields that the page does not settle by itself."""
    return {
        each.name: getattr(asked, each.name)
        for each in fields(asked)
        if (view, each.name) not in FIXED_BY_THE_PAGE
    }


def asked_of(run: Run, case: Case) -> Side:
    """The case's question, answered."""
    query = case.query(str(run.path))
    return ask(query, case.look or query.look())


def check(app: Open, in_address: Said, side: Side, page: str, more: dict[str, str]) -> None:
    """The derived address brings the question back, and so does the one that the page writes."""
    query, look = side.query, side.shown.look
    run, kind = side.opened.run, type(query)
    address = {"run": run.name, "epoch": str(side.opened.epoch)} | parameters(query, look) | more
    test = app(page, **address)
    found = asked_by(test, kind)
    assert not [info.value for info in test.info if "this is the default instead" in info.value]
    for one, other in zip(found, (query, look), strict=True):
        assert changeable(one, query.view) == changeable(other, query.view)
    written = {name: in_address(test, name) for name in test.query_params}
    assert asked_by(app(page, **written), kind) == found


@pytest.mark.parametrize("name", CASES)
def test_the_address_of_a_question_brings_its_page_back(
    app: Open, in_address: Said, small: Run, name: str
) -> None:
    case = CASES[name]
    check(app, in_address, asked_of(small, case), case.page, case.more)


@pytest.mark.parametrize("name", WITH_OBJECTS)
def test_so_does_that_of_a_question_about_objects(
    app: Open, in_address: Said, with_objects: Run, name: str
) -> None:
    case = WITH_OBJECTS[name]
    check(app, in_address, asked_of(with_objects, case), case.page, case.more)


def test_an_upload_may_be_named_by_where_it_is_kept(
    app: Open, in_address: Said, small: Run
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(content, "png")
    key = keep_upload(content.getvalue(), "my picture.png")
    path = upload_folder(key.removeprefix("upload:")) / "my picture.png"
    query = RetrievalQuery(str(small.path), 1, ImageSource(str(path)), 4)
    check(app, in_address, ask(query, Look()), "retrieval", {})


def test_no_other_file_is_opened_because_an_address_names_it(
    app: Open, small: Run, tmp_path: Path
) -> None:
    path = tmp_path / "private.png"
    Image.new("RGB", (40, 40), "red").save(path)
    address = parameters(RetrievalQuery(str(small.path), 1, ImageSource(str(path))))
    test = app("retrieval", **address)
    query, _ = asked_by(test, RetrievalQuery)
    assert query.image == "0"
    assert any("There is no image" in info.value for info in test.info)


def test_boxes_may_be_named_by_where_they_are_kept(app: Open, in_address: Said, small: Run) -> None:
    table = folder_of(small) / keep_table(small, BOXES) / TABLE
    query = CorrespondenceQuery(str(small.path), 3, table=str(table), layers=("fc6",), draws=2)
    check(app, in_address, ask(query, Look()), "correspondence", {})


def test_what_a_run_does_not_have_gives_way_with_a_notice(app: Open) -> None:
    test = app("retrieval", layer="fc9", k=0)
    query, _ = asked_by(test, RetrievalQuery)
    assert (query.layer, query.k) == ("fc7", 10)
    said = " ".join(info.value for info in test.info)
    assert "There is no layer “fc9” here" in said
    assert "There is no k “0” here" in said


def test_what_has_no_control_is_not_carried_to_the_next_page(app: Open, in_address: Said) -> None:
    test = app("class_evidence", epochs="0,2")
    del test.query_params["epochs"]  # as a link of the menu does
    test.switch_page("app/pages/evolution.py").run()
    assert in_address(test, "epochs") is None
    assert asked_by(test, EvolutionQuery)[0].epochs == (0, 1, 2, 3)


def test_every_view_with_a_page_of_its_own_has_a_case() -> None:
    without_fields = {"architecture", "self-check"}
    of_imported = {"preprocessing-check"}  # a button on the Overview of such runs alone
    assert {*CASES, *WITH_OBJECTS} >= views().keys() - without_fields - of_imported
    assert {case.page for case in [*CASES.values(), *WITH_OBJECTS.values()]} == VIEWS.keys()
