"""Column maps that come with hemml, and those in a user's YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from hemml.data.resources import resource_root
from hemml.data.sources.column_map import ColumnMap
from hemml.errors import ConfigError, UnknownNameError

_SUFFIXES: Final = (".yaml", ".yml")


def map_names() -> tuple[str, ...]:
    """Names of the maps that come with hemml."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def load_map(name_or_file: str | Path) -> ColumnMap:
    """A map by the name of one that comes with hemml, or from a YAML file.

    Raises:
        UnknownNameError: There is no map of that name; the message lists close names.
        ConfigError: The file is missing or no YAML, or keys or values are wrong; all of them are named.
    """
    text = str(name_or_file)
    if text.endswith(_SUFFIXES) or "/" in text or "\\" in text:
        path = Path(text)
    elif text in map_names():
        path = _folder() / f"{text}.yaml"
    else:
        raise UnknownNameError("column map", text, map_names())
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(
            f"column map {str(path)!r}: must be a readable UTF-8 file, got: {err}; check the path"
        ) from err
    except yaml.YAMLError as err:
        raise ConfigError(f"column map {str(path)!r}: must be YAML, got: {err}; correct it") from err
    if not isinstance(raw, dict):
        raise ConfigError(
            f"column map {str(path)!r}: must be a mapping of keys, got {type(raw).__name__}; "
            f"see the maps that come with hemml: {', '.join(map_names())}"
        )
    try:
        return ColumnMap.model_validate(raw)
    except ValidationError as err:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'top level'}: {problem['msg']}"
            for problem in err.errors()
        )
        raise ConfigError(
            f"column map {str(path)!r}: {problems}; "
            f"the maps that come with hemml show every key: {', '.join(map_names())}"
        ) from err


def _folder() -> Path:
    return resource_root() / "configs" / "column_maps"
