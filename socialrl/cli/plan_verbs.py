"""The verb that plans a study: how many animals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli import completion
from socialrl.cli.app import Quiet, a_path, app, check_range, stoppable
from socialrl.config import limits
from socialrl.errors import UserError
from socialrl.progress import Progress, open_progress

_MOST_EXPERIMENTS = 100_000
_MOST_N = 5_000
_LARGEST_CAGE = 50


@app.command()
def plan(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FINDING|FILE",
            help="A finding (F01), one comparison of it (F01a), or a YAML file: findings of your own, or a protocol "
            "with contrasts.",
            autocompletion=completion.findings,
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="DIR",
            help="Animals to draw from: a folder of `socialrl reproduce`, or a run that has played the protocol.",
        ),
    ] = None,
    train: Annotated[
        int | None,
        typer.Option(metavar="N", help="Train N new animals a group as well, as those of the run were trained."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            parser=a_path, metavar="FILE", help="A score sheet (CSV): the spread between animals is then that of yours."
        ),
    ] = None,
    pairs: Annotated[str, typer.Option(help="Tests of the sheet: FF, MM, FM, peers, mates or all.")] = "all",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE", help="Only rows of the sheet with this value; can be given several times."
        ),
    ] = None,
    power: Annotated[
        list[float] | None,
        typer.Option(help="Wanted power; can be given several times.", show_default="0.8 and 0.9"),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Level of the two-sided test.")] = 0.05,
    test: Annotated[
        str, typer.Option(help="rank (the scorecard's: signed-rank, Mann–Whitney) or t (one-sample, Welch).")
    ] = "rank",
    difference: Annotated[
        float | None,
        typer.Option(help="Plan for this difference, in the measure's unit, instead of the one in the animals."),
    ] = None,
    within: Annotated[
        float | None, typer.Option(help="Correlation within pairs, instead of the one in the animals.")
    ] = None,
    cages: Annotated[
        int | None, typer.Option(metavar="SIZE", help="Animals that share a cage; 1: no cages.", show_default="2")
    ] = None,
    icc: Annotated[
        float | None,
        typer.Option(help="Intra-class correlation: how alike animals of one cage are, 0 to 1.", show_default="0.2"),
    ] = None,
    lost: Annotated[float, typer.Option(help="Share of animals that you expect to lose.")] = 0.0,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this comparison, such as F01a; can be given several times."),
    ] = None,
    findings: Annotated[
        list[Path] | None,
        typer.Option(parser=a_path, metavar="FILE", help="Your own findings (YAML), if FINDING is one of them."),
    ] = None,
    experiments: Annotated[int, typer.Option(help="Simulated experiments of each size.")] = 2000,
    most: Annotated[int, typer.Option(metavar="N", help="The largest n a group that is tried.")] = 500,
    seed: Annotated[int, typer.Option(help="Root of all random numbers, those of new animals included.")] = 1,
    output: Annotated[
        Path, typer.Option(parser=a_path, metavar="DIR", help="Folder for the page, its tables and new animals.")
    ] = Path("runs/plan"),
    quiet: Quiet = False,
) -> None:
    """Say how many animals a comparison needs: power against n, from simulated animals, with a paragraph for a form.

    Example: `socialrl plan F01a --run runs/reproduce`

    A contrast of a protocol: `socialrl plan mine.yaml --run runs/demo`

    With the spread of your own animals: `socialrl plan F01a --run runs/reproduce --sheet scores.csv`

    From 32 new animals a group: `socialrl plan F01a --train 32`
    """
    targets = tuple(sorted(power)) if power else (0.8, 0.9)
    for one in targets:
        check_range("--power", one, 0.5, 0.999)
    if len(set(targets)) < len(targets):
        raise UserError(f"--power is given twice: {', '.join(f'{one:g}' for one in targets)}")
    check_range("--alpha", alpha, 0.0001, 0.5)
    check_range("--train", train, 3, limits.MAX_ANIMALS)
    check_range("--within", within, -0.99, 0.99)
    check_range("--cages", cages, 1, _LARGEST_CAGE)
    check_range("--icc", icc, 0.0, 0.99)
    check_range("--lost", lost, 0.0, 0.9)
    check_range("--experiments", experiments, 100, _MOST_EXPERIMENTS)
    check_range("--most", most, 10, _MOST_N)
    check_range("--seed", seed, 0, limits.MAX_SEED)
    if difference is not None:
        check_range("--difference", difference, -limits.LARGEST, limits.LARGEST)
    if icc is not None and cages == 1:
        raise UserError("--icc needs cages of two animals or more, and --cages is 1")
    if most < 3 * (cages or 2):
        raise UserError(f"--most must leave room for three cages a group, {3 * (cages or 2)}, got {most}")
    if sheet is None and (where or pairs != "all"):
        raise UserError("--where and --pairs pick rows of a sheet; give one with --sheet")
    from socialrl.errors import unknown
    from socialrl.planning.significance import TESTS

    if test not in TESTS:
        raise UserError(f"--test: {unknown('test', test, TESTS)}")
    from socialrl.planning.animals import animals_in
    from socialrl.planning.plan import Assumed, check_assumed, make_plan
    from socialrl.planning.pools import Cages
    from socialrl.planning.power import Effort
    from socialrl.planning.question import question_of
    from socialrl.planning.report import usable, write_plan
    from socialrl.storage.provenance import command_line

    question = question_of(what, findings or (), only or ())
    if run is None and train is None:
        raise UserError(f"{question.name} needs animals: those of a run with --run, new ones with --train, or both")
    assumed = Assumed(
        targets=targets,
        alpha=alpha,
        test=test,
        cages=Cages(2 if cages is None else cages, 0.0 if cages == 1 else 0.2 if icc is None else icc),
        cages_given=cages is not None or icc is not None,
        lost=lost,
        difference=difference,
        within=within,
        seed=seed,
        effort=Effort.of(experiments, most),
    )
    check_assumed(question, assumed)
    place, animals = usable(output), []
    for note in question.notes:
        typer.echo(f"note: {note}", err=True)
    if run is not None:
        found, question = animals_in(run, question)
        animals.append(found)
    spread = None
    if sheet is not None:
        from socialrl.planning.sheet import spread_of

        spread = {
            one.name: spread_of(sheet, one, question.measure(one), pairs=pairs, where=where or ())
            for one in question.comparisons
        }
    with stoppable("animals that were trained are kept; run the same command again to go on"):
        if train is not None:
            from socialrl.planning.new_animals import new_seed
            from socialrl.planning.new_animals import train as train_new

            with _displays(quiet) as opened:
                found, question = train_new(question, run, train, place, new_seed(seed), opened)
            animals.append(found)
        with open_progress("planning", quiet=quiet) as progress:
            made = make_plan(
                question, animals, assumed, None if spread is None else lambda one: spread[one.name], progress.update
            )
    made = replace(made, made={"command": command_line()})
    page = write_plan(made, place)
    from rich.console import Console

    from socialrl.planning import terminal, words

    console = Console()
    for table in terminal.tables(made):
        console.print(table)
        console.print()
    typer.echo(f"{terminal.legend(made)}\n{words.lede(made)}")
    for line in dict.fromkeys(line for part in made.parts for line in words.warnings(part)):
        typer.echo(f"note: {line}", err=True)
    typer.echo(f"plan: {page}, with a paragraph for an ethics form; tables beside it")


@contextmanager
def _displays(quiet: bool) -> Iterator[Callable[[str], Progress]]:
    """Give a function that opens a display of progress; a new one ends the one before."""
    with ExitStack() as stack:

        def opened(title: str) -> Progress:
            stack.close()
            return stack.enter_context(open_progress(title, quiet=quiet))

        yield opened
