"""What --help says, for people."""

import re
from argparse import Action

from jsonargparse import DefaultHelpFormatter

NO_TYPES = re.compile(r"\s*\((required, )?type: .*?(, default: (?P<default>[^)]*))?\)$", re.DOTALL)


class PlainHelp(DefaultHelpFormatter):
    """What a flag means and its default, but no Python types."""

    def _expand_help(self, action: Action) -> str:
        text = super()._expand_help(action)
        match = NO_TYPES.search(text)
        if match is None:
            return text
        default = match["default"]
        return text[: match.start()] + (f" ({default})" if default not in (None, "null") else "")
