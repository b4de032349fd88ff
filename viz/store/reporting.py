"""Progress of a command: a bar for people, a file for other programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.progress import Bar, Progress
from training.status import FAILED, FINISHED, STOPPED, Reporter


@contextmanager
def reporting(message: str, file: str | None) -> Iterator[Progress]:
    """Progress to the terminal, if it is one, and to a file, if one is named."""
    if file is None:
        yield Bar(message)
        return
    reporter, bar = Reporter(Path(file), message=message), Bar(message)

    def report(done: int, total: int) -> None:
        bar(done, total)
        reporter(done, total)

    try:
        yield report
    except (KeyboardInterrupt, SystemExit):
        reporter.end(STOPPED, "Stopped.")
        raise
    except BaseException as error:
        reporter.end(FAILED, str(error))
        raise
    reporter.end(FINISHED)
