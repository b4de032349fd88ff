"""Class evidence: when did it learn what this image shows?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import chosen, go_to
from app.shell.window import is_dark
from app.widgets.class_choice import caption_outputs, pick_class
from app.widgets.downloads import offer_side
from app.widgets.images import ChosenImage, choose_image
from app.widgets.layout import heading
from viz.class_evidence import ClassEvidenceLook, ClassEvidenceQuery
from viz.class_evidence.figure import pointing
from viz.store.answer import Side
from viz.store.query import ImageSource


def page() -> None:
    heading(
        "Class evidence",
        "What the network made of one image, epoch by epoch: the probability of a class beside its "
        "strongest rivals, and the rank of the class. The dotted line is the epoch "
        "from which on the answer is right.",
    )
    choice = chosen()
    image = choose_image(choice)
    query = ClassEvidenceQuery(str(choice.run.path), image=ImageSource(image.source))
    reply = ask(asked(query, "epochs"))
    if reply.answer is None:
        return
    known, classes = reply.opened.true_class(image.source), choice.run.classes
    label = pick_class(classes, reply.answer.probability[-1], known)
    side = reply.side(ClassEvidenceLook(classes[label]))
    st.markdown(plain(side.shown.words()))
    caption_outputs(choice.run)
    st.plotly_chart(
        pointing(side.shown, dark=is_dark()),
        theme=None,
        key="class evidence",
        config={"displayModeBar": False},
        alt=f"{image.name}: {side.shown.words()}",
    )
    offer_side(side)
    lead_on(image, side)


def lead_on(image: ChosenImage, side: Side) -> None:
    """Where it looked when it became right, or after the last epoch where it is not."""
    found, label = side.shown.found, side.shown.label
    since = found.right_since(label)
    epoch = int(found.epoch[-1]) if since is None else since
    if st.button(f"Where it looked at epoch {epoch}", icon=":material/visibility_off:"):
        go_to("occlusion", image=image.key, label=label, epoch=epoch)


page()
