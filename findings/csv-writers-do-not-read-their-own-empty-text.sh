#!/usr/bin/env bash
# duckdb 2.0.1, pyarrow 26.0.1 and polars 2.1.0 (PyPI), Python 3.10 or newer with venv.
#
# Expected: a library that writes an empty text as "" and a null as nothing reads the two apart again.
# Seen: all three write them apart. DuckDB reads both as null, pyarrow reads both as the empty text, by default, also from
# their own files. Only polars gets back what it wrote. An empty answer and a row without one are the same in two of three.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0
python/bin/python - > seen.txt <<'PY'
import duckdb, polars, pyarrow, pyarrow.csv
table = pyarrow.table({"id": ["a", "b", "c"], "answer": ["text", "", None]})
duckdb.from_arrow(table).write_csv("duckdb.csv")
pyarrow.csv.write_csv(table, "pyarrow.csv")
polars.from_arrow(table).write_csv("polars.csv")
read = {
    "duckdb": lambda file: [row[0] for row in duckdb.sql(f"select answer from '{file}'").fetchall()],
    "pyarrow": lambda file: pyarrow.csv.read_csv(file)["answer"].to_pylist(),
    "polars": lambda file: polars.read_csv(file)["answer"].to_list(),
}
for name in read:
    print(name, "wrote", open(f"{name}.csv").read().split()[-2:], "read", read[name](f"{name}.csv"))
PY
cat > expected.txt <<'TXT'
duckdb wrote ['b,""', 'c,'] read ['text', None, None]
pyarrow wrote ['"b",""', '"c",'] read ['text', '', '']
polars wrote ['b,""', 'c,'] read ['text', '', None]
TXT
diff expected.txt seen.txt && echo "as recorded"
