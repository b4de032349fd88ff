"""The command `filterscope` opens the workbench with its own settings, and lets others win."""

import json
import tomllib
from typing import Any

import pytest
from streamlit.web import cli

from app.__main__ import SCRIPT, streamlit_arguments
from app.shell.paths import SOURCE


def understood(*arguments: str) -> dict[str, Any]:
    """What Streamlit makes of the arguments, by the names of its settings: server.port."""
    command, *rest = streamlit_arguments(arguments)
    found = cli.main.commands[command].make_context(command, rest).params
    return {name.replace("_", "."): value for name, value in found.items()}


def flat(settings: dict[str, Any], section: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        whole = f"{section}{name}"
        found |= flat(value, f"{whole}.") if isinstance(value, dict) else {whole: value}
    return found


def test_every_setting_of_the_clone_is_in_effect() -> None:
    file = SOURCE / ".streamlit" / "config.toml"
    settings = flat(tomllib.loads(file.read_text()))
    assert settings["client.showErrorDetails"] == "none"
    found = understood()
    assert found["target"] == str(SCRIPT)
    for name, value in settings.items():
        said = json.loads(found[name]) if isinstance(value, list) else found[name]
        assert said == value, name


def test_the_port_and_options_of_streamlit_are_passed_on() -> None:
    found = understood("--port", "8600", "--server.address", "0.0.0.0", "--server.headless=true")
    assert found["server.port"] == 8600
    assert found["server.address"] == "0.0.0.0"  # not the settings' localhost
    assert found["server.headless"] is True


def test_what_is_no_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        streamlit_arguments(["--port", "eighty"])
    assert "--port" in capsys.readouterr().err
