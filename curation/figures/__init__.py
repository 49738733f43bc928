"""What curators can see of their work in numbers: how long things take, and what comes of them.

Always of topics and times, never of people: nothing here reads or returns anybody's name.
"""

from curation.figures.choice import Choice
from curation.figures.period import Period
from curation.figures.whole import Figures

__all__ = ["Choice", "Figures", "Period"]
