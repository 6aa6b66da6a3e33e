"""Multilateral netting of what firms owe each other."""

__version__ = "0.1.0"
