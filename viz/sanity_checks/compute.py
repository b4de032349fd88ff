"""Whether to trust a heat map: does the answer follow it, and does it follow the weights?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viz.sanity_checks.randomisation import Randomisation
from viz.sanity_checks.removal import Removal
from viz.store.cache import Arrays, to_arrays


@dataclass(frozen=True)
class Trust:
    """What both tests say of one map.

    The two fail different maps. One that shows little but edges follows no weights, and may still
    lie on the object and win by deletion; one that follows the weights may miss the object.
    """

    removal: Removal
    randomisation: Randomisation

    def arrays(self) -> Arrays:
        """All curves and maps by name."""
        cascade = self.randomisation
        return to_arrays(self.removal) | {
            "maps": cascade.maps.numpy(),
            "correlation": cascade.correlation.numpy(),
            "down_to": np.array(cascade.down_to),
        }
