"""Several processes that train one network: which one this is, and what they tell each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

PATIENCE = timedelta(hours=2)  # one of them may be reading a large data set for the first time


@dataclass(frozen=True)
class Ranks:
    """One process among those that `torchrun` or a scheduler has started.

    All of them go through the same program and make the same calls here in the same order.
    """

    rank: int = 0
    count: int = 1
    local: int = 0  # among those on this machine; chooses the GPU

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes files and speaks."""
        return self.rank == 0

    def total_of(self, counts: Tensor) -> Tensor:
        """The sum of a tensor over all processes; it lies on the CPU."""
        if self.count > 1:
            counts = counts.clone()
            distributed.all_reduce(counts)
        return counts

    def total(self, numbers: Sequence[float]) -> list[float]:
        """The sums of some numbers over all processes, in double precision."""
        sums: list[float] = self.total_of(torch.tensor(numbers, dtype=torch.float64)).tolist()
        return sums

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any of the processes."""
        return self.total([float(flag)])[0] > 0

    def wait(self) -> None:
        """Until all processes have come here."""
        self.total([0.0])


ALONE = Ranks()


def is_first() -> bool:
    """Whether this process is the one that speaks, known before the others are met."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def joined() -> Iterator[Ranks]:
    """The processes started together, as the environment of `torchrun` tells; often just one."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    backends = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(local)
        backends = "cpu:gloo,cuda:nccl"  # gradients over NCCL, the few words over gloo
    distributed.init_process_group(backends, timeout=PATIENCE)
    try:
        yield Ranks(distributed.get_rank(), count, local)
        distributed.barrier()  # who left first would be missed by those still at work
    finally:
        distributed.destroy_process_group()
