import os
import stat
from pathlib import Path

import pytest

from hemml.files import atomic_directory, atomic_write_bytes, atomic_write_text


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_text_is_utf8_with_unix_line_ends_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic_write_text(path, "Δ = 1\n")
    assert path.read_bytes() == "Δ = 1\n".encode()
    assert names(tmp_path) == {"a.txt"}


def test_replacing_keeps_the_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    atomic_write_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_file_gets_ordinary_permissions(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    atomic_write_text(tmp_path / "a.txt", "")
    assert (tmp_path / "a.txt").stat().st_mode == ordinary.stat().st_mode


def test_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    atomic_write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_failure_while_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        atomic_write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == {"a.bin"}


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        atomic_write_text(tmp_path / "absent" / "a.txt", "")


def test_directory_appears_only_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bundle"
    with atomic_directory(path) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text("1")
        assert not path.exists()
    assert (path / "sub" / "a.txt").read_text() == "1"
    assert names(path.parent) == {"bundle"}


def test_directory_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with atomic_directory(path) as folder:
        (folder / "new.txt").write_text("new")
    assert names(path) == {"new.txt"}
    assert names(tmp_path) == {"bundle"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interrupted_block_keeps_the_old_directory(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "bundle"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with pytest.raises(error), atomic_directory(path) as folder:  # noqa: PT012
        (folder / "new.txt").write_text("half")
        raise error
    assert (path / "old.txt").read_text() == "old"
    assert names(tmp_path) == {"bundle"}


def test_failed_rename_brings_the_old_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bundle"
    path.mkdir()
    (path / "old.txt").write_text("old")
    rename = Path.rename

    def fail_for_new(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("the new folder cannot be moved")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(OSError, match="cannot be moved"), atomic_directory(path):
        pass
    assert names(path) == {"old.txt"}
    assert names(tmp_path) == {"bundle"}


def test_directory_does_not_replace_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_text("a file")
    with pytest.raises(NotADirectoryError, match="a file has that name"), atomic_directory(path):
        pass
    assert path.read_text() == "a file"
