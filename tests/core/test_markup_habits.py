"""What people type from the habit of GitHub, Slack or Word, and what readers then see."""

import pytest

from core import markup
from core.markup import Link
from tests.core.html_trees import Node, tree

LINKS = {"reset a password": Link("/articles/reset-a-password", "Reset a password")}
LINKS["reset-a-password"] = LINKS["reset a password"]
REL = 'rel="noopener noreferrer"'

HABITS = {
    # Paragraphs and lines
    "one line end is a blank": ("one\ntwo", "<p>one\ntwo</p>"),
    "a backslash breaks the line": ("one\\\ntwo", "<p>one<br>two</p>"),
    "two blanks break the line": ("one  \ntwo", "<p>one<br>two</p>"),
    "line ends of Windows": ("one\r\n\r\ntwo\r\n", "<p>one</p><p>two</p>"),
    "a byte order mark is not text": ("\ufeff# Title", '<h2 id="h-title">Title</h2>'),
    "curly quotes and dashes stay": ("“so” – it’s…", "<p>“so” – it’s…</p>"),
    "straight quotes stay straight": ('"so" -- it\'s', '<p>"so" -- it\'s</p>'),
    "a rule of dashes": ("one\n\n---\n\ntwo", "<p>one</p><hr><p>two</p>"),
    # Lists
    "a list directly after a paragraph": (
        "Bring:\n- tea\n- milk",
        "<p>Bring:</p><ul><li>tea</li><li>milk</li></ul>",
    ),
    "bullets nested by two spaces": (
        "- a\n  - b\n    - c",
        "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul>",
    ),
    "bullets nested by three spaces": (
        "- a\n   - b\n- c",
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    ),
    "bullets nested by four spaces": (
        "* a\n    * b\n* c",
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    ),
    "bullets nested by a tab": ("- a\n\t- b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
    "numbered steps with bullets three spaces in": (
        "1. a\n   - b\n2. c",
        "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>",
    ),
    "fenced code inside a step": (
        "1. Run\n   ```\n   make\n   ```\n2. Wait",
        '<ol><li>Run<div class="code"><pre><code>make\n</code></pre></div></li><li>Wait</li></ol>',
    ),
    "a paragraph inside a step": (
        "1. Run\n\n   Wait for it.\n\n2. Done",
        "<ol><li><p>Run</p><p>Wait for it.</p></li><li><p>Done</p></li></ol>",
    ),
    "steps with a bracket": ("1) a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
    "steps that all say 1": ("1. a\n1. b", "<ol><li>a</li><li>b</li></ol>"),
    "steps that begin at three": ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    "plus signs as bullets": ("+ a\n+ b", "<ul><li>a</li><li>b</li></ul>"),
    "bullets pasted from Word": (
        "Bring:\n•\ttea\n• milk",
        "<p>Bring:</p><ul><li>tea</li><li>milk</li></ul>",
    ),
    "a year at the begin of a line is no list": (
        "It was in\n1987. It rained.",
        "<p>It was in\n1987. It rained.</p>",
    ),
    "tasks": (
        "- [ ] ask\n- [x] do",
        '<ul><li class="task"><input type="checkbox" disabled="" aria-label="Not done"> ask</li>'
        '<li class="task"><input type="checkbox" disabled="" checked="" aria-label="Done"> do</li>'
        "</ul>",
    ),
    "a capital X is done too": (
        "* [X] do",
        '<ul><li class="task"><input type="checkbox" disabled="" checked="" aria-label="Done"> do'
        "</li></ul>",
    ),
    # Emphasis
    "underscores inside a name": ("set my_own_name to _x_", "<p>set my_own_name to <em>x</em></p>"),
    "stars inside a word": ("un*frigging*real", "<p>un<em>frigging</em>real</p>"),
    "stars with blanks multiply": ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
    "bold and italic": ("**a** __b__ *c* _d_", "<p>{b:a} {b:b} <em>c</em> <em>d</em></p>"),
    "two tildes strike through": ("~~old~~", "<p><s>old</s></p>"),
    "one tilde, as in Slack": ("~old~ new", "<p><s>old</s> new</p>"),
    "tildes that mean about": ("~5 to ~10 minutes", "<p>~5 to ~10 minutes</p>"),
    "home folders keep their tilde": ("~/bin and ~/lib", "<p>~/bin and ~/lib</p>"),
    # Headings
    "a hash without a blank is a channel": ("#general is busy", "<p>#general is busy</p>"),
    "hashes at the end of a heading": ("## Why ##", '<h2 id="h-why">Why</h2>'),
    "a heading underlined": ("Why\n---", '<h2 id="h-why">Why</h2>'),
    "the same heading twice": (
        "## Why\n## Why",
        '<h2 id="h-why">Why</h2><h2 id="h-why-1">Why</h2>',
    ),
    "a link to a heading": (
        "[up](#what-it-does)\n\n## What it does!",
        '<p><a href="#h-what-it-does">up</a></p><h2 id="h-what-it-does">What it does!</h2>',
    ),
    # Links
    "a bare link": (
        "see https://intranet/x.",
        f'<p>see <a href="https://intranet/x" {REL}>https://intranet/x</a>.</p>',
    ),
    "a bare link with a port": (
        "http://localhost:8000",
        f'<p><a href="http://localhost:8000" {REL}>http://localhost:8000</a></p>',
    ),
    "a bare link in brackets": (
        "(https://example.com/a_b_c)",
        f'<p>(<a href="https://example.com/a_b_c" {REL}>https://example.com/a_b_c</a>)</p>',
    ),
    "a bare link with brackets in it": (
        "https://example.com/Tea_(meal)",
        f'<p><a href="https://example.com/Tea_(meal)" {REL}>https://example.com/Tea_(meal)</a></p>',
    ),
    "a bare www": (
        "www.example.com/a?b=1",
        f'<p><a href="http://www.example.com/a?b=1" {REL}>www.example.com/a?b=1</a></p>',
    ),
    "a mail address": (
        "write to it_help@firm.internal",
        '<p>write to <a href="mailto:it_help@firm.internal">it_help@firm.internal</a></p>',
    ),
    "a link in angle brackets": (
        "<https://example.com>",
        f'<p><a href="https://example.com" {REL}>https://example.com</a></p>',
    ),
    "a file name is no link": ("README.md, app.py, ASP.NET", "<p>README.md, app.py, ASP.NET</p>"),
    "a repository is no mail address": (
        "git@example.com:team/app.git",
        "<p>git@example.com:team/app.git</p>",
    ),
    "an address in code is no link": (
        "`https://example.com`",
        "<p><code>https://example.com</code></p>",
    ),
    "a file on a share is shown as typed": (
        "[plan](file:///S:/plan)",
        "<p>[plan](file:///S:/plan)</p>",
    ),
    "a link with a title": (
        '[a](/articles/b "About")',
        '<p><a href="/articles/b" title="About">a</a></p>',
    ),
    "a link by reference": ("[a][1]\n\n[1]: /x", '<p><a href="/x">a</a></p>'),
    "a wiki link by title": (
        "[[reset a  PASSWORD]]",
        '<p><a href="/articles/reset-a-password" class="wiki-link">reset a  PASSWORD</a></p>',
    ),
    "a wiki link by slug shows the title": (
        "[[reset-a-password]]",
        '<p><a href="/articles/reset-a-password" class="wiki-link">Reset a password</a></p>',
    ),
    "a wiki link with a label": (
        "[[Reset a password|here]]",
        '<p><a href="/articles/reset-a-password" class="wiki-link">here</a></p>',
    ),
    "a wiki link to nothing": (
        "[[Brew tea]]",
        '<p><span class="missing-link">Brew tea<span class="visually-hidden"> (no article with '
        "this title yet)</span></span></p>",
    ),
    # Code
    "code in a line": ("run `a <b> && c`", "<p>run <code>a &lt;b&gt; &amp;&amp; c</code></p>"),
    "a fence with a language": (
        "```js\nlet a\n```",
        '<div class="code" data-language="JavaScript"><pre><code><span class="kd">let</span> '
        '<span class="nx">a</span>\n</code></pre></div>',
    ),
    "a fence with a language nobody knows": (
        "```klingon\nQapla'\n```",
        '<div class="code" data-language="klingon"><pre><code>Qapla\'\n</code></pre></div>',
    ),
    "a fence of tildes": (
        "~~~\na\n~~~",
        '<div class="code"><pre><code>a\n</code></pre></div>',
    ),
    "code by four spaces": (
        "Run:\n\n    make\n",
        '<p>Run:</p><div class="code"><pre><code>make\n</code></pre></div>',
    ),
    "a wide line of code can be scrolled by keyboard": (
        "```\n" + "x" * 40 + "\n```",
        f'<div class="code"><pre tabindex="0"><code>{"x" * 40}\n</code></pre></div>',
    ),
    # HTML
    "an include stays as typed": (
        "#include <stdio.h>",
        "<p>#include &lt;stdio.h&gt;</p>",
    ),
    "a type stays as typed": ("a List<String>", "<p>a List&lt;String&gt;</p>"),
    "tags are shown as typed": ("<b>a</b><br>", "<p>&lt;b&gt;a&lt;/b&gt;&lt;br&gt;</p>"),
    "template signs stay": ("{% raw %} {{ x }}", "<p>{% raw %} {{ x }}</p>"),
    "entities are what they mean": ("&lt; &copy; &nbsp;x", "<p>&lt; © \xa0x</p>"),
    "a comment is gone": ("a <!-- b --> c", "<p>a  c</p>"),
    "a comment of many lines is gone": ("a\n<!-- b\n\nc -->\nd", "<p>a</p><p>d</p>"),
    "a comment that never ends is shown": ("<!-- a", "<p>&lt;!-- a</p>"),
    # Tables
    "a table directly after a paragraph": (
        "Prices:\n| tea | milk |\n|:--|--:|\n| 1 | 2 |",
        '<p>Prices:</p>{table}<thead><tr><th class="align-left" scope="col">tea</th>'
        '<th class="align-right" scope="col">milk</th></tr></thead><tbody><tr>'
        '<td class="align-left">1</td><td class="align-right">2</td></tr></tbody>{/table}',
    ),
    "a table without outer bars": (
        "a | b\n--|--\n1 | 2",
        '{table}<thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr>'
        "<td>1</td><td>2</td></tr></tbody>{/table}",
    ),
    "a bar in a cell": (
        "| a |\n|---|\n| x \\| y |",
        '{table}<thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>x | y</td></tr>'
        "</tbody>{/table}",
    ),
    # Other blocks
    "a quote": ("> a\nb", "<blockquote><p>a\nb</p></blockquote>"),
    "an alert": (
        "> [!WARNING]\n> Hot.",
        '<div class="callout callout-warning" role="note"><p class="callout-title">Warning</p>'
        "<p>Hot.</p></div>",
    ),
    "a definition list": ("Tea\n: A drink", "<dl><dt>Tea</dt><dd>A drink</dd></dl>"),
    "a footnote": (
        "a[^x]\n\n[^x]: b",
        '<p>a<sup><a id="fnref-1" href="#fn-1" class="footnote-ref" aria-label="Footnote 1">1</a>'
        '</sup></p><section class="footnotes" aria-label="Footnotes"><ol><li id="fn-1"><p>b '
        '<a href="#fnref-1" class="footnote-backref" aria-label="Back to where footnote 1 is '
        'mentioned">\u21a9\ufe0e</a></p></li></ol></section>',
    ),
    "a pattern is no footnote": ("`a` or ^[a-z]+$", "<p><code>a</code> or ^[a-z]+$</p>"),
    "a smiley by name stays": (":tada: :+1:", "<p>:tada: :+1:</p>"),
    # Images
    "one of our images": (
        "![Plan](/attachments/7/plan.png#640x480)",
        '<p><img src="/attachments/7/plan.png" alt="Plan" width="640" height="480" loading="lazy" '
        'decoding="async"></p>',
    ),
    "an image from elsewhere is a link": (
        "![Plan](https://example.com/plan.png)",
        f'<p><a href="https://example.com/plan.png" class="remote-image" {REL}>Plan</a></p>',
    ),
    "an image that is not there shows its description": (
        "![Plan](../img/plan.svg)",
        '<p><span class="missing-image">Plan</span></p>',
    ),
}
SHORT = {
    "{table}": '<div class="table-scroll" role="group" tabindex="0" aria-label="Table"><table>',
    "{/table}": "</table></div>",
    "{b:a}": "<strong>a</strong>",
    "{b:b}": "<strong>b</strong>",
}


@pytest.mark.parametrize(("typed", "expected"), HABITS.values(), ids=HABITS)
def test_what_is_typed_from_habit_comes_out_right(typed: str, expected: str) -> None:
    for short, long in SHORT.items():
        expected = expected.replace(short, long)
    assert shape(tree(markup.render(typed, links=LINKS).html)) == shape(tree(expected))


def shape(node: Node, *, verbatim: bool = False) -> object:
    """The tree without the line ends between blocks."""
    verbatim = verbatim or node.tag == "pre"
    children: list[object] = []
    for child in node.children:
        if isinstance(child, Node):
            children.append(shape(child, verbatim=verbatim))
        elif verbatim or child.strip("\n"):
            children.append(child if verbatim else child.strip("\n"))
    return node.tag, node.attributes, children
