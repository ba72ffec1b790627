"""The verb `infer`: from files of tests, or from simulations alone, to a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from socialrl.errors import UserError
from socialrl.inference.fits import Fits, OnFit
from socialrl.inference.folder import Simulations, read_simulations
from socialrl.inference.infer import Inference, infer
from socialrl.inference.posterior import need_sbi
from socialrl.inference.scores import read_scores
from socialrl.inference.traits import GAIN, Trait
from socialrl.inference.validate import Validation, number_of_fits, validate
from socialrl.storage.provenance import collect_meta


def run_inference(
    files: Sequence[Path],
    simulations: Path,
    output: Path,
    *,
    seed: int,
    tests: Sequence[str] = (),
    late: str | None = None,
    where: Sequence[str] = (),
    by: str | None = None,
    traits: Sequence[str] = (),
    overwrite: bool = False,
    say: Callable[[str], None],
    on_fit: OnFit = lambda *_: None,
) -> tuple[Inference, Path]:
    """Infer from the tests in `files` and write the results into `output`; return them and the page.

    `traits` are those to infer beside the gain (default: all). Raises `UserError` for what cannot be used.
    """
    need_sbi()
    refuse(output, "inference", overwrite)
    sims = _read(simulations, say)
    scores = read_scores(files, sims.names, sims.repeats, tests=tests, late=late, where=where, by=by)
    for note in scores.notes:
        say(f"note: {note}")
    fits = Fits(sims, seed, on_fit)
    wanted = chosen(fits, traits)
    fits.expected = len(wanted) * len({design.key for design in scores.designs.values()})
    found = infer(scores, fits, wanted)
    from socialrl.inference.report import write_inference

    about = {"data": dict(scores.sums), "notes": [*sims.notes(), *scores.notes], **_about(sims, seed)}
    return found, write_inference(found, output, about)


def run_validation(
    simulations: Path,
    output: Path,
    *,
    seed: int,
    traits: Sequence[str] = (),
    overwrite: bool = False,
    say: Callable[[str], None],
    on_fit: OnFit = lambda *_: None,
) -> tuple[Validation, Path]:
    """Check the posteriors of stored simulations and write the results into `output`; return them and the page."""
    need_sbi()
    refuse(output, "validation", overwrite)
    sims = _read(simulations, say)
    fits = Fits(sims, seed, on_fit)
    wanted = chosen(fits, traits)
    fits.expected = number_of_fits(sims.names, len(wanted))
    found = validate(fits, wanted)
    from socialrl.inference.report import write_validation

    return found, write_validation(found, output, {"notes": sims.notes(), **_about(sims, seed)})


def chosen(fits: Fits, names: Sequence[str]) -> tuple[Trait, ...]:
    """Return the gain and the named traits, or all; an unknown name raises `UserError`."""
    if not names:
        return fits.sims.traits
    wanted = {GAIN: fits.trait(GAIN), **{name: fits.trait(name) for name in names}}
    return tuple(wanted.values())


def refuse(output: Path, name: str, overwrite: bool) -> None:
    """Raise `UserError` for a place that holds results which are not to be replaced, or is a file."""
    if output.is_file():
        raise UserError(f"{output} is a file; results need a folder of their own")
    if (output / f"{name}.json").is_file() and not overwrite:
        raise UserError(f"{output} holds results ({name}); give another --output, or replace them with --overwrite")


def _read(path: Path, say: Callable[[str], None]) -> Simulations:
    sims = read_simulations(path)
    for note in sims.notes():
        say(f"note: {note}")
    return sims


def _about(sims: Simulations, seed: int) -> dict[str, Any]:
    plan, begun = sims.about["plan"], sims.about["begun"]
    return {
        **collect_meta(seed),
        "sbi": metadata.version("sbi"),
        "simulations": {
            "folder": sims.path.name,
            "animals": plan["animals"],
            "repeats": plan["repeats"],
            "steps": plan["steps"],
            "seed": plan["seed"],
            "command": begun["command"],
            "started": begun["started"],
            "versions": begun["versions"],
            "commit": begun["commit"],
        },
    }
