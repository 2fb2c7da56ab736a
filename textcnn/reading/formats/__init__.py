"""One file a format, each with `read`, and with `recognises` where the first lines can tell it."""
