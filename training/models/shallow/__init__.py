"""Features that people designed before networks learnt them, as networks of fixed layers."""

from training.models.shallow.bow import Bow
from training.models.shallow.fisher import Fisher
from training.models.shallow.hog import Hog
from training.models.shallow.llc import Llc
from training.models.shallow.sift import Sift

SHALLOW: dict[str, Hog | Sift] = {
    "shallow:hog": Hog(),
    "shallow:sift": Sift(),
    "shallow:bow": Bow(),
    "shallow:llc": Llc(),
    "shallow:fisher": Fisher(),
}
"""Made by `python -m training import`, which fits what is learnt of them; not trained by epochs."""
