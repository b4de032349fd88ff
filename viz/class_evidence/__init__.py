"""When did it learn that? One image's class probabilities after every epoch."""

from viz.class_evidence.compute import ClassEvidence, class_evidence, over_epochs
from viz.class_evidence.query import ClassEvidenceLook, ClassEvidenceQuery

__all__ = [
    "ClassEvidence",
    "ClassEvidenceLook",
    "ClassEvidenceQuery",
    "class_evidence",
    "over_epochs",
]
