"""Folders that are there whole or not at all."""

import shutil
from contextlib import contextmanager


@contextmanager
def whole_folder(folder):
    """A folder to be filled, which gets its name at the end; what was begun and not finished is made again."""
    growing = folder.with_name(folder.name + ".part")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    yield growing
    growing.rename(folder)
