"""URLs of static files that change with the content, so that a browser may keep them for ever."""

import functools
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static


class UnknownAsset(LookupError):
    """A template names a static file that does not exist."""

    code = "unknown_asset"


def asset_url(path: str) -> str:
    """ "storefront/souk.css" -> "/static/storefront/souk.css?v=1f0c2b9a". Raises UnknownAsset."""
    digest = content_hash(path) if settings.DEBUG else _remembered_hash(path)
    return f"{static(path)}?v={digest}"


def content_hash(path: str) -> str:
    """Eight hexadecimal digits of the file's content."""
    found = finders.find(path)
    if not isinstance(found, str):
        raise UnknownAsset(path)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8]


_remembered_hash = functools.cache(content_hash)
