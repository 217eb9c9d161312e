"""The report of a training for people to read."""

from hemml.report.page import PAGE, write_report

__all__ = ["PAGE", "write_report"]
