"""Wiki links, `[[Title or slug]]` and `[[Title|label]]`: how they are written and looked up."""

import re
import unicodedata

# No brackets inside and a bounded length keep looking for them linear in any text.
WIKI_LINK = re.compile(r"\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]\n]{1,200}))?\]\]")


def link_key(target: str) -> str:
    """The form under which a target is looked up: a title and a slug are folded the same way."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", target).casefold())
    return " ".join(folded.split())


def wiki_targets(source: str) -> list[str]:
    """The distinct keys a text may link to, in order; those inside code are among them."""
    # In a table the bar is written `\|`, so that it does not end the cell.
    keys = (link_key(match[1].removesuffix("\\")) for match in WIKI_LINK.finditer(source))
    return [key for key in dict.fromkeys(keys) if key]
