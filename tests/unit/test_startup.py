"""What starting hemml costs: no heavy library is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hemml.active.store import CampaignStore, Created

HEAVY = (
    "sklearn",
    "xgboost",
    "mlflow",
    "matplotlib",
    "matminer",
    "pymatgen",
    "pandas",
    "scipy",
    "optuna",
    "skops",
    "dask",
)
MAIN = "from hemml.cli import main; main({})"


def imported(code: str) -> set[str]:
    """Top-level packages in `sys.modules` after some code has run in a fresh interpreter."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    command = [sys.executable, "-c", f"{code}\n{report}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import hemml",
        "import hemml.composition, hemml.elements, hemml.features, hemml.cli",
        MAIN.format(["--help"]),
        MAIN.format(["predict", "--help"]),
        MAIN.format(["data", "--help"]),
        MAIN.format(["campaign", "--help"]),
        MAIN.format(["campaign", "new", "--help"]),
        MAIN.format(["describe", "LiFePO4"]),
        MAIN.format(["describe", "LiFePO4", "--json"]),
    ],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    packages = imported(code)
    assert "hemml" in packages
    assert packages.isdisjoint(HEAVY)


def test_only_the_asked_command_is_imported() -> None:
    code = MAIN.format(["describe", "LiFePO4"])
    check = "import sys; assert not {'hemml.cli.predict', 'hemml.cli.data_commands', 'hemml.data'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", f"{code}\n{check}"], capture_output=True, check=False).returncode == 0


def test_counting_candidates_loads_no_model() -> None:
    space = Path(__file__).parents[2] / "configs" / "spaces" / "zn_vanadate.yaml"
    packages = imported(MAIN.format(["campaign", "new", str(space)]))
    assert "numpy" in packages
    assert packages.isdisjoint(set(HEAVY) - {"pandas"})


def test_a_result_is_recorded_without_models_or_tables(tmp_path: Path) -> None:
    path = tmp_path / "zn.campaign"
    made = Created("zn", {}, ("capacity_mAh_g",), {"working_ion": "Zn", "role": "cathode"})
    CampaignStore.create(path, made).close()
    words = ["campaign", "observe", str(path), "--formula", "ZnMn2O4", "capacity_mAh_g=120", "--no-log"]
    assert imported(MAIN.format(words)).isdisjoint(HEAVY)
    with CampaignStore.open(path) as store:
        assert [one.id for one in store.state().experiments.values()] == ["C001"]


def test_the_check_sees_heavy_libraries() -> None:
    assert "pandas" in imported("import hemml.data; hemml.data.load_default()")
