"""Walking through folders of image files without opening one."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.image_files import DATA_SUFFIXES, begins_like_an_image


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that looks like an image, and what tells whether it has changed."""

    path: str  # relative to the data set, with /
    size: int  # bytes
    modified_ns: int
    readable: bool  # permission, too, changes what can be decoded


OF_THE_SYSTEM = (".", "__MACOSX", "@eaDir", "$RECYCLE", "System Volume Information")
"""How the names begin of what systems hide in folders (.git, ._cat.jpg, a Synology's previews)."""

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
    _subfolders: dict[str, list[str]] = field(default_factory=dict)

    def classes(self, split: str, *, skip: frozenset[str] = frozenset()) -> Classes:
        """The class folders of a split folder ("" for the data set itself), by name."""
        folders = []
        for entry in self._entries(self.root / split):
            path = f"{split}/{entry.name}" if split else entry.name
            if entry.name in skip:
                continue
            if entry.is_dir():
                folders.append((entry.name, path, entry.is_symlink()))
            elif entry.is_symlink() and not Path(entry.path).exists():
                self.dangling.append(path)
            elif _is_image(entry):
                self.classless.append(path)
            else:
                self._ignore(entry.name)
        return {name: self.files(path) for name, path in self._without_circles(split, folders)}

    def subfolders(self, folder: str, skip: frozenset[str] = frozenset()) -> list[str]:
        """The names of the folders in a folder, and of links to some."""
        if folder not in self._subfolders:
            entries = self._entries(self.root / folder)
            self._subfolders[folder] = [entry.name for entry in entries if entry.is_dir()]
        return [name for name in self._subfolders[folder] if name not in skip]

    def has_images(self, folder: str) -> bool:
        """Whether images lie in the folder itself."""
        return any(_is_image(entry) for entry in self._entries(self.root / folder))

    def _without_circles(
        self, split: str, folders: list[tuple[str, str, bool]]
    ) -> list[tuple[str, str]]:
        """Class folders and the links to some elsewhere: none that holds another, or the split."""
        here = (self.root / split).resolve()
        taken = [here / name for name, _path, is_link in folders if not is_link]
        found = []
        for name, path, is_link in folders:
            if is_link:
                target = (self.root / path).resolve()
                if here.is_relative_to(target) or any(
                    target.is_relative_to(other) or other.is_relative_to(target) for other in taken
                ):
                    self.folder_links.append(path)
                    continue
                taken.append(target)
            found.append((name, path))
        return found

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
            elif _is_image(entry):
                status = entry.stat()
                readable = os.access(entry.path, os.R_OK)
                yield ImageFile(path, status.st_size, status.st_mtime_ns, readable)
            else:
                self._ignore(entry.name)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What lies in a folder, sorted, without what systems hide there (.git, ._cat.jpg)."""
        self.folders[folder] = folder.stat().st_mtime_ns  # before: what comes meanwhile is noticed
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(OF_THE_SYSTEM)]
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


def _is_image(entry: os.DirEntry[str]) -> bool:
    """By the name's ending; without one, by the first bytes."""
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - no Path each
    if suffix:
        return suffix in DATA_SUFFIXES
    try:
        return entry.is_file() and begins_like_an_image(Path(entry.path))
    except OSError:
        return False
