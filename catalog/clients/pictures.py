"""The picture store: files under MEDIA_ROOT, named by their content."""

import hashlib
import io
import warnings

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from catalog.rules.product import StoredImage, picture_name
from shared.errors import InvalidInput

WIDTHS = (320, 640, 1280)
MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
# What WebP can hold.
MAX_SIDE = 16_383
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class BadImage(InvalidInput):
    code = "bad_image"
    title = "The file is not a picture that we can show"


def store_image(data: bytes) -> StoredImage:
    """Keeps a picture as WebP in up to three widths. Nothing of the sent file itself is kept, so
    neither its place of exposure nor anything hidden in it is ever served. Raises BadImage."""
    if len(data) > MAX_BYTES:
        raise BadImage(f"A picture may have {MAX_BYTES // 1024 // 1024} MB.")
    picture = _open(data)
    key = hashlib.sha256(data).hexdigest()[:32]
    sizes = tuple(width for width in WIDTHS if width <= picture.width) or (picture.width,)
    if picture.height * sizes[-1] > MAX_SIDE * picture.width:
        raise BadImage("The picture is too tall.")
    for width in sizes:
        _store(picture, key, width)
    return StoredImage(key=key, sizes=sizes)


def _open(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise BadImage("The picture has too many pixels.")
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            return upright.convert("RGBA" if "A" in upright.getbands() else "RGB")
    except BadImage:
        raise
    except Exception as error:
        # Pillow raises what its decoders raise: OSError, SyntaxError, struct.error and others.
        raise BadImage() from error


def _store(picture: Image.Image, key: str, width: int) -> None:
    name = picture_name(key, width)
    if default_storage.exists(name):
        return
    height = max(1, round(picture.height * width / picture.width))
    buffer = io.BytesIO()
    picture.resize((width, height), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=82)
    default_storage.save(name, ContentFile(buffer.getvalue()))
