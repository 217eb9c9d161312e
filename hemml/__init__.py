"""hemml: capacity, voltage and retention of high-entropy electrode materials from composition and test conditions."""

__version__ = "0.1.0"
