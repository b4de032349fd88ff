"""Which processor to compute on, and in which precision."""

import torch

from training.errors import WorkbenchError


def choose_device(name: str = "auto") -> torch.device:
    """The named device, or with `auto` a CUDA GPU, Apple's MPS or the CPU, whichever is there.

    Raises:
        WorkbenchError: If this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    kind = name.split(":")[0]
    if not there.get(kind, False):
        raise WorkbenchError(
            f"This machine has no device {name!r}. It has: "
            f"{', '.join(kind for kind, is_there in there.items() if is_there)}."
        )
    return torch.device(name)


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """bfloat16 where the processor multiplies it directly, float32 elsewhere."""
    if precision == "auto":
        precision = "bfloat16" if _has_bfloat16(device) else "float32"
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # emulated elsewhere, which is slower than float32
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False  # older torch cannot say
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
