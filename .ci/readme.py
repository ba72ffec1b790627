"""Run every command block of README.md, in order, as a reader would; any failure fails.

`make test` has run before; TensorBoard is a server, so it is started, asked for its page and its runs, and stopped.
What `make demo` prints must be the summary that the README shows, to the last digit: the numbers hold on any x86-64
processor with AVX2.
"""

import difflib
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
DEMO = "make demo"


def main() -> None:
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```", readme, flags=re.M | re.S)
    if not blocks:
        sys.exit("README.md has no command blocks")
    for language, text in blocks:
        if language == "python":
            run([sys.executable, "-c", text], "the README's Python example")
            continue
        for line in text.strip().splitlines():
            if line.startswith("tensorboard"):
                tensorboard(line)
            elif line == DEMO:
                if wrong := differences(shown_summary(readme), run(["bash", "-ec", line], line)):
                    sys.exit(wrong)
            elif line not in DONE_BEFORE:
                run(["bash", "-ec", line], line)


def run(command: list[str], shown: str) -> str:
    """Run a command, showing what it prints as it comes; return that."""
    print(f"--- {shown}", flush=True)
    begun = time.perf_counter()
    printed = []
    with subprocess.Popen(command, cwd=ROOT, env=ENV, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            print(line, end="", flush=True)
            printed.append(line)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    print(f"--- done in {time.perf_counter() - begun:.0f} s", flush=True)
    return "".join(printed)


def shown_summary(readme: str) -> str:
    """The summary of the demo as the README has it: its only `text` block that begins with the preference."""
    found = [
        text for text in re.findall(r"^```text\n(.*?)^```", readme, flags=re.M | re.S) if text.startswith("Preference")
    ]
    if len(found) != 1:
        sys.exit(f"README.md has {len(found)} blocks with the summary of the demo, not one")
    return found[0]


def differences(shown: str, printed: str) -> str:
    """What differs between the README's summary and the end of what the demo printed; empty when nothing does."""
    start = printed.rfind("Preference for the partner")
    ended = printed[start:] if start >= 0 else printed
    if ended.strip().splitlines() == shown.strip().splitlines():
        return ""
    lines = difflib.unified_diff(shown.splitlines(), ended.splitlines(), "README.md", "make demo", lineterm="", n=0)
    return "\n".join(
        ["README.md shows another summary than the demo prints.", "", "README.md:", shown, "make demo:", ended, *lines]
    )


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
