"""The workbench: `streamlit run streamlit_app.py`."""

import streamlit as st

from app.shell.errors import readable
from app.shell.first_visit import make_sure_of_a_run, wait_for_the_demo
from app.shell.menu import GROUPS
from app.shell.paths import SOURCE

SIDEBAR_PX = 248

st.set_page_config(
    page_title="Filterscope",
    page_icon=str(SOURCE / "app" / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PX,
)
st.html(SOURCE / "app" / "browser" / "frame.css")
groups = {
    group: {
        name: st.Page(f"app/pages/{name}.py", title=title, icon=icon, default=name == "overview")
        for name, (title, icon) in pages.items()
    }
    for group, pages in GROUPS.items()
}
page = st.navigation(
    {group: list(pages.values()) for group, pages in groups.items()}, expanded=True
)
name = next(name for pages in groups.values() for name, each in pages.items() if each is page)
with readable():
    # before torch is imported: a child loads it at the same time, and the page is not blank
    make_sure_of_a_run()
    wait_for_the_demo()

from app.shell import frame, tour  # noqa: E402
from app.shell.next_step import next_step  # noqa: E402
from app.shell.window import is_lecture  # noqa: E402

frame.choose(name)
with st.sidebar, readable():
    tour.offer()
try:
    with readable():
        tour.band(name, arrows=is_lecture())
        next_step(name)
        page.run()
        tour.fill_in()
finally:
    frame.settle(name)
