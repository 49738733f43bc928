"""The invented company Morlund: filled into a new database, and taken away again."""

from ops.demo.removing import Removed, remove
from ops.demo.seeding import PASSWORD, NotEmpty, fill, is_new, sign_in_line

__all__ = ["PASSWORD", "NotEmpty", "Removed", "fill", "is_new", "remove", "sign_in_line"]
