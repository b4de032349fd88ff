"""Puts Streamlit's settings into the wheel, where `app/__main__.py` reads them.

In a clone they lie where `streamlit run streamlit_app.py` looks for them, outside every package.
All else about building stands in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SETTINGS = ".streamlit/config.toml"


class WithSettings(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file(SETTINGS, str(Path(self.build_lib) / "app" / "config.toml"))


setup(cmdclass={"build_py": WithSettings})
