"""Stripe's rules of amounts by currency: docs.stripe.com/currencies, read on 2026-11-29. They are
the sandbox's own, so that a shop which counts otherwise is found out."""

from __future__ import annotations

from .errors import AmountTooLarge, AmountTooSmall, BadRequest
from .params import Params

_ZERO = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_TWO = (
    "aed afn all amd aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf"
    " chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg"
    " huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr"
    " mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr"
    " sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar"
    " zmw"
)
ZERO_DECIMALS = frozenset(_ZERO.split())
THREE_DECIMALS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Two decimals on the wire that are always zero.
WHOLE_ONLY = frozenset(["isk", "ugx"])
CURRENCIES = ZERO_DECIMALS | THREE_DECIMALS | WHOLE_ONLY | frozenset(_TWO.split())
LEAST = {
    **dict.fromkeys(("aud", "brl", "cad", "chf", "eur", "inr", "nzd", "sgd", "usd", "jpy"), 50),
    **{"aed": 200, "bgn": 100, "cop": 200_000, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400},
    **{"huf": 17_500, "mxn": 1000, "myr": 200, "nok": 300, "pln": 200, "ron": 200, "sek": 300},
    **{"thb": 1000},
}
DIGITS = {"cop": 10, "idr": 12, "inr": 9}
USUAL_DIGITS = 8


def read_currency(params: Params) -> str | None:
    """A supported currency, in lower case."""
    currency = params.text("currency")
    if currency is not None and currency.lower() not in CURRENCIES:
        supported = ", ".join(sorted(CURRENCIES))
        message = f"Invalid currency: {currency[:10]}. Stripe currently supports: {supported}"
        raise BadRequest(message, param="currency")
    return currency.lower() if currency else None


def check_charge(amount: int, currency: str) -> None:
    """Raises AmountTooSmall, AmountTooLarge, or BadRequest for a last digit that has to be 0."""
    check_digits(amount, currency)
    largest = 10 ** DIGITS.get(currency, USUAL_DIGITS) - 1
    if amount > largest:
        message = f"Amount must be no more than {shown_amount(largest, currency)}"
        raise AmountTooLarge(message, param="amount")
    if amount < (least := LEAST.get(currency, 1)):
        message = f"Amount must be at least {shown_amount(least, currency)}"
        raise AmountTooSmall(message, param="amount")


def check_digits(amount: int, currency: str) -> None:
    """What the networks cannot carry in the last digits is refused, in a refund too."""
    step = 10 if currency in THREE_DECIMALS else 100 if currency in WHOLE_ONLY else 1
    if amount % step:
        message = f"Invalid amount: {amount} in {currency} has to be a multiple of {step}."
        raise BadRequest(message, param="amount")


def shown_amount(amount: int, currency: str) -> str:
    """`12.34 EUR`."""
    decimals = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    if not decimals:
        return f"{amount} {currency.upper()}"
    whole, part = divmod(amount, 10**decimals)
    return f"{whole}.{part:0{decimals}} {currency.upper()}"
