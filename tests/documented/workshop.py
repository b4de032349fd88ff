"""What the documents take to be there: photographs, weights, a network of one's own, runs."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
import yaml
from PIL import Image
from safetensors.torch import save_file

from training.__main__ import main
from training.models import create

TINY: dict[str, Any] = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
NETWORK = """
import torch.nn.functional as F
from torch import nn


class MyNet(nn.Module):
    def __init__(self, num_classes, width=4):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 5, stride=2)
        self.fc = nn.Linear(width, num_classes)

    def forward(self, images):
        return self.fc(F.relu(self.conv1(images)).mean((2, 3)))
"""


def fill() -> None:
    """Make all that the documents take to be there, in the folder that is the current one."""
    album(Path("photos"))
    Path("my_networks.py").write_text(NETWORK)
    Path("names.txt").write_text("".join(f"thing {number}\n" for number in range(5)))
    parts = "image,part,left,top,right,bottom\n3,nose,20,20,29,29\n6,nose,30,8,39,17\n"
    Path("parts.csv").write_text(parts)
    networks = {
        "alexnet-small": create("alexnet-small", 1000, **TINY),
        "MyNet": loaded("my_networks.py").MyNet(5),
    }
    for name, network in networks.items():
        save_file(network.state_dict(), f"{name}.safetensors")
        torch.save(network.state_dict(), f"{name}.pth")
    base = {"data": "folder:photos", "epochs": 1, "batch_size": 8, "options": TINY}
    recipe = {"measure": "top1_error", "base": base, "variants": {"slow": {"lr": 0.001}}}
    words = {"title": "One rate", "claim": "It learns (nobody, 1912)."}
    Path("my-recipe.yaml").write_text(yaml.safe_dump(words | recipe))
    options = f"--options={json.dumps(TINY)}"
    for name in "abc":
        fit = ["fit", "--data=folder:photos", "--epochs=1", "--image_size=48", "--resize=64"]
        assert main([*fit, options, f"--run=runs/{name}"]) == 0
    assert main(["fit", options]) == 0  # runs/demo, of `builtin`


def album(folder: Path) -> None:
    """4 images of each of 3 classes in train and val, a square of the class's colour in each."""
    generator = np.random.default_rng(0)
    boxes = ["path,x0,y0,x1,y1"]
    for split in ("train", "val"):
        for channel, colour in enumerate(("red", "green", "blue")):
            (folder / split / colour).mkdir(parents=True)
            for number in range(4):
                pixels = generator.integers(0, 120, (64, 64, 3), np.uint8)
                pixels[16:48, 16:48, channel] += 120
                Image.fromarray(pixels).save(folder / split / colour / f"{number}.png")
                boxes.append(f"{split}/{colour}/{number}.png,16,16,47,47")
    (folder / "boxes.csv").write_text("\n".join(boxes))


def loaded(file: str | Path) -> ModuleType:
    """A Python file as a module."""
    spec = spec_from_file_location(Path(file).stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
