"""The chores, by name: `nox -s check`; in the environment at hand, what follows -- is passed on."""

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["check", "test"]


@nox.session
def check(session: nox.Session) -> None:
    """Style and types, as in CI."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def test(session: nox.Session) -> None:
    """The tests: nox -s test -- -m "not browser and not slow"."""
    session.run("pytest", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed beside peers, as tables: nox -s bench -- --run runs/demo."""
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def gallery(session: nox.Session) -> None:
    """docs/gallery.md for a few runs: nox -s gallery -- runs/a runs/b."""
    session.run("python", "docs/make_gallery.py", *session.posargs)


@nox.session
def screenshots(session: nox.Session) -> None:
    """The pictures of the documents: nox -s screenshots -- runs/a; needs Chromium."""
    session.run("python", "docs/make_screenshots.py", *session.posargs)
    session.run("python", "docs/make_animation.py", *session.posargs[:1])


@nox.session
def run(session: nox.Session) -> None:
    """The workbench: nox -s run -- --server.port 8600."""
    session.run("streamlit", "run", "streamlit_app.py", *session.posargs)
