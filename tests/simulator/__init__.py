"""The whole network in one process, everything random from one seed: docs/reliability.md."""
