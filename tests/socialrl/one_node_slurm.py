"""A SLURM cluster of one node, this machine, for tests: munged, slurmctld and slurmd in a temporary folder.

It needs Debian's `slurm-wlm` and root; `installed()` says whether both are there. Nothing of the system's own
configuration is used, and all daemons end with the block.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAEMONS = ("munged", "slurmctld", "slurmd")
_PATIENCE_S = 60.0
_CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={d}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
InactiveLimit=0
MessageTimeout=60
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def installed() -> bool:
    """Whether SLURM and munge are installed, and this process may start them."""
    return os.geteuid() == 0 and all(map(_path, _DAEMONS)) and shutil.which("sbatch") is not None


@contextmanager
def one_node(folder: Path) -> Iterator[dict[str, str]]:
    """Start the cluster with its files in `folder`; provide the environment in which its commands find it."""
    host = platform.node().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    folder.chmod(0o755)
    conf = folder / "slurm.conf"
    ports = {"ctld": _free_port(), "d": _free_port()}
    conf.write_text(_CONF.format(host=host, folder=folder, cpus=os.cpu_count(), **ports))
    env = {"SLURM_CONF": str(conf)}
    munge = ["--foreground", "--force", "--key-file", str(key), "--socket", str(folder / "munge.socket")]
    places = [f"--{kind}-file={folder}/munge.{kind}" for kind in ("pid", "seed", "log")]
    running: list[subprocess.Popen[bytes]] = []
    try:
        _start(running, folder, env, "munged", *munge, *places)
        _wait_for(lambda: (folder / "munge.socket").exists(), folder)
        _start(running, folder, env, "slurmctld", "-D", "-i")
        _start(running, folder, env, "slurmd", "-D")
        _wait_for(lambda: "idle" in _told(env, "sinfo", "--noheader", "--format=%t"), folder)
        yield env
    finally:
        for one in reversed(running):
            one.terminate()
        for one in running:
            one.wait()


def _start(running: list[subprocess.Popen[bytes]], folder: Path, env: dict[str, str], name: str, *words: str) -> None:
    path = _path(name)
    assert path is not None
    with (folder / f"{name}.out").open("wb") as log:
        running.append(
            subprocess.Popen([path, *words], env={**os.environ, **env}, stdout=log, stderr=subprocess.STDOUT)
        )


def _told(env: dict[str, str], *words: str) -> str:
    return subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, check=False).stdout


def _wait_for(there, folder: Path) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while not there():
        logs = "\n".join(path.read_text(errors="replace")[-1000:] for path in sorted(folder.glob("*.out")))
        assert time.monotonic() < ends, f"SLURM did not start: {logs}"
        time.sleep(0.1)


def _path(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
