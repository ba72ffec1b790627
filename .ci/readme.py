"""Run every command block of README.md, in order, as a reader would; any failure fails.

`make test` has run before; TensorBoard is a server, so it is started, asked for its page and its runs, and stopped.
"""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENV = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
DONE_BEFORE = {"make test"}


def main() -> None:
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    if not blocks:
        sys.exit("README.md has no command blocks")
    for language, text in blocks:
        if language == "python":
            run([sys.executable, "-c", text], "the README's Python example")
            continue
        for line in text.strip().splitlines():
            if line.startswith("tensorboard"):
                tensorboard(line)
            elif line not in DONE_BEFORE:
                run(["bash", "-ec", line], line)


def run(command: list[str], shown: str) -> None:
    print(f"--- {shown}", flush=True)
    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENV, check=True)
    print(f"--- done in {time.perf_counter() - begun:.0f} s", flush=True)


def tensorboard(line: str) -> None:
    print(f"--- {line}", flush=True)
    port = 6123
    with subprocess.Popen(["bash", "-c", f"exec {line} --port {port} --host 127.0.0.1"], cwd=ROOT, env=ENV) as server:
        try:
            for _ in range(60):
                time.sleep(1)
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs", timeout=5) as answer:
                        runs = answer.read().decode()
                except OSError:
                    continue
                if "demo/tb/wt" in runs:
                    return
            sys.exit("TensorBoard did not show the demo's runs within a minute")
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
