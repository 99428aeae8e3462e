"""The mail server and Redis, which carries live events to open pages."""
