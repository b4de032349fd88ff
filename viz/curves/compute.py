"""A run's tables as arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd


def arrays_of(layers: pd.DataFrame) -> dict[str, np.ndarray]:
    """layers.csv by epoch and layer.

    Args:
        layers: A row an epoch and layer, as `Run.layers` gives it.

    Returns:
        layer (L,) and epoch (E,), and by name of column (E, L), NaN where there is no number.
    """
    names, epochs = layers["layer"].unique(), layers["epoch"].unique()
    arrays: dict[str, np.ndarray] = {"layer": np.array(names, dtype=str), "epoch": np.array(epochs)}
    for column in layers.columns.drop(["epoch", "layer"]):
        table = layers.pivot_table(
            index="epoch", columns="layer", values=column, dropna=False, aggfunc="last"
        )
        arrays[column] = table.reindex(index=epochs, columns=names).to_numpy()
    return arrays
