"""Preferences, messages and the live stream."""
