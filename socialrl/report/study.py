"""What a report is about: one or several run folders, read into tables over animals, groups and test conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from socialrl.analysis import measures
from socialrl.analysis.association import share_of_partner
from socialrl.analysis.measure_table import measures_of, shown_in
from socialrl.analysis.measure_values import measured
from socialrl.analysis.synchrony import over_repeats
from socialrl.assays import study_of
from socialrl.config.strict_yaml import read_yaml
from socialrl.config.values import TABLE, with_table
from socialrl.drawing.groups import Group, group_of
from socialrl.errors import UserError
from socialrl.report import alike, sexes
from socialrl.report.conditions import Condition, conditions_of
from socialrl.storage.parameter_table import rows_when_made
from socialrl_envs.named_tables import UNNAMED
from socialrl_envs.parameter_rows import Parameter

if TYPE_CHECKING:
    from socialrl.storage.run_folder import RunFolder

KEY_COHOUSING_H = 24.0
"""Hours of cohousing at which the genotypes are expected to differ most (Black et al. 2025)."""


UNMATED = "unmated mate"
"""What reports call a partner of the other sex with which an animal did not mate."""


@dataclass
class Study:
    """One report's material. Tables are empty, never absent, when a run does not have them.

    `final`: `measures.animal_table` of the evaluation, or of each animal's last probe where there is no evaluation
    (`final_is_probe`). `probes`: the same over training. `criterion`: `measures.criterion_table`. `bins`: huddling per
    10 min, from the same tests as `final`. `habitat`: `association.share_of_partner` of the tests in a group habitat.
    `synchrony`: `over_repeats` of the tables of animals that act together.
    `measured`: the measures of the last tests of every assay, one row per animal, test and measure.
    `parameters`: each run's parameter table. `traces`, `animals`: as stored. All tables have the columns `run` and
    `group`; `final` and `probes` have `drugs`, too.
    """

    runs: list[RunFolder]
    configs: dict[str, dict[str, Any]]
    groups: list[Group]
    conditions: list[Condition]
    animals: pd.DataFrame
    final: pd.DataFrame
    final_is_probe: dict[str, bool]
    probes: pd.DataFrame
    criterion: pd.DataFrame
    bins: pd.DataFrame
    traces: pd.DataFrame
    habitat: pd.DataFrame = field(default_factory=pd.DataFrame)
    synchrony: pd.DataFrame = field(default_factory=pd.DataFrame)
    measured: pd.DataFrame = field(default_factory=pd.DataFrame)
    names: dict[Path, str] = field(default_factory=dict)
    parameters: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)

    def of(self, table: pd.DataFrame, group: Group | None = None, condition: Condition | None = None) -> pd.DataFrame:
        """Return the rows of `table` that belong to a group and to a test condition."""
        rows = table
        if group is not None and len(rows):
            rows = rows[rows["group"] == group.key]
        if condition is not None and len(rows):
            rows = rows[rows["test"] == condition.test]
        return rows

    @property
    def assays(self) -> tuple[str, ...]:
        """The ids of the assays that were tested, or, where nothing was, that the animals learn in; each once."""
        tested = [self.measured["assay"]] if len(self.measured) else []
        found = dict.fromkeys(str(name) for column in tested for name in column)
        learned = [(config.get("env") or {}).get("id") for config in self.configs.values()]
        return tuple(found or dict.fromkeys(str(name) for name in learned if name))

    def groups_in(self, table: pd.DataFrame) -> list[Group]:
        """Return the groups that have rows in `table`, by gain descending."""
        present = set(table["group"]) if len(table) else set()
        return [group for group in self.groups if group.key in present]

    def conditions_in(self, table: pd.DataFrame) -> list[Condition]:
        """Return the test conditions that have rows in `table`, in order."""
        present = set(table["test"]) if len(table) else set()
        return [condition for condition in self.conditions if condition.test in present]

    def reference(self, run: str, sex: str = "") -> Group:
        """Return the group of a run that the others are compared with: `wild_type` or `wt`, else the gain nearest 1.

        Groups of one sex are compared with one of the same `sex`, where there is one.
        """
        candidates = [group for group in self.groups if group.run == run]
        candidates = [group for group in candidates if group.sex in ("", sex)] or candidates
        return min(candidates, key=lambda group: (group.genotype not in ("wild_type", "wt"), abs(group.gain - 1)))

    def comparisons(self) -> list[tuple[Group, Group]]:
        """Return pairs (group, its reference) within each run, in order of the groups."""
        pairs = [(group, self.reference(group.run, group.sex)) for group in self.groups]
        return [(group, reference) for group, reference in pairs if group != reference]

    def conditions_of(self, run: str) -> list[Condition]:
        """Return the conditions of one run's final tests, in order; of its probes where it has no test yet."""
        for table in (self.final, self.probes):
            if own := self.conditions_in(_rows_of(table, run)):
                return own
        return []

    def key_condition(self, run: str | None = None) -> Condition | None:
        """Return the condition of the core question: 24 h with a peer, else the shortest after some cohousing.

        With `run` among the tests of that run.
        """
        conditions = self.conditions if run is None else self.conditions_of(run)
        usual = [condition for condition in conditions if condition.usual] or conditions
        after = [condition for condition in usual if condition.cohousing_h > 0] or usual
        return min(after, key=lambda c: (c.cohousing_h != KEY_COHOUSING_H, c.cohousing_h), default=None)

    def longest_condition(self, run: str | None = None) -> Condition | None:
        """Return the longest cohousing with a peer, or None when it is the key condition itself."""
        conditions = self.conditions if run is None else self.conditions_of(run)
        usual = [condition for condition in conditions if condition.usual] or conditions
        longest = max(usual, key=lambda condition: condition.cohousing_h, default=None)
        return None if longest == self.key_condition(run) else longest


def load(runs: Iterable[RunFolder]) -> Study:
    """Read run folders into a `Study`; a run without any finished test is accepted, its tables are empty.

    Raises `UserError` when no run is given, or when one is given twice.
    """
    runs = list(runs)
    if not runs:
        raise UserError("report needs at least one run folder, got none")
    names = _run_names(runs)
    configs = {names[run.path]: _config(run) for run in runs}
    gathered = {name: _gather(runs, names, name) for name in ("animals", "evaluation", "probes", "traces")}
    synchrony = _gather(runs, names, "synchrony")
    both = sexes.of_both_sexes(gathered.values())
    gathered = {name: sexes.with_group(table, both) for name, table in gathered.items()}
    for name in ("evaluation", "probes"):
        _need_assay(gathered[name], name)
    probes = _scored(gathered["probes"], both)
    finals, final_is_probe, raw_finals = [], {}, []
    for run in runs:
        name = names[run.path]
        evaluated = _rows_of(gathered["evaluation"], name)
        final_is_probe[name] = evaluated.empty
        raw = _last_probes(_rows_of(gathered["probes"], name)) if evaluated.empty else evaluated
        raw_finals.append(raw)
        finals.append(_scored(raw, both))
    final, probes = (_with_drugs(table, configs) for table in (_stack(finals), probes))
    traces = gathered["traces"]
    if len(runs) > 1:
        test_names = alike.names_of_tests([final, probes])
        final, probes, traces = (alike.renamed(table, test_names) for table in (final, probes, traces))
        raw_finals = [alike.renamed(table, test_names) for table in raw_finals]
        synchrony = alike.renamed(synchrony, test_names)
    tables = [gathered["animals"], final, probes]
    return Study(
        runs=runs,
        configs=configs,
        groups=_groups(tables, configs, both, several=len(runs) > 1),
        conditions=conditions_of([final, probes]),
        animals=gathered["animals"],
        final=final,
        final_is_probe=final_is_probe,
        probes=probes,
        criterion=sexes.with_group(measures.criterion_table(probes), both) if len(probes) else pd.DataFrame(),
        bins=_bins(_stack(raw_finals), both),
        traces=traces,
        habitat=_habitat(raw_finals, both),
        synchrony=sexes.with_group(over_repeats(synchrony), both),
        measured=_measured(raw_finals, both),
        names=names,
        parameters={names[run.path]: rows_when_made(run.path, table_of(configs[names[run.path]])) for run in runs},
    )


def table_of(config: Mapping[str, Any]) -> str:
    """Return the name of the parameter table of a run's configuration."""
    return str(with_table((config.get("env") or {}).get("parameters") or {}, UNNAMED)[TABLE])


def changed_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a run's configuration changed in all animals."""
    given = (config.get("env") or {}).get("parameters")
    return {name: value for name, value in given.items() if name != TABLE} if isinstance(given, Mapping) else {}


def _run_names(runs: list[RunFolder]) -> dict[Path, str]:
    paths = [run.path for run in runs]
    for path in paths:
        if sum(path.resolve() == other.resolve() for other in paths) > 1:
            raise UserError(f"report: run folder {path} is given twice")
    short = [path.name for path in paths]
    return {path: path.name if short.count(path.name) == 1 else str(path) for path in paths}


def _config(run: RunFolder) -> dict[str, Any]:
    data = read_yaml(run.config_text, f"{run.path / 'config.yaml'}")
    return data if isinstance(data, dict) else {}


def _gather(runs: list[RunFolder], names: dict[Path, str], table: str) -> pd.DataFrame:
    """One stored table of all runs below each other, with `run`; runs without the file add nothing."""
    parts = []
    for run in runs:
        rows = run.read_table(table) if run.has_table(table) else None if run.finished else run.read_parts(table)
        if rows is not None and len(rows):
            parts.append(rows.assign(run=names[run.path]))
    return _stack(parts)


def _need_assay(tests: pd.DataFrame, table: str) -> None:
    if len(tests) and ("assay" not in tests or tests["assay"].isna().any()):
        raise UserError(
            f"report: the table {table} has tests without the column assay, so it is not known what they test"
        )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _rows_of(table: pd.DataFrame, run: str) -> pd.DataFrame:
    return table[table["run"] == run] if len(table) else table


def _tests_with(records: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows of tests in assays that have a measure; the column `assay` gives the assay of a row."""
    if records.empty:
        return records
    has = {name: any(one.name == measure for one in measures_of(name)) for name in records["assay"].unique()}
    return records[records["assay"].map(has).astype(bool)]


def _scored(records: pd.DataFrame, both: Collection[str]) -> pd.DataFrame:
    """`animal_table` of the rows that are partner-preference tests; tests of other assays are in `measured`."""
    tests = _tests_with(records, "preference").copy()
    if tests.empty:
        return pd.DataFrame()
    for name, usual in (("relationship", "peer"), ("separation_h", 0.0)):
        tests[name] = tests[name].fillna(usual) if name in tests else usual
    if "mating" in tests:
        # an animal of the other sex that it lived with and did not mate with is a partner of its own kind
        unmated = (tests["relationship"] == "mate") & (tests["cohousing_h"] > 0) & ~tests["mating"].astype(bool)
        named = sexes.of_another_company(tests)
        tests["relationship"] = named.where(~unmated, named.str.replace("mate", UNMATED, n=1))
    else:
        tests["relationship"] = sexes.of_another_company(tests)
    tables = [measures.animal_table(rows, str(assay)) for assay, rows in tests.groupby("assay", sort=False)]
    return sexes.with_group(_stack(tables), both)


def _last_probes(probes: pd.DataFrame) -> pd.DataFrame:
    if probes.empty:
        return probes
    last = probes.groupby(["animal"])["steps"].transform("max")
    return probes[probes["steps"] == last]


def _bins(records: pd.DataFrame, both: Collection[str]) -> pd.DataFrame:
    tests = _tests_with(records, "preference")
    if tests.empty or "huddle_s_partner_10min" not in tests:
        return pd.DataFrame()
    return sexes.with_group(measures.huddle_bins(tests), both)


def _habitat(finals: list[pd.DataFrame], both: Collection[str]) -> pd.DataFrame:
    """Association in the group habitats of runs, below each other; `finals` are the runs' last tests."""
    parts = []
    for records in finals:
        among = [study_of(name).pairs and "habitat" in study_of(name).figures for name in records.get("assay", ())]
        tests = records[among] if len(records) else records
        if len(tests):
            parts.append(share_of_partner(tests).assign(run=tests["run"].iloc[0]))
    return sexes.with_group(_stack(parts), both)


def _measured(finals: list[pd.DataFrame], both: Collection[str]) -> pd.DataFrame:
    """What pages show of the last tests, whatever the assay: one row per animal, test and measure."""
    parts = []
    for records in finals:
        if records.empty:
            continue
        names = (*measures.ANIMAL_KEYS, *measures.TEST_KEYS, "session", "habitat")
        if "relationship" in records:
            records = records.assign(relationship=sexes.of_another_company(records))
        for assay, rows in records.groupby("assay", sort=False):
            keys = [name for name in names if name in rows and not rows[name].isna().all()]
            parts.append(measured(rows, shown_in(str(assay)), keys))
    return sexes.with_group(_stack(parts), both)


def _groups(
    tables: list[pd.DataFrame], configs: dict[str, dict[str, Any]], both: Collection[str], *, several: bool
) -> list[Group]:
    """Groups that have rows, or that the configuration names, by gain descending and then by run, name and sex.

    Those of the genotypes in `both` are groups of females and of males.
    """
    found: dict[tuple[str, str, str], float] = {}
    changed = set()
    for run, config in configs.items():
        for genotype, settings in (config.get("genotypes") or {}).items():
            sex = str((settings or {}).get("sex", "female"))
            for one in sexes.SEXES if genotype in both and sex == "mixed" else [sex if genotype in both else ""]:
                found[(run, genotype, one)] = float((settings or {}).get("oxtr_gain", 1.0))
            if (settings or {}).get("arms") or (settings or {}).get("parameters"):
                changed.add((run, genotype))
    for table in tables:
        if len(table):
            kinds = table[["run", "genotype", "sex", "oxtr_gain"]].drop_duplicates()
            for run, genotype, sex, gain in kinds.itertuples(index=False):
                found[(run, genotype, sex if genotype in both else "")] = float(gain)
    ordered = sorted(found.items(), key=lambda item: (-item[1], *item[0]))
    return [
        group_of(
            genotype,
            gain,
            changed=(run, genotype) in changed,
            run=run,
            key=sexes.key_of(run, genotype, sex),
            of_run=several,
            sex=sex,
        )
        for (run, genotype, sex), gain in ordered
    ]


def _with_drugs(table: pd.DataFrame, configs: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return a table of tests with a column `drugs`, from the configurations: "antagonist", or empty for none."""
    given = {
        (run, test["name"]): ", ".join(sorted({str(dose["drug"]).replace("_", " ") for dose in test["drugs"]}))
        for run, config in configs.items()
        for section in ("probes", "evaluation")
        for test in (config.get(section) or {}).get("tests") or []
        if test.get("drugs")
    }
    if table.empty:
        return table
    return table.assign(drugs=[given.get(pair, "") for pair in zip(table["run"], table["test"], strict=True)])
