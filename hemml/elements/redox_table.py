"""The redox steps of the elements, the working ions and the alloying end members, as read from their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from hemml.elements.tables import read_table
from hemml.errors import UnknownNameError

ENVIRONMENTS: Final = ("oxide", "polyanion", "cyanide", "chalcogenide")


@dataclass(frozen=True)
class RedoxStep:
    """One step of one element, from one charge to a higher one.

    Attributes:
        element: Symbol.
        charge_from: Charge below the step.
        charge_to: Charge above it; up to 0 for an anion.
        potential_V: Potential against Li/Li+.
        insertion: Whether the host keeps its framework when the step is taken.
    """

    element: str
    charge_from: int
    charge_to: int
    potential_V: float
    insertion: bool

    @property
    def electrons(self) -> int:
        """Electrons per atom that the step gives up."""
        return self.charge_to - self.charge_from

    @property
    def of_cation(self) -> bool:
        """Whether the step is one of a cation; otherwise an anion gives up charge."""
        return self.charge_to > 0


@dataclass(frozen=True)
class WorkingIon:
    """A working ion and the usual window of its cathodes.

    Attributes:
        symbol: Name, one of `hemml.columns.WORKING_IONS`.
        charge: Formal charge.
        potential_V_SHE: Potential of its metal against the hydrogen electrode.
        radius_A: Shannon radius, six-coordinate, angstrom.
        molar_mass_g_mol: Molar mass.
        charge_limit_V: Upper end of the window against its metal.
        discharge_limit_V: Lower end of the window against its metal.
    """

    symbol: str
    charge: int
    potential_V_SHE: float
    radius_A: float
    molar_mass_g_mol: float
    charge_limit_V: float
    discharge_limit_V: float


@cache
def redox_steps(environment: str) -> tuple[RedoxStep, ...]:
    """Steps of all elements in an environment, by rising potential; elements without rows use their oxide rows.

    Raises:
        UnknownNameError: The environment is not in `ENVIRONMENTS`; the message lists close names.
    """
    if environment not in ENVIRONMENTS:
        raise UnknownNameError("redox environment", environment, ENVIRONMENTS)
    # An element may be cation and anion (S); each of the two has its own rows and its own fallback.
    tables: dict[str, dict[tuple[str, bool], list[RedoxStep]]] = {name: {} for name in ENVIRONMENTS}
    for row in read_table("redox_steps"):
        step = RedoxStep(
            element=row["element"],
            charge_from=int(row["charge_from"]),
            charge_to=int(row["charge_to"]),
            potential_V=float(row["potential_V"]),
            insertion=row["insertion"] == "1",
        )
        tables[row["environment"]].setdefault((step.element, step.of_cation), []).append(step)
    chosen = tables["oxide"] | tables[environment]
    return tuple(
        sorted((s for steps in chosen.values() for s in steps), key=lambda s: (s.potential_V, s.element, s.charge_to))
    )


@cache
def working_ions() -> Mapping[str, WorkingIon]:
    """Working ions by symbol."""
    return {
        row["symbol"]: WorkingIon(
            symbol=row["symbol"],
            charge=int(row["charge"]),
            potential_V_SHE=float(row["potential_V_SHE"]),
            radius_A=float(row["radius_A"]),
            molar_mass_g_mol=float(row["molar_mass_g_mol"]),
            charge_limit_V=float(row["charge_limit_V"]),
            discharge_limit_V=float(row["discharge_limit_V"]),
        )
        for row in read_table("ions")
    }


@cache
def ions_per_atom(ion: str) -> Mapping[str, float]:
    """Ions that an atom of each alloying element stores at full depth; empty for an ion whose metal does not alloy."""
    return {row["element"]: float(row["ions_per_atom"]) for row in read_table("alloying") if row["ion"] == ion}
