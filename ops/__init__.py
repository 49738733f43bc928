"""What runs the application as a whole: demo content, and the start of a server."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands of this room."""
