"""Pure rules of reviews."""

import re

MIN_RATING, MAX_RATING = 1, 5
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(com|net|org|ru|cn|xyz|shop)\b", re.IGNORECASE)
_BANNED = re.compile(r"\b(fuck|shit|cunt|asshole|viagra|casino)\w*", re.IGNORECASE)


def reasons_to_hold(title: str, body: str) -> list[str]:
    """Why a person should look before others see the text; empty when it may stand at once."""
    text = f"{title}\n{body}"
    reasons = []
    if _LINK.search(text):
        reasons.append("link")
    if _BANNED.search(text):
        reasons.append("words")
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 20 and sum(c.isupper() for c in letters) > 0.7 * len(letters):
        reasons.append("shouting")
    return reasons
