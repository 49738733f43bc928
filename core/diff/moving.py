"""Finds what went at one place of a text and came, (nearly) unchanged, at another."""

from collections.abc import Iterator, Mapping

from rapidfuzz import process
from rapidfuzz.distance import Indel

MOST_PAIRS = 300_000  # parts gone times parts come; beyond it, only equal ones are found
NEARLY = 0.75  # a part with this share of its words in common is still the same
LONG = 6  # words; a single part moved has as many
MANY = 2  # parts; of a run of as many, each may be short

Moves = dict[int, int]  # number of a new part: number of the old one


def find_moves(gone: Mapping[int, str], come: Mapping[int, str]) -> Moves:
    """Both map the number of a part to its words, spelled one character each, in order."""
    found = _equal(gone, come)
    _add_nearly_equal(found, gone, come)
    moves: Moves = {}
    for run in _runs(found, gone, come):
        words = sum(len(come[new]) for new, _ in run)
        if (len(run) >= MANY and words >= MANY) or words >= LONG:
            moves.update(run)
    _add_blanks(moves, gone, come)
    return moves


def _equal(gone: Mapping[int, str], come: Mapping[int, str]) -> Moves:
    places: dict[str, list[int]] = {}
    for old, words in gone.items():
        if words:
            places.setdefault(words, []).append(old)
    following = _following(gone)
    found: Moves = {}
    used: set[int] = set()
    before: int | None = None
    for new, words in come.items():
        free = [old for old in places.get(words, ()) if old not in used][:50] if words else []
        if not free:
            before = before if not words else None
            continue
        after = following.get(before) if before is not None else None
        old = after if after in free else free[0]
        found[new] = before = old
        used.add(old)
    return found


def _add_nearly_equal(found: Moves, gone: Mapping[int, str], come: Mapping[int, str]) -> None:
    used = set(found.values())
    choices = {old: words for old, words in gone.items() if len(words) >= LONG and old not in used}
    asked = [new for new, words in come.items() if len(words) >= LONG and new not in found]
    if len(choices) * len(asked) > MOST_PAIRS:
        return
    for new in asked:
        best = process.extractOne(
            come[new], choices, scorer=Indel.normalized_similarity, score_cutoff=NEARLY
        )
        if best is not None:
            found[new] = best[2]
            del choices[best[2]]


def _runs(
    found: Moves, gone: Mapping[int, str], come: Mapping[int, str]
) -> Iterator[list[tuple[int, int]]]:
    """Neighbours on both sides belong together, empty parts between them or not."""
    after_old, after_new = _following(gone), _following(come)
    run: list[tuple[int, int]] = []
    for new in sorted(found):
        old = found[new]
        if run and (after_new.get(run[-1][0]) != new or after_old.get(run[-1][1]) != old):
            yield run
            run = []
        run.append((new, old))
    if run:
        yield run


def _following(parts: Mapping[int, str]) -> dict[int, int]:
    """For each part with words the next one, if nothing stands between them."""
    following: dict[int, int] = {}
    before: int | None = None
    last = -1
    for number, words in parts.items():
        if number != last + 1:
            before = None
        last = number
        if words:
            if before is not None:
                following[before] = number
            before = number
    return following


def _add_blanks(moves: Moves, gone: Mapping[int, str], come: Mapping[int, str]) -> None:
    """Empty parts inside a moved run, or right after it, move along."""
    taken = set(moves.values())
    for new in sorted(moves):
        old = moves[new]
        while come.get(new + 1) == "" == gone.get(old + 1) and old + 1 not in taken:
            new, old = new + 1, old + 1
            moves[new] = old
            taken.add(old)
