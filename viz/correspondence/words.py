"""What the numbers of a correspondence say, in plain words; and the paper's, to set beside them."""

from collections.abc import Iterator, Sequence

from viz.correspondence.compute import Correspondence

PAPER = (
    ("right eye", "0.067 ± 0.007", "0.069 ± 0.015"),
    ("left eye", "0.069 ± 0.007", "0.068 ± 0.013"),
    ("nose", "0.079 ± 0.017", "0.069 ± 0.011"),
    ("random", "0.107 ± 0.017", "0.073 ± 0.014"),
)
"""Part, layer 5, layer 7: Zeiler & Fergus 2013, table 1; five dogs seen from the front."""

VERDICTS = {
    "known": "changes {layer} more alike in all pictures than hiding random masks",
    "place": (
        "changes {layer} more alike than hiding random masks, but so does hiding one mask in all "
        "pictures: where it lies may explain it"
    ),
    "unclear": "changes {layer} no more and no less alike than hiding random masks",
    "unlike": "changes {layer} less alike than hiding random masks",
}


def in_words(found: Correspondence) -> list[str]:
    """A sentence for each layer and verdict, with the numbers of the part and its controls."""
    return [sentence for layer in range(len(found.layers)) for sentence in _of(found, layer)]


def verdict(found: Correspondence, layer: int, part: int) -> str:
    """known, place, unclear or unlike: the part against every single draw of its controls.

    Pairs of pictures depend on one another, so their deviation says little of how sure a mean is;
    a mean below that of each draw does.
    """
    mean = found.difference[layer, part, 0]
    random, one_place = found.draws[layer, part]
    if mean < random.min():
        return "known" if mean < one_place.min() else "place"
    return "unlike" if mean > random.max() else "unclear"


def _of(found: Correspondence, layer: int) -> Iterator[str]:
    verdicts = [verdict(found, layer, part) for part in range(len(found.parts))]
    for kind, words in VERDICTS.items():
        which = [part for part, one in enumerate(verdicts) if one == kind]
        if which:
            means = [_span(found.difference[layer, which, way].tolist()) for way in range(3)]
            yield (
                f"Hiding {_listed(found.parts, which)} {words.format(layer=found.layers[layer])}: "
                f"{means[0]} of its features change differently in two pictures, against "
                f"{means[1]} with random masks and {means[2]} with one mask for all."
            )


def _listed(parts: Sequence[str], which: Sequence[int]) -> str:
    names = [f"the {parts[part]}" for part in which]
    if len(names) == len(parts) > 2:
        return "any of the parts"
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _span(values: list[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
