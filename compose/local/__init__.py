"""Souk on one machine: private servers, every process, one command. `manage_all.sh` calls it."""
