"""python -m benchmarks: the tables of docs/benchmarks.md, measured on this machine."""

import platform
import tempfile
from pathlib import Path

import torch
from jsonargparse import auto_cli

from benchmarks import browser, first_visit, leafing, mining, occlusion, probe, training, waiting
from training.memory import keep_freed_memory


def benchmarks(
    rounds: int = 5,
    photographs: str | None = None,
    run: str | None = None,
    only_first_visit: bool = False,
    only_waits: bool = False,
) -> None:
    """Print every table.

    Args:
        rounds: Counted turns of each contestant; the median is printed.
        photographs: Folder with train/<class>/…, for the speed of training; none without it.
        run: A run folder with epochs and images, for what a visitor waits in the browser; none
            without it. What its last epochs show is mined and kept there.
        only_first_visit: What a first visitor waits in the browser, and no other table.
        only_waits: What a visitor of the run waits in the browser and for its report, and no other
            table.
    """
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}\n")
    if only_first_visit:
        print("| a first visit, in Chromium: from the address to | s |\n|---|---|")
        for what, seconds in first_visit.measure():
            print(f"| {what} | {seconds:.1f} |")
        return
    if run is not None:
        print_waits(run, rounds)
    if only_waits:
        return
    print("\n| occlusion, AlexNet, 224 px, square 32, stride 8 | s | times ours |\n|---|---|---|")
    times = occlusion.measure(rounds)
    ours = times[0][1]
    for who, seconds in times:
        print(f"| {who} | {seconds:.2f} | {seconds / ours:.2f} |")
    print("\n| a linear classifier, 101 classes, 3,030 images of 2,688 numbers | s |\n|---|---|")
    for who, seconds in probe.measure(rounds).items():
        print(f"| {who} | {seconds:.2f} |")
    for name in mining.IMAGES:
        print(f"\n| mining, {name} | images/s | of the bare loop |\n|---|---|---|")
        speeds = mining.measure(name, rounds)
        for what, speed in speeds:
            print(f"| {what} | {speed:,.0f} | {speed / speeds[0][1]:.2f} |")
    for name in leafing.LAYERS:
        for layer, taken in leafing.measure(name, rounds).items():
            print(f"\n| a page of 16 channels, {name}, {layer} | s |\n|---|---|")
            for what, seconds in taken.items():
                print(f"| {what} | {seconds:.2f} |")
    for name in training.IMAGES if photographs else ():
        assert photographs is not None
        measured = training.measure(photographs, name, rounds)
        print(f"\n| training, {name} | images/s | ours are as fast |\n|---|---|---|")
        for who, speed in measured.images_per_s.items():
            ratio = measured.images_per_s["filterscope"] / speed
            print(f"| {who} | {speed:,.0f} | {ratio:.2f} times |")
        for kind, limit in measured.limit.items():
            print(
                f"| a large product in {kind} | {limit / 1e9:,.0f} GFLOP/s | "
                f"reached: {measured.flops / limit:.0%} |"
            )


def print_waits(run: str, rounds: int) -> None:
    """What a visitor of a run waits in the browser, and for its report."""
    print("| from the click to the picture, in Chromium | median ms | worst |\n|---|---|---|")
    for what, waits in [*browser.measure(run, rounds), *waiting.measure(run)]:
        print(f"| {what} | {browser.summary(waits)} |")
    with tempfile.TemporaryDirectory() as folder:
        taken, promised = waiting.report(run, Path(folder) / "report.html")
    print(f"\n| a report of all sections took {taken:.0f} s; its bar promised, at | s |\n|---|---|")
    for share, seconds in promised.items():
        print(f"| {share:.0%} of the way | {seconds:.0f} |")


if __name__ == "__main__":
    keep_freed_memory()  # for all contestants alike
    auto_cli(benchmarks)
