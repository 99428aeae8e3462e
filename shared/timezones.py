"""The time zone of a shop: what people read is in it, and the dates that they type."""

from zoneinfo import ZoneInfo


class UnknownTimeZone(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not the name of a time zone, like Europe/Berlin")


def check_time_zone(name: str) -> str:
    """The name itself, which is one of the IANA's. Raises UnknownTimeZone."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise UnknownTimeZone(name) from error
    return name
