# SPDX-License-Identifier: Apache-2.0
"""A script to begin with: reads every CSV file, drops records with an empty value, and writes one file for each."""

import argparse
import csv
from pathlib import Path

INPUT = Path("/opt/ml/processing/input")
OUTPUT = Path("/opt/ml/processing/output")


def main() -> None:
    """Prepare the data; an exception fails the job, and with it the pipeline."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--since", type=int, default=0, help="first year to keep, by the column `year`")
    since = parser.parse_args().since
    for file in sorted(INPUT.rglob("*.csv")):
        with file.open(newline="") as source:
            records = [row for row in csv.DictReader(source) if all(row.values()) and int(row["year"]) >= since]
        if not records:
            continue
        with (OUTPUT / file.name).open("w", newline="") as prepared:
            writer = csv.DictWriter(prepared, fieldnames=list(records[0]))
            writer.writeheader()
            writer.writerows(records)
        print(f"{file.name}: {len(records)} records")


if __name__ == "__main__":
    main()
