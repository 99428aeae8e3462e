"""One small picture a topic: how much of each limit was reached, or how a figure grows."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from tests.load.bench.readings import Figure

INK, PALE, ACCENT = "#2b2a33", "#c9c5bb", "#0f6b5c"
WIDTH = 7.2
SIZE = re.compile(r"^(\w+), ([\d,]+) products: p95$")


def draw(figures: Sequence[Figure], folder: Path) -> dict[str, str]:
    """Writes <topic>.svg for each topic that has something to show; topic -> file name."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for topic, group in groupby(figures, key=lambda figure: figure.topic):
        listed = list(group)
        picture = _growth(listed) if topic == "growth" else _bars(topic, listed)
        if picture is not None:
            drawn[topic] = f"{topic}.svg"
            picture.savefig(folder / drawn[topic], metadata={"Date": None})
    return drawn


def _picture(height: float) -> tuple[Any, Any]:
    # Without pyplot nothing is kept between pictures and no display is looked for.
    from matplotlib import rcParams
    from matplotlib.figure import Figure as Picture

    rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "souk", "font.size": 9})
    rcParams.update({"text.color": INK, "axes.labelcolor": INK, "xtick.color": INK})
    picture = Picture(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    axes = picture.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return picture, axes


def _bars(topic: str, figures: list[Figure]) -> Any:
    """The figure's bar on its limit's, for what is counted a second; memory as it is."""
    if topic == "memory":
        chosen = [f for f in figures if f.name.startswith("memory of") and "every" not in f.name]
    else:
        chosen = [f for f in figures if f.limits and f.unit == "/s"]
    if not chosen:
        return None
    picture, axes = _picture(0.8 + 0.3 * len(chosen))
    names = [figure.name.removeprefix("memory of ") for figure in chosen]
    limits = [max((median(v) for v in f.limits.values()), default=f.median) for f in chosen]
    whole = [100.0 if f.limits else f.median for f in chosen]
    shares = [
        100 * f.median / limit if f.limits else f.median
        for f, limit in zip(chosen, limits, strict=True)
    ]
    axes.barh(names, whole, color=PALE, height=0.62)
    axes.barh(names, shares, color=ACCENT, height=0.62)
    for place, figure in enumerate(chosen):
        axes.text(1, place, f"{figure.median:,.0f} {figure.unit}", va="center", color="white")
    axes.invert_yaxis()
    axes.set_xlabel("MB" if topic == "memory" else "% of the limit in the same round")
    return picture


def _growth(figures: list[Figure]) -> Any:
    lines: dict[str, list[tuple[int, float]]] = {}
    for figure in figures:
        if found := SIZE.match(figure.name):
            size = int(found[2].replace(",", ""))
            lines.setdefault(found[1], []).append((size, figure.median))
    if not lines:
        return None
    picture, axes = _picture(3.0)
    for kind, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=kind)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("products")
    axes.set_ylabel("p95, ms")
    axes.legend(frameon=False)
    return picture
