#!/usr/bin/env bash
# Runs the build steps of our Dockerfiles without a Docker engine: FROM is a folder made by debootstrap, RUN happens in
# it by chroot. The steps are read out of the Dockerfiles, so that they cannot differ from them.
#
#   docker/rehearse.sh FOLDER [NAME…]      as root; NAME is engine, odoo or postgresql, default all three
#
# FOLDER keeps the base system (150 MB) and each stage; remove it afterwards. Nothing of the machine outside it can be
# written to: the steps run as root in namespaces of their own, and what REHEARSE_SHOW names (paths with colons between,
# such as pip's settings where the network needs them) is shown to them read-only. The certificates this machine trusts
# beyond Debian's are copied into each stage.
# Not rehearsed: HEALTHCHECK, EXPOSE, VOLUME, STOPSIGNAL, capabilities, the compose file. At the end the entry point is
# asked for its help, as the image's user.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
context=$PWD
[ "$(id -u)" = 0 ] || { echo "rehearse: chroot needs root" >&2; exit 1; }
mkdir -p "${1:?a folder}" && work=$(cd "$1" && pwd) && shift
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

base() { # debian:12-slim, as near as debootstrap comes
  [ "$1" = debian:12-slim ] || { echo "rehearse: no base is known for $1" >&2; exit 1; }
  [ -f "$work/base/.complete" ] && return
  say "base system by debootstrap"
  local tool=$work/debootstrap
  if ! command -v debootstrap >/dev/null; then
    mkdir -p "$tool" && (cd "$tool" && apt-get download -qq debootstrap 2>/dev/null && dpkg-deb -x debootstrap_*.deb .)
    export DEBOOTSTRAP_DIR=$tool/usr/share/debootstrap PATH=$tool/usr/sbin:$PATH
  fi
  rm -rf "$work/base"
  debootstrap --variant=minbase bookworm "$work/base" > "$work/debootstrap.log"
  cp /etc/apt/sources.list.d/debian.sources "$work/base/etc/apt/sources.list.d/" 2>/dev/null && : > "$work/base/etc/apt/sources.list"
  touch "$work/base/.complete"
}

inside() { # ROOT USER WORKDIR COMMAND…
  local root=$1 user=$2 folder=$3; shift 3
  root=$root user=$user folder=$folder shown=${REHEARSE_SHOW:-} unshare --mount --pid --ipc --uts --fork bash -euc '
    mount -t proc proc "$root/proc"
    IFS=:; for path in $shown; do
      if [ -d "$path" ]; then mkdir -p "$root$path"; else mkdir -p "$root${path%/*}"; touch "$root$path"; fi
      mount --bind "$path" "$root$path"
      mount -o remount,bind,ro "$root$path"
    done
    exec chroot --userspec="$user" "$root" /bin/sh -ec "cd $folder; exec \"\$@\"" sh "$@"' sh "$@"
}

copy() { # SOURCE-ROOT DEST-ROOT WORKDIR SOURCE… DESTINATION, a folder's content going into the destination as Docker does
  local from=$1 root=$2 folder=$3 target=${*: -1}
  [[ $target = /* ]] || target=$folder/$target
  for source in "${@:4:$#-4}"; do
    if [ -d "$from/$source" ]; then
      mkdir -p "$root$target" && cp -a "$from/$source/." "$root$target/"
    else
      [[ $target = */ || $target = */. ]] && mkdir -p "$root$target" || mkdir -p "$root${target%/*}"
      cp -a "$from/$source" "$root$target"
    fi
  done
  chown -R 0:0 "$root$target"
}

rehearse() { # NAME
  local name=$1 stage=0 root= user=0:0 folder=/ entry= words line
  local -a environment=()
  local -A roots=()
  # One instruction a line: comments out, continued lines joined.
  while IFS= read -r line; do
    # shellcheck disable=SC2086
    read -ra words <<< "$line"
    case ${words[0]} in
      FROM)
        base "${words[1]}"
        root=$work/$name-$((stage += 1)) user=0:0 folder=/ environment=()
        say "$name: stage $stage"
        rm -rf "$root" && cp -a --reflink=auto "$work/base" "$root"
        cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
        mkdir -p "$root/usr/local/share/ca-certificates"
        find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} +
        [ "${words[2]:-}" = AS ] && roots[${words[3]}]=$root
        ;;
      ENV) for pair in "${words[@]:1}"; do environment+=("$pair"); done ;;
      WORKDIR) folder=${words[1]} && mkdir -p "$root$folder" ;;
      USER) user=${words[1]} ;;
      COPY)
        if [[ ${words[1]} = --from=* ]]; then
          copy "${roots[${words[1]#--from=}]}" "$root" "$folder" "${words[@]:2}"
        else
          copy "$context" "$root" "$folder" "${words[@]:1}"
        fi
        ;;
      RUN)
        say "$name: ${line:0:110}"
        inside "$root" "$user" "$folder" env DEBIAN_FRONTEND=noninteractive "${environment[@]}" sh -c "${line#RUN }" \
          >> "$work/$name.log" 2>&1 < /dev/null || { tail -n 30 "$work/$name.log" >&2; echo "rehearse: $name: a step failed" >&2; exit 1; }
        ;;
      ENTRYPOINT) entry=$(sed 's/^ENTRYPOINT *\["\([^"]*\)".*/\1/' <<< "$line") ;;
      HEALTHCHECK | EXPOSE | VOLUME | STOPSIGNAL | CMD) say "$name: not rehearsed: ${line:0:90}" ;;
      *) echo "rehearse: $name: unknown instruction ${words[0]}" >&2; exit 1 ;;
    esac
  done < <(sed -e '/^ *#/d' -e '/^ *$/d' "docker/$name.Dockerfile" | sed -e ':join' -e '/\\$/{N;s/\\\n */ /;b join' -e '}')
  try "$name" "$root" "$user" "$folder" "$entry" "${environment[@]}"
  say "$name: $(du -sh "$root" | cut -f1) in the last stage"
}

try() { # NAME ROOT USER WORKDIR ENTRY ENVIRONMENT…: what the image's user can start
  local name=$1 root=$2 user=$3 folder=$4 entry=$5; shift 5
  case $name in
    engine) inside "$root" "$user" "$folder" env "$@" "$entry" --help > /dev/null
      inside "$root" "$user" "$folder" env "$@" python -c 'from bizoverbiz.netting import kernel; raise SystemExit(kernel.INTERPRETED)' ;;
    odoo) inside "$root" "$user" "$folder" env "$@" odoo --version ;;
    postgresql) # the whole entry point: a cluster with its roles, then a query
      mkdir -p "$root/run/secrets" "$root/var/lib/postgresql" && printf 'one' > "$root/run/secrets/bizoverbiz_password"
      printf 'two' > "$root/run/secrets/odoo_password" && chown -R "$user" "$root/var/lib/postgresql"
      inside "$root" "$user" "$folder" env "$@" sh -c "$entry"' -c listen_addresses= > /tmp/log 2>&1 & server=$!
        for _ in $(seq 60); do PGPASSWORD=x psql -h /tmp -U postgres -qtAc "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY 1" postgres 2>/dev/null | grep -q odoo && done=1 && break; sleep 1; done
        kill -INT $server; wait $server || true; [ "${done:-}" ] || { cat /tmp/log; exit 1; }' ;;
  esac
}

[ $# -gt 0 ] || set -- engine odoo postgresql
for name in "$@"; do : > "$work/$name.log" && rehearse "$name"; done
say "rehearsed: $*"
