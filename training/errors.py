"""The one kind of error that a person at the keyboard can mend."""


class WorkbenchError(Exception):
    """Something the user can put right; the message says what was found and what to do.

    Commands print it as one line, pages show it in place of the picture. Bugs stay ordinary
    exceptions and keep their traceback.
    """
