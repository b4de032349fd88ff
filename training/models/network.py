"""A network as the papers draw it: named layers, each fed by layers before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.geometry import IMAGE, ReceptiveField, receptive_fields
from training.models.table_conv import TableConv2d
from training.outputs import SOFTMAX, Criterion, Outputs, TwoClasses


@dataclass(frozen=True)
class Stage:
    """One layer's turn in a forward pass."""

    name: str
    sources: tuple[str, ...]  # whose outputs it takes
    spent: tuple[str, ...]  # whose outputs nobody needs any more


class Network(nn.Module):
    """Layers under the papers' names: conv1 relu1 norm1 pool1 … fc8.

    Which layer feeds which is data: any layer's output is there for the asking and no view needs
    a hook, so several pages may use one network at once. Parameters are called `conv1.weight`,
    `conv1.bias` and so on.
    """

    def __init__(
        self,
        layers: Mapping[str, nn.Module],
        *,
        image_size: int,
        image_channels: int = 3,
        inputs: Mapping[str, tuple[str, ...]] | None = None,
        auxiliary: Mapping[str, float] | None = None,
        criterion: Criterion | None = None,
        outputs: Outputs = SOFTMAX,
    ) -> None:
        """
        Args:
            layers: Name to module, in forward order; the last one gives the logits.
            image_size: Side of the square input, in pixels.
            image_channels: Of the input: 3, or 1 for grey pictures; C below.
            inputs: By layer, the names of the layers that feed it, where that is not just the one
                before it; `IMAGE` stands for the picture.
            auxiliary: Layers that give logits in training only, and their weight in the loss.
            criterion: The loss, of logits (N, K) and labels (N,); that of the outputs if not given.
            outputs: How probabilities follow from the logits.
        """
        super().__init__()
        self.image_size, self.image_channels = image_size, image_channels
        self.auxiliary = dict(auxiliary or {})
        self.outputs = outputs
        self.criterion = criterion or outputs.loss
        before = [IMAGE, *layers][:-1]
        given = inputs or {}
        self.inputs = {
            name: tuple(given.get(name, (source,)))
            for name, source in zip(layers, before, strict=True)
        }
        self._plans: dict[frozenset[str], list[Stage]] = {}
        self._frozen: tuple[str, ...] = ()
        for name, layer in layers.items():
            self.add_module(name, layer)

    @property
    def layers(self) -> dict[str, nn.Module]:
        """Name to module, in forward order."""
        return dict(self.named_children())

    @property
    def geometry(self) -> dict[str, ReceptiveField]:
        """Which square of the image a unit sees, for every spatial layer."""
        return receptive_fields(self.layers, self.inputs)

    @property
    def head(self) -> str:
        """Name of the layer that gives the logits."""
        return next(reversed(self.inputs))

    @property
    def num_classes(self) -> int:
        """How many logits the last layer gives, or the last with weights that feeds it."""
        layers, name = self.layers, self.head
        while not hasattr(layers[name], "out_features"):
            if hasattr(layers[name], "out_channels"):  # a map for each class, and their means
                return int(layers[name].out_channels)  # type: ignore[arg-type]
            name = self.inputs[name][0]
        return int(layers[name].out_features)  # type: ignore[arg-type]

    @property
    def device(self) -> torch.device:
        """Where the weights are, and so where images have to go."""
        return next(self.parameters()).device

    @property
    def convolutions(self) -> list[str]:
        """Names of the convolutional layers, first to last."""
        kinds = nn.Conv2d | TableConv2d
        return [name for name, layer in self.layers.items() if isinstance(layer, kinds)]

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) normalised images to (N, K) logits."""
        return self.activations(images, [self.head])[self.head]

    def probabilities(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) normalised images to (N, K) in [0, 1], in the order of the logits."""
        return self.outputs.probabilities(self(images))

    def loss(
        self, images: Tensor, labels: Tensor, *, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """What a training step minimises, and the logits it came from.

        Args:
            images: (N, C, H, W), normalised.
            labels: (N,) int64.
            label_smoothing: Share of the target spread evenly over all classes.

        Returns:
            The batch's mean loss, with that of auxiliary classifiers in training mode, and (N, K)
            float32 logits.
        """
        heads = {self.head: 1.0} | (self.auxiliary if self.training else {})
        outputs = {head: out.float() for head, out in self.activations(images, heads).items()}
        losses = [
            weight * self.criterion(outputs[head], labels, label_smoothing=label_smoothing)
            for head, weight in heads.items()
        ]
        return torch.stack(losses).sum(), outputs[self.head]

    def read_as(self, outputs: Outputs) -> Network:
        """This network with other outputs; one number for two classes becomes two by a last layer.

        Args:
            outputs: How probabilities follow from what it gives.
        """
        self.outputs = outputs
        if outputs is not SOFTMAX:
            self.criterion = outputs.loss
        if outputs.positive is not None:
            name = next(name for name in _FOR_TWO if name not in self.inputs)
            self.inputs[name] = (self.head,)
            self.add_module(name, TwoClasses(outputs.positive))
            self._plans.clear()
        return self

    def freeze_layers(self, names: Iterable[str]) -> Network:
        """This network with layers that training leaves as they are.

        Their weights get no gradient, and they stay in evaluation mode, so that the running
        statistics of batch normalisation do not move.
        """
        self._frozen = tuple(names)
        for name in self._frozen:
            self.require_layer(name).requires_grad_(False)
        return self.train(self.training)

    @property
    def frozen(self) -> tuple[str, ...]:
        """Layers that training leaves as they are."""
        return self._frozen

    def train(self, mode: bool = True) -> Network:
        """Training or evaluation mode; frozen layers are always in the latter."""
        super().train(mode)
        for name in self._frozen:
            self.get_submodule(name).eval()
        return self

    def activations(self, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """The outputs of the named layers; what they do not need is not computed.

        Args:
            images: (N, C, H, W), normalised.
            names: Layers to return; (N, C, h, w) for spatial ones, (N, D) for the others.

        Raises:
            WorkbenchError: If the network has no such layer.
        """
        wanted = frozenset(names)
        for name in wanted:
            self.require_layer(name)
        layers = self.layers
        signals = {IMAGE: images}
        for stage in self.plan(wanted):
            sources = (signals[source] for source in stage.sources)
            signals[stage.name] = run_layer(layers[stage.name], *sources)
            for name in stage.spent:
                del signals[name]
        return {name: signals[name] for name in self.inputs if name in wanted}

    def plan(self, wanted: Iterable[str]) -> list[Stage]:
        """What has to run, in order, for the outputs of the wanted layers."""
        key = frozenset(wanted)
        if key not in self._plans:
            self._plans[key] = _plan(self.inputs, key)
        return self._plans[key]

    def require_layer(self, name: str) -> nn.Module:
        """The layer of that name, or an error that lists the names there are."""
        layers = self.layers
        if name not in layers:
            raise WorkbenchError(f"No layer {name!r}. This network has: {', '.join(layers)}.")
        return layers[name]


_FOR_TWO = ("two_classes", *(f"two_classes{number}" for number in range(2, 10)))


def _plan(inputs: dict[str, tuple[str, ...]], wanted: frozenset[str]) -> list[Stage]:
    needed = set(wanted)
    for name in reversed(inputs):  # in forward order, so everything a layer feeds came before
        if name in needed:
            needed.update(inputs[name])
    stages: list[Stage] = []
    kept = set(wanted)
    for name in reversed(inputs):
        if name in needed:
            spent = tuple(sorted(set(inputs[name]) - kept))
            kept.update(spent)
            stages.append(Stage(name, inputs[name], spent))
    return stages[::-1]


def run_layer(layer: nn.Module, *signals: Tensor) -> Tensor:
    """One step of the forward pass; maps become vectors before a fully connected layer."""
    if isinstance(layer, nn.Linear) and signals[0].dim() > 2:
        # contiguous() first: channels_last maps would flatten in an order of their own
        return layer(signals[0].contiguous().flatten(1))
    return layer(*signals)


def blank(network: Network, count: int = 1) -> Tensor:
    """Inputs of a network that are 0 everywhere, (count, C, H, W), where its weights are."""
    side = network.image_size
    return torch.zeros(count, network.image_channels, side, side, device=network.device)


def freeze(network: Network) -> Network:
    """The network ready to be looked at: evaluation mode, no gradients for weights."""
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
