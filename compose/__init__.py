"""How Souk is put together: on one machine (`compose.local`) and in containers."""
