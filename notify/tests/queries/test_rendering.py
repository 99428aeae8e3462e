import pytest

from notify import queries
from notify.models import MessageTemplate
from notify.rules import REFUND_FAILED, SAMPLE_CONTEXT, STOCK_LOW, TOPICS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_words_for_mail_and_inbox(topic):
    mail = queries.render_message(topic, "mail", SAMPLE_CONTEXT)
    told = queries.render_message(topic, "inbox", SAMPLE_CONTEXT)

    assert mail.subject
    assert "Hello Alice," in mail.text
    assert "Hello Alice," in mail.html
    assert told.subject
    assert told.html == ""
    assert "{" not in mail.subject + mail.text + mail.html + told.subject + told.text


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        (STOCK_LOW, "TEA is running out"),
        (REFUND_FAILED, "A refund of order S-100001 has failed"),
    ],
)
def test_the_staff_have_words_of_their_own(topic, subject):
    told = queries.render_message(topic, "inbox", SAMPLE_CONTEXT)

    assert told.subject == subject


def test_text_from_people_is_escaped_in_html_only():
    context = {**SAMPLE_CONTEXT, "name": "<b>Eve</b> & co"}

    mail = queries.render_message("welcome", "mail", context)

    assert "<b>Eve</b> & co" in mail.text
    assert "&lt;b&gt;Eve&lt;/b&gt; &amp; co" in mail.html


def test_the_merchants_words_come_first():
    MessageTemplate.objects.create(
        topic="welcome", channel="mail", subject="Ahoy {{ name }}", text="Hi", html=""
    )

    mail = queries.render_message("welcome", "mail", SAMPLE_CONTEXT)

    assert (mail.subject, mail.text, mail.html) == ("Ahoy Alice", "Hi\n", "")


def test_broken_words_of_the_merchant_stop_no_mail():
    MessageTemplate.objects.create(topic="welcome", channel="mail", subject="{% if %}", text="Hi")

    assert queries.render_message("welcome", "mail", SAMPLE_CONTEXT).subject == "Welcome to Souk"


@pytest.mark.parametrize(
    "source",
    [
        "{% load static %}",
        "{% include '../../settings.py' %}",
        "{% include '/etc/passwd' %}",
        "{% debug %}",
        "{% if %}",
    ],
)
def test_a_template_reads_nothing_but_its_values(source):
    with pytest.raises(queries.BadTemplate):
        queries.render_sources("x", source, "", {})


def test_only_a_delivery_says_that_an_order_arrived():
    titles = {
        topic: queries.render_message(topic, "inbox", SAMPLE_CONTEXT).subject for topic in TOPICS
    }

    assert titles["order_received"] == "We have your order S-100001"
    assert [topic for topic, title in titles.items() if "arrived" in title] == ["order_delivered"]
    assert "arrived" not in TOPICS["order_received"].title
