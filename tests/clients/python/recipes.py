"""The recipes for Python of the documents."""

import re
import subprocess
import sys

from checks import all_told, ok

for name in ["docs/emulator.md", "docs/migrating.md"]:
    with open(name, encoding="utf-8") as document:
        recipe = re.search(r"<!-- recipe: python -->\n```python\n(.*?)```", document.read(), re.DOTALL).group(1)
    run = subprocess.run([sys.executable, "-c", recipe], capture_output=True, text=True, check=False)
    ok(f"the recipe for Python of {name} lists the videos", run.stdout.strip().isdigit(), run.stdout, run.stderr)
all_told()
