"""Figures (how fast, how large) and proofs (the laws under attack, at length), on servers and data of their own.

`python -m bench figures|proofs [--only prefix]`; `make bench` and `make proof` call it.
"""
