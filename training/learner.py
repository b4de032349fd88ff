"""A network that learns, with all that has to be kept for it to go on learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.models import Network
from training.monitor import Gauge
from training.optimizers import make_optimizer, set_rate
from training.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from training.config import FitConfig


class Learner:
    """Takes steps; what it has learned so far is `network`."""

    def __init__(
        self,
        network: Network,
        config: FitConfig,
        dtype: torch.dtype = torch.float32,
        ranks: Ranks = ALONE,
    ) -> None:
        """
        Args:
            network: Trained in place, on its own device.
            config: Rule of the update, momentum, decay, smoothing and averaging.
            dtype: Precision of forward and backward pass; weights stay float32.
            ranks: The processes that take each step together.

        Raises:
            WorkbenchError: If the settings do not fit the network.
        """
        self.dtype, self.ranks = dtype, ranks
        if ranks.count > 1 and network.device.type == "cuda":
            # statistics of the whole batch; there is no such layer for a CPU
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        self.trained = network
        self.optimizer = make_optimizer(network, config)
        self._average = (
            AveragedModel(network, multi_avg_fn=_running_mean(config.average), use_buffers=True)
            if config.average
            else None
        )
        self._pass: nn.Module = _Pass(network, config.label_smoothing)
        if ranks.count > 1:
            self._pass = DistributedDataParallel(self._pass)  # sums gradients while they come

    @property
    def network(self) -> Network:
        """What is evaluated, saved and looked at: the running mean of the weights, if asked for."""
        return self.trained if self._average is None else cast(Network, self._average.module)

    def step(
        self,
        images: Tensor,
        labels: Tensor,
        lr: float,
        *,
        batch: int | None = None,
        gauge: Gauge | None = None,
    ) -> tuple[float, Tensor]:
        """One step of gradient descent, taken by all processes at once.

        Args:
            images: (N, 3, H, W), this process's part of the batch.
            labels: (N,).
            lr: Learning rate.
            batch: Images in the whole batch, where this is a part of it.
            gauge: Measures the step, if it is one to measure.

        Returns:
            The mean loss of these images (nats) and their logits (N, K).
        """
        kind = images.device.type
        set_rate(self.optimizer, lr)
        mixed = torch.autocast(kind, self.dtype) if self.dtype != torch.float32 else nullcontext()
        with mixed:
            loss, logits = self._pass(images, labels)
        self.optimizer.zero_grad(set_to_none=True)
        # the mean over processes, weighted, is the mean over the batch
        weight = self.ranks.count * len(images) / (batch or len(images))
        (loss * weight).backward()
        with gauge.step(lr) if gauge is not None else nullcontext():
            self.optimizer.step()
        if self._average is not None:
            self._average.update_parameters(self.trained)
        return loss.item(), logits.detach()

    def state(self) -> dict[str, Any]:
        """What is needed to go on, beside the weights of `network`."""
        state: dict[str, Any] = {"optimizer": self.optimizer.state_dict()}
        if self._average is not None:
            state["trained"] = self.trained.state_dict()
            state["averaged"] = self._average.n_averaged
        return state

    def restore(self, state: dict[str, Any], weights: dict[str, Tensor]) -> None:
        """Go on from a state and the weights of `network`."""
        self.network.load_state_dict(weights)
        self.optimizer.load_state_dict(state["optimizer"])
        if self._average is not None:
            self.trained.load_state_dict(state["trained"])
            self._average.n_averaged.copy_(state["averaged"])


def _running_mean(decay: float) -> Callable[[Any, Any, Any], None]:
    """Torch's, for weights and statistics; counts of batches are copied, as it would round them."""
    mean = get_ema_multi_avg_fn(decay)

    def update(averages: Sequence[Tensor], values: Sequence[Tensor], number: Any) -> None:
        if averages[0].is_floating_point():
            mean(averages, values, number)
        else:
            for average, value in zip(averages, values, strict=True):
                average.copy_(value)

    return update


class _Pass(nn.Module):
    """Images and labels to loss and logits, as one module for torch to distribute."""

    def __init__(self, network: Network, label_smoothing: float) -> None:
        super().__init__()
        self.network, self._label_smoothing = network, label_smoothing

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.loss(images, labels, label_smoothing=self._label_smoothing)
