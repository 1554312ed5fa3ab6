"""The pure core: bytes and values in, values out. Nothing here reads a file, a clock, the network or a database."""
