"""The engine's fixtures, and a network in which something of everything has happened."""

from __future__ import annotations

from engine.conftest import clock, empty_url, key_path, network, ring, server, store, template, two, url

__all__ = ["clock", "empty_url", "key_path", "network", "ring", "server", "store", "template", "two", "url"]
