"""Localisation: do the heat maps point at the object?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.jobs.ask import answer
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, chosen, go_to
from app.shell.runs import data_of
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import validation_name
from app.widgets.layout import heading
from training.data import Data
from training.ensemble import check_classes
from training.errors import WorkbenchError
from viz import results
from viz.drawing.words import percent
from viz.localisation import NAMES, Localisation, as_arrays, rows
from viz.localisation.figure import localisation_figure, misses_pointing
from viz.network.objects import object_masks, require_known

USUAL = ("occlusion", "grad-cam")
COUNTS, COUNT = (20, 50, 100, 200, 500, 1000), 50


def page() -> None:
    heading(
        "Localisation",
        "Validation images that the network names rightly and whose object's place is known. A "
        "method hits where the strongest point of its map lies in the object.",
    )
    choice = chosen()
    try:
        data = data_of(choice.run)
        check_classes(choice.run, data)
        known = len(require_known(data.val))
    except WorkbenchError as error:
        st.info(f"There is nothing to point at. {plain(str(error))}", icon=":material/info:")
        return
    methods, images = controls(known)
    found = localisations(choice, methods, images)
    draw(choice, found, images)
    misses(choice, data, found)


def controls(known: int) -> tuple[list[str], int]:
    """Which methods, at least one, and how many images."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        methods = address.read("methods", _methods, list(USUAL))
        key = address.fresh_key("methods", methods, list(NAMES))

        def changed() -> None:
            picked = st.session_state[key]
            address.write(methods=",".join(name for name in NAMES if name in picked) or None)

        with st.container(width=520):
            st.multiselect(
                "Methods", list(NAMES), key=key, on_change=changed, format_func=NAMES.__getitem__
            )
        counts = [count for count in COUNTS if count < known] + [known] * (known <= COUNTS[-1])
        with st.container(width=130):
            images = address.pick(
                st.selectbox, "Images", counts, name="images", default=min(COUNT, known)
            )
    return methods, images


def _methods(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= NAMES.keys():
        raise ValueError(text)
    return [name for name in NAMES if name in names]


def localisations(choice: Choice, methods: list[str], images: int) -> list[Localisation]:
    """One a method, each kept once for each checkpoint."""
    run, epoch = choice.run, choice.epoch

    def compute(*, progress: Any = None, **how: Any) -> list[Localisation]:
        found = []
        for number, method in enumerate(methods):

            def tell(done: int, total: int, before: int = number) -> None:
                if progress is not None:
                    progress(before * total + done, len(methods) * total)

            found.append(
                results.localisation(run, epoch, method, images=images, progress=tell, **how)
            )
        return found

    return answer(compute, run, command(choice, methods, images), label="Looking for the objects")


def command(choice: Choice, methods: list[str], images: int) -> list[str]:
    asked = ["--methods", ",".join(methods), "--images", str(images)]
    return ["localisation", str(choice.run.path), "--epoch", str(choice.epoch), *asked]


def draw(choice: Choice, found: list[Localisation], images: int) -> None:
    """Table and figure, and what they mean."""
    first, methods = found[0], [one.method for one in found]
    st.markdown(f"**{len(first.image)} of {first.looked_at}** images are named rightly. Of these:")
    st.dataframe(as_table(found), hide_index=True, width=600)
    show_figure(
        localisation_figure(found),
        alt=f"How often {', '.join(NAMES[method] for method in methods)} point at the object",
    )
    st.caption(
        "Left: hits with Wilson's interval at 95 %, without tolerance. Right: mean share of the "
        "map's positive part, the thin line spanning the middle half of the images. Occlusion "
        "points with the middle of the grey square that leaves the class the lowest probability; "
        "its map is of log odds, as a sure network's probability rounds to 1 everywhere. Objects "
        "tend to the middle of a picture: a method should beat its middle pixel, too."
    )
    run, epoch = choice.run, choice.epoch
    offer(
        lambda: localisation_figure(found),
        lambda: as_arrays(found),
        name=f"{run.name}-localisation-epoch-{epoch}",
        made=made_by(choice, "localisation", methods=methods, images=images, split="val"),
        shell=f"python -m viz {' '.join(command(choice, methods, images))} --out localisation.png",
        python=PYTHON.format(path=run.path, epoch=epoch, method=methods[0], images=images),
    )


def as_table(found: list[Localisation]) -> pd.DataFrame:
    """The rows in words."""
    return pd.DataFrame(
        [
            {
                "": row.name,
                "hits the object": percent(row.hits.share),
                "95 % interval": f"{percent(row.hits.low)} to {percent(row.hits.high)}"
                if row.hits.high > row.hits.low
                else "",
                "map inside the object": "" if row.energy is None else percent(row.energy),
            }
            for row in rows(found)
        ]
    )


def misses(choice: Choice, data: Data, found: list[Localisation]) -> None:
    """The farthest misses of each method; a click shows the image on the Occlusion page."""
    st.subheader("The farthest misses", anchor=False)
    st.caption(
        "The object in orange, a cross where the method points; below each picture its map. "
        "Click one to slide the square over it."
    )
    preprocess, classes = choice.run.preprocess, choice.run.classes
    for one in found:
        count = int((one.distance[one.worst] > 0).sum())
        st.markdown(f"**{NAMES[one.method]}**{'' if count else ': it misses none'}")
        if not count:
            continue
        indices = one.image[one.worst[:count]].numpy()
        figure = misses_pointing(
            preprocess.picture(preprocess.from_uint8(data.val.images[indices])),
            object_masks(data.val, preprocess, indices),
            one,
            [validation_name(data, int(index)) for index in indices],
        )
        named = ", ".join(classes[int(data.val.labels[index])] for index in indices)
        clicked = pointed_at(
            figure, key=f"misses {one.method}", alt=f"{NAMES[one.method]} misses: {named}"
        )
        if clicked is not None:
            go_to("occlusion", image=f"val:{clicked}")


PYTHON = """\
from training.runs import Run
from viz import results
from viz.localisation import share_of

found = results.localisation(Run.open("{path}"), {epoch}, "{method}", images={images})
share_of(found.hit)"""


page()
