"""A proposal is the same after a journey through JSON text."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.active.proposal import Nearest, PredictedValue, Proposal
from hemml.active.synthesis import make_recipe

RECIPES = [make_recipe("LiCoO2"), make_recipe("Na1.6Mn[Fe(CN)6]0.9"), None]
numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=20)
values = st.tuples(numbers, numbers, numbers, st.floats(0.01, 0.99), words).map(
    lambda t: PredictedValue(*[sorted(t[:3])[place] for place in (1, 0, 2)], t[3], t[4])
)
proposals = st.builds(
    Proposal,
    id=st.text(min_size=1, max_size=6),
    formula=st.text(min_size=1, max_size=20),
    rank=st.integers(0, 2**80),
    predicted=st.dictionaries(words, values, max_size=3),
    acquisition=numbers,
    probabilities=st.dictionaries(words, st.floats(0, 1), max_size=3),
    why=words,
    nearest=st.none() | st.builds(Nearest, words, words, words, numbers),
    descriptors=st.dictionaries(words, st.none() | numbers, max_size=3),
    conditions=st.dictionaries(words, st.none() | words | numbers | st.booleans() | st.integers(), max_size=3),
    recipe=st.sampled_from(RECIPES),
    no_recipe=st.text(min_size=1, max_size=10),
)


@settings(max_examples=80, deadline=None)
@given(proposals)
def test_json_and_back_is_the_same(proposal):
    text = json.dumps(proposal.to_json(), allow_nan=False)
    back = Proposal.from_json(json.loads(text))
    assert back == proposal
    assert json.dumps(back.to_json()) == text
