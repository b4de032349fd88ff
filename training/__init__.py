"""The training core: networks, data, the loop and the run folder it writes."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("filterscope")
except PackageNotFoundError:  # imported from a clone that nobody installed
    __version__ = "0+unknown"
