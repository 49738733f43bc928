"""What a new text of each kind starts from."""

from kb.models import Kind


def skeleton(kind: Kind) -> str:
    """What a new text of this kind starts from."""
    return SKELETONS[kind]


SKELETONS = {
    Kind.HOWTO: """## When to use this

Who needs this, and when.

## Before you start

- What has to be at hand: access, forms, tools.

## Steps

1. First, do this.
2. Then do that.

## Check that it worked

How you can tell.

## If it does not work

What to try, and whom to ask.
""",
    Kind.STORY: """## The situation

What happened, where, and what was at stake.

## What I did

Step by step, also what turned out wrong.

## What came of it

The result, in numbers if there are any.

## What I would do differently

What others can take from it.
""",
}
