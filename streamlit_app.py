"""The workbench: `streamlit run streamlit_app.py`."""

import streamlit as st

from app.shell.errors import readable
from app.shell.first_visit import make_sure_of_a_run, wait_for_the_demo
from app.shell.menu import PAGES
from app.shell.paths import SOURCE

SIDEBAR_PX = 248
CSS = """
<style>
.stMainBlockContainer { padding: 2.6rem 2.4rem 4rem; }
[data-testid="stSidebarHeader"] { height: 2.2rem; padding-bottom: 0; }
.stPlotlyChart .draglayer .cursor-pointer, .stPlotlyChart .nsewdrag { cursor: pointer; }
.stException > * { display: none; }
.stException::before {
  content: "Something is wrong in the workbench itself. Its terminal has the details.";
}
</style>
"""  # margins that leave the room to the pictures; for a bug one sentence

st.set_page_config(
    page_title="Filterscope",
    page_icon=str(SOURCE / "app" / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PX,
)
st.html(CSS)
pages = {
    name: st.Page(f"app/pages/{name}.py", title=title, icon=icon, default=name == "overview")
    for name, (title, icon) in PAGES.items()
}
page = st.navigation(list(pages.values()), expanded=True)
name = next(name for name, known in pages.items() if known is page)
with readable():
    # before torch is imported: a child loads it at the same time, and the page is not blank
    make_sure_of_a_run()
    wait_for_the_demo()

from app.shell import epochs, frame  # noqa: E402

frame.choose(name)
try:
    with readable():
        page.run()
finally:
    epochs.drawn()
    frame.settle(name)
