"""Classifiers as people write them: each opens with its own logits, or is told its line.

Each file of `zoo/` stands for a habit, which its first line names; docs/networks.md has the table.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.adopt.adopt import adopt
from training.adopt.user_code import build_network
from training.errors import WorkbenchError

ZOO = Path(__file__).parent / "zoo"
TABLE = Path(__file__).parents[2] / "docs" / "networks.md"
FILES = sorted(ZOO.glob("*.py"), key=lambda file: file.stem)
SIZE, CLASSES = 32, 5

REFUSED = {  # the line that is named, and the cause
    "squeeze_excite": ("return x * weights[:, :, None, None]", "something between its layers"),
    "early_exit": ("if first.softmax(1).max() > 0.9:", "decides its way by what is in the picture"),
    "channel_shuffle": ("x = x.view(n, groups, c // groups, h, w)", "something between its layers"),
}


def built(file: Path) -> nn.Module:
    """The network of a file, with weights as after training: no two layers alike."""
    torch.manual_seed(0)
    network = build_network(f"{file}:Net", CLASSES, {})
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            module.running_mean = torch.randn(module.num_features) / 10
            module.running_var = torch.rand(module.num_features) + 0.5
    return network.eval()


def logits(answer: Any) -> Tensor:
    """What the author means by it."""
    if isinstance(answer, Mapping):
        answer = answer["logits"]
    if isinstance(answer, tuple):
        answer = next(each for each in answer if each is not None and each.shape[1:] == (CLASSES,))
    assert isinstance(answer, Tensor)
    return answer


def test_there_are_twenty_one() -> None:
    assert len(FILES) == 21


@pytest.mark.parametrize("file", [f for f in FILES if f.stem not in REFUSED], ids=lambda f: f.stem)
def test_a_network_opens_with_the_logits_of_its_author(file: Path) -> None:
    network = built(file)
    adopted = adopt(network, image_size=SIZE, num_classes=CLASSES).network
    images = torch.randn(4, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs = logits(network(images))
        assert (adopted(images) - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_network_without_such_layers_is_told_its_line(name: str) -> None:
    line, cause = REFUSED[name]
    with pytest.raises(WorkbenchError, match=re.escape(line)) as caught:
        adopt(built(ZOO / f"{name}.py"), image_size=SIZE, num_classes=CLASSES)
    assert cause in str(caught.value)


def test_the_table_of_the_documentation_says_the_same() -> None:
    said = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", TABLE.read_text(), re.MULTILINE)
    assert [name for name, *_ in said] == [file.stem for file in FILES]
    for (name, habit, result), file in zip(said, FILES, strict=True):
        assert habit == (ast.get_docstring(ast.parse(file.read_text())) or "").rstrip("."), name
        assert result.startswith("refused" if name in REFUSED else "opens"), name
