"""Visitors of the workbench, as many as wanted, through Streamlit's own protocol.

A visitor opens a web socket as a browser does, asks for a page by its address and takes what is
drawn; a page that is still at work is asked again every second. What it shows is told by the bytes
of its images, so that a picture counts as the same only if every pixel is.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.reliability.training import pictures
from benchmarks.workbench import workbench
from training.config import FitConfig
from training.fit import fit

PATIENCE_S = 180
AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
Address = tuple[str, Mapping[str, str | int]]
"""Page and what its address says."""


@dataclass
class Visits:
    """What several visitors saw."""

    visitors: int
    seconds: float
    looks: int = 0
    other: list[str] = field(default_factory=list)  # addresses that showed something else
    errors: list[str] = field(default_factory=list)
    mb_first: float = 0.0  # of the server, after the first minute
    mb_last: float = 0.0  # after the last visitor has left


class Visitor:
    """One tab."""

    def __init__(self, server: str) -> None:
        self._socket = connect(
            server.replace("http", "ws") + "/_stcore/stream", max_size=None, open_timeout=PATIENCE_S
        )

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._socket.close()

    def see(self, address: Address) -> str:
        """Digest of the images that a page shows once it is at rest.

        Raises:
            RuntimeError: If the page shows an error or no image.
            TimeoutError: If it is at work for too long.
        """
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            images, at_work = self._draw(address)
            if not at_work and images:
                return hashlib.sha256("".join(images).encode()).hexdigest()[:16]
            time.sleep(1)
        raise TimeoutError(f"{address} is still at work after {PATIENCE_S} s.")

    def _draw(self, address: Address) -> tuple[list[str], bool]:
        """The images of the page, once it has been drawn, and whether it is still at work."""
        page, said = address
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(said)
        self._socket.send(message.SerializeToString())
        images: list[str] | None = None
        at_work = False
        while True:
            told = ForwardMsg()
            told.ParseFromString(self._socket.recv(timeout=PATIENCE_S))
            match told.WhichOneof("type"):
                case "new_session":  # it may be drawn anew before it has been drawn
                    images, at_work = [], False
                case "delta" if images is not None:
                    element = told.delta.new_element
                    at_work |= element.WhichOneof("type") == "progress"
                    images += _pictures(address, element)
                case "script_finished" if images is not None:
                    return images, at_work or told.script_finished == AGAIN


def _pictures(address: Address, element: Element) -> Iterator[str]:
    """Addresses of the pictures in what a page draws, which are named by their content.

    Raises:
        RuntimeError: If it is an error.
    """
    match element.WhichOneof("type"):
        case "exception":
            raise RuntimeError(f"{address}: {element.exception.message[:200]}")
        case "alert" if "Something is wrong" in element.alert.body:
            raise RuntimeError(f"{address}: {element.alert.body[:200]}")
        case "imgs":
            yield from (each.url for each in element.imgs.imgs)
        case "plotly_chart":
            yield from _images(json.loads(element.plotly_chart.spec))


def _images(spec: Mapping[str, object]) -> Iterator[str]:
    layout = spec.get("layout")
    if isinstance(layout, Mapping):
        yield from (str(image["source"]) for image in layout.get("images", []))
    traces = spec.get("data")
    if isinstance(traces, Sequence):
        yield from (str(trace["source"]) for trace in traces if "source" in trace)


def alone(server: str, addresses: Sequence[Address]) -> dict[int, str]:
    """What one visitor sees at each address, by its place."""
    return {place: _look(server, address) for place, address in enumerate(addresses)}


def _look(server: str, address: Address) -> str:
    """What a new tab shows: one that has been elsewhere would bring its layer along."""
    with Visitor(server) as visitor:
        return visitor.see(address)


def together(
    server: str,
    process: psutil.Process,
    addresses: Sequence[Address],
    expected: Mapping[int, str],
    *,
    visitors: int = 8,
    seconds: float = 600,
) -> Visits:
    """Several visitors at once, each at addresses of its own choice, for so many seconds.

    Args:
        server: Address of a workbench.
        process: It.
        addresses: What there is to look at.
        expected: What each shows to one visitor alone.
        visitors: How many.
        seconds: How long.
    """
    found = Visits(visitors, seconds)
    end = time.monotonic() + seconds
    lock = threading.Lock()

    def visit(number: int) -> None:
        choose = random.Random(number)
        while time.monotonic() < end:
            place = choose.randrange(len(addresses))
            try:
                seen = _look(server, addresses[place])
            except (RuntimeError, TimeoutError) as error:
                found.errors.append(str(error))
                continue
            with lock:
                found.looks += 1
                if seen != expected[place]:
                    found.other.append(str(addresses[place]))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    time.sleep(min(60, seconds / 4))
    found.mb_first = _mb(process)
    for thread in threads:
        thread.join()
    time.sleep(5)
    found.mb_last = _mb(process)
    return found


def compared(folder: Path, visitors: int, seconds: float) -> Visits:
    """What one visitor sees alone, then several together in a workbench that has cached nothing.

    Args:
        folder: An empty one.
        visitors: How many.
        seconds: How long.
    """
    run = fit(
        FitConfig(
            run=str(folder / "trained" / "run"),
            data=pictures(folder / "pictures"),
            epochs=3,
            image_size=32,
            batch_size=8,
            options={"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]},
        )
    )
    addresses = usual_addresses(run.path, ["conv1", "conv2", "conv5"], [1, 2, 3])
    for name in ("one", "many"):
        shutil.copytree(folder / "trained", folder / name)
    with workbench(folder / "one") as (server, _):
        expected = alone(server, addresses)
    with workbench(folder / "many") as (server, pid):
        return together(
            server,
            psutil.Process(pid),
            addresses,
            expected,
            visitors=visitors,
            seconds=seconds,
        )


def _mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


def usual_addresses(run: Path, layers: Sequence[str], epochs: Sequence[int]) -> list[Address]:
    """Filters, top patches, occlusion and its kin: every view, some epochs, some images."""
    name = run.name
    found: list[Address] = []
    for epoch in epochs:
        here: dict[str, str | int] = {"run": name, "epoch": epoch}
        found += [("filters", here), ("diagnosis", here)]
        found += [("top_patches", {**here, "layer": layer}) for layer in layers]
        for index in (0, 5):
            image = {**here, "image": f"val:{index}"}
            found += [("occlusion", image), ("feature_maps", image), ("attribution", image)]
            found += [("retrieval", image)]
    return found
