"""Some channels of one run or two over all their epochs, and when each of them learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from app.jobs.ask import ask
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.widgets.drawing import pointed_at
from app.widgets.layout import page_px
from viz.evolution import EvolutionLook, EvolutionQuery, half_learnt
from viz.evolution.figure import (
    COSINE,
    HEAD_PX,
    RESPONSE,
    Row,
    evolution_pointing,
    facts,
    rows_of,
)
from viz.store.answer import Side

LABEL_PX, BETWEEN_PX = 170, 16
SCROLLED = "evolution-scrolled"  # the epochs scroll, the channels' names stay


@dataclass(frozen=True)
class Followed:
    """One run's channels, as far as they have been followed."""

    choice: Choice
    side: Side
    whole: bool  # False while a job is at work on later epochs

    def rows(self, name: str = "") -> list[Row]:
        """One a channel."""
        return rows_of(self.side.shown, name, whole=self.whole)


def follow(choice: Choice, layer: str, channels: Sequence[int]) -> Followed | None:
    """Some channels of a layer at all epochs of a run; None before the first one is there."""
    query = EvolutionQuery(
        str(choice.run.path), layer=layer, channels=tuple(channels), epochs=tuple(choice.run.epochs)
    )
    query = asked(query, "epochs")
    words = f"Following {len(channels)} channels over {len(query.epochs)} epochs"
    reply = ask(query, words)
    if len(reply.parts) < 2:  # the weights' motion, and an epoch
        return None
    return Followed(choice, reply.side(EvolutionLook()), reply.answer is not None)


def show_rows(runs: Sequence[Followed], channel: int | None, marked: Sequence[int]) -> None:
    """The answer in words, then the rows; a click on a cell opens the unit at that epoch."""
    rows = together(runs)
    for followed, who in zip(runs, "AB", strict=False):
        say(followed, channel, f"**{who}**: {plain(name_of(followed.choice.run))}. " * two(runs))
    legend()
    figure, pitch = evolution_pointing(
        rows, width_px=page_px() - LABEL_PX - BETWEEN_PX, marked=marked
    )
    scrolled(round(figure.layout.width))
    frame = st.container(horizontal=True, gap="small")
    with frame.container(width=LABEL_PX):
        st.html(labels(rows, pitch, channel))
    with frame.container(width="stretch", key=SCROLLED):
        layer, names = rows[0].evolution.layer, ", ".join(str(row.channel) for row in rows)
        key = f"evolution {layer} {names} {marked}"
        alt = (
            f"Strongest patch and projection of {layer}, channels {names}, at each epoch from "
            f"{rows[0].evolution.epoch[0]} to {rows[0].evolution.epoch[-1]}"
        )
        clicked = pointed_at(figure, key=key, alt=alt)
    if clicked is not None:
        line, own, epoch = clicked
        run = runs["AB".index(rows[line].name or "A")].choice.run
        if epoch in run.epochs:
            go_to("unit", run=name_of(run), epoch=epoch, layer=layer, channel=own)
    how_to_read(layer)


def scrolled(width_px: int) -> None:
    """Let the picture keep its width and scroll in its own container."""
    st.html(
        f"<style>.st-key-{SCROLLED} {{overflow-x: auto; overflow-y: hidden; min-width: 0}}"
        f".st-key-{SCROLLED} > div {{width: {width_px}px !important; max-width: none}}</style>"
    )


def two(runs: Sequence[Followed]) -> bool:
    """Whether two runs are shown."""
    return len(runs) > 1


def together(runs: Sequence[Followed]) -> list[Row]:
    """The rows of one run, or of two in turn."""
    if not two(runs):
        return runs[0].rows()
    a, b = (followed.rows(who) for followed, who in zip(runs, "AB", strict=True))
    by_channel = {row.channel: row for row in b}
    return [row for one in a for row in (one, by_channel.get(one.channel)) if row is not None]


def say(followed: Followed, channel: int | None, who: str) -> None:
    """When half of the layer had learnt, and the channel that is asked about."""
    found = followed.side.shown.evolution
    first, last = int(found.epoch[0]), int(found.epoch[-1])
    if not followed.whole:
        st.markdown(f"{who}Epochs {first} to {last} so far; when a channel learnt is known later.")
        return
    when, count = found.learnt, len(found.learnt)
    half, known = half_learnt(when), sum(each is not None for each in when)
    said = (
        f"Half of the {count} channels of {found.layer} had learnt by epoch **{half}**"
        if half is not None
        else f"By epoch {last}, **{known} of {count}** channels of {found.layer} have learnt"
    )
    rest = f"; {count - known} still change." if known < count else "."
    own = ""
    for row in followed.rows():
        if row.channel == channel:
            more = facts(row)[1:]
            own = f"**Channel {channel}: {row.word}** ({', '.join(more)}). "
    st.markdown(f"{who}{own}{said}{rest}")


def labels(rows: Sequence[Row], pitch: int, chosen: int | None) -> str:
    """What stands at the left of each row."""
    blocks = []
    for place, row in enumerate(rows):
        before = rows[place - 1] if row.name == "B" else None
        lines = [*facts(row), *([] if before is None else [difference(before, row)])]
        name = f"{row.name} · channel {row.channel}" if row.name else f"channel {row.channel}"
        edge = "#e69f00" if row.channel == chosen else "transparent"
        blocks.append(
            f'<div style="position:absolute;top:{place * pitch + HEAD_PX + 2}px;left:0;right:0;'
            f'border-left:3px solid {edge};padding-left:8px;line-height:1.35">'
            f'<div style="font-size:15px;font-weight:600">{name}</div>'
            f'<div style="font-size:13px;font-weight:600">{escape(lines[0])}</div>'
            + "".join(
                f'<div style="font-size:12px;opacity:.8">{escape(line)}</div>' for line in lines[1:]
            )
            + "</div>"
        )
    return f'<div style="position:relative;height:{len(rows) * pitch}px">{"".join(blocks)}</div>'


def difference(a: Row, b: Row) -> str:
    """When B learnt, held against A."""
    if a.learnt is None or b.learnt is None:
        return "not to be compared: one still changes"
    later = b.learnt - a.learnt
    if not later:
        return "at the same epoch as A"
    epochs = "epoch" if abs(later) == 1 else "epochs"
    return f"{abs(later)} {epochs} {'later' if later > 0 else 'earlier'} than A"


def legend() -> None:
    """What the two lines are."""
    line = (
        '<span style="white-space:nowrap"><span style="display:inline-block;width:26px;'
        'border-top:3px {} {};vertical-align:middle;margin-right:6px"></span>{}</span>'
    )
    response = line.format("solid", RESPONSE, "response: mean of the nine strongest activations")
    cosine = line.format("dotted", COSINE, "cosine of its weights to the last epoch's, 0 to 1")
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:13px;opacity:.9">'
        f"{response}{cosine}<span><b>✓</b> learnt: both stay from here</span></div>"
    )


def how_to_read(layer: str) -> None:
    """The definition, and what it does not say."""
    with st.expander("How to read this"):
        st.markdown(
            f"A click on a cell opens the unit page of {layer} at that epoch.\n\n"
            "**Learnt at an epoch**: from there to the last epoch the response (the mean of the "
            "nine strongest activations) stays within 10 % of the last one, the shaded band, and "
            "the cosine of the channel's weights to those of the last epoch is at least 0.9. "
            "**Still changing**: one of the two first holds at the last epoch. **As at epoch 0**: "
            "both held before training.\n\n"
            "**Weights moved 1.4×** is the distance from the first epoch's weights to the last "
            "one's, over the length of the first; the cosine beside it is between the two. Each "
            "row's response has a scale of its own, from 0 to its largest. Lower layers settle "
            "within a few epochs, higher ones much later (Zeiler & Fergus 2013, figure 4)."
        )
