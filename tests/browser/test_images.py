"""Images in the editor: chosen, pasted and dropped."""

import base64
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import AUTHOR, make_draft
from tests.browser.scripts import visit
from tests.browser.watch import Watch

MARKDOWN = re.compile(r"!\[.*\]\(/attachments/\d+/\S+\)")

_BRING = """async (field, [kind, name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type}));
  field.focus();
  const event = kind === "paste"
    ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
    : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
  field.dispatchEvent(event);
}"""


def png(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


def bring(page: Page, kind: str, name: str, media_type: str, data: bytes) -> None:
    """Paste or drop a file into the text, as the browser would tell of it."""
    encoded = base64.b64encode(data).decode()
    page.get_by_label("Text", exact=True).evaluate(_BRING, [kind, name, media_type, encoded])


@pytest.fixture
def page(open_window: OpenWindow) -> Page:
    """The editor with an empty text."""
    page = open_window(AUTHOR)
    return visit(page, make_draft(page, "Show a picture", body="")["url"])


def choose(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Image", exact=True).press("Enter")
    chooser.value.set_files({"name": "plan.png", "mimeType": "image/png", "buffer": png("red")})


def paste(page: Page) -> None:
    bring(page, "paste", "plan.png", "image/png", png("green"))


def drop(page: Page) -> None:
    bring(page, "drop", "plan.png", "image/png", png("blue"))


@pytest.mark.parametrize("way", [choose, paste, drop])
def test_an_image_comes_into_the_text_and_the_preview(
    page: Page, way: Callable[[Page], None]
) -> None:
    way(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value(MARKDOWN)
    image = page.locator("[data-preview] img")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 40)


def test_what_is_typed_while_an_image_is_on_its_way_stays(page: Page) -> None:
    field = page.get_by_label("Text", exact=True)
    field.fill("Before. ")
    paste(page)
    field.press_sequentially(" After.")
    expect(page.locator("[data-upload-problem]")).to_be_empty()
    expect(field).to_have_value(re.compile(r"^Before\. !\[.*\]\(/attachments/\S+\) After\.$"))


def test_what_is_typed_after_an_image_came_stands_behind_it(page: Page) -> None:
    field = page.get_by_label("Text", exact=True)
    paste(page)
    expect(field).to_have_value(MARKDOWN)
    field.press_sequentially(" After.")
    expect(field).to_have_value(re.compile(r"^!\[.*\]\(/attachments/\S+\) After\.$"))


def test_what_is_no_image_is_refused_with_a_sentence_and_leaves_no_trace(
    page: Page, watch: Watch
) -> None:
    watch.expect(422)
    bring(page, "drop", "notes.png", "image/png", b"This is no picture.")
    alert = page.locator("[data-upload-problem]")
    expect(alert).to_contain_text("notes.png was not added:")
    expect(page.get_by_label("Text", exact=True)).to_have_value("")
