"""The pictures of the demo articles, drawn by code so that no binary lies in the repository."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

SCALE = 4
INK = "#1f2328"
GREY = "#5b636d"
LINE = "#c3c9d0"
PAPER = "#ffffff"
PANEL = "#f1f3f5"
ACCENT = "#1f5f8b"
GREEN = "#2f7d4f"
AMBER = "#c27c0e"
RED = "#b3392f"
HAND = "#2b4a9b"

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Sheet:
    """A white page in CSS pixels; drawn four times as large, then halved for smooth edges."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def box(
        self,
        box: Box,
        fill: str | None = None,
        outline: str | None = LINE,
        width: float = 1.5,
        radius: float = 0,
    ) -> None:
        self.draw.rounded_rectangle(
            tuple(side * SCALE for side in box),
            radius=radius * SCALE,
            fill=fill,
            outline=outline,
            width=round(width * SCALE),
        )

    def line(self, points: list[Point], colour: str = INK, width: float = 1.5) -> None:
        self.draw.line(
            [(x * SCALE, y * SCALE) for x, y in points],
            fill=colour,
            width=round(width * SCALE),
            joint="curve",
        )

    def dot(self, at: Point, radius: float, fill: str | None, outline: str | None = None) -> None:
        x, y = at
        box = (x - radius, y - radius, x + radius, y + radius)
        self.draw.ellipse(
            tuple(side * SCALE for side in box), fill=fill, outline=outline, width=SCALE
        )

    def text(
        self,
        at: Point,
        words: str,
        size: float = 14,
        colour: str = INK,
        anchor: str = "ls",
        bold: bool = False,
    ) -> None:
        self.draw.text(
            (at[0] * SCALE, at[1] * SCALE),
            words,
            font=ImageFont.load_default(size * SCALE),
            fill=colour,
            anchor=anchor,
            stroke_width=SCALE * size / 45 if bold else 0,
            stroke_fill=colour,
        )

    def png(self) -> bytes:
        target = io.BytesIO()
        half = (self.image.width // 2, self.image.height // 2)
        smooth = self.image.resize(half, Image.Resampling.LANCZOS)
        smooth.quantize(192, dither=Image.Dither.NONE).save(target, format="PNG", optimize=True)
        return target.getvalue()


def cu5_panel() -> bytes:
    sheet = Sheet(760, 430)
    sheet.text((24, 36), "CU-5 service panel, behind the front door of the M4", 17, bold=True)
    sheet.box((190, 66, 570, 396), fill=PANEL, outline=GREY, width=2, radius=10)
    for x, y in ((206, 82), (554, 82), (206, 380), (554, 380)):
        sheet.dot((x, y), 5, PAPER, GREY)
        sheet.line([(x - 3, y - 3), (x + 3, y + 3)], GREY, 1)

    sheet.box((228, 100, 448, 180), fill="#22302a", outline=INK, radius=4)
    sheet.text((244, 134), "Diagnosis > Last faults", 13, "#b9e3c6")
    sheet.text((244, 160), "E17   06:52   x 3", 15, "#e6fff0")

    lights = (
        ("H1", GREEN, "Supply", 108),
        ("H2", AMBER, "State", 140),
        ("H3", ACCENT, "Link to Pulse", 172),
    )
    for name, colour, label, y in lights:
        sheet.dot((486, y), 8, colour, INK)
        sheet.text((504, y), name, 13, anchor="lm", bold=True)
        _callout(sheet, (530, y), (596, y), label, right=True)

    for x, kind in ((252, "up"), (298, "down")):
        sheet.box((x - 18, 206, x + 18, 242), fill=PAPER, outline=GREY, radius=5)
        _arrow_key(sheet, (x, 224), kind)
    sheet.box((330, 206, 378, 242), fill=PAPER, outline=GREY, radius=5)
    sheet.text((354, 224), "OK", 14, anchor="mm", bold=True)
    sheet.box((410, 206, 464, 242), fill=RED, outline=INK, radius=5)
    sheet.text((437, 224), "SW1", 14, PAPER, anchor="mm", bold=True)

    sheet.box((228, 282, 316, 316), fill=PAPER, outline=GREY, radius=3)
    sheet.line([(240, 299), (304, 299)], GREY, 1)
    sheet.box((248, 292, 296, 306), fill="#e6eef2", outline=GREY, radius=7)
    _plug(sheet, (344, 282), "X4", 6)
    _plug(sheet, (440, 282), "X7", 4)
    sheet.box((344, 346, 392, 366), fill=PAPER, outline=GREY, radius=2)
    sheet.box((350, 352, 386, 358), fill=INK, outline=None)
    sheet.text((404, 356), "USB", 12, GREY, anchor="lm")

    _callout(sheet, (228, 140), (164, 140), "Display", right=False)
    _callout(sheet, (234, 224), (164, 224), "Arrow keys, OK", right=False)
    _callout(sheet, (464, 224), (596, 224), "Hold 3 s: service", right=True)
    _callout(sheet, (228, 299), (164, 299), "Fuse F2, 3.15 A slow", right=False)
    _callout(sheet, (504, 299), (596, 299), "X7 gateway", right=True)
    sheet.line([(390, 316), (390, 330), (580, 330)], GREY, 1)
    sheet.dot((390, 316), 2.5, GREY)
    sheet.line([(580, 330), (596, 330)], GREY, 1)
    sheet.text((602, 330), "X4 brew unit", 14, anchor="lm")
    return sheet.png()


def _callout(sheet: Sheet, start: Point, end: Point, words: str, right: bool) -> None:
    sheet.line([start, end], GREY, 1)
    sheet.dot(start, 2.5, GREY)
    x, y = end
    if right:
        sheet.text((x + 6, y), words, 14, anchor="lm")
    else:
        sheet.text((x - 6, y), words, 14, anchor="rm")


def _arrow_key(sheet: Sheet, at: Point, kind: str) -> None:
    x, y = at
    tip = -6 if kind == "up" else 6
    corners = [(x, y + tip), (x - 7, y - tip * 0.7), (x + 7, y - tip * 0.7)]
    sheet.draw.polygon([(cx * SCALE, cy * SCALE) for cx, cy in corners], fill=INK)


def _plug(sheet: Sheet, at: Point, name: str, pins: int) -> None:
    x, y = at
    width = pins * 14 + 8
    sheet.box((x, y, x + width, y + 34), fill=PAPER, outline=GREY, radius=3)
    for pin in range(pins):
        left = x + 8 + pin * 14
        sheet.box((left, y + 19, left + 6, y + 28), fill=INK, outline=None)
    sheet.text((x + width / 2, y + 10), name, 11, GREY, anchor="mm", bold=True)


def x7_wiring() -> bytes:
    sheet = Sheet(760, 340)
    sheet.text((24, 36), "CU-5 connector X7 to G2 gateway", 17, bold=True)
    sheet.box((60, 66, 230, 300), fill=PANEL, outline=GREY, width=2, radius=8)
    sheet.box((530, 66, 700, 300), fill=PANEL, outline=GREY, width=2, radius=8)
    sheet.text((84, 96), "CU-5, X7", 15, bold=True)
    sheet.text((676, 96), "G2", 15, anchor="rs", bold=True)

    wires = (
        ("1", "+24 V", "+", RED, "red"),
        ("2", "GND", "-", INK, "black"),
        ("3", "Data A", "A", AMBER, "yellow"),
        ("4", "Data B", "B", GREEN, "green"),
    )
    for row, (pin, signal, target, colour, name) in enumerate(wires):
        y = 130 + row * 38
        sheet.line([(222, y), (538, y)], colour, 3)
        for x in (214, 546):
            sheet.box((x - 9, y - 9, x + 9, y + 9), fill=PAPER, outline=INK, radius=2)
        sheet.text((214, y), pin, 12, anchor="mm", bold=True)
        sheet.text((546, y), target, 12, anchor="mm", bold=True)
        sheet.text((192, y), signal, 14, anchor="rm")
        sheet.text((566, y), signal, 14, anchor="lm")
        sheet.text((262, y - 6), name, 12, GREY)

    sheet.draw.rounded_rectangle(
        tuple(side * SCALE for side in (318.0, 192.0, 474.0, 258.0)),
        radius=12 * SCALE,
        outline=GREY,
        width=SCALE,
    )
    sheet.line([(222, 282), (340, 282), (340, 258)], GREY, 2)
    sheet.box((201, 273, 227, 291), fill=PAPER, outline=INK, radius=2)
    sheet.text((214, 282), "PE", 12, anchor="mm", bold=True)
    sheet.text((192, 282), "Shield", 14, anchor="rm")
    sheet.text((356, 282), "shield: earth at the CU-5 only", 12, GREY, anchor="lm")
    sheet.text((380, 324), "A to A and B to B. Swapped, H3 stays dark.", 14, RED, anchor="mm")
    return sheet.png()


def overdue_chart() -> bytes:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
    values = (1.92, 1.95, 1.88, 1.71, 1.58, 1.49, 1.41, 1.33, 1.24)
    left, right, top, bottom = 24.0, 736.0, 84.0, 320.0
    sheet = Sheet(760, 370)
    sheet.text((24, 36), "Overdue invoices, million euros, end of month", 17, bold=True)

    def height(value: float) -> float:
        return bottom - value / 2.0 * (bottom - top)

    sheet.line([(left, bottom), (right, bottom)], GREY, 1)
    step = (right - left) / len(values)
    for index, (month, value) in enumerate(zip(months, values, strict=True)):
        x = left + (index + 0.5) * step
        colour = "#9aa5b1" if index < 2 else ACCENT
        sheet.box((x - 25, height(value), x + 25, bottom), fill=colour, outline=None)
        sheet.text((x, bottom + 22), month, 14, anchor="ms")
        ends = index in (0, len(values) - 1)
        sheet.text((x, height(value) - 7), f"{value:.2f}", 14, anchor="ms", bold=ends)

    turn = left + 2 * step
    sheet.line([(turn, 58), (turn, bottom)], RED, 1.5)
    sheet.text((turn + 8, 66), "from March: we ring on day 6", 13, RED, anchor="lm", bold=True)
    return sheet.png()


def odense_floor() -> bytes:
    sheet = Sheet(760, 480)
    sheet.text((24, 36), "Odense, ground floor", 17, bold=True)
    rooms: tuple[tuple[Box, str, str, str], ...] = (
        ((40, 70, 300, 270), "Spare parts warehouse", "docks 1 to 3", PANEL),
        ((300, 70, 560, 170), "Assembly line 1", "", PANEL),
        ((300, 170, 560, 270), "Assembly line 2", "", PANEL),
        ((40, 302, 170, 400), "Training room", "Tuesday", "#e3edf4"),
        ((170, 302, 270, 400), "IT desk", "Monday", "#e3edf4"),
        ((270, 302, 400, 400), "Reception", "start here", "#cfe2ee"),
        ((400, 302, 560, 400), "Canteen", "Friday, 14:30", "#e3edf4"),
    )
    for box, name, detail, fill in rooms:
        sheet.box(box, fill=fill, outline=GREY, width=2)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        sheet.text((x, y - (9 if detail else 0)), name, 15, anchor="mm", bold=True)
        sheet.text((x, y + 13), detail, 13, GREY, anchor="mm")
    sheet.box((40, 270, 560, 302), fill=PAPER, outline=GREY, width=2)
    sheet.text((280, 286), "Corridor", 13, GREY, anchor="mm")

    sheet.box((492, 270, 560, 302), fill="#e4f1e8", outline=GREEN, width=2)
    sheet.text((526, 286), "First aid", 12, GREEN, anchor="mm", bold=True)

    for x, y in ((318, 400), (318, 302), (203, 302), (88, 302), (440, 302), (150, 270), (380, 270)):
        sheet.line([(x, y), (x + 34, y)], PAPER, 4)
    sheet.line([(560, 223), (560, 257)], PAPER, 4)
    sheet.line([(335, 446), (335, 408)], ACCENT, 2.5)
    _arrow_head(sheet, (335, 402))
    sheet.text((335, 462), "Main entrance", 13, ACCENT, anchor="mm", bold=True)

    sheet.box((600, 70, 736, 400), fill="#fafbfb", outline=LINE, width=1.5, radius=4)
    sheet.text((668, 94), "Car park", 15, anchor="mm", bold=True)
    for row, name in enumerate(("A  vans", "B  vans", "C  you", "D  you")):
        y = 120 + row * 40
        sheet.line([(616, y + 26), (720, y + 26)], LINE, 1)
        sheet.text((620, y + 13), name, 13, INK if row > 1 else GREY, anchor="lm")
    sheet.dot((668, 330), 24, GREEN)
    for x, y in ((658, 330), (678, 330), (668, 324)):
        sheet.dot((x, y - 6), 4, PAPER)
        sheet.box((x - 5, y, x + 5, y + 10), fill=PAPER, outline=None, radius=3)
    sheet.text((668, 372), "Assembly point", 13, GREEN, anchor="mm", bold=True)
    sheet.line([(552, 240), (582, 240), (582, 330), (632, 330)], GREEN, 2)
    sheet.text((668, 422), "Gate 2, bicycles", 13, GREY, anchor="mm")
    return sheet.png()


def _arrow_head(sheet: Sheet, tip: Point) -> None:
    x, y = tip
    corners = [(x, y), (x - 7, y + 12), (x + 7, y + 12)]
    sheet.draw.polygon([(cx * SCALE, cy * SCALE) for cx, cy in corners], fill=ACCENT)


def form_f12() -> bytes:
    sheet = Sheet(700, 520)
    sheet.box((24, 20, 676, 500), outline=GREY, width=1.5)
    sheet.text((44, 56), "F-12   Lockout record", 19, bold=True)
    sheet.text((656, 54), "Morlund, edition 6", 12, GREY, anchor="rs")
    sheet.line([(24, 74), (676, 74)], GREY, 1.5)

    fields = (
        ("Machine and serial number", "M6 Barista, 22-01877"),
        ("Place", "Hamburg workshop, bay 4"),
        ("Work to be done", "Left steam boiler, change gasket"),
        ("Who was told", "bay 3, bay 5, bench duty"),
    )
    for row, (label, value) in enumerate(fields):
        y = 74 + row * 48
        sheet.text((44, y + 20), label, 12, GREY)
        sheet.text((270, y + 32), value, 17, HAND)
        sheet.line([(24, y + 48), (676, y + 48)], LINE, 1)

    checks = (
        ("Plug in the plug box, lock closed", "lock no. 31"),
        ("Air valve closed", "not fitted"),
        ("Steam pressure released", "0 bar"),
        ("Capacitors, five minutes waited", "10:41 to 10:46"),
        ("Proved dead, all poles and earth", "tester T-08"),
    )
    for row, (label, value) in enumerate(checks):
        y = 296 + row * 30
        sheet.box((46, y - 9, 64, y + 9), outline=INK, width=1.2)
        if value != "not fitted":
            sheet.line([(49, y), (54, y + 6), (66, y - 11)], HAND, 2.2)
        sheet.text((78, y), label, 14, anchor="lm")
        sheet.text((440, y), value, 16, HAND, anchor="lm")
    sheet.line([(24, 440), (676, 440)], GREY, 1.5)
    sheet.text((44, 460), "Name, date and time", 12, GREY)
    sheet.text((44, 486), "L. Brandt    14 May, 10:48", 18, HAND)
    sheet.text((440, 460), "Lock removed", 12, GREY)
    sheet.text((440, 486), "11:35    L. B.", 18, HAND)
    return sheet.png()


def tally_trip() -> bytes:
    sheet = Sheet(720, 500)
    sheet.box((12, 12, 708, 488), outline=LINE, radius=8)
    sheet.box((12, 12, 708, 58), fill=ACCENT, outline=None, radius=8)
    sheet.box((12, 40, 708, 58), fill=ACCENT, outline=None)
    sheet.text((32, 36), "Tally", 18, PAPER, anchor="lm", bold=True)
    sheet.text((688, 36), "Tomasz Wieczorek", 13, PAPER, anchor="rm")
    sheet.text((32, 92), "New trip", 20, bold=True)

    inputs: tuple[tuple[Box, str, str], ...] = (
        ((32, 126, 464, 160), "Purpose", "Installation at Visser, Zwolle"),
        ((484, 126, 688, 160), "Visit or cost centre", "V-48213"),
        ((32, 194, 240, 228), "Start", "Tue 11 June, 06:20"),
        ((256, 194, 464, 228), "End", "Wed 12 June, 19:45"),
        ((484, 194, 688, 228), "Own car, kilometres", "0"),
    )
    for box, label, value in inputs:
        sheet.text((box[0], box[1] - 7), label, 13, GREY)
        sheet.box(box, fill=PAPER, outline="#8b949e", radius=4)
        sheet.text((box[0] + 12, (box[1] + box[3]) / 2), value, 15, anchor="lm")

    sheet.text((32, 264), "Receipts", 15, bold=True)
    receipts = (
        ("12 June", "Hotel De Koperen Ketel, one night", "118.00"),
        ("12 June", "Parking, station", "14.50"),
        ("12 June", "Lunch with Mrs Visser, 2 people", "41.20"),
    )
    for row, (day, what, euros) in enumerate(receipts):
        y = 296 + row * 32
        sheet.box((34, y - 11, 50, y + 11), fill="#e3edf4", outline=ACCENT, width=1, radius=2)
        sheet.text((66, y), day, 14, GREY, anchor="lm")
        sheet.text((146, y), what, 14, anchor="lm")
        sheet.text((688, y), euros, 14, anchor="rm")
        sheet.line([(32, y + 16), (688, y + 16)], LINE, 1)
    sheet.text((66, 392), "Allowance, breakfast taken off", 14, anchor="lm")
    sheet.text((688, 392), "33.60", 14, anchor="rm")
    sheet.line([(32, 410), (688, 410)], INK, 1.5)
    sheet.text((66, 430), "Sum in euros", 15, anchor="lm", bold=True)
    sheet.text((688, 430), "207.30", 16, anchor="rm", bold=True)
    sheet.box((500, 448, 588, 478), fill=PAPER, outline=ACCENT, radius=4)
    sheet.text((544, 463), "Check", 14, ACCENT, anchor="mm", bold=True)
    sheet.box((600, 448, 688, 478), fill=ACCENT, outline=ACCENT, radius=4)
    sheet.text((644, 463), "Send", 14, PAPER, anchor="mm", bold=True)
    return sheet.png()


IMAGES: dict[str, Callable[[], bytes]] = {
    "cu5-panel": cu5_panel,
    "form-f12": form_f12,
    "odense-floor": odense_floor,
    "overdue-chart": overdue_chart,
    "tally-trip": tally_trip,
    "x7-wiring": x7_wiring,
}
