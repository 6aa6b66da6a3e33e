#!/bin/sh
# Makes the cluster the first time, with the engine's and Odoo's role; then runs the server.
set -eu
umask 077
secrets=${SECRETS:-/run/secrets}
if [ ! -f "$PGDATA/PG_VERSION" ]; then
  initdb --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  # Through the socket only: nobody connects before the roles have their passwords.
  pg_ctl --wait --options "-c listen_addresses='' -c unix_socket_directories=/tmp" start
  for role in bizoverbiz odoo; do
    # The engine's makes its two inner roles at the first `db upgrade`; Odoo's makes its databases.
    [ "$role" = odoo ] && right=CREATEDB || right=CREATEROLE
    psql -h /tmp -v ON_ERROR_STOP=1 -v role="$role" -v password="$(cat "$secrets/${role}_password")" postgres <<SQL
CREATE ROLE :"role" LOGIN $right PASSWORD :'password';
SQL
  done
  psql -h /tmp -v ON_ERROR_STOP=1 -c 'CREATE DATABASE bizoverbiz OWNER bizoverbiz' postgres
  pg_ctl --wait stop
fi
exec postgres -c "listen_addresses=*" -c unix_socket_directories=/tmp -c max_connections=200 "$@"
