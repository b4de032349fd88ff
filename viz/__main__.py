"""python -m viz <view> RUN … --out FILE: a view of a run as a picture or as arrays."""

import signal
import sys
from types import FrameType

from training.memory import keep_freed_memory
from training.words import print_any_name
from viz.cli import main


def _end(_signal: int, _frame: FrameType | None) -> None:
    # the default would end the process on the spot, its temporary files left behind
    raise SystemExit(143)


if __name__ == "__main__":
    keep_freed_memory()
    print_any_name()
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
