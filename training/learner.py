"""A network that learns, with all that has to be kept for it to go on learning."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.models import Network
from training.optimizers import make_optimizer, set_rate

if TYPE_CHECKING:
    from training.config import FitConfig


class Learner:
    """Takes steps; what it has learned so far is `network`."""

    def __init__(
        self, network: Network, config: FitConfig, dtype: torch.dtype = torch.float32
    ) -> None:
        """
        Args:
            network: Trained in place, on its own device.
            config: Rule of the update, momentum, decay, smoothing and averaging.
            dtype: Arithmetic of forward and backward pass; weights stay float32.

        Raises:
            WorkbenchError: If the settings do not fit the network.
        """
        self.dtype, self._label_smoothing = dtype, config.label_smoothing
        self.trained = network
        self.optimizer = make_optimizer(network, config)
        self._average = (
            AveragedModel(
                network, multi_avg_fn=get_ema_multi_avg_fn(config.average), use_buffers=True
            )
            if config.average
            else None
        )

    @property
    def network(self) -> Network:
        """What is evaluated, saved and looked at: the running mean of the weights, if asked for."""
        return self.trained if self._average is None else cast(Network, self._average.module)

    def step(self, images: Tensor, labels: Tensor, lr: float) -> tuple[float, Tensor]:
        """One step of gradient descent: the batch's mean loss (nats) and its logits (N, K)."""
        kind = images.device.type
        set_rate(self.optimizer, lr)
        mixed = torch.autocast(kind, self.dtype) if self.dtype != torch.float32 else nullcontext()
        with mixed:
            loss, logits = self.trained.loss(images, labels, label_smoothing=self._label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
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
