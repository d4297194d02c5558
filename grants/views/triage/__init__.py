"""Checking what came in: the board, one proposal after the other, and many at once."""
