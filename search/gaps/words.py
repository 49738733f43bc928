"""What is said of a card in words."""

_RANKS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)
GOOD_RANK = 3  # below it, readers may not see it at once


def rank_words(rank: int) -> str:
    return _RANKS[rank - 1]


def now_ranked(rank: int | None) -> str:
    """ "now first", "not among the first ten" """
    return "not among the first ten" if rank is None else f"now {rank_words(rank)}"


def is_low(rank: int | None) -> bool:
    """Whether a pin or a synonym would help those who look for it."""
    return rank is None or rank > GOOD_RANK


def people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"
