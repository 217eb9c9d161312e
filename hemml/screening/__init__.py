"""Screening of design spaces: candidates stream by in chunks, the best stay."""
