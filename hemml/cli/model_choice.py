"""The models that the option `--models` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor

MODELS_HELP: Final = (
    "Folder of trained bundles, or a registered version or alias such as champion; by default those that come with "
    "hemml."
)


def load_predictor(models: Path | None) -> Predictor:
    """Load the bundles of a folder, or of a registered version in the default store.

    Args:
        models: A folder, a version number or alias (`3`, `champion`, `models:/hemml@champion`); None: the models that
            come with hemml.

    Raises:
        InputError: There is no such folder or version, or its bundles cannot be used.
    """
    from hemml.models.prediction import Predictor

    if models is None:
        return Predictor.load()
    with bundle_folder(models) as folder:
        return Predictor.load(folder)


@contextmanager
def bundle_folder(models: Path | None) -> Iterator[Path]:
    """The folder of the bundles that `load_predictor` loads, there as long as the block lasts.

    Raises:
        InputError: There is no such version.
    """
    from hemml.data import resource_path

    if models is None:
        yield resource_path("models", "default")
    elif models.is_dir() or (len(models.parts) > 1 and models.parts[0] != "models:"):
        yield models
    else:
        from hemml.tracking.located import located
        from hemml.tracking.store import Store

        with located(str(models), Store.default()) as place:
            yield place.folder
