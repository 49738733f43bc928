"""The editor: saving that never lies, writing by keyboard, and nothing typed that gets lost."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from tests.browser.conftest import OpenWindow, SignIn
from tests.browser.keyboard import press, tab_to
from tests.browser.people import (
    AUTHOR,
    CURATOR,
    TOPIC,
    make_draft,
    submit_draft,
)
from tests.browser.scripts import until, visit
from tests.browser.watch import Watch

SAVED = re.compile(r"Saved at \d\d:\d\d")


def status(page: Page) -> Locator:
    return page.locator("[data-save-status]")


def problem(page: Page) -> Locator:
    return page.locator("[data-save-problem]")


def text(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def kept(page: Page, address: str) -> Page:
    """The draft as the server has it, in another tab."""
    return visit(page.context.new_page(), address)


@pytest.fixture
def editor(open_window: OpenWindow) -> Callable[..., Page]:
    """`editor("A title")` opens a saved draft of the author's."""

    def editor(title: str, **options: bool) -> Page:
        page = open_window(AUTHOR, **options)
        return visit(page, make_draft(page, title)["url"])

    return editor


# Saving


def test_what_is_typed_before_the_scripts_come_is_saved_too(
    open_window: OpenWindow,
) -> None:
    page = open_window(AUTHOR)
    late: list[Route] = []
    page.route("**/behaviors/autosave.js", lambda route: late.append(route))
    page.goto(make_draft(page, "Carry a ladder")["url"])
    text(page).fill("By two people.")
    late[0].continue_()
    expect(status(page)).to_have_text(SAVED)
    expect(text(kept(page, page.url))).to_have_value("By two people.")


def test_a_new_text_is_saved_while_it_is_written(open_window: OpenWindow) -> None:
    page = visit(open_window(AUTHOR), "/write/howto")
    expect(status(page)).to_have_text("Not saved yet")
    expect(page.get_by_role("button", name="Submit for review")).to_be_hidden()
    page.get_by_label("Title", exact=True).fill("Water the plants in the lobby")
    expect(status(page)).to_have_text("Not saved yet")
    expect(status(page)).to_have_text(SAVED)
    expect(page).to_have_url(re.compile(r"/drafts/\d+$"))
    expect(page.get_by_role("button", name="Submit for review")).to_be_visible()
    title = kept(page, page.url).get_by_label("Title", exact=True)
    expect(title).to_have_value("Water the plants in the lobby")


def test_while_a_text_is_on_its_way_the_page_says_so(editor: Callable[..., Page]) -> None:
    page = editor("Send a parcel to Leeds")
    held: list[Route] = []
    page.route("**/drafts/*", lambda route: held.append(route))
    text(page).fill("Ring the depot.")
    text(page).press("Control+s")
    expect(status(page)).to_have_text("Saving…")
    held[0].continue_()
    expect(status(page)).to_have_text(SAVED)


def test_a_failure_to_save_says_why_and_saving_goes_on_by_itself(
    editor: Callable[..., Page], watch: Watch
) -> None:
    watch.expect(0)
    page = editor("Find a quiet room")
    page.route("**/drafts/*", lambda route: route.abort())
    text(page).fill("Behind the canteen.")
    text(page).press("Control+s")
    expect(status(page)).to_have_text("Not saved")
    expect(problem(page)).to_contain_text("there is no connection to Firsthand")
    expect(problem(page)).to_contain_text("what you type is kept in this browser")
    page.unroute("**/drafts/*")
    expect(status(page)).to_have_text(SAVED)  # the first new try comes after three seconds
    expect(problem(page)).to_be_empty()


def test_of_two_windows_the_second_is_shown_both_texts_and_overwrites_nothing(
    editor: Callable[..., Page], watch: Watch
) -> None:
    watch.expect(409)
    first = editor("Refill the paper in the printer")
    second = kept(first, first.url)
    text(first).fill("Open tray one.")
    text(first).press("Control+s")
    expect(status(first)).to_have_text(SAVED)

    text(second).fill("Open tray two.")
    text(second).press("Control+s")
    panel = second.locator("[data-panel]")
    expect(panel).to_contain_text("Tomasz Wieczorek saved this draft")
    expect(panel.locator("[data-label=Yours]")).to_have_text("Open tray two.")
    expect(panel.locator("[data-label=Theirs]")).to_have_text("Open tray one.")
    expect(status(second)).to_contain_text("Not saved")
    expect(text(kept(first, first.url))).to_have_value("Open tray one.")

    second.get_by_role("button", name="Keep mine").press("Enter")
    expect(status(second)).to_have_text(SAVED)
    expect(text(kept(first, first.url))).to_have_value("Open tray two.")


def test_taking_the_text_of_the_other_window_puts_it_into_the_editor(
    editor: Callable[..., Page], watch: Watch
) -> None:
    watch.expect(409)
    first = editor("Empty the coffee grounds")
    second = kept(first, first.url)
    text(first).fill("Twice a day.")
    text(first).press("Control+s")
    expect(status(first)).to_have_text(SAVED)
    text(second).fill("Once a day.")
    text(second).press("Control+s")
    second.get_by_role("button", name="Take theirs").click()
    expect(text(second)).to_have_value("Twice a day.")
    expect(second.locator("[data-panel]")).to_have_count(0)


def test_who_was_signed_out_signs_in_elsewhere_and_goes_on(
    editor: Callable[..., Page], watch: Watch, sign_in: SignIn
) -> None:
    watch.expect(401)
    page = editor("Borrow the projector")
    page.context.clear_cookies()
    text(page).fill("Ask at the desk.")
    text(page).press("Control+s")
    expect(problem(page)).to_contain_text("you have been signed out")
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_have_attribute(
        "href", "/signin"
    )
    sign_in(page.context, AUTHOR)
    text(page).press("Control+s")
    expect(status(page)).to_have_text(SAVED)
    expect(problem(page)).to_be_empty()
    expect(text(page)).to_have_value("Ask at the desk.")


def test_leaving_with_unsaved_words_asks_first(editor: Callable[..., Page], watch: Watch) -> None:
    watch.expect(0)
    page = editor("Park a bicycle")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.route("**/drafts/*", lambda route: route.abort())
    tab_to(text(page)).press("x")
    page.evaluate("location.assign('/drafts')")
    expect(text(page)).to_be_visible()
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]


def test_leaving_with_everything_saved_asks_nothing(editor: Callable[..., Page]) -> None:
    page = editor("Park a car")
    tab_to(text(page)).press("x")
    text(page).press("Control+s")
    expect(status(page)).to_have_text(SAVED)
    page.goto("/drafts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Drafts")


def test_after_a_crash_the_browser_offers_what_was_never_saved(
    editor: Callable[..., Page], watch: Watch
) -> None:
    watch.expect(0)
    page = editor("Water a cactus")
    page.route("**/drafts/*", lambda route: route.abort())
    text(page).fill("Hardly ever.")
    until(lambda: "Hardly ever" in page.evaluate("JSON.stringify(localStorage)"))
    with suppress(Error):
        page.goto("chrome://crash")

    again = kept(page, page.url)
    expect(text(again)).not_to_have_value("Hardly ever.")
    again.get_by_role("button", name="Use that text").press("Enter")
    expect(text(again)).to_have_value("Hardly ever.")
    expect(status(again)).to_have_text(SAVED)
    again.reload()
    expect(again.get_by_role("button", name="Use that text")).to_be_hidden()


# Writing


def test_the_text_is_shown_as_readers_will_see_it(editor: Callable[..., Page]) -> None:
    page = editor("Read a meter")
    text(page).fill("> [!NOTE]\n> Only **dry** hands.")
    expect(page.locator("[data-preview] strong")).to_have_text("dry")


def test_on_a_phone_a_button_changes_between_text_and_preview(
    editor: Callable[..., Page],
) -> None:
    page = editor("Read a meter on the way", phone=True)
    text(page).fill("Only **dry** hands.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-preview] strong")).to_have_text("dry")
    expect(text(page)).to_be_hidden()
    page.get_by_role("button", name="Go on writing").click()
    expect(text(page)).to_be_focused()


@pytest.mark.parametrize(
    ("keys", "markdown"),
    [
        ("Control+b", "**word**"),
        ("Control+i", "_word_"),
        ("Control+k", "[word](url)"),
    ],
)
def test_words_are_formatted_by_shortcut(
    editor: Callable[..., Page], keys: str, markdown: str
) -> None:
    page = editor(f"Press {keys}")
    text(page).fill("word")
    text(page).press("Control+a")
    text(page).press(keys)
    expect(text(page)).to_have_value(markdown)


def test_the_toolbar_is_worked_by_keyboard(editor: Callable[..., Page]) -> None:
    page = editor("Use the toolbar")
    text(page).fill("apples")
    text(page).press("Control+a")
    for _ in range(20):  # backwards, for the toolbar stands before the text
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.closest('markdown-toolbar') !== null"):
            break
    for _ in range(20):
        if page.evaluate("document.activeElement.innerText") == "List":
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value(re.compile(r"^[-*] apples"))
    expect(text(page)).to_be_focused()


def test_a_table_pasted_from_elsewhere_becomes_markdown(editor: Callable[..., Page]) -> None:
    page = editor("Paste a table")
    text(page).fill("")
    text(page).evaluate(
        """field => {
          const data = new DataTransfer();
          const rows = "<tr><th>Part</th></tr><tr><td style='color: red'><b>Bolt</b></td></tr>";
          data.setData("text/html", `<table>${rows}</table>`);
          data.setData("text/plain", "Part Bolt");
          field.focus();
          const how = {clipboardData: data, bubbles: true, cancelable: true};
          field.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )
    expect(text(page)).to_have_value(re.compile(r"\| Part \|\n\| -+ \|\n\| \*\*Bolt\*\* \|"))


def test_similar_articles_are_shown_while_the_title_is_typed(open_window: OpenWindow) -> None:
    page = visit(open_window(AUTHOR), "/write/howto")
    similar = page.locator("[data-similar]")
    expect(similar).to_be_hidden()
    page.get_by_label("Title", exact=True).press_sequentially("Descaling an M4")
    found = similar.get_by_role("link", name="Descale an M4 without voiding the warranty")
    expect(found).to_be_visible()
    page.get_by_label("Title", exact=True).fill("")
    expect(similar).to_be_hidden()
    page.once("dialog", lambda dialog: dialog.accept())


# Handing in


def test_a_second_press_of_submit_hands_in_once(editor: Callable[..., Page]) -> None:
    page = editor("Lock the cellar")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/submission") else None)
    page.get_by_role("button", name="Submit for review").dblclick()
    expect(page.get_by_role("heading", level=2, name="Waiting for review")).to_be_visible()
    assert len(sent) == 1


def test_what_was_typed_last_is_handed_in_with_the_rest(editor: Callable[..., Page]) -> None:
    page = editor("Lock the attic")
    text(page).fill("Turn the key **twice**.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#text strong")).to_have_text("twice")


def test_the_back_button_after_handing_in_shows_a_text_under_review(
    editor: Callable[..., Page],
) -> None:
    page = editor("Lock the garden")
    page.get_by_role("button", name="Submit for review").click()
    page.wait_for_url("**/reviews/*")
    page.go_back()
    expect(page.locator("main")).to_contain_text("This text is under review")
    expect(text(page)).not_to_be_editable()
    expect(page.get_by_role("button", name="Submit for review")).to_have_count(0)


def test_an_incomplete_text_is_kept_and_what_is_missing_stands_at_its_field(
    open_window: OpenWindow, watch: Watch
) -> None:
    watch.expect(422)
    page = open_window(AUTHOR)
    visit(page, make_draft(page, "Lock the shed", topic="")["url"])
    page.get_by_label("Summary", exact=True).fill("How, in one line.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_role("alert").first).to_contain_text("topic")
    expect(page.get_by_label("Topic", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Summary", exact=True)).to_have_value("How, in one line.")
    page.get_by_label("Topic", exact=True).select_option(TOPIC)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_role("heading", level=2, name="Waiting for review")).to_be_visible()


def test_a_deleted_draft_can_be_taken_back(editor: Callable[..., Page]) -> None:
    page = editor("Throw this away")
    press(page, "Delete draft")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Delete draft").press("Enter")
    expect(page.locator("#deleted")).to_contain_text("Throw this away")
    page.get_by_role("button", name="Take back Throw this away").press("Enter")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Throw this away")


def test_a_withdrawn_text_can_be_changed_again(editor: Callable[..., Page]) -> None:
    page = editor("Take this back")
    page.goto(submit_draft(page, {"url": page.url}))
    page.get_by_role("button", name="Withdraw").click()
    expect(text(page)).to_be_editable()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Take this back")


def test_nobody_but_its_author_opens_a_draft(
    editor: Callable[..., Page], open_window: OpenWindow, watch: Watch
) -> None:
    watch.expect(404)
    page = editor("My own thoughts")
    stranger = open_window(CURATOR)
    answer = stranger.goto(page.url)
    assert answer is not None
    assert answer.status == 404
