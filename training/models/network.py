"""A network as the papers draw it: named layers, one after the other."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.geometry import ReceptiveField, receptive_fields


class Network(nn.Module):
    """Layers run in order under the papers' names: conv1 relu1 norm1 pool1 … fc8.

    Because the order is data, any layer's output is there for the asking and no view needs a
    hook: several pages may use one network at once. Parameters are called `conv1.weight`,
    `conv1.bias` and so on.
    """

    def __init__(self, layers: Mapping[str, nn.Module], *, image_size: int) -> None:
        """
        Args:
            layers: Name to module, in forward order.
            image_size: Side of the square input, in pixels.
        """
        super().__init__()
        self.image_size = image_size
        for name, layer in layers.items():
            self.add_module(name, layer)

    @property
    def layers(self) -> dict[str, nn.Module]:
        """Name to module, in forward order."""
        return dict(self.named_children())

    @property
    def geometry(self) -> dict[str, ReceptiveField]:
        """Which square of the image a unit sees, for every spatial layer."""
        return receptive_fields(self.layers)

    @property
    def num_classes(self) -> int:
        """How many logits the last layer gives."""
        return next(
            layer.out_features
            for layer in reversed(self.layers.values())
            if isinstance(layer, nn.Linear)
        )

    @property
    def device(self) -> torch.device:
        """Where the weights are, and so where images have to go."""
        return next(self.parameters()).device

    @property
    def convolutions(self) -> list[str]:
        """Names of the convolutional layers, first to last."""
        return [name for name, layer in self.layers.items() if isinstance(layer, nn.Conv2d)]

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) normalised images to (N, K) logits."""
        signal = images
        for layer in self.children():
            signal = run_layer(layer, signal)
        return signal

    def activations(self, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """The outputs of the named layers; nothing after the last of them is computed.

        Args:
            images: (N, 3, H, W), normalised.
            names: Layers to return; (N, C, h, w) for spatial ones, (N, D) for the others.

        Raises:
            WorkbenchError: If the network has no such layer.
        """
        wanted = set(names)
        for name in wanted:
            self.require_layer(name)
        outputs: dict[str, Tensor] = {}
        signal = images
        for name, layer in self.named_children():
            signal = run_layer(layer, signal)
            if name in wanted:
                outputs[name] = signal
            if len(outputs) == len(wanted):
                break
        return outputs

    def require_layer(self, name: str) -> nn.Module:
        """The layer of that name, or an error that lists the names there are."""
        layers = self.layers
        if name not in layers:
            raise WorkbenchError(f"No layer {name!r}. This network has: {', '.join(layers)}.")
        return layers[name]


def run_layer(layer: nn.Module, signal: Tensor) -> Tensor:
    """One step of the forward pass; maps become vectors before a fully connected layer."""
    if isinstance(layer, nn.Linear) and signal.dim() > 2:
        # contiguous() first: channels_last maps would flatten in an order of their own
        signal = signal.contiguous().flatten(1)
    return layer(signal)


def freeze(network: Network) -> Network:
    """The network ready to be looked at: evaluation mode, no gradients for weights."""
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
