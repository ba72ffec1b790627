"""Tasks on a Dask cluster: a scheduler that was started before, and workers on machines that see the same folders.

A worker that is lost in the middle of a task is no failure: the scheduler gives the task to another one, which goes on
from what is in the folder.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Generator, Iterator, Sequence

from distributed import Client, KilledWorker, as_completed, get_worker

from socialrl.errors import UserError, shortened
from socialrl.work.executors import by_name, for_other_machines
from socialrl.work.task import Outcome, Task, code_of_this_process, run_task, unlike

_PATIENCE_S = 10


@contextlib.contextmanager
def open_dask(address: str) -> Iterator[OnDask]:
    """Provide the cluster at `address`.

    A scheduler that does not answer, and a worker that is unlike this process, raise `UserError`.
    """
    # a scheduler that is lost is one line of ours, and else a page of its client's
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"--scheduler {address}: no Dask scheduler answers there within {_PATIENCE_S} s; start one with"
            " `dask scheduler`, which prints its address"
        ) from error
    try:
        executor = OnDask(client, address)
        executor.check_workers()
        yield executor
    finally:
        # not `with client`, which waits for a scheduler that may be gone
        client.close(timeout=2)


class OnDask:
    """Does tasks on the workers of a Dask cluster, one at a time each."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address

    @property
    def where(self) -> str:
        """Where in a few words."""
        n = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not n:
            return f"the Dask scheduler {self._address}, which has no worker yet (dask worker {self._address})"
        return f"{n} worker{'s' if n > 1 else ''} of the Dask scheduler {self._address}"

    def check_workers(self) -> None:
        """Raise `UserError` for a worker with other versions or code, which would take tasks only to fail them."""
        told = self._client.run(unlike, code_of_this_process(), on_error="return")
        for worker, one in told.items():
            # a socialrl without this function, or none at all, is an error of the worker's
            if what := one if isinstance(one, str) else f"another socialrl, or none ({shortened(str(one))})":
                raise UserError(
                    f"--scheduler {self._address}: the worker {worker} has {what}; all machines need the same versions:"
                    " stop it, or install what this machine has"
                )

    def check_room(self, needs: Sequence[float]) -> None:
        """Refuse nothing: each worker looks at the memory of its own machine."""

    def run(self, tasks: Sequence[Task]) -> Generator[Outcome]:
        """Do tasks and yield how each ended; a scheduler that is lost raises `UserError`."""
        call = secrets.token_hex(4)  # results are files, so nothing that the scheduler remembers may be taken for one
        named = by_name(for_other_machines(tasks))
        futures = {
            self._client.submit(_at_worker, task, key=f"{name}-{call}", pure=False): name
            for name, task in named.items()
        }
        try:
            for future in as_completed(futures, loop=self._client.loop):
                yield self._outcome(future, futures[future])
                future.release()
        finally:
            self._client.cancel(list(futures), force=True)

    def _outcome(self, future: object, name: str) -> Outcome:
        if future.status == "finished":  # type: ignore[attr-defined]
            return future.result()  # type: ignore[attr-defined, no-any-return]
        if future.status == "error":  # type: ignore[attr-defined]
            error = future.exception()  # type: ignore[attr-defined]
            if isinstance(error, KilledWorker):
                return Outcome(name, f"every worker that took it was lost, the last one at {error.last_worker.address}")
            return Outcome(name, f"the worker could not begin it: {type(error).__name__}: {error}")
        raise UserError(
            f"the Dask scheduler {self._address} was lost; what is finished is kept, and the same command goes on"
        )


def _at_worker(task: Task) -> Outcome:
    return run_task(task, get_worker().state.nthreads)
