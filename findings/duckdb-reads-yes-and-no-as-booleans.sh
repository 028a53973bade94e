#!/usr/bin/env bash
# duckdb 2.0.1 (PyPI), Python 3.10 or newer with venv.
#
# Expected: a CSV column of the labels yes and no, as a classifier answers them, is text.
# Seen: DuckDB takes it for BOOLEAN, and writes it back as true and false. So it does with t and f, but not with y and n, and
# no longer when one label of another kind is among them. So the same question gives texts in one file and booleans in
# the next, and the copy no longer has the labels of the original.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1
python/bin/python - > seen.txt <<'PY'
import duckdb
for labels in (["yes", "no"], ["t", "f"], ["y", "n"], ["yes", "no", "unsure"]):
    with open("answers.csv", "w") as file:
        file.write("answer\n" + "\n".join(labels) + "\n")
    table = duckdb.sql("from 'answers.csv'")
    duckdb.sql("copy (from 'answers.csv') to 'copy.csv'")
    print(table.types[0], open("copy.csv").read().split())
PY
cat > expected.txt <<'TXT'
BOOLEAN ['answer', 'true', 'false']
BOOLEAN ['answer', 'true', 'false']
VARCHAR ['answer', 'y', 'n']
VARCHAR ['answer', 'yes', 'no', 'unsure']
TXT
diff expected.txt seen.txt && echo "as recorded"
