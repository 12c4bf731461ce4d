"""The recipe for Python of docs/emulator.md."""

import re
import subprocess
import sys

from checks import all_told, ok

DOCUMENT = open("docs/emulator.md", encoding="utf-8").read()
recipe = re.search(r"<!-- recipe: python -->\n```python\n(.*?)```", DOCUMENT, re.DOTALL).group(1)
run = subprocess.run([sys.executable, "-c", recipe], capture_output=True, text=True, check=False)
ok("the recipe for Python lists the videos", run.stdout.strip().isdigit(), run.stdout, run.stderr)
all_told()
