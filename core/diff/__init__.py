"""What changed between two texts: by line and word as typed, by paragraph and word as rendered."""

from core.diff.difference import Difference, Fields, in_words, tag_row
from core.diff.images import ImageChange, Picture, compare_images, pictures
from core.diff.lines import (
    CONTEXT,
    MOST_ROWS,
    Lines,
    Piece,
    Row,
    Stretch,
    Tally,
    compare,
    compare_lines,
    whole,
    words,
)
from core.diff.rendered import (
    Block,
    Blocks,
    BlockStretch,
    TooDifferent,
    compare_rendered,
    whole_page,
)
from core.diff.spelling import words_that_differ
from core.diff.viewing import View, view_of

__all__ = [
    "CONTEXT",
    "MOST_ROWS",
    "Block",
    "BlockStretch",
    "Blocks",
    "Difference",
    "Fields",
    "ImageChange",
    "Lines",
    "Picture",
    "Piece",
    "Row",
    "Stretch",
    "Tally",
    "TooDifferent",
    "View",
    "compare",
    "compare_images",
    "compare_lines",
    "compare_rendered",
    "in_words",
    "pictures",
    "tag_row",
    "view_of",
    "whole",
    "whole_page",
    "words",
    "words_that_differ",
]
