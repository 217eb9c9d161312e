from pathlib import Path

import pytest

from hemml.data import resource_path, resources
from hemml.errors import HemmlError, UnknownNameError


def test_checkout_is_found() -> None:
    assert resource_path("datasets", "hem_electrodes.csv").is_file()


def test_unknown_name_lists_close_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"'hem_electrode.csv'; did you mean 'hem_electrodes.csv'"):
        resource_path("datasets", "hem_electrode.csv")


def test_installed_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "hemml"
    (package / "_resources" / "configs").mkdir(parents=True)
    (package / "_resources" / "configs" / "train.yaml").touch()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resource_path("configs", "train.yaml") == package / "_resources" / "configs" / "train.yaml"


def test_foreign_folder_beside_an_installed_package_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "hemml")
    with pytest.raises(HemmlError, match="reinstall hemml"):
        resource_path("datasets", "hem_electrodes.csv")
