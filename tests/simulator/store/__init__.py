"""The engine's store in memory: the same named queries on SQLite, with PostgreSQL's roles, policies and types."""
