"""A client that follows the change feed as an outside system would, and may be killed any time.

Each page is stored first, then its cursor.

python -m tests.faults.puller URL KEY FOLDER
"""

import json
import sys
import urllib.request
from pathlib import Path


def follow(url: str, key: str, folder: Path) -> None:
    kept = folder / "cursor"
    cursor = kept.read_text() if kept.exists() else ""
    with (folder / "seen").open("a") as seen:
        while True:
            asked = f"{url}/api/v1/changes?limit=50&wait=1&after={cursor}"
            request = urllib.request.Request(asked, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - 127.0.0.1
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - 127.0.0.1
                page = json.load(answer)
            for change in page["changes"]:
                seen.write(
                    f"\n{change['number']} {change['version']}\n"
                )  # a line cut short by a kill spoils no other
            seen.flush()
            cursor = page["next"]
            (folder / "cursor.new").write_text(cursor)
            (folder / "cursor.new").replace(kept)


if __name__ == "__main__":
    follow(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
