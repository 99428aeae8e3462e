import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from catalog.clients import BadImage, pictures, store_image
from catalog.management.commands.import_products import _find


def encode(size: tuple[int, int], format: str = "PNG", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, format)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are that large."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    size, check = struct.pack(">I", len(head) - 4), struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + size + head + check


def stored(settings) -> list[str]:
    return [str(path) for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_becomes_webp_whatever_it_was(settings, format):
    image = store_image(encode((400, 300), format))

    assert image.sizes == (320,)
    (path,) = stored(settings)
    assert Image.open(path).format == "WEBP"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><!DOCTYPE svg><svg/>",
        b"GIF89a<script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        encode((8, 8), "TIFF"),
        encode((8, 8), "BMP"),
        encode((8, 8))[:45],
        png_that_claims(100_000, 100_000),
        png_that_claims(9_000, 9_000),
        png_that_claims(2**31 - 1, 1),
        encode((20, 20_000)),
        encode((1, 30_000)),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_picture_to_show_is_refused_and_nothing_kept(settings, data):
    with pytest.raises(BadImage):
        store_image(data)
    assert stored(settings) == []


def test_too_many_bytes_are_not_even_opened(settings, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    with pytest.raises(BadImage, match="may have"):
        store_image(encode((8, 8)))
    assert stored(settings) == []


def test_a_file_of_the_folder_is_found_and_nothing_outside(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.png").write_bytes(encode((8, 8)))
    (tmp_path / "secret.png").write_bytes(encode((8, 8)))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")

    assert _find(folder, "sub/a.png")
    outside = ("../secret.png", "/etc/hostname", str(tmp_path / "secret.png"), "link.png")
    for name in (*outside, "sub", "no.png", "a" * 900, "sub/a.png/x"):
        assert _find(folder, name) is None
