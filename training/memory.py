"""Memory that is freed stays with the process, ready for the next batch."""

import ctypes
from contextlib import suppress

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h


def keep_freed_memory() -> None:
    """Tell glibc not to hand large blocks back to the system; elsewhere, do nothing.

    A network's maps are allocated and freed with every batch. By default each of them is mapped
    anew, page by page: AlexNet's forward pass of 64 images on a CPU then spends 45 % of its time in
    the kernel. Meant for processes of one purpose, whose memory ends with them.
    """
    with suppress(OSError, AttributeError):  # no glibc: macOS, Windows, musl
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
