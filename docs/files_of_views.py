"""Print the table of how many files hold each view: python docs/files_of_views.py

A view's files are those of its own: viz/<view>/, app/pages/<view>.py and app/views/<view>. BEFORE
counts, at 30d47c3, the files of the old tree that held nothing but the view or spelled its
settings out: compute, figures, command, the module of results, page, and what only that page used.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AT_MOST = 7
BEFORE = {
    **{"architecture": 3, "attribution": 10, "by_hand": 4, "compare": 4, "comparison": 3},
    **{"confusion": 3, "correspondence": 8, "curves": 4, "deconvnet": 4, "diagnosis": 7},
    **{"evolution": 7, "feature_maps": 10, "film": 3, "filters": 9, "invariance": 5},
    **{"localisation": 6, "mistakes": 5, "object_scale": 3, "occlusion": 13, "overview": 5},
    **{"planes": 4, "retrieval": 6, "sanity_checks": 5, "self_check": 3, "strongest": 4},
    **{"top_patches": 11, "train": 2, "unit": 5},
}


def views() -> list[str]:
    """Every view and page by the name of its folder or file."""
    folders = {path.parent.name for path in ROOT.glob("viz/*/compute.py")}
    folders |= {path.parent.name for path in ROOT.glob("viz/*/query.py")} - {"store"}
    return sorted(folders | {path.stem for path in ROOT.glob("app/pages/[a-z]*.py")})


def files_of(view: str) -> list[Path]:
    """All that has to be read to know it."""
    places = (f"viz/{view}/*.py", f"app/pages/{view}.py", f"app/views/{view}.py")
    return [path for place in (*places, f"app/views/{view}/*.py") for path in ROOT.glob(place)]


def table() -> str:
    """In Markdown, three views a row."""
    cells = [f"{view} | {BEFORE.get(view, '–')} | {len(files_of(view))}" for view in views()]
    cells += [" | | "] * (-len(cells) % 3)
    rows = [" | ".join(cells[first : first + 3]) for first in range(0, len(cells), 3)]
    head = " | ".join(["view | before | now"] * 3)
    return "\n".join(f"| {row} |" for row in (head, " | ".join(["---"] * 9), *rows))


if __name__ == "__main__":
    print(table())
