"""The active-learning loop: design spaces, surrogates, acquisition, campaigns, simulation and synthesis recipes."""

__all__: list[str] = []
