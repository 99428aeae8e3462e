"""What every API is made of."""
