#!/usr/bin/env bash
# Runs the tests named (engine, robustness, simulator, odoo, lifecycle, core, core-all, e2e) with servers of their own in a temporary folder, and ends with a summary.
# Parts with a comma between them run side by side, the first of them in sight: worth it where one of them waits, and
# safe where what both need is there. The demonstration (e2e) stops the databases of Odoo when it ends, the last to do so.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d "${TMPDIR:-/tmp}/bizoverbiz-test-XXXXXX")
# Databases of Odoo, apart from reports: the demonstration's tests look for processes that know its folder.
books=$folder/books
mkdir "$books"
chmod 755 "$folder" "$books"
# What still runs beside, after an interruption, goes too.
leave() {
  local part
  for part in $(jobs -p); do
    pkill -P "$part"
    kill "$part" 2>/dev/null
  done
  scripts/postgres.sh stop "$books/postgres" >/dev/null 2>&1
  rm -rf "$folder"
}
trap leave EXIT
trap 'exit 130' INT TERM
export PYTHONDONTWRITEBYTECODE=1 PG_DURABLE=off
parts=" engine robustness simulator odoo lifecycle core core-all e2e "
for part in ${*//,/ }; do
  [[ $parts == *" $part "* ]] || { echo "test: unknown part '$part': one of$parts" >&2; exit 2; }
done
started=$SECONDS
: >"$folder/summary"

say() { printf '\n\033[1m==>\033[0m %s\n' "$*"; }

# report NAME STATUS SECONDS: one line from pytest's own account; in the addons nothing may be skipped
report() {
  local counts
  counts=$(.venv/bin/python - "$folder/$1.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
try:
    suites = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
except (OSError, tree.ParseError):
    sys.exit(print("no result"))
count = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
failed = count["failures"] + count["errors"]
print(f"{count['tests'] - failed - count['skipped']} passed, {failed} failed, {count['skipped']} skipped")
PY
  )
  local verdict=$2
  [[ $1 != addons* ]] || [[ $counts == *" 0 skipped" ]] || verdict=1
  summarise "$1" "$verdict" "$counts in $3 s"
}

summarise() { printf '    %-10s %s%s\n' "$1" "$3" "$([ "$2" = 0 ] || echo '  <- FAILED')" >>"$folder/summary"; }

pytest_engine() { .venv/bin/python -m pytest -p no:cacheprovider --junitxml="$folder/$1.xml" "${@:2}"; }

# every other file of tests, the longest first so that both halves take about as long
pytest_addons() { # 1 or 2
  local files
  mapfile -t files < <(ls -S addons/*/tests/test_*.py | awk -v half="$1" '(NR + (NR % 4 > 1)) % 2 == half % 2')
  ODOO_RC=$books/odoo.conf .odoo/venv/bin/python -m pytest -c /dev/null --rootdir=. -p no:cacheprovider -q -ra \
    -W ignore --odoo-database="addons_test_$1" --odoo-http --junitxml="$folder/addons-$1.xml" "${files[@]}"
}

run() { # PART
  local began=$SECONDS
  case $1 in
    engine)
      say "Engine and signatures"
      # each file's tests in one process; one more than there are cores, because tests wait for servers to start and stop
      pytest_engine engine -q -n $(($(nproc) + 1)) --dist loadfile tests/engine tests/addons
      report engine $? $((SECONDS - began))
      ;;
    robustness)
      say "Faults and isolation, and requests generated beside them"
      # all of these have one name, by which several processes would take them for one test
      pytest_engine generated -q tests/robustness/test_generated_requests.py >"$folder/generated.log" 2>&1 & generated=$!
      pytest_engine robustness -q -n auto tests/robustness \
        --ignore tests/robustness/test_generated_requests.py --ignore tests/robustness/test_kills.py
      report robustness $? $((SECONDS - began))
      wait $generated
      generated=$?
      cat "$folder/generated.log"
      report generated $generated $((SECONDS - began))
      say "Kills, by themselves: who is killed in the middle of what is a matter of time"
      began=$SECONDS
      pytest_engine kills -q tests/robustness/test_kills.py
      report kills $? $((SECONDS - began))
      ;;
    simulator)
      say "Simulated networks: 500 in memory, 10 on PostgreSQL"
      # It waits for nothing and for nobody's clock: it takes what others leave, beside which it costs them nothing.
      (
        renice -n 19 -p "$BASHPID" >/dev/null
        pytest_engine simulator -q -n auto --dist loadfile tests/simulator &&
          .venv/bin/python -m tests.simulator --runs 500 &&
          .venv/bin/python -m tests.simulator --runs 10 --store postgres
      )
      report simulator $? $((SECONDS - began))
      ;;
    odoo)
      say "Addons inside Odoo 19, in two databases at once: installing them with the French chart first (about a minute)"
      if .venv/bin/python -m demo template --var "$books" --name addons_test_1 addons_test_2 --also l10n_be; then
        pytest_addons 1 & first=$!
        pytest_addons 2 >"$folder/addons-2.log" 2>&1
        second=$?
        wait $first
        first=$?
        cat "$folder/addons-2.log"
        report addons-1 $first $((SECONDS - began))
        report addons-2 $second $((SECONDS - began))
      else
        report addons 1 $((SECONDS - began))
      fi
      ;;
    lifecycle)
      say "One firm's books through an update from the first release, an uninstallation and a new installation"
      BIZOVERBIZ_E2E_FOLDER=$books pytest_engine lifecycle -q tests/lifecycle
      report lifecycle $? $((SECONDS - began))
      ;;
    core | core-all)
      all=$([ "$1" = core ] || echo --all)
      say "Odoo's own accounting tests with the addons and without${all:+, all of them}"
      .venv/bin/python -m tests.core --var "$books" $all && verdict=0 || verdict=1
      summarise "$1" $verdict "Odoo's own tests with and without the addons compared in $((SECONDS - began)) s"
      ;;
    e2e)
      say "The whole demonstration between six Odoo firms (some minutes)"
      BIZOVERBIZ_E2E_FOLDER=$books pytest_engine e2e -v tests/e2e
      report e2e $? $((SECONDS - began))
      ;;
  esac
}

for together in "$@"; do
  IFS=, read -ra beside <<<"$together"
  for part in "${beside[@]:1}"; do run "$part" >"$folder/$part.log" 2>&1 & done
  run "${beside[0]}"
  wait
  for part in "${beside[@]:1}"; do cat "$folder/$part.log"; done
done

say "Summary, $((SECONDS - started)) s"
cat "$folder/summary"
! grep -q FAILED "$folder/summary"
