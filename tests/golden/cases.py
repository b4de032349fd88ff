"""The commands whose arrays must not change: every view that writes arrays, in several settings.

{run}, {fresh}, {other}, {cropped}, {comparison}, {picture} and {parts} are paths of the subject.
Each view is asked with small settings, so that all cases together take seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tests.golden.subject import Subject


@dataclass(frozen=True)
class Case:
    """One call of `python -m viz`, without --out."""

    flags: str
    """View, run and flags, with blanks between."""
    before: str | None = None
    """A call that is made first, without --out."""
    prints: bool = False
    """Whether the numbers it prints are held as well."""

    def arguments(self, subject: Subject) -> list[str]:
        """The call, as `viz.__main__.main` takes it."""
        return _filled(self.flags, subject)

    def arguments_before(self, subject: Subject) -> list[str] | None:
        """The call to be made first, if any."""
        return None if self.before is None else _filled(self.before, subject)


def _filled(flags: str, subject: Subject) -> list[str]:
    # cut first: a path may hold blanks
    return [word.format(**asdict(subject)) for word in flags.split()]


BESIDE_EPOCH = "--beside {run} --beside_epoch 0"
MINED = "top-patches {run} --layer all"

CASES: dict[str, Case] = {
    "architecture": Case("architecture {run}"),
    "filters": Case("filters {run}"),
    "filters-norm-shared": Case("filters {run} --epoch 1 --order norm --scale shared"),
    "filters-each": Case("filters {run} --scale each"),
    "filters-beside-epoch": Case(f"filters {{run}} {BESIDE_EPOCH}"),
    "filters-beside-other": Case("filters {run} --order norm --beside {other}"),
    "film": Case("film {run}"),
    "planes": Case("planes {run}"),
    "planes-some": Case("planes {run} --layer conv3 --channels 5,2 --count 3 --epoch 0"),
    "feature-maps": Case("feature-maps {run}"),
    "feature-maps-early": Case("feature-maps {run} --layer pool1 --image 6 --epoch 1"),
    "feature-maps-dense": Case("feature-maps {run} --layer fc7 --image 9"),
    "feature-maps-picture": Case("feature-maps {run} --layer relu3 --image {picture}"),
    "feature-maps-cropped": Case("feature-maps {cropped} --layer conv1 --image 12 --epoch 0"),
    "feature-maps-beside-epoch": Case(f"feature-maps {{run}} --layer conv2 {BESIDE_EPOCH}"),
    "feature-maps-beside-other": Case("feature-maps {run} --layer conv3 --beside {other}"),
    "strongest": Case("strongest {fresh} --image 5"),
    "strongest-mined": Case("strongest {run} --image 5", before=MINED),
    "strongest-picture": Case("strongest {fresh} --image {picture} --epoch 1"),
    "top-patches": Case("top-patches {run}"),
    "top-patches-some": Case("top-patches {run} --layer conv2 --channels 3,1 --epoch 1"),
    "top-patches-train": Case("top-patches {run} --layer relu3 --split train"),
    "top-patches-beside-epoch": Case(f"top-patches {{run}} --layer conv3 {BESIDE_EPOCH}"),
    "top-patches-beside-other": Case("top-patches {run} --beside {other}"),
    "unit": Case("unit {run} --channel 2"),
    "unit-train": Case("unit {run} --layer conv3 --split train --epoch 1"),
    "deconvnet": Case("deconvnet {run}"),
    "deconvnet-guided": Case("deconvnet {run} --layer conv3 --rule guided --image 4"),
    "deconvnet-gradient": Case("deconvnet {run} --layer conv4 --rule gradient --channel 1"),
    "deconvnet-unit": Case(
        "deconvnet {run} --image 2 --layer conv3 --channel 4 --row 1 --col 2 --epoch 1"
    ),
    "deconvnet-dense": Case("deconvnet {run} --layer fc8 --channel 3 --image {picture}"),
    "by-hand": Case("by-hand {run}"),
    "by-hand-unit": Case("by-hand {run} --image 7 --channel 3 --row 4 --col 6 --epoch 1"),
    "by-hand-picture": Case("by-hand {run} --image {picture} --row 8"),
    "occlusion": Case("occlusion {run}"),
    "occlusion-window": Case("occlusion {run} --window 8 --stride 5 --image 6 --epoch 1"),
    "occlusion-mean": Case("occlusion {run} --stride 4 --fill mean --label green"),
    "occlusion-blur": Case("occlusion {run} --stride 4 --fill blur --layer pool1 --label 0"),
    "occlusion-noise": Case("occlusion {run} --stride 4 --fill noise --layer conv2"),
    "occlusion-number": Case("occlusion {run} --stride 4 --fill -0.5 --image 11"),
    "occlusion-picture": Case("occlusion {run} --stride 4 --image {picture}"),
    "occlusion-several": Case("occlusion {run} --stride 4 --image 3,8,{picture}"),
    "occlusion-several-label": Case("occlusion {run} --stride 6 --image 1,13 --label red"),
    "occlusion-beside-epoch": Case(f"occlusion {{run}} --stride 4 {BESIDE_EPOCH}", prints=True),
    "occlusion-beside-other": Case(
        "occlusion {run} --stride 4 --image 10 --label green --beside {other}", prints=True
    ),
    "attribution": Case("attribution {run}"),
    "attribution-label": Case(
        "attribution {run} --method guided --label green --image 7 --epoch 1"
    ),
    "attribution-picture": Case("attribution {run} --method grad-cam --image {picture}"),
    "attribution-beside-epoch": Case(
        f"attribution {{run}} --method integrated-gradients {BESIDE_EPOCH}"
    ),
    "attribution-beside-other": Case(
        "attribution {run} --method grad-cam --label green --beside {other}"
    ),
    "attribution-trust": Case("attribution {run} --of trust --method gradient --label green"),
    # of epochs at which no peak of Grad-CAM lies on a plateau, where rounding decides
    "localisation": Case("localisation {run} --images 9 --epoch 0", prints=True),
    "localisation-grad-cam": Case("localisation {other} --methods grad-cam --epoch 1"),
    "localisation-all": Case(
        "localisation {run} --methods gradient,guided,deconvnet,integrated-gradients --images 5 "
        "--split train",
        prints=True,
    ),
    "invariance": Case("invariance {run}"),
    "invariance-picture": Case("invariance {run} --images 6,{picture} --epoch 1"),
    "correspondence": Case("correspondence {run} --draws 3"),
    "correspondence-images": Case(
        "correspondence {run} --images 0,4,8 --layers conv3,fc6 --draws 2 --seed 5 --epoch 1"
    ),
    "correspondence-parts": Case("correspondence {run} --parts {parts} --draws 2"),
    "preprocessing-check": Case("preprocessing-check {run} --images 6"),
    "probe": Case("probe {run} --per_class 2 --splits 2 --layers pool1,relu6 --epochs 0,1"),
    "retrieval": Case("retrieval {run}"),
    "retrieval-scores": Case("retrieval-scores {run} --layers relu3,relu7 --epochs 0,1 --k 3"),
    "retrieval-train": Case("retrieval {run} --split train --k 5 --image 3 --epoch 1"),
    "retrieval-picture": Case("retrieval {run} --layer conv5 --image {picture} --k 6"),
    "directions": Case("directions {run} --kind channel --count 3 --layer relu3"),
    "evolution": Case("evolution {run} --channels 1 --epochs 2"),
    "evolution-some": Case("evolution {run} --layer conv1 --channels 4,2 --split train"),
    "curves": Case("curves {run}"),
    "curves-layers": Case("curves {run} --of layers"),
    "mistakes": Case("mistakes {run}"),
    "mistakes-worst": Case("mistakes {run} --order worst --k 5 --split train"),
    "mistakes-ten-views": Case("mistakes {cropped} --views 10 --epoch 1"),
    "confusion": Case("confusion {run}"),
    "confusion-train": Case("confusion {cropped} --split train --views 10 --epoch 1"),
    "diagnosis": Case("diagnosis {run}", prints=True),
    "diagnosis-beside": Case(
        "diagnosis {run} --epoch 1 --split train --beside {other}", prints=True
    ),
    "object-scale": Case("object-scale {run}", prints=True),
    "object-scale-cropped": Case("object-scale {cropped}", prints=True),
    "object-scale-beside": Case("object-scale {run} --split train --beside {other}", prints=True),
    "comparison": Case("comparison {comparison}"),
    "class-evidence": Case("class-evidence {run} --image 6"),
    "class-evidence-picture": Case(
        "class-evidence {run} --image {picture} --label green --epochs 2,0"
    ),
    "sanity-checks": Case("sanity-checks {run} --method gradient --label green"),
}
