"""The workbench: `streamlit run streamlit_app.py`."""

import streamlit as st

from app.first_visit import make_sure_of_a_run

make_sure_of_a_run()  # before torch is imported: the child's seconds and ours run together

from app import frame  # noqa: E402
from app.errors import readable  # noqa: E402

PAGES = {
    "overview": ("Overview", ":material/home:"),
    "filters": ("Filters", ":material/grid_view:"),
    "top_patches": ("Top patches", ":material/photo_library:"),
    "feature_maps": ("Feature maps & deconvnet", ":material/layers:"),
    "evolution": ("Evolution", ":material/timeline:"),
    "occlusion": ("Occlusion", ":material/visibility_off:"),
    "retrieval": ("Retrieval", ":material/image_search:"),
    "train": ("Train", ":material/model_training:"),
}

st.set_page_config(page_title="Filterscope", page_icon=":material/filter_center_focus:", layout="wide")
pages = {
    name: st.Page(f"app/pages/{name}.py", title=title, icon=icon, default=name == "overview")
    for name, (title, icon) in PAGES.items()
}
page = st.navigation(list(pages.values()))
frame.choose(next(name for name, known in pages.items() if known is page))
with readable():
    page.run()
