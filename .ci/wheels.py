"""Build the wheels of both distributions and use them as somebody who has nothing else: a bare virtual environment.

First only `socialrl-envs` is installed: worlds step, and no learning library can be imported. Then `socialrl` is added
to it: configurations, templates and registry come from the wheel, in an empty folder, without a checkout.
"""

import re
import subprocess
import sys
import tempfile
import time
import venv
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

STEPS = """
import importlib.util
import gymnasium as gym
import socialrl_envs

for name in ("torch", "stable_baselines3", "pandas", "pydantic", "PIL", "socialrl"):
    assert importlib.util.find_spec(name) is None, f"{name} can be imported"
env = gym.make("socialrl/PartnerPreference-v0", oxtr_gain=0.0)
observation, info = env.reset(seed=1, options={"cohousing_h": 24})
env.action_space.seed(1)
for _ in range(10):
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
assert env.observation_space.contains(observation)
try:
    gym.make("socialrl/PartnerPreference-v0", render_mode="rgb_array")
except gym.error.DependencyNotInstalled as error:
    print(error)
else:
    raise AssertionError("pictures without Pillow")
print(socialrl_envs.__version__, "steps")
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        built, home, empty = place / "wheels", place / "venv", place / "empty"
        empty.mkdir()
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        run([*pip, "wheel", "--no-deps", "--wheel-dir", str(built), str(ROOT), str(ROOT / "envs")], ROOT)
        worlds, learning = built.glob("socialrl_envs-*.whl"), built.glob("socialrl-*.whl")
        venv.create(home)
        # Without byte code, which Python writes for what is used.
        install = [*pip, "--python", str(home / "bin" / "python"), "install", "--no-compile"]
        install += ["--constraint", str(ROOT / "constraints.txt")]
        # No variable of this process but these: nothing may lead back to the checkout.
        alone = {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "HOME": str(place), "LANG": "C.UTF-8"}
        run([*install, *map(str, worlds)], empty)
        run(["python", "-c", STEPS], empty, alone)
        borrow_torch(next(home.glob("lib/python*/site-packages")))
        run([*install, "--find-links", str(built), *map(str, learning)], empty)
        use(empty, alone)


def borrow_torch(packages: Path) -> None:
    """Link torch from the environment that runs this: of a gigabyte only what is around it has to be installed."""
    files = metadata.distribution("torch").files
    assert files is not None
    for name in {file.parts[0] for file in files} - {".."}:
        (packages / name).symlink_to(metadata.distribution("torch").locate_file(name))


def use(empty: Path, alone: dict[str, str]) -> None:
    """Use the commands in a folder that has nothing of a checkout."""
    run(["socialrl", "--version"], empty, alone)
    listed = run(["socialrl", "configs"], empty, alone)
    names = {path.stem for path in (ROOT / "configs").rglob("*.*") if path.parent.name != "schema"}
    if missing := names - set(re.findall(r"^  (?:\w+/)?(\w+)", listed, flags=re.M)):
        sys.exit(f"`socialrl configs` does not list {', '.join(sorted(missing))}")
    run(["socialrl", "configs", "copy", "smoke", "mating", "example", "--output", "mine"], empty, alone)
    # the sheet as the documentation writes it
    files = ["mine/smoke.yaml", "mine/mating.yaml", "configs/score_sheets/made_up.csv"]
    run(["socialrl", "check", *files], empty, alone)
    schema = re.search(r"\$schema=file://(\S+)", (empty / "mine" / "smoke.yaml").read_text())
    if schema is None or not Path(schema[1]).is_file():
        sys.exit("the copy of a configuration points to no schema")
    run(["socialrl", "train", "mine/smoke.yaml", "--quiet"], empty, alone)
    run(["socialrl", "evaluate", "runs/smoke", "--quiet"], empty, alone)
    run(["socialrl", "evaluate", "runs/smoke", "--protocol", "graded_cohousing", "--quiet"], empty, alone)
    run(["socialrl", "report", "runs/smoke"], empty, alone)
    run(["socialrl", "reproduce", "--help"], empty, alone)
    # The demo takes a minute, so it is ended once it says that it trains.
    print("--- socialrl demo, ended early", flush=True)
    with subprocess.Popen(
        ["socialrl", "demo", "--quiet"], cwd=empty, env=alone, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        print(line := demo.stdout.readline(), end="", flush=True)
        demo.kill()
    if not line.startswith("training 12 animals each of"):
        sys.exit(f"the demo did not begin: {line}")


def run(command: list[str], where: Path, alone: dict[str, str] | None = None) -> str:
    """Run a command in a folder, show and return what it prints; a failure ends everything."""
    shown = " ".join(word if "\n" not in word else "…" for word in command)
    print(f"--- {shown}", flush=True)
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=where, env=alone, stdout=subprocess.PIPE, text=True, check=False)
    print(f"{done.stdout}--- done in {time.perf_counter() - begun:.0f} s", flush=True)
    if done.returncode:
        sys.exit(f"failed with {done.returncode}: {shown}")
    return done.stdout


if __name__ == "__main__":
    main()
