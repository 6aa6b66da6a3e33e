"""Run by Alembic, on the connection `bizoverbiz.store.migrate.upgrade` opened and will commit."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
