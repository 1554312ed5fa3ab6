"""Evidence one can cite: what is kept and when it was seen, whether it is as it was, and how it is handed on."""
