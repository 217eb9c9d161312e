"""Search of design spaces too large to look at every candidate."""
