"""What is said of a correspondence, from made-up numbers."""

import torch

from viz.correspondence import Correspondence
from viz.correspondence.words import in_words, verdict


def made_up(*parts):
    """One layer; each part's mean, its draws at random places and at one place."""
    draws = torch.tensor([[random, same] for _mean, random, same in parts])
    means = torch.tensor([mean for mean, _random, _same in parts])
    return Correspondence(
        parts=("nose", "left eye", "right eye", "ear")[: len(parts)],
        layers=("pool5",),
        images=torch.full((len(parts),), 5),
        difference=torch.cat([means[:, None], draws.mean(2)], 1)[None],
        deviation=torch.zeros(1, len(parts), 3),
        draws=draws[None],
        changed=torch.ones(1, len(parts), 3),
        overlap=torch.zeros(len(parts), 2),
    )


KNOWN = (0.07, [0.11, 0.13], [0.09, 0.11])
PLACE = (0.10, [0.11, 0.13], [0.09, 0.11])
UNCLEAR = (0.12, [0.11, 0.13], [0.09, 0.11])
UNLIKE = (0.20, [0.11, 0.13], [0.09, 0.11])


def test_a_part_is_known_only_below_every_draw_of_both_controls():
    found = made_up(KNOWN, PLACE, UNCLEAR, UNLIKE)
    verdicts = [verdict(found, 0, part) for part in range(4)]
    assert verdicts == ["known", "place", "unclear", "unlike"]
    assert len(in_words(found)) == 4


def test_a_sentence_has_the_numbers_of_the_part_and_of_both_controls():
    assert in_words(made_up(KNOWN)) == [
        "Hiding the nose changes pool5 more alike in all pictures than hiding random masks: "
        "0.07 of its features change differently in two pictures, against 0.12 with random masks "
        "and 0.10 with one mask for all."
    ]


def test_parts_of_one_verdict_share_a_sentence():
    [first, second] = in_words(made_up(KNOWN, UNCLEAR, KNOWN))
    assert first.startswith("Hiding the nose or the right eye changes")
    assert "no more and no less" in second
    [all_of_them] = in_words(made_up(KNOWN, KNOWN, KNOWN))
    assert all_of_them.startswith("Hiding any of the parts changes")
