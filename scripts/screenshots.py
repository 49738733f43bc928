"""Takes the pictures of docs/: a server with the demo company in a scratch folder, and a browser before it.

What a picture needs and the demo company may not have at hand, its people do first: through the same
addresses as everybody, so that a picture never shows what the product does not.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    FloatRect,
    Page,
    ViewportSize,
    sync_playwright,
)
from sqlalchemy.orm import contains_eager

from benchmarks.content import environment
from benchmarks.server import running
from core.config import ROOT
from core.db import Database
from curation.models import Review, State
from kb.models import Article, Flag, Revision
from ops.demo.seeding import PASSWORD

PICTURES = ROOT / "docs" / "pictures"
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
TALL = ViewportSize(width=1440, height=2400)  # so that no part of a page has to scroll
MARGIN = 12  # around a part of a page
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]

CURATOR, CURATOR_OF_MACHINES = "mette-dahl", "anjali-deshpande"
E17 = "Clear E17 when the brew unit is not in its home position"
VPN = "Connect to the VPN from a hotel network"
PANEL = "/articles/read-the-cu-5-service-panel-on-an-m4"
MEETING = "run-a-meeting-that-ends-with-decisions"


def main() -> None:
    chromium = os.environ.get("FIRSTHAND_TEST_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("Chromium is not here, and it takes the pictures: apt install chromium")
    PICTURES.mkdir(exist_ok=True)
    with (
        _demo_company() as folder,
        running(folder) as server,
        _reading(folder) as database,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        studio = Studio(browser, f"http://127.0.0.1:{server.port}", database)
        for scene in SCENES:
            scene(studio)
        browser.close()


@contextmanager
def _demo_company() -> Iterator[Path]:
    """A data folder with the demo company in it, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        for command in (["db", "upgrade"], ["demo"]):
            asked = [sys.executable, "-m", "flask", *command]
            settings = environment(Path(folder))
            if subprocess.run(asked, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL).returncode:
                sys.exit("The demo company could not be made; what stopped it stands above.")
        yield Path(folder)


@contextmanager
def _reading(folder: Path) -> Iterator[Database]:
    database = Database()
    database.open(f"sqlite:///{folder / 'firsthand.db'}")
    yield database
    database.close()


@dataclass
class Studio:
    """Where pictures are taken: people at their windows, and what is in the database."""

    browser: Browser
    url: str
    database: Database
    windows: dict[tuple[str, bool], Page] = field(default_factory=dict)

    def window(self, person: str, *, phone: bool = False) -> Page:
        """The window of somebody who is signed in; the same one each time."""
        if (person, phone) not in self.windows:
            page = self.windows[person, phone] = self._sign_in(person, phone).new_page()
            _opened(page, "/")  # brings the fonts, without which a slow first page does
        return self.windows[person, phone]

    def _sign_in(self, person: str, phone: bool) -> BrowserContext:
        context = self.browser.new_context(
            base_url=self.url,
            viewport=PHONE if phone else WIDE,
            color_scheme="light",
            locale="en-GB",
            timezone_id="Europe/Copenhagen",
            reduced_motion="reduce",
        )
        email = f"{person.replace('-', '.')}@morlund.example"
        _done(context.request.post("/signin", form={"email": email, "password": PASSWORD}))
        return context

    def act(self, person: str, path: str, **form: str | int) -> APIResponse:
        """What somebody does, sent as its form would send it."""
        sent: Mapping[str, str | int] = form
        return _done(self.window(person).context.request.post(path, form=dict(sent)))

    def take(
        self, name: str, person: str, path: str = "", *, part: str = "", phone: bool = False
    ) -> None:
        """A picture of a page as somebody sees it, or of the part of it that a selector finds."""
        page = self.window(person, phone=phone)
        if path:
            _opened(page, path)
        page.evaluate("document.fonts.ready.then(() => true)")
        if part:
            page.set_viewport_size(TALL)
            page.locator(part).first.scroll_into_view_if_needed()
            taken = page.screenshot(clip=_around(page, part), animations="disabled")
            page.set_viewport_size(WIDE)
        else:
            taken = page.screenshot(animations="disabled")
        _keep(name, taken)

    def review(self, title: str) -> Review:
        """The newest review of a text with this title, as it stands now."""
        with self.database.reading() as session:
            query = sa.select(Review).join(Review.revision).options(contains_eager(Review.revision))
            found = session.scalar(
                query.where(Revision.title == title).order_by(Review.id.desc()).limit(1)
            )
            if found is None:
                sys.exit(f"The demo company has nobody's “{title}” under review.")
            return found

    def claim(self, person: str, title: str) -> str:
        """Let somebody read a text, whoever does now; the address of its review."""
        review = self.review(title)
        address = f"/reviews/{review.id}"
        if review.state is State.IN_REVIEW:
            self.act(person, f"{address}/takeover", version=review.version)
        else:
            self.act(person, f"{address}/claim")
        return address

    def propose(self, person: str, slug: str, former: str, new: str, note: str) -> None:
        """Hand in a change to a published article: one passage replaced by another."""
        with self.database.reading() as session:
            article = session.scalars(sa.select(Article).where(Article.slug == slug)).one()
            live = article.live_revision
            assert live is not None
            assert former in live.body, f"{slug} has no “{former}”"
            text: dict[str, str | int] = {
                "article": slug,
                "base": live.id,
                "kind": article.kind.value,
                "title": live.title,
                "summary": live.summary,
                "topic": live.topic.slug,
                "tags": ", ".join(live.tags),
                "body": live.body.replace(former, new),
            }
        self.submit(person, text, note)

    def submit(self, person: str, text: Mapping[str, str | int], note: str) -> None:
        made = _done(self.window(person).context.request.post("/drafts", data=dict(text))).json()
        self.act(person, f"{made['url']}/submission", note=note)


def _opened(page: Page, path: str) -> None:
    answer = page.goto(path, wait_until="networkidle")
    if answer is None or not answer.ok:
        sys.exit(f"{path} cannot be opened: {answer and answer.status}")


def _around(page: Page, part: str) -> FloatRect:
    box = page.locator(part).first.bounding_box()
    assert box is not None, f"{part} is not shown at {page.url}"
    return FloatRect(
        x=max(box["x"] - MARGIN, 0),
        y=max(box["y"] - MARGIN, 0),
        width=box["width"] + 2 * MARGIN,
        height=box["height"] + 2 * MARGIN,
    )


def _done(answer: APIResponse) -> APIResponse:
    if not answer.ok:
        sys.exit(f"{answer.url} answered {answer.status}: {answer.text()[:500]}")
    return answer


def _keep(name: str, taken: bytes) -> None:
    """With 256 colours, which a third of the bytes can say and nobody can tell from all."""
    picture = Image.open(BytesIO(taken)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(PICTURES / f"{name}.png", optimize=True)
    print(f"{name}.png {picture.width} x {picture.height}", flush=True)


FAULTY = (
    "Visitors in Odense and Hamburg may use our guest network for a day. The front desk can do it,",
    "but on a Sunday nobody is there.",
    "",
    "#### Before you start",
    "",
    "Ask the customer for their mobile number; mine is +45 20 12 34 56 if something goes wrong. The",
    "network is called *Morlund Guest*, `password: Gaest-4711-Hamburg`.",
    "",
    "## Steps",
    "",
    "Open the portal, choose *New guest*, type the number and hand the slip over. ![](/img/slip.png)",
    "It is as with [the label printers](/articles/the-label-printers-in-utrecht).",
)


# What is taken, in this order


def reading(studio: Studio) -> None:
    studio.take("article", "tomasz-wieczorek", "/articles/lock-out-a-machine-before-you-open-it")


def writing(studio: Studio) -> None:
    page = studio.window("fatima-el-amrani")
    _opened(page, "/drafts")
    page.get_by_role("link", name="Continue").first.click()
    page.wait_for_load_state("networkidle")
    studio.take("editor", "fatima-el-amrani")


def waiting(studio: Studio) -> None:
    studio.take("waiting", "elin-akesson", f"/reviews/{studio.review(VPN).id}")


def queue(studio: Studio) -> None:
    studio.take("queue", CURATOR, "/reviews")
    studio.take("one-by-one", CURATOR, "/reviews/triage")


def a_change(studio: Studio) -> None:
    """Read, commented on, sent back; then with its author."""
    address = studio.claim(CURATOR_OF_MACHINES, E17)
    studio.take("review", CURATOR_OF_MACHINES, address)
    studio.take("review-phone", CURATOR_OF_MACHINES, f"{address}#changes", phone=True)
    _say_something(studio, address)
    _fill_the_checklist(studio, address)
    studio.take("decision", CURATOR_OF_MACHINES, part="#decision")
    page = studio.window(CURATOR_OF_MACHINES)
    page.get_by_role("button", name="Request changes").click()
    page.locator(".flashes .notice").wait_for()
    studio.take("tasks", "lukas-brandt", address)
    studio.take("comment", "lukas-brandt", f"{address}?on=source", part=".thread:has(ins)")


def _say_something(studio: Studio, address: str) -> None:
    review = studio.review(E17)
    said = {
        "Press firmly when you test it by finger": (
            "How will they know that it is firm enough? You told me that it clicks.",
            "> The sealed switch needs a push of 3 N. Press until it clicks, or it looks broken.",
        ),
        "After a new switch and a clean unit": ("Is the motor kit the same for both plugs?", None),
    }
    lines = review.revision.body.split("\n")
    for passage, (text, wording) in said.items():
        line = next(n for n, words in enumerate(lines, 1) if passage in words)
        form: dict[str, str | int] = {"revision": review.revision_id, "first": line, "last": line}
        form |= {"text": text, "key": f"line-{line}"}
        if wording:
            form |= {"suggest": 1, "suggestion": wording}
        studio.act(CURATOR_OF_MACHINES, f"{address}/comments", **form)


def _fill_the_checklist(studio: Studio, address: str) -> None:
    page = studio.window(CURATOR_OF_MACHINES)
    _opened(page, address)
    items = page.locator("fieldset.checklist__item")
    for number in range(items.count()):
        items.nth(number).get_by_label("No" if number == 2 else "Yes", exact=True).check()
    items.nth(2).get_by_label("What is missing").fill("Say how firm is firm enough.")
    page.get_by_label("Reason", exact=True).fill(
        "Very useful: two of us ordered the wrong switch last month. Two small things, then it goes live."
    )


def a_text_with_faults(studio: Studio) -> None:
    """A new how-to in which the checks find something."""
    title = "Give a customer access to the guest network"
    body = "\n".join(FAULTY)
    text = {
        "kind": "howto",
        "title": title,
        "summary": "A day on the guest network, also on a Sunday.",
    }
    text |= {"topic": "customers-and-sales", "body": body, "tags": "wifi, visitors"}
    studio.submit("elin-akesson", text, "Twice this month I was asked on a Sunday.")
    studio.take("checks", CURATOR, studio.claim(CURATOR, title), part="#checks")


def two_changes(studio: Studio) -> None:
    """Of one line of one article: the second has to be chosen from."""
    former = "one minute each, the most junior first"
    own = "two minutes each, the most junior first, noted on the board"
    others = "one minute each, those on the phone first"
    agreed = "two minutes each, those on the phone first, noted on the board"
    title = "Run a meeting that ends with decisions"
    studio.propose("charlotte-okafor", MEETING, former, own, "One minute was too short in Leeds.")
    second = studio.review(title)
    studio.propose("nikolaj-bech", MEETING, former, others, "Nobody hears them otherwise.")
    address, first = studio.claim(CURATOR, title), studio.review(title)
    decided = {"version": first.version, "revision": first.revision_id}
    studio.act(CURATOR, f"{address}/approval", **decided)
    studio.act(CURATOR, f"/reviews/{second.id}/claim")
    page = studio.window(CURATOR)
    _opened(page, f"/reviews/{second.id}/merge")
    page.get_by_label("Something else").first.check()
    wording = page.get_by_label("What should stand").first
    wording.fill(wording.input_value().split("\n")[0].replace(others, agreed))
    studio.take("choosing", CURATOR, part="fieldset.merge__place")


def rules(studio: Studio) -> None:
    studio.take("rules", CURATOR_OF_MACHINES, "/topics/machines/policy")


def upkeep(studio: Studio) -> None:
    studio.take("to-check", "giulia-ferraro", "/care")
    studio.take("manage", CURATOR_OF_MACHINES, f"{PANEL}/manage")


def a_flag(studio: Studio) -> None:
    address = PANEL
    with studio.database.reading() as session:
        query = sa.select(Article.live_revision_id).where(Article.slug == address.split("/")[-1])
        live = session.scalars(query).one()
    assert live is not None
    sentence = "The photo of the panel shows a customer's name and telephone number."
    form: dict[str, str | int] = {"revision": live, "reason": "sensitive", "text": sentence}
    studio.act("rasmus-thygesen", f"{address}/flags", **form)
    with studio.database.reading() as session:
        flag = session.scalars(sa.select(Flag).order_by(Flag.id.desc()).limit(1)).one()
    studio.take("flag", CURATOR_OF_MACHINES, f"/flags/{flag.id}")


def figures(studio: Studio) -> None:
    studio.take("figures", CURATOR, "/reviews/figures")


def notices(studio: Studio) -> None:
    studio.take("notices", "tomasz-wieczorek", "/settings", part="#notices")


SCENES = (
    reading,
    writing,
    waiting,
    queue,
    a_change,
    a_text_with_faults,
    two_changes,
    rules,
    upkeep,
    a_flag,
    figures,
    notices,
)

if __name__ == "__main__":
    main()
