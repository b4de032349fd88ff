"""Whether a run's preprocessing is the one its network was trained with."""

from viz.preprocessing_check.query import (
    PreprocessingLook,
    PreprocessingQuery,
    PreprocessingShown,
)

__all__ = ["PreprocessingLook", "PreprocessingQuery", "PreprocessingShown"]
