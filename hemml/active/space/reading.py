"""From YAML or JSON to a checked specification: every problem at once, with file and key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError

from hemml.active.space.spec import (
    FORMAT,
    ObjectiveSpec,
    Range,
    Rest,
    Share,
    SpaceSpec,
    SublatticeSpec,
    SynthesisChoice,
)
from hemml.errors import ConfigError, InputError

_BELOW: Final[dict[str, type[BaseModel]]] = {
    "sublattices": SublatticeSpec,
    "elements": Share,
    "range": Range,
    "rest": Rest,
    "synthesis": SynthesisChoice,
    "objectives": ObjectiveSpec,
}
_MAX_BYTES: Final = 50_000_000


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key may stand only once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                line = node.value[i][0].start_mark.line + 1
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice, again in line {line}")
        return mapping


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        ConfigError: The file is missing, no text, no YAML, or no mapping.
    """
    owner = f"design space {path}"
    if path.is_dir():
        raise ConfigError(f"{owner}: must be a YAML or CSV file, got a folder; name the file in it")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{owner}: must be a YAML file of at most {_MAX_BYTES} bytes, got {path.stat().st_size}")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as err:
        raise ConfigError(f"{owner}: must be an existing file, found none; check the path") from err
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{owner}: must be a readable UTF-8 file, got: {err}") from err
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a child of SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as err:
        raise ConfigError(f"{owner}: must be YAML, got: {err or 'too many levels'}") from err
    if not isinstance(raw, dict):
        raise ConfigError(f"{owner}: must be a mapping of keys, got {type(raw).__name__}; see configs/spaces")
    return raw


def read_json(text: str, owner: str) -> dict[str, Any]:
    """The mapping in a JSON text.

    Raises:
        ConfigError: It is no JSON object.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ConfigError(f"{owner}: must be JSON as written by to_json, got: {err}") from err
    if not isinstance(raw, dict):
        raise ConfigError(f"{owner}: must be a JSON object, got {type(raw).__name__}")
    return raw


def checked(raw: dict[str, Any], owner: str) -> SpaceSpec:
    """Check structure and types.

    Args:
        raw: Keys and values as read.
        owner: What messages call the space.

    Raises:
        ConfigError: Keys or values are wrong; all of them are named.
    """
    if raw.get("format", FORMAT) != FORMAT:
        raise ConfigError(f"{owner}: format must be {FORMAT}, got {raw['format']!r}; update hemml or the file")
    try:
        return SpaceSpec.model_validate(raw)
    except ValidationError as err:
        problems = list(dict.fromkeys(_problems(err)))
    except InputError as err:
        problems = [str(err)]
    raise ConfigError(f"{owner}: {'; '.join(problems)}; see docs/spaces.md for every key")


def _problems(err: ValidationError) -> Iterator[str]:
    for problem in err.errors():
        place, kind = problem["loc"], problem["type"]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in place) or "top level"
        if kind == "extra_forbidden":
            known = _keys_at(place)
            close = get_close_matches(str(place[-1]), known, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"known here: {', '.join(known)}"
            yield f"{where}: unknown key, {hint}"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            given = problem["input"]
            got = "" if isinstance(given, dict | list | tuple) else f" (got {str(given)[:60]!r})"
            yield f"{where}: {message}{got}"


def _keys_at(place: Sequence[str | int]) -> list[str]:
    """Keys that are allowed beside the one at a place."""
    model: type[BaseModel] = SpaceSpec
    for part in place[:-1]:
        model = _BELOW.get(str(part), model)
    return list(model.model_fields)
