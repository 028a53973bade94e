"""Reads what write-sample.ts wrote with the readers that people have, and holds it against what was written."""
import sys

import duckdb
import pandas
import polars
import pyarrow.parquet

folder = sys.argv[1]
parquet = f"{folder}/results.parquet"
csv = f"{folder}/results.csv"
ROWS = 3000
NAMES = [
    "line", "custom_id", "sku", "note", "status", "error", "content", "finish_reason",
    "label", "id", "score", "sure", "tags", "prompt_tokens", "completion_tokens", "total_tokens", "cost_usd",
]


def expected(line):
    failed = line % 3 == 0
    note = 'a "quoted", text\r\nof two lines' if line % 2 else "Ünïcode \u2028 =1+1"
    return {
        "line": line,
        "custom_id": f"@scope/{line}",
        "sku": f"00{line}",
        "note": note,
        "status": "failed" if failed else "succeeded",
        "label": None if failed else ("good" if line % 2 else "bad"),
        "id": None if failed else 9007199254740993 + line,
        "score": None if failed or line % 5 == 0 else line / 4,
        "sure": None if failed else line % 2 == 0,
        "tags": None if failed else f'["a","b {line}"]',
        "prompt_tokens": None if failed else line,
        "cost_usd": None if failed else round((line * 0.4 + 2 * 1.6) / 2e6, 12),
    }


def check(reader, rows):
    assert len(rows) == ROWS, (reader, len(rows))
    for row in rows:
        for name, value in expected(row["line"]).items():
            assert row[name] == value, (reader, row["line"], name, row[name], value)
    print(f"{reader}: {ROWS} rows as they were written")


table = pyarrow.parquet.read_table(parquet)
assert table.column_names == NAMES, table.column_names
types = {field.name: str(field.type) for field in table.schema}
assert (types["id"], types["score"], types["sure"], types["tags"]) == ("int64", "double", "bool", "string"), types
check(f"pyarrow {pyarrow.__version__}", table.to_pylist())

database = duckdb.connect()
found = database.execute(f"select * from read_parquet('{parquet}') order by line")
names = [column[0] for column in found.description]
check(f"duckdb {duckdb.__version__}, Parquet", [dict(zip(names, row)) for row in found.fetchall()])
# By the statistics of row groups, too, which parts of the file had before they were joined.
found = database.execute(f"select line from '{parquet}' where custom_id = '@scope/2999' and id > {2**53}").fetchall()
assert found == [(2999,)], found
types = dict(database.execute(f"select column_name, column_type from (describe select * from '{parquet}')").fetchall())
assert (types["id"], types["score"], types["sure"], types["tags"]) == ("BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR"), types
found = database.execute(f"select * from read_csv('{csv}', types = {{'sku': 'VARCHAR', 'tags': 'VARCHAR'}}) order by line")
names = [column[0] for column in found.description]
check(f"duckdb {duckdb.__version__}, CSV", [dict(zip(names, row)) for row in found.fetchall()])

check(f"polars {polars.__version__}, Parquet", polars.read_parquet(parquet).to_dicts())
frame = pandas.read_csv(csv, dtype={"sku": str, "id": "Int64", "prompt_tokens": "Int64"}, lineterminator="\n")
frame = frame.astype(object).where(frame.notna(), None)
check(f"pandas {pandas.__version__}, CSV", frame.to_dict("records"))
