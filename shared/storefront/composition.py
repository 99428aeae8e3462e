"""Server-side include directives, the only ones that templates emit besides those of base.html.

The gateway runs every `<!--#` that it finds in a page. Text from people never becomes one as long
as Django escapes it; addresses that go into a directive are checked here.
"""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_ADDRESS = re.compile(r"/[A-Za-z0-9/._~%?&=+:,-]*")
_COOKIE = re.compile(r"[a-z_]+")

# The gateway knows the visitor's CSRF token; a cached page does not.
CSRF_SLOT = '<input type="hidden" name="csrfmiddlewaretoken" value="<!--# echo var="csrf" -->">'


class BadFragment(ValueError):
    """An address or a cookie name that must not stand in an include directive."""

    code = "bad_fragment"


def include(address: str, stub: SafeString | None = None) -> SafeString:
    """The directive that puts the fragment here, or the stub (nothing) when its service is down."""
    if not _ADDRESS.fullmatch(address) or address.startswith("//") or "--" in address:
        raise BadFragment(address)
    if stub is None:
        return mark_safe(f'<!--# include virtual="{address}" stub="none" -->')
    name = re.sub(r"\W+", "_", address).strip("_")
    block = f'<!--# block name="{name}" -->{conditional_escape(stub)}<!--# endblock -->'
    return mark_safe(f'{block}<!--# include virtual="{address}" stub="{name}" -->')


def include_with_cookie(address: str, cookie: str) -> SafeString:
    """The same, asked for only when the visitor has the cookie that makes it personal."""
    if not _COOKIE.fullmatch(cookie):
        raise BadFragment(cookie)
    directive = f'<!--# if expr="$cookie_{cookie}" -->{include(address)}<!--# endif -->'
    return mark_safe(directive)
