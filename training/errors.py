"""The one kind of error that a person at the keyboard can mend, and why: its reason code."""

CODES = {
    "other": "the sentence says it all",
    # a file, or the folder around it
    "gone": "it is not there, or no longer",
    "permission": "its mode forbids reading or writing it",
    "read-only": "the file system takes no writing",
    "space": "the disk is full, or would be",
    "write": "the disk refuses to write for another reason",
    "unreadable": "the disk fails while it is read",
    "outside": "a link leads out of the run folder",
    "kind": "a folder, a pipe or a device stands where a file should",
    "size": "it is larger than any such file is",
    "name": "its name is no text",
    "changed": "it was written over while it was being read",
    # a picture
    "missing": "there is no such picture",
    "empty": "it has no bytes",
    "format": "it is no picture, or of a format that is not read",
    "heic": "it needs an optional package",
    "aspect": "it is far too long or too narrow",
    "damaged": "it cannot be decoded",
    # a checkpoint
    "truncated": "it was not written, copied or downloaded to its end",
    "header": "its header breaks the rules of the format",
    "foreign": "another program wrote it",
    "renamed": "it holds another epoch than its name says",
    "digest": "its content was altered since it was written",
    "network": "it belongs to another network",
    "dtype": "its numbers are of a type that this network cannot compute with",
    "tensor": "it has no such tensor",
    "epoch": "the run has no such epoch",
    # run.json and its like
    "text": "it holds other bytes than text",
    "json": "its text is no JSON, or JSON with two meanings",
    "field": "a field is missing, or is of another type or range than declared",
    "newer": "a newer Filterscope wrote it",
    # a training
    "owned": "another process is at work on it",
    "taken": "the folder holds a run already",
    "resume": "there is nothing that training could go on from",
    "settings": "the run was begun with other settings",
    "dead": "the network will learn nothing more",
    "memory": "there is not memory enough",
}
"""Every reason there is, and what it means."""


class WorkbenchError(Exception):
    """Something the user can put right; the message says what was found and what to do.

    Commands print it as one line, pages show it in place of the picture. Bugs stay ordinary
    exceptions and keep their traceback.
    """

    code = "other"
    """Why, in a word that programs and tests can rely on: a key of `CODES`."""

    def __init__(self, *said: str, code: str | None = None) -> None:
        super().__init__(*said)
        if code is not None:
            assert code in CODES, code
            self.code = code
