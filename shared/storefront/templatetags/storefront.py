"""`{% load storefront %}`: see shared/storefront/README.md for markup to copy."""

from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, RadioSelect
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from shared.storefront import composition
from shared.storefront.assets import asset_url
from shared.storefront.cards import money, render_card, render_price, render_stars
from shared.storefront.icons import ICONS
from shared.storefront.parts import render_cached

register = template.Library()
register.filter("money", money)
register.simple_tag(render_cached, name="cached_include")
register.simple_tag(render_price, name="price")
register.simple_tag(render_stars, name="stars")
register.simple_tag(render_card, name="product_card")


@register.filter
def iso(moment: datetime | None) -> str:
    """For `<time datetime>`, which takes seconds, or their thousandth part at the least."""
    return moment.isoformat(timespec="seconds") if moment else ""


@register.filter
def clock(moment: datetime | None) -> str:
    """`17:00 CET`: a time to be kept names its zone."""
    return _local(moment, "H:i")


@register.filter
def when(moment: datetime | None) -> str:
    """`4 May 2026, 17:00 CEST`"""
    return _local(moment, "j F Y, H:i")


def _local(moment: datetime | None, how: str) -> str:
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    # Django's own letter for the zone says nothing in the hour that comes twice.
    return f"{date_format(local, how)} {local.tzname()}"


@register.filter
def address_lines(address: Any) -> list[str]:
    """The lines of a label, of an address in a row or a mapping; in the reader's language."""
    # Only here, because the countries' data take 2 MB and most services show no address.
    from shared import addresses

    return addresses.address_lines(addresses.as_address(address), get_language() or "en")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline icon: decoration, or an image when it has a label."""
    return render_cached("storefront/icon.html", path=ICONS[name], label=label)


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file, with a hash of its content."""
    return asset_url(path)


@register.simple_tag
def csrf_slot() -> SafeString:
    """The CSRF field of a form on a public page; the gateway fills it in."""
    return mark_safe(composition.CSRF_SLOT)


@register.simple_tag
def fragment(*parts: object) -> SafeString:
    """`{% fragment "/reviews/fragments/public/product/" product_id "/" %}`"""
    return composition.include("".join(map(str, parts)))


@register.simple_block_tag
def fragment_or(content: SafeString, *parts: object) -> SafeString:
    """`{% fragment_or "/orders/fragments/…/" %}Orders is unavailable.{% endfragment_or %}`"""
    return composition.include("".join(map(str, parts)), content)


@register.simple_tag
def personal_fragment(*parts: object, cookie: str) -> SafeString:
    """A fragment that is asked for only when the visitor has the cookie."""
    return composition.include_with_cookie("".join(map(str, parts)), cookie)


@register.inclusion_tag("storefront/field.html")
def field(bound: BoundField, **attributes: str) -> dict[str, Any]:
    """Label, control, help and errors. `{% field form.email autocomplete="email" %}`"""
    attrs: dict[str, Any] = {key.replace("_", "-"): value for key, value in attributes.items()}
    widget = bound.field.widget
    kinds: dict[type[Any], str] = {CheckboxInput: "checkbox", RadioSelect: "radio"}
    if bound.errors and not bound.use_fieldset:
        attrs["aria-invalid"] = "true"
    return {
        "field": bound,
        "kind": kinds.get(type(widget), "control"),
        "control": bound.as_widget(attrs=attrs),
    }


@register.inclusion_tag("storefront/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with the whole form, and links to the fields that have errors."""
    wrong = [bound for bound in form.visible_fields() if bound.errors]
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"errors": [*form.non_field_errors(), *hidden], "fields": wrong}


@register.inclusion_tag("storefront/pagination.html", takes_context=True)
def pagination(context: template.Context, page_obj: "Page[Any]") -> dict[str, Any]:
    """Links to the other pages; the rest of the query string stays as it is."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    prefix = f"?{query.urlencode()}&page=" if query else "?page="
    pages = page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    return {"page_obj": page_obj, "prefix": prefix, "pages": list(pages)}
