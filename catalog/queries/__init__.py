"""Reads of the catalogue, a topic a file. The gateway keeps what it is given; nothing here does."""
