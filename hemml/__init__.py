"""hemml: capacity, voltage and retention of high-entropy electrode materials from composition and test conditions."""

from importlib.metadata import version

__version__ = version("hemml")
