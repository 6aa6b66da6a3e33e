"""How fast the engine is as a service: signed requests to a running server, and a round from cut-off to statements."""
