"""Ten digits drawn on 7×12 dots: the codes that LeNet-5 is asked to produce in F6."""

import torch
from torch import Tensor

WIDTH, HEIGHT = 7, 12
SEED = 1998

# after figure 3 of LeCun et al. 1998, which shows the printable characters
DIGITS = """
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
..###.. ...#... .#####. .#####. ....##. ####### ..####. ####### ..###.. .#####.
.##.##. ..##... ##...## ##...## ...###. ##..... .##.... ##...## .#...#. ##...##
##...## .###... #.....# .....## ..####. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. ....##. ..####. ##..##. ######. ######. ....##. .#####. ##...##
##...## ...##.. ...##.. .....## ####### .....## ##...## ...##.. ##...## .######
##...## ...##.. ..##... .....## ....##. .....## ##...## ...##.. ##...## .....##
##...## ...##.. .##.... .....## ....##. #.....# ##...## ..##... ##...## .....##
.##.##. ...##.. ##...## ##...## ....##. ##...## ##...## ..##... .#...#. ....##.
..###.. .###### ####### .#####. ....##. .#####. .#####. ..##... ..###.. .####..
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


def codes(num_classes: int) -> Tensor:
    """One code of 84 numbers, -1 or +1, for each class: (K, 84).

    The first ten classes have the digits' pictures, read row by row. More classes than ten have
    codes drawn at random from a fixed seed, which the paper holds to be possible as well.
    """
    drawn = [line.split() for line in DIGITS.split("\n") if line]
    digits = [[dot == "#" for row in drawn for dot in row[digit]] for digit in range(10)]
    chosen = torch.tensor(digits, device="cpu").float() * 2 - 1
    if num_classes > len(digits):
        generator = torch.Generator("cpu").manual_seed(SEED)
        size = (num_classes - len(digits), WIDTH * HEIGHT)
        more = torch.randint(0, 2, size, generator=generator, device="cpu")
        chosen = torch.cat([chosen, more.float() * 2 - 1])
    return chosen[:num_classes].to(torch.get_default_device())  # meta, where only shapes are wanted
