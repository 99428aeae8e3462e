"""URLs of static files that change with the content, so that a browser may keep them for ever."""

import functools
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

# No page shows what is in these folders.
UNSEEN = {"tests", "__pycache__"}


class UnknownAsset(LookupError):
    """A template names a static file that does not exist."""

    code = "unknown_asset"


def asset_url(path: str) -> str:
    """ "storefront/souk.css" -> "/static/storefront/souk.css?v=1f0c2b9a". Raises UnknownAsset."""
    return _address(path) if settings.DEBUG else _remembered_address(path)


def _address(path: str) -> str:
    return f"{static(path)}?v={content_hash(path)}"


def content_hash(path: str) -> str:
    """Eight hexadecimal digits of the file's content."""
    found = finders.find(path)
    if not isinstance(found, str):
        raise UnknownAsset(path)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8]


_remembered_address = functools.cache(_address)


@functools.cache
def build_id() -> str:
    """Changes with code, templates and static files, of which every page is made."""
    digest = hashlib.sha256()
    for room in ("shared", settings.SERVICE_PACKAGE):
        root = Path(settings.BASE_DIR, room)
        for path in sorted(root.rglob("*.*")):
            if path.is_file() and not UNSEEN & set(path.relative_to(root).parts):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
