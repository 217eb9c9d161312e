"""Design spaces as text."""

from __future__ import annotations

SMALL_SPACE = """
title: Small spinels
working_ion: Zn
role: cathode
family: spinel
sublattices:
  - {name: zinc, kind: mobile, fixed: {Zn: 1}}
  - name: metals
    kind: cation
    amount: 2
    step: 0.2
    components: [3, 5]
    elements: {Mn: {min: 0.2, max: 0.6}, Fe: {max: 0.4}, Co: {max: 0.4}, Ni: {max: 0.4}, Mg: {max: 0.4}}
  - {name: oxygen, kind: anion, fixed: {O: 4}}
conditions: {capacity_current_mA_g: 100, voltage_min_V: 0.8, voltage_max_V: 1.9}
objectives: ["capacity_mAh_g:max", "average_voltage_V:max"]
constraints: [charge_balanced, S_config_cation_R >= 1.0]
"""
