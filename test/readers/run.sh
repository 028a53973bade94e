#!/usr/bin/env bash
# test/readers/run.sh: Parquet and CSV as Nightshift writes them, read by DuckDB, pyarrow, Polars and pandas, in a virtual
# environment of its own (test/readers/.venv), or in that of VENV. Needs Python 3.11 or newer and, the first time, PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${VENV:-test/readers/.venv}
if [ -z "${VENV:-}" ] && ! cmp -s test/readers/requirements.txt "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r test/readers/requirements.txt
  cp test/readers/requirements.txt "$venv/requirements.txt"
fi
npx node test/readers/write-sample.ts "$work"
"$venv/bin/python" test/readers/read-sample.py "$work"
