"""The gateway runs every `<!--#` that reaches it. None may come from a person's text, and no page
may hold what the Content-Security-Policy refuses."""

import re
from pathlib import Path

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory

from shared.addresses import FIELDS
from shared.storefront.forms import AddressForm

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(
    path
    for path in ROOT.glob("*/**/templates/**/*.html")
    if not {".run", ".venv", "node_modules"} & set(path.relative_to(ROOT).parts)
)
PARTS = sorted((ROOT / "shared/storefront/templates/storefront").glob("*.html"))
EVIL = '<!--# include virtual="/users/internal/authenticate/" --><script>x</script>" onload="x'
OURS = re.compile(
    r'<!--# (block name="(none|account_link|cart_link)"|endblock|else|endif|echo var="csrf"'
    r'|if expr="\$cookie_(souk_session|cart)"'
    r'|include virtual="/(users/fragments/menu|cart/fragments/badge|notify/fragments/bell'
    r'|catalog/fragments/public/navigation)/" stub="\w+") -->'
)


class Anything(dict):
    """A context in which every value is hostile, however deep a template digs."""

    def __missing__(self, key: str) -> str:
        return EVIL


class EvilForm(forms.Form):
    field = forms.CharField(label=EVIL, help_text=EVIL)
    pick = forms.ChoiceField(label=EVIL, choices=[(EVIL, EVIL)], widget=forms.RadioSelect)

    def clean(self) -> None:
        raise forms.ValidationError(EVIL)


def hostile_context(money: object) -> dict[str, object]:
    entry = {"title": EVIL, "url": EVIL, "detail": EVIL, "state": EVIL, "level_tag": EVIL}
    context: dict[str, object] = dict.fromkeys(
        ["title", "url", "image_url", "availability", "badge", "text", "action_url", "label"], EVIL
    )
    context |= {name: [entry] for name in ("items", "steps", "entries", "messages", "errors")}
    context |= dict.fromkeys(
        ["action_label", "rating_count", "count", "shop_name", "currency", "prefix", "control"],
        EVIL,
    )
    form = EvilForm({"field": "", "pick": "x"})
    form.is_valid()
    return context | {
        "price": money,
        "compare_at": money,
        "rating": 4,
        "symbol": "cart",
        "kind": "radio",
        "problem": Anything(title=EVIL, detail=EVIL, code=EVIL, request_id=EVIL),
        "form": AddressForm(dict.fromkeys(FIELDS, EVIL)),
        "field": form["pick"],
        "fields": [form["field"]],
        "page_obj": Paginator(range(50), 10).get_page(2),
        "pages": [1, 2, 3],
    }


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.stem)
def test_a_template_lets_no_text_become_a_directive_or_a_script(part):
    context = hostile_context({"amount": "1.00", "currency": "EUR"})
    context["now"] = context["before"] = EVIL
    html = render_to_string(f"storefront/{part.name}", context, RequestFactory().get("/"))
    assert "<!--#" not in OURS.sub("", html)
    assert "<script>" not in html
    assert '" onload="' not in html


def test_tags_let_no_text_become_a_directive(render):
    form = EvilForm({"field": EVIL, "pick": EVIL})
    form.is_valid()
    html = render(
        "{% icon 'cart' e %}{% field f.field placeholder=e %}{% field f.pick %}{% form_errors f %}"
        "{{ m|money }}{% price m m %}{% pagination p %}",
        path=f"/?q={EVIL}".replace("#", "%23"),
        e=EVIL,
        f=form,
        m={"amount": "1.00", "currency": "EUR"},
        p=Paginator(range(50), 10).get_page(2),
    )
    assert "<!--" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_never_trusts_text(template):
    source = template.read_text()
    assert not re.search(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off", source)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_storefront_template_keeps_to_the_content_security_policy(template):
    if {"admin", "backoffice", "unfold", "mail", "email"} & set(template.parts):
        return  # other policies apply to the back office, and none to mail
    source = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source, re.IGNORECASE)
    for attributes in re.findall(r"<script([^>]*)>", source):
        assert "src=" in attributes or 'type="application/' in attributes
