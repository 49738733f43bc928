"""What curators can see of searches: what was looked for in vain, and how often people find."""

from search.report.lists import Lists
from search.report.meanings import Encoding
from search.report.success import Successes


class Report:
    """Both parts, of one running application."""

    def __init__(self, encoder: Encoding | None) -> None:
        self.lists = Lists(encoder)
        self.successes = Successes()
