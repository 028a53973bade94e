#!/usr/bin/env bash
# hyparquet 1.33.0 (npm), the file by pyarrow 26.0.1 (PyPI). Needs Python 3.10 or newer with venv and Node 20 or newer.
#
# Expected: a reader that gives BigInt for 64-bit integers gives exact decimals, too, or refuses them.
# Seen: every DECIMAL becomes a JavaScript number: of the 19 digits of 12345678901234567.89 the last three are another's.
# A timestamp of micro- or nanoseconds becomes a Date, and what is below a millisecond is dropped. Two rows that differ
# there are equal afterwards. The time of day of the same file is a BigInt, and exact.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact hyparquet@1.33.0
python/bin/python - <<'PY'
from decimal import Decimal
import pyarrow as pa, pyarrow.parquet as parquet
parquet.write_table(pa.table({
    "price": pa.array([Decimal("12345678901234567.89")], pa.decimal128(38, 2)),
    "at": pa.array([1_700_000_000_123_456], pa.timestamp("us", tz="UTC")),
    "nanos": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", tz="UTC")),
    "clock": pa.array([3_600_000_001], pa.time64("us")),
    "count": pa.array([2**63 - 1], pa.int64()),
}), "table.parquet")
PY
cat > seen.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
const [row] = await parquetReadObjects({ file: await asyncBufferFromFile("table.parquet") });
for (const [name, value] of Object.entries(row))
  console.log(name, typeof value, value instanceof Date ? value.toISOString() : String(value));
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
price number 12345678901234568
at object 2023-11-14T22:13:20.123Z
nanos object 2023-11-14T22:13:20.123Z
clock bigint 3600000001
count bigint 9223372036854775807
TXT
diff expected.txt seen.txt && echo "as recorded"
