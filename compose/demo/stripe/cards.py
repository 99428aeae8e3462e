"""Stripe's published test cards: what each number does, and the checks on what a person types."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import CardError, Json
from .params import Params


@dataclass(frozen=True)
class Decline:
    """Why a charge fails."""

    code: str
    decline_code: str
    message: str
    blocked: bool = False
    advice: str = "try_again_later"


DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", "generic_decline", DECLINED)
INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
AUTHENTICATION = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    advice="confirm_card_data",
)
LIVE_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card."
    " For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    advice="do_not_try_again",
)
FOREVER = "do_not_try_again"
BAD_DATA = "confirm_card_data"


@dataclass(frozen=True)
class TestCard:
    """How a card behaves.

    `challenge`: never 3-D Secure; always; with the person present, and without until the card was
    set up ("once"); only with the person present ("on_session"); or where the merchant asks
    ("optional"). `dispute`, `refund`: what happens to the money afterwards.
    """

    name: str
    decline: Decline | None = None
    challenge: str = "never"
    cvc_fails: bool = False
    attach_only: bool = False
    dispute: str | None = None
    refund: str = "succeeded"
    funding: str = "credit"
    country: str = "US"
    available_now: bool = False


def _declined(decline_code: str, message: str = DECLINED, advice: str = FOREVER) -> Decline:
    return Decline("card_declined", decline_code, message, advice=advice)


def _coded(code: str, message: str) -> Decline:
    return Decline(code, code, message, advice=BAD_DATA)


CARDS: dict[str, TestCard] = {
    "4242424242424242": TestCard("visa"),
    "4000056655665556": TestCard("visa_debit", funding="debit"),
    "5555555555554444": TestCard("mastercard"),
    "2223003122003222": TestCard("mastercard_2series"),
    "5200828282828210": TestCard("mastercard_debit", funding="debit"),
    "5105105105105100": TestCard("mastercard_prepaid", funding="prepaid"),
    "378282246310005": TestCard("amex"),
    "371449635398431": TestCard("amex_2"),
    "6011111111111117": TestCard("discover"),
    "3056930009020004": TestCard("diners"),
    "3566002020360505": TestCard("jcb"),
    "6200000000000005": TestCard("unionpay"),
    "4000002760000016": TestCard("de", country="DE"),
    "4000002500000003": TestCard("fr", country="FR"),
    "4000008260000000": TestCard("gb", country="GB"),
    "4000000400000008": TestCard("at", country="AT"),
    "4000005280000002": TestCard("nl", country="NL"),
    "4000000000000002": TestCard("visa_chargeDeclined", GENERIC),
    "4000000000009995": TestCard("visa_chargeDeclinedInsufficientFunds", INSUFFICIENT),
    "4000000000009987": TestCard("visa_chargeDeclinedLostCard", _declined("lost_card")),
    "4000000000009979": TestCard("visa_chargeDeclinedStolenCard", _declined("stolen_card")),
    "4000000000000069": TestCard(
        "chargeDeclinedExpiredCard", _coded("expired_card", "Your card has expired.")
    ),
    "4000000000000127": TestCard(
        "chargeDeclinedIncorrectCvc",
        _coded("incorrect_cvc", "Your card's security code is incorrect."),
        cvc_fails=True,
    ),
    "4000000000000119": TestCard("chargeDeclinedProcessingError", PROCESSING),
    "4000000000006975": TestCard(
        "visa_chargeDeclinedVelocityLimitExceeded",
        _declined(
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its"
            " amount limit.",
        ),
    ),
    "4100000000000019": TestCard(
        "radarBlock", Decline("card_declined", "fraudulent", DECLINED, blocked=True)
    ),
    "4000000000000341": TestCard("chargeCustomerFail", GENERIC, attach_only=True),
    "4000000000000101": TestCard("cvcCheckFail", cvc_fails=True),
    "4000000000000077": TestCard("bypassPending", available_now=True),
    "4000002760003184": TestCard("authenticationRequired", challenge="always"),
    "4000002500003155": TestCard("authenticationRequiredOnSetup", challenge="once"),
    "4000003800000446": TestCard(
        "authenticationRequiredSetupForOffSession", challenge="on_session"
    ),
    "4000008260003178": TestCard(
        "authenticationRequiredChargeDeclinedInsufficientFunds", INSUFFICIENT, challenge="always"
    ),
    "4000000000003220": TestCard("threeDSecure2Required", challenge="always"),
    "4000000000003063": TestCard("threeDSecureRequired", challenge="always"),
    "4000008400001629": TestCard("threeDSecureRequiredChargeDeclined", GENERIC, challenge="always"),
    "4000008400001280": TestCard(
        "threeDSecureRequiredProcessingError", PROCESSING, challenge="always"
    ),
    "4000000000003055": TestCard("threeDSecureOptional", challenge="optional"),
    "4000000000000259": TestCard("createDispute", dispute="fraudulent"),
    "4000000000002685": TestCard("createDisputeProductNotReceived", dispute="product_not_received"),
    "4000000000007726": TestCard("pendingRefund", refund="pending"),
    "4000000000005126": TestCard("refundFail", refund="failed"),
}
NUMBERS = {card.name: number for number, card in CARDS.items()}
LIVE = TestCard("live", LIVE_CARD)
BRANDS = (
    ("amex", r"3[47]", (15,)),
    ("diners", r"3(?:0[0-5]|[689])", (14, 16)),
    ("discover", r"6(?:011|4[4-9]|5)", (16,)),
    ("jcb", r"35", (16,)),
    ("unionpay", r"62", (16, 17, 18, 19)),
    ("mastercard", r"5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)", (16,)),
    ("visa", r"4", (13, 16, 19)),
)


def named(name: str) -> str | None:
    """The number behind `pm_card_…` or `tok_…`, or None for an unknown name."""
    return NUMBERS.get(re.sub(r"^(pm_card_|tok_)", "", name))


def behaviour(method: Json) -> TestCard:
    """What the payment method's card does; a real card's number is never kept, so it is LIVE."""
    return CARDS.get(method["_number"], LIVE)


def luhn_valid(number: str) -> bool:
    """The check digit of all card numbers."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def brand_of(number: str) -> str:
    """`visa`, `mastercard`, …; `unknown` where the number fits no brand."""
    for brand, prefix, lengths in BRANDS:
        if re.match(prefix, number) and len(number) in lengths:
            return brand
    return "unknown"


def read_card(card: Params, *, salt: str, now: int) -> Json:
    """A payment method's `card` and private members from what a person typed.

    The number is checked as Stripe does; only the numbers of test cards are kept.
    """
    number = _number(card)
    month, year = _expiry(card, now)
    brand = brand_of(number)
    cvc = _cvc(card, brand)
    return described(number, month=month, year=year, salt=salt, cvc_given=cvc is not None)


def described(number: str, *, month: int, year: int, salt: str, cvc_given: bool) -> Json:
    """`{"card": …, "_number": …}` for a number that was checked."""
    known = CARDS.get(number, LIVE)
    brand = brand_of(number)
    card: Json = {
        "brand": brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if cvc_given else None,
        },
        "country": known.country,
        "display_brand": "american_express" if brand == "amex" else brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": hashlib.sha256(f"{salt}:{number}".encode()).hexdigest()[:16],
        "funding": known.funding,
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": brand != "amex"},
        "wallet": None,
    }
    return {"card": card, "_number": number if number in CARDS else "live"}


def _number(card: Params) -> str:
    number = re.sub(r"[ -]", "", card.required("number"))
    if not re.fullmatch(r"[0-9]{12,19}", number) or brand_of(number) == "unknown":
        message = "The card number is not a valid credit card number."
        raise CardError(message, code="invalid_number", param="number")
    if not luhn_valid(number):
        raise CardError("Your card number is incorrect.", code="incorrect_number", param="number")
    return number


def _expiry(card: Params, now: int) -> tuple[int, int]:
    month, year = card.text("exp_month") or "", card.text("exp_year") or ""
    today = datetime.fromtimestamp(now, UTC)
    if not re.fullmatch(r"0?[1-9]|1[0-2]", month):
        raise _month_invalid()
    if not re.fullmatch(r"[0-9]{2}|[0-9]{4}", year):
        raise _year_invalid()
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    if not today.year <= full_year <= today.year + 50:
        raise _year_invalid()
    if (full_year, int(month)) < (today.year, today.month):
        raise _month_invalid()
    return int(month), full_year


def _month_invalid() -> CardError:
    message = "Your card's expiration month is invalid."
    return CardError(message, code="invalid_expiry_month", param="exp_month")


def _year_invalid() -> CardError:
    message = "Your card's expiration year is invalid."
    return CardError(message, code="invalid_expiry_year", param="exp_year")


def _cvc(card: Params, brand: str) -> str | None:
    cvc = card.text("cvc")
    pattern = r"[0-9]{3,4}" if brand == "amex" else r"[0-9]{3}"
    if cvc is not None and not re.fullmatch(pattern, cvc):
        message = "Your card's security code is invalid."
        raise CardError(message, code="invalid_cvc", param="cvc")
    return cvc
