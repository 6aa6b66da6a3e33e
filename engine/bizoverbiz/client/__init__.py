"""A member without Odoo: its key, its folder, its signed requests; knows the engine by docs/protocol.md alone."""

from bizoverbiz.client.errors import ClientError, NoAnswerError, RefusedByEngineError
from bizoverbiz.client.home import Home, Membership
from bizoverbiz.client.joining import join
from bizoverbiz.client.member import Client

__all__ = ["Client", "ClientError", "Home", "Membership", "NoAnswerError", "RefusedByEngineError", "join"]
