#!/usr/bin/env bash
# test/readers/run.sh: Parquet and CSV as Nightshift writes them, read by DuckDB, pyarrow, Polars and pandas.
# Needs Python 3.11 or newer and PyPI. VENV names a folder with the packages; without it one is made.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${VENV:-$work/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r test/readers/requirements.txt
npx node test/readers/write-sample.ts "$work"
"$venv/bin/python" test/readers/read-sample.py "$work"
