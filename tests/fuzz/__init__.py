"""Bytes by chance against everything that reads what came from the network or from a person: `make fuzz`, and what it once found."""
