"""How Django writes moments where no filter of ours does, as in the back office. In the hour that
comes twice a year it names no zone."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i T"
