"""The demo shop's pictures: flat still lifes, drawn from a few shapes and a palette.

The canvas is 100 wide and 125 high; y = 100 is where things stand."""

import io
import math
from collections.abc import Callable

from PIL import Image, ImageDraw

SCALE = 16  # drawn larger than it is kept, so that edges are smooth
WIDTH, HEIGHT, FLOOR = 100, 125, 100
Colour = str
# background, arch, main, dark, light
PALETTES: dict[str, tuple[Colour, Colour, Colour, Colour, Colour]] = {
    "amber": ("#f6e7cf", "#efcf9c", "#d98a1f", "#8c4f12", "#ffd98a"),
    "brick": ("#f4e0d6", "#e8bfab", "#b5432a", "#6f2416", "#ee9b7f"),
    "cobalt": ("#e4e9f7", "#c3cff0", "#2b45c4", "#182a80", "#8fa8ff"),
    "cognac": ("#f3e6d8", "#e2c5a4", "#a3602b", "#5f3514", "#d9a06a"),
    "forest": ("#e3ebe2", "#bed3bf", "#2f6b4a", "#173f2a", "#8dc2a0"),
    "honey": ("#fbf0d2", "#f5dc95", "#e0a01c", "#93610a", "#ffe08a"),
    "indigo": ("#e5e4f3", "#c5c2e6", "#3d3a8c", "#211f57", "#9a96e0"),
    "mint": ("#e0f0e8", "#b5dcc8", "#3a9a72", "#1d5c42", "#a5e0c4"),
    "olive": ("#edeedd", "#d3d7ae", "#7d8a35", "#484f1a", "#c3cd7d"),
    "rose": ("#f8e4e7", "#f0c3ca", "#cf5a72", "#7f2b40", "#f7a8b6"),
    "saffron": ("#fdebc8", "#f9d488", "#e88f0c", "#96530a", "#ffc75a"),
    "sand": ("#f1ece2", "#ddd1bc", "#b39a74", "#6e5a3c", "#e8d9bd"),
    "terracotta": ("#f6e4da", "#ebc5b0", "#c4663c", "#7a3618", "#eda583"),
}
CREAM, GOLD, SHADOW = "#fff8ea", "#e5b84b", "#00000026"


class Canvas:
    """Draws in the units of the picture."""

    def __init__(self, palette: str) -> None:
        self.background, self.arch, self.main, self.dark, self.light = PALETTES[palette]
        size = (WIDTH * SCALE, HEIGHT * SCALE)
        self.image = Image.new("RGB", size, self.background)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def box(self, x: float, y: float, w: float, h: float, fill: Colour, r: float = 0) -> None:
        self.pen.rounded_rectangle(self._at(x, y, w, h), r * SCALE, fill)

    def oval(self, x: float, y: float, w: float, h: float, fill: Colour) -> None:
        self.pen.ellipse(self._at(x, y, w, h), fill)

    def half(self, x: float, y: float, w: float, h: float, fill: Colour, top: bool = False) -> None:
        """Half an oval; h is the height of the half."""
        area = self._at(x, y, w, 2 * h) if top else self._at(x, y - h, w, 2 * h)
        self.pen.pieslice(area, 180 if top else 0, 360 if top else 180, fill)

    def shape(self, points: list[tuple[float, float]], fill: Colour) -> None:
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill)

    def line(self, points: list[tuple[float, float]], fill: Colour, w: float) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill, round(w * SCALE), joint="curve")

    def ring(self, x: float, y: float, w: float, h: float, fill: Colour, thick: float) -> None:
        self.pen.ellipse(self._at(x, y, w, h), None, fill, round(thick * SCALE))

    def scene(self) -> None:
        """An arch in a wall, a table, a shadow."""
        self.half(16, 12, 68, 34, self.arch, top=True)
        self.box(16, 46, 68, 50, self.arch)
        self.box(0, 95, WIDTH, 30, self.light + "66")
        self.oval(20, FLOOR - 3, 60, 7, SHADOW)

    def _at(self, x: float, y: float, w: float, h: float) -> list[float]:
        return [x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE]


def draw(kind: str, palette: str) -> bytes:
    """A WebP picture of a kind of thing in the colours of a palette. Raises KeyError."""
    canvas = Canvas(palette)
    canvas.scene()
    KINDS[kind](canvas)
    buffer = io.BytesIO()
    canvas.image.resize((1280, 1600), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=88)
    return buffer.getvalue()


def _tin(c: Canvas) -> None:
    c.box(30, 46, 40, 54, c.main, 3)
    c.box(28, 40, 44, 9, c.dark, 2)
    c.box(30, 62, 40, 24, CREAM)
    c.shape([(50, 66), (57, 74), (50, 82), (43, 74)], c.main)
    c.box(34, 49, 4, 51, c.light + "55")


def _jar(c: Canvas) -> None:
    c.box(32, 50, 36, 50, "#ffffff99", 6)
    c.box(34, 60, 32, 38, c.main, 5)
    c.box(34, 42, 32, 9, c.dark, 2)
    c.box(40, 70, 20, 16, CREAM, 2)
    c.line([(43, 76), (57, 76)], c.dark, 1)
    c.line([(43, 80), (53, 80)], c.dark, 1)
    c.box(36, 54, 3, 40, "#ffffff66", 1.5)


def _honey(c: Canvas) -> None:
    _jar(c)
    c.line([(70, 36), (60, 60)], "#9a6a35", 2)
    c.oval(66, 27, 9, 13, "#9a6a35")
    for y in (30, 33, 36):
        c.line([(66, y), (75, y)], "#6d4720", 0.8)


def _glass(c: Canvas) -> None:
    for x, tone in ((22, "bb"), (56, "bb"), (38, "ee")):
        c.shape([(x, 58), (x + 22, 58), (x + 18, 99), (x + 4, 99)], c.light + tone)
        c.shape([(x + 1, 68), (x + 21, 68), (x + 18, 97), (x + 4, 97)], c.main + "cc")
        c.line([(x + 0.5, 64), (x + 21.5, 64)], GOLD, 1.6)
        c.oval(x, 56, 22, 4, c.light)


def _cups(c: Canvas) -> None:
    for x, colour in ((20, c.main), (52, c.dark)):
        c.box(x, 66, 28, 20, colour)
        c.half(x, 86, 28, 14, colour)
        c.oval(x, 62, 28, 8, c.light)
        c.oval(x + 3, 63.5, 22, 5, "#4a2c17")
    for x in (30, 36):
        points = [(x + 2 * math.sin(y / 3), 58 - y * 0.9) for y in range(20)]
        c.line(points, "#ffffffaa", 1)


def _bowl(c: Canvas) -> None:
    c.half(18, 66, 64, 34, c.main)
    c.oval(18, 58, 64, 16, c.light)
    c.oval(22, 60, 56, 12, c.dark)
    for x in range(26, 76, 8):
        c.shape([(x, 78), (x + 3, 82), (x, 86), (x - 3, 82)], c.light)
    c.box(40, 97, 20, 3, c.dark, 1)


def _dish(c: Canvas) -> None:
    c.half(10, 84, 80, 15, c.main)
    c.oval(10, 79, 80, 10, c.light)
    for index, x in enumerate(range(18, 78, 10)):
        c.oval(x, 74 - index % 2, 9, 8, c.dark if index % 2 else "#5f7a2c")
        c.oval(x + 2, 75 - index % 2, 2.5, 2, "#ffffff88")


def _plate(c: Canvas) -> None:
    c.oval(16, 32, 68, 68, CREAM)
    c.ring(16, 32, 68, 68, c.main, 3)
    c.ring(28, 44, 44, 44, c.main, 1.2)
    for step in range(24):
        angle = step * math.tau / 24
        x, y = 50 + 27 * math.cos(angle), 66 + 27 * math.sin(angle)
        c.oval(x - 1.8, y - 1.8, 3.6, 3.6, c.main if step % 2 else c.light)
    for step in range(8):
        angle = step * math.tau / 8
        tip = (50 + 17 * math.cos(angle), 66 + 17 * math.sin(angle))
        side = (50 + 7 * math.cos(angle + 0.4), 66 + 7 * math.sin(angle + 0.4))
        c.shape([(50, 66), side, tip], c.main)


def _tagine(c: Canvas) -> None:
    c.shape([(46, 44), (54, 44), (72, 84), (28, 84)], c.main)
    c.oval(44, 36, 12, 11, c.dark)
    c.half(18, 86, 64, 14, c.dark)
    c.box(16, 83, 68, 4, c.light, 2)
    for y, half_width in ((62, 11), (73, 16)):
        c.line([(50 - half_width, y), (50 + half_width, y)], c.light, 1.4)


def _jug(c: Canvas) -> None:
    c.ring(62, 50, 20, 30, c.dark, 4)
    c.oval(26, 54, 48, 46, c.main)
    c.shape([(38, 32), (62, 32), (58, 62), (42, 62)], c.main)
    c.oval(37, 29, 26, 7, c.dark)
    c.box(27, 74, 46, 5, c.light)
    c.oval(34, 62, 6, 22, "#ffffff44")


def _rug(c: Canvas) -> None:
    c.box(24, 34, 52, 64, c.main)
    for y in range(38, 94, 14):
        c.box(24, y, 52, 2, c.light)
        for x in (37, 50, 63):
            c.shape([(x, y + 3), (x + 5, y + 8), (x, y + 13), (x - 5, y + 8)], c.dark)
            c.shape([(x, y + 6), (x + 2, y + 8), (x, y + 10), (x - 2, y + 8)], CREAM)
    for x in range(25, 76, 3):
        c.line([(x, 30), (x, 34)], CREAM, 0.8)
        c.line([(x, 98), (x, 102)], CREAM, 0.8)


def _folded(c: Canvas) -> None:
    """Towels, blankets, cloths: a pile with stripes."""
    for y, colour in ((84, c.main), (68, c.light), (52, c.dark)):
        c.box(20, y, 60, 16, colour, 6)
        for x in (28, 32, 68, 72):
            c.box(x, y, 1.6, 16, CREAM)
        c.oval(72, y + 3, 8, 10, "#00000018")
    for x in range(24, 78, 6):
        c.line([(x, 100), (x, 104)], c.main, 1)


def _blanket(c: Canvas) -> None:
    c.box(22, 40, 56, 52, c.main, 3)
    for y in (48, 60, 72):
        c.box(22, y, 56, 3, CREAM)
    for x in range(24, 80, 9):
        c.oval(x - 2, 90, 8, 8, c.light)
        c.oval(x, 92, 4, 4, CREAM)


def _cushion(c: Canvas) -> None:
    c.box(20, 46, 60, 54, c.main, 9)
    c.box(25, 51, 50, 44, c.dark + "33", 6)
    for size in (20, 13, 6):
        colour = CREAM if size != 13 else c.main
        c.shape([(50, 73 - size), (50 + size, 73), (50, 73 + size), (50 - size, 73)], colour)
    for x, y in ((20, 46), (80, 46), (20, 100), (80, 100)):
        c.oval(x - 3, y - 3, 6, 6, GOLD)


def _scarf(c: Canvas) -> None:
    c.shape([(26, 36), (62, 36), (74, 98), (38, 98)], c.main)
    c.shape([(46, 36), (74, 36), (62, 92), (34, 92)], c.light)
    for row in range(5):
        for column in range(3):
            x, y = 44 + column * 9 - row * 0.6, 44 + row * 10
            c.oval(x, y, 4.5, 4.5, c.dark)
            c.oval(x + 1.4, y + 1.4, 1.7, 1.7, CREAM)


def _mosaic(c: Canvas) -> None:
    c.box(46, 78, 8, 16, GOLD)
    c.half(34, 92, 32, 8, GOLD, top=True)
    c.oval(24, 32, 52, 50, c.dark)
    tones = (c.main, c.light, "#f3b53f", c.arch, "#d9534a")
    for row in range(-3, 4):
        for column in range(-3, 4):
            x, y = 50 + column * 7.4, 57 + row * 7.2
            if math.hypot((x - 50) / 24, (y - 57) / 23) < 0.98:
                tone = tones[(row * 2 + column * 3) % len(tones)]
                c.shape([(x, y - 3.2), (x + 3.3, y), (x, y + 3.2), (x - 3.3, y)], tone)
    c.box(44, 28, 12, 5, GOLD, 2)


def _lantern(c: Canvas) -> None:
    c.ring(44, 22, 12, 12, c.dark, 1.6)
    c.half(32, 32, 36, 14, c.main, top=True)
    c.shape([(30, 46), (70, 46), (64, 92), (36, 92)], c.main)
    c.box(32, 91, 36, 8, c.dark, 2)
    for row in range(5):
        for column in range(4):
            x, y = 37 + column * 7, 51 + row * 8
            c.shape([(x + 2, y), (x + 4, y + 3), (x + 2, y + 6), (x, y + 3)], CREAM)


def _pendant(c: Canvas) -> None:
    c.line([(50, 0), (50, 42)], c.dark, 0.9)
    c.half(18, 42, 64, 36, CREAM, top=True)
    for step in range(1, 12):
        c.line([(50, 42), (18 + step * 64 / 12, 78)], c.light, 1)
    c.box(18, 77, 64, 2.5, c.main, 1)
    c.oval(44, 76, 12, 9, "#fff3b8")


def _oillamp(c: Canvas) -> None:
    c.half(22, 82, 50, 18, c.main)
    c.half(22, 82, 50, 10, c.dark, top=True)
    c.shape([(66, 78), (86, 74), (72, 92)], c.main)
    c.ring(14, 76, 14, 16, c.main, 3)
    c.shape([(84, 74), (80, 64), (85, 54), (90, 65)], "#f7a823")
    c.oval(82, 65, 5, 8, "#fff0b0")


def _candles(c: Canvas) -> None:
    for x, top in ((24, 58), (37, 46), (50, 52), (63, 64)):
        c.box(x, top, 11, 100 - top, c.main, 1)
        for y in range(int(top) + 4, 98, 6):
            c.line([(x, y), (x + 11, y - 3)], c.light, 0.9)
        c.line([(x + 5.5, top), (x + 5.5, top - 4)], c.dark, 0.8)
        c.shape([(x + 5.5, top - 14), (x + 8, top - 6), (x + 5.5, top - 3), (x + 3, top - 6)], GOLD)


def _satchel(c: Canvas) -> None:
    c.ring(28, 30, 44, 44, c.dark, 2.6)
    c.box(20, 56, 60, 44, c.main, 5)
    c.box(20, 54, 60, 26, c.dark, 5)
    for x in (33, 61):
        c.box(x, 72, 6, 16, c.light, 1)
        c.box(x - 0.8, 80, 7.6, 5, GOLD, 1)
    c.line([(24, 95), (76, 95)], c.light, 0.6)


def _pouf(c: Canvas) -> None:
    c.box(16, 62, 68, 38, c.main, 17)
    c.oval(16, 54, 68, 26, c.light)
    for step in range(12):
        angle = step * math.tau / 12
        edge = (50 + 33 * math.cos(angle), 67 + 12.5 * math.sin(angle))
        c.line([(50, 67), edge], c.dark, 0.7)
    c.oval(44, 64, 12, 6, c.dark)
    for x in range(24, 80, 8):
        c.line([(x, 80), (x, 97)], c.dark + "88", 0.7)


def _slippers(c: Canvas) -> None:
    for x in (22, 54):
        c.oval(x, 44, 24, 56, c.dark)
        c.oval(x + 2.5, 62, 19, 35, c.arch)
        c.half(x, 44, 24, 30, c.main, top=True)
        c.shape([(x + 7, 48), (x + 12, 34), (x + 17, 48)], c.main)
        c.shape([(x + 12, 54), (x + 16, 62), (x + 12, 69), (x + 8, 62)], GOLD)


def _wallet(c: Canvas) -> None:
    c.box(32, 58, 36, 20, CREAM, 2)
    c.box(35, 54, 34, 20, c.light, 2)
    c.box(26, 64, 48, 34, c.main, 4)
    c.box(26, 64, 48, 12, c.dark, 4)
    c.line([(29, 95), (71, 95)], c.light, 0.6)


def _notebook(c: Canvas) -> None:
    c.box(31, 42, 42, 57, CREAM, 2)
    c.box(28, 40, 42, 58, c.main, 3)
    c.box(28, 40, 7, 58, c.dark, 3)
    c.box(58, 40, 2.6, 58, GOLD)
    c.box(42, 54, 12, 8, c.light, 1)


def _sweets(c: Canvas) -> None:
    """Squares of something sweet on a tray."""
    c.oval(10, 84, 80, 16, GOLD)
    c.oval(14, 85, 72, 11, c.dark)
    for y, xs in ((78, (22, 36, 50, 64)), (66, (29, 43, 57)), (54, (36, 50))):
        for x in xs:
            c.box(x, y, 13, 12, c.main, 2)
            c.box(x, y, 13, 5, c.light, 2)
            c.oval(x + 5, y + 1, 3, 3, "#7da843")


def _fruits(c: Canvas) -> None:
    """Dates or almonds in a bowl."""
    for row, y in enumerate((60, 54, 48)):
        for index in range(6 - row):
            x = 22 + row * 4.5 + index * 9.5
            c.oval(x, y + index % 2 * 2, 12, 16, c.main if (index + row) % 2 else c.dark)
            c.oval(x + 3, y + 3, 2, 7, c.light + "99")
    c.half(16, 70, 68, 30, CREAM)
    c.box(16, 68, 68, 4, c.light, 2)
    c.line([(24, 80), (76, 80)], c.main, 1.4)


KINDS: dict[str, Callable[[Canvas], None]] = {
    "almonds": _fruits,
    "baklava": _sweets,
    "blanket": _blanket,
    "bowl": _bowl,
    "box": _sweets,
    "candles": _candles,
    "cloth": _folded,
    "cups": _cups,
    "cushion": _cushion,
    "dates": _fruits,
    "dish": _dish,
    "glass": _glass,
    "halva": _sweets,
    "honey": _honey,
    "jar": _jar,
    "jug": _jug,
    "lantern": _lantern,
    "mosaic": _mosaic,
    "notebook": _notebook,
    "oillamp": _oillamp,
    "pendant": _pendant,
    "plate": _plate,
    "pouf": _pouf,
    "rug": _rug,
    "satchel": _satchel,
    "scarf": _scarf,
    "slippers": _slippers,
    "tagine": _tagine,
    "tin": _tin,
    "towel": _folded,
    "wallet": _wallet,
}
