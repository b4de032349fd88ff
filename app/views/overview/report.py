"""The run's report on a page: made once by a child process, then taken away as one file."""

from __future__ import annotations

import streamlit as st

from app.jobs.job import Job
from app.jobs.panel import wait_for
from app.shell.frame import Choice
from training.status import FINISHED
from viz.results import kept_report
from viz.store.export import command_line


def offer_report(choice: Choice) -> None:
    """A button that makes the report, its progress, and the button that downloads it.

    While it is being made the page's run ends here, so this comes last.
    """
    run, epoch = choice.run, choice.epoch
    st.subheader("Take it away", anchor=False)
    st.caption(
        "The papers' figures for this run and epoch, with captions, findings and the lines that "
        "make them, as one page that opens anywhere. It takes some minutes at first; what is "
        "worked out is kept."
    )
    file = kept_report(run, epoch)
    job = Job(("report", str(run.path), "--epoch", str(epoch)))
    status = job.status()
    begun = status is not None and status.state != FINISHED
    if file.exists():
        st.download_button(
            "Download the report",
            file.read_bytes,
            file_name=f"{run.name}-report-epoch-{epoch}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
        )
        st.code(
            command_line("report", run.path, epoch=epoch, out="report.html"),
            language="bash",
            wrap_lines=True,
        )
    elif begun:
        wait_for(job, "Writing the report")
    elif st.button("Make the report", icon=":material/article:"):
        job.start()
        st.rerun()
