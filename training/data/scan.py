"""Walking through folders of image files without opening one."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.images import IMAGE_SUFFIXES


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that looks like an image, and what tells whether it has changed."""

    path: str  # relative to the data set, with /
    size: int  # bytes
    modified_ns: int
    readable: bool  # permission, too, changes what can be decoded


SETTLED_NS = 2_000_000_000  # the coarsest clock of a file system ticks every two seconds

Classes = dict[str, list[ImageFile]]
"""Image files of each class folder, sorted by path."""


@dataclass
class Scan:
    """One walk through a data set, and what it passed by."""

    root: Path
    ignored: Counter[str] = field(default_factory=Counter)  # files that are no images, by suffix
    classless: list[str] = field(default_factory=list)  # images beside the class folders
    folder_links: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    began_ns: int = field(default_factory=time.time_ns)
    folders: dict[Path, int] = field(default_factory=dict)  # walked through: when last changed, ns

    def classes(self, split: str, *, skip: frozenset[str] = frozenset()) -> Classes:
        """The class folders of a split folder ("" for the data set itself), by name."""
        folders = []
        for entry in self._entries(self.root / split):
            path = f"{split}/{entry.name}" if split else entry.name
            if entry.name in skip:
                continue
            if entry.is_symlink() and entry.is_dir():
                self.folder_links.append(path)
            elif entry.is_dir():
                folders.append((entry.name, path))
            elif _is_image_name(entry.name):
                self.classless.append(path)
            else:
                self._ignore(entry.name)
        return {name: self.files(path) for name, path in folders}

    def files(self, folder: str) -> list[ImageFile]:
        """All image files in a folder and in the folders inside it."""
        return sorted(self._walk(folder), key=lambda file: file.path)

    def _walk(self, folder: str) -> Iterator[ImageFile]:
        for entry in self._entries(self.root / folder):
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path)
            elif entry.is_symlink() and not Path(entry.path).exists():
                self.dangling.append(path)
            elif entry.is_dir():  # a link to a folder could lead round in circles
                self.folder_links.append(path)
            elif _is_image_name(entry.name):
                status = entry.stat()
                readable = os.access(entry.path, os.R_OK)
                yield ImageFile(path, status.st_size, status.st_mtime_ns, readable)
            else:
                self._ignore(entry.name)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What lies in a folder, sorted, without what systems hide there (.git, ._cat.jpg)."""
        self.folders[folder] = folder.stat().st_mtime_ns  # before: what comes meanwhile is noticed
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
        return sorted(visible, key=lambda entry: entry.name)

    def _ignore(self, name: str) -> None:
        self.ignored[os.path.splitext(name)[1].lower() or name] += 1  # noqa: PTH122 - no Path each


@dataclass(frozen=True)
class Untouched:
    """Tells, without a look at each file, whether any has come, gone or been renamed since.

    A folder that was changed just before it was walked through is not trusted: its clock may not
    tell the next change from that one. A file written over in its place is not noticed.
    """

    changed_ns: Mapping[Path, int]  # of folders and tables
    at_ns: int  # when they were first looked at

    def __call__(self) -> bool:
        newest = max(self.changed_ns.values(), default=0)
        if newest > self.at_ns - SETTLED_NS:
            return False
        try:
            return all(path.stat().st_mtime_ns == then for path, then in self.changed_ns.items())
        except OSError:
            return False


def _is_image_name(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122 - no Path each
