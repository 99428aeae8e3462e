"""wrk: requests in a closed loop, bounded in time."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from compose.local import packages

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
# Every request is another one: `{n}` of path and headers is a number that no thread uses twice.
FRESH = """
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init(args) counter = 0; start = os.time() % 100000 end
function request()
  counter = counter + 1
  local n = start .. "0" .. number .. "0" .. counter
  for name, text in pairs(changing) do wrk.headers[name] = string.gsub(text, "{n}", n) .. "" end
  return wrk.format(nil, string.gsub(changing_path, "{n}", n) .. "")
end
"""


class Spoilt(Exception):
    """Some answers were no answers, so that the number means nothing."""


@dataclass(frozen=True)
class Load:
    """What to ask, how, and of how many connections."""

    path: str
    connections: int = 8
    headers: Mapping[str, str] | None = None
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Pace:
    """Requests a second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


def run(base: str, load: Load, seconds: int) -> Pace:
    """Raises Spoilt when an answer was not 2xx or did not come."""
    with NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(load))
        script.flush()
        told = _call(base, load, seconds, Path(script.name))
    bad = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", told)
    if bad:
        raise Spoilt(f"{load.method} {base}{load.path}: {bad[0]}")
    return Pace(_number(r"Requests/sec:\s+([\d.]+)", told), _share(50, told), _share(99, told))


def _script(load: Load) -> str:
    lines = []
    if load.method != "GET":
        lines += [f'wrk.method = "{load.method}"', f"wrk.body = [[{load.body}]]"]
        lines += ['wrk.headers["Content-Type"] = "application/json"']
    headers = load.headers or {}
    lines += [f'wrk.headers["{name}"] = [[{text}]]' for name, text in headers.items()]
    changing = {name: text for name, text in headers.items() if "{n}" in text}
    if changing or "{n}" in load.path:
        table = ", ".join(f'["{name}"] = [[{text}]]' for name, text in changing.items())
        lines += [f"changing = {{{table}}}", f"changing_path = [[{load.path}]]", FRESH]
    return "\n".join(lines)


def _call(base: str, load: Load, seconds: int, script: Path) -> str:
    command = [
        *(str(packages.find("wrk")), "--latency", "--timeout", "10s", "-s", str(script)),
        *("-t", str(min(2, load.connections)), "-c", str(load.connections), "-d", f"{seconds}s"),
        base + load.path.replace("{n}", "0"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return ran.stdout


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise Spoilt(text)
    return float(found[1])


def _share(percent: int, text: str) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m) *$", text, re.MULTILINE)
    if not found:
        raise Spoilt(text)
    return float(found[1]) * UNITS[found[2]]
