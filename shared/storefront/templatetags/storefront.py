"""`{% load storefront %}`: see shared/storefront/README.md for markup to copy."""

from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, RadioSelect
from django.template.base import Parser, Token
from django.utils.safestring import SafeString, mark_safe

from shared.storefront import composition, markup
from shared.storefront.assets import asset_url
from shared.storefront.keeping import KeptNode

register = template.Library()
register.filter("money", markup.money)
register.filter("stars", markup.stars)
register.filter("iso", markup.iso)
register.filter("clock", markup.clock)
register.filter("when", markup.when)
register.filter("address_lines", markup.label_lines)
register.simple_tag(markup.price)
register.simple_tag(markup.icon)
register.simple_tag(markup.product_card)


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept %}…{% endkept %}`: what is the same on every page, rendered once in a process."""
    content = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(content)


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
