#!/usr/bin/env bash
# polars 2.1.0 (PyPI), Python 3.10 or newer with venv.
#
# Expected: one frame has one text for a datetime, whichever text format it is written to.
# Seen: write_csv puts a T between date and time, write_ndjson a space. Joined by that text, CSV and NDJSON of the same
# frame have no row in common.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check polars==2.1.0
python/bin/python - > seen.txt <<'PY'
from datetime import datetime
import polars
frame = polars.DataFrame({"at": [datetime(2024, 2, 29, 12, 30, 45, 123456)]})
print(frame.write_csv(), end="")
print(frame.write_ndjson(), end="")
PY
cat > expected.txt <<'TXT'
at
2024-02-29T12:30:45.123456
{"at":"2024-02-29 12:30:45.123456"}
TXT
diff expected.txt seen.txt && echo "as recorded"
