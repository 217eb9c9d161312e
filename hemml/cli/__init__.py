"""The command `hemml`: one small module a command, imported when that command is asked for."""

from hemml.cli.app import main

__all__ = ["main"]
