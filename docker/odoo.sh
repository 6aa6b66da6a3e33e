#!/bin/sh
# Starts Odoo with the database's password from a file, so that it stands in no environment and no command line.
set -eu
umask 077
cat > /var/lib/odoo/odoo.conf <<CONF
[options]
addons_path = /opt/bizoverbiz/addons
admin_passwd = $(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
data_dir = /var/lib/odoo/data
db_host = ${ODOO_DB_HOST:-postgresql}
db_user = odoo
db_password = $(cat "${ODOO_DB_PASSWORD_FILE:-/run/secrets/odoo_password}")
list_db = False
proxy_mode = True
CONF
exec odoo -c /var/lib/odoo/odoo.conf "$@"
