"""The verb `lineage`: a tiny lineage that really trains, and one line for every mistake in its file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from described_tables import undescribed

from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.lineage.run import load_lineage
from socialrl.lineage.settings import assay_settings, care_settings

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
FAST = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "net_arch": [8]}
SMALL = {"steps": 64, "lives": 2, "repeats": 1, "duration_s": 600, "env": {"duration_s": 600}, "ppo": FAST}
TINY = {
    "name": "tiny",
    "seed": 2,
    "generations": 2,
    "litters": 3,
    "reference_families": 2,
    "founders": {"wt": {"oxtr_gain": 1.0}},
    "cells": {"two": {"dams": "wt"}, "one": {"dams": "wt", "carers": 1, "in_generations": [1]}},
    "care": SMALL,
    "assays": {"PartnerPreference": {**SMALL, "tests": [{"name": "day", "cohousing_h": 24}]}},
}


def written(folder: Path, **changes) -> Path:
    path = folder / "lineage.yaml"
    path.write_text(json.dumps({**TINY, **changes}))  # which is YAML, too
    return path


@pytest.mark.slow
def test_a_tiny_lineage_from_file_to_page(tmp_path, capsys):
    path = written(tmp_path)
    assert main(["lineage", str(path), "--output", str(tmp_path), "--quiet"]) == 0
    told = capsys.readouterr().out
    for words in ("Means over litters", "Variance between animals", "Mothers and daughters", "lineage.html"):
        assert words in told
    folder = tmp_path / "tiny"
    animals = pd.read_csv(folder / "animals.csv")
    assert len(animals) == 2 * 3 * 2 * 3, "two cells, three litters, two animals, founders and two generations"
    pups = animals[animals["generation"] > 0]
    for name in ("care", "expression", "reactivity", "load", "care_given", "litter_contact_share"):
        assert animals.loc[animals["generation"] < 2, name if name in ("care_given",) else "oxtr_gain"].notna().any()
        assert name in pups
    assert pups.loc[pups["survived"], "care"].notna().all()
    page = (folder / "lineage.html").read_text()
    for section in ("design", "figures", "generations", "cells", "variance", "mothers", "care", "made"):
        assert f'<section id="{section}">' in page
    assert sorted(one.name for one in (folder / "figures").glob("*.svg")) >= ["care.svg", "generations.svg"]
    assert undescribed(folder, "animals", "reference", "means", "contrasts", "trends", "variance", "mothers") == {}
    assert main(["lineage", str(path), "--output", str(tmp_path), "--quiet"]) == 2
    assert "holds a lineage" in capsys.readouterr().err
    # everything written is read, and the tables of the stages are what the CSV shows
    stages = [pd.read_parquet(one) for one in sorted((folder / "stages").glob("generation-*.parquet"))]
    assert list(pd.concat(stages)["animal"]) == list(animals["animal"])


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("lineage*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_loads_and_its_cohorts_are_possible(path):
    config = load_lineage(path)
    assert config.name == path.stem
    care, assays = care_settings(config, str(path)), assay_settings(config, str(path))
    assert care[1].env.attachment
    assert care[2].env.reset.relationship == ("mate",)
    assert list(assays) == ["PartnerPreference"]
    assert assays["PartnerPreference"].env.attachment
    if path.stem == "lineage_arms_off":
        for one in (*care.values(), *assays.values()):
            assert one.env.changed_parameters["care_to_expression"] == 0.0


MISTAKES = {
    "cells.two.carers must be 1 or 2, got 0: before day 16 pups live without carers for 24 h at most, so no litter": {
        "cells": {"two": {"dams": "wt", "carers": 0}}
    },
    "cells.two.dams is not usable: unknown group of founders 'wtt'; known: wt": {"cells": {"two": {"dams": "wtt"}}},
    "cells.two.reared_by is not usable: unknown cell 'onee'; did you mean 'one'?": {
        "cells": {"two": {"dams": "wt", "reared_by": "onee"}, "one": {"dams": "wt"}}
    },
    "cells.two.reared_by must be own or others for parents of the same cell, got two": {
        "cells": {"two": {"dams": "wt", "reared_by": "two"}}
    },
    "cells.two.reared_by must be a cell with which it exchanges its pups, got one, whose own pups are reared by own": {
        "cells": {"two": {"dams": "wt", "reared_by": "one"}, "one": {"dams": "wt"}}
    },
    "cells.two.carers must be as in one, with which it exchanges pups: 1, got 2": {
        "cells": {"two": {"dams": "wt", "reared_by": "one"}, "one": {"dams": "wt", "reared_by": "two", "carers": 1}}
    },
    "cells.two.reared_by must be own with litters: 2, so few that pups would come home": {
        "litters": 2,
        "cells": {"two": {"dams": "wt", "reared_by": "others"}},
    },
    "cells.two.in_generations must be from 1 to 2 (generations), got 3": {
        "cells": {"two": {"dams": "wt", "in_generations": [3]}}
    },
    "cells.two.after_weaning must be siblings (with a sibling of the same sex), isolation (alone) or": {
        "cells": {"two": {"dams": "wt", "after_weaning": "isolated"}}
    },
    "cells must name at least one cell": {"cells": {}},
    "pups must be even, as many daughters as sons, got 3": {"pups": 3},
    "founders must name at least one group": {"founders": {}},
    "unknown key litter; did you mean litters?": {"litter": 3},
    "assays.PartnerPreference.env.attachment cannot be set here; it is always true in a lineage": {
        "assays": {"PartnerPreference": {"env": {"attachment": False}, "tests": [{"name": "a", "cohousing_h": 1}]}}
    },
    "assays: unknown assay 'PartnerPreferenc'; did you mean 'PartnerPreference'?": {
        "assays": {"PartnerPreferenc": {"tests": [{"name": "a", "cohousing_h": 1}]}}
    },
    "assays: unknown assay 'PairHome'; assays in which one animal acts:": {
        "assays": {"PairHome": {"tests": [{"name": "a", "cohousing_h": 1}]}}
    },
    "assays.PartnerPreference.tests must name at least one test": {"assays": {"PartnerPreference": {}}},
    "assays.PartnerPreference.env.reset.expression cannot be set: in a lineage the slow state is what care has": {
        "assays": {
            "PartnerPreference": {
                "env": {"reset": {"expression": 1}},
                "tests": [{"name": "a", "cohousing_h": 1}],
            }
        }
    },
    "assays.PartnerPreference: unknown key ppo.gama; did you mean ppo.gamma?": {
        "assays": {"PartnerPreference": {"ppo": {"gama": 1}, "tests": [{"name": "a", "cohousing_h": 1}]}}
    },
    "care.tests is not allowed: carers are watched with their litter and nothing else": {
        "care": {"tests": [{"name": "a", "cohousing_h": 1}]}
    },
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(line, tmp_path, capsys):
    path = written(tmp_path, **MISTAKES[line])
    assert main(["lineage", str(path), "--output", str(tmp_path / "out"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert line in said
    assert "lineage.yaml: " in said
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_keys_on_the_command_line_are_those_of_the_file(tmp_path):
    path = written(tmp_path)
    config = load_lineage(path, ["env.parameters.care_to_expression=0", "litters=4", "cells.one.carers=2"])
    assert config.env.changed_parameters == {"care_to_expression": 0.0}
    assert (config.litters, config.cells["one"].carers) == (4, 2)
    with pytest.raises(
        UserError, match=r"command line: unknown key cells\.two\.carer; did you mean cells\.two\.carers"
    ):
        load_lineage(path, ["cells.two.carer=1"])


def test_a_lineage_that_does_not_fit_is_refused_before_anything_is_written(tmp_path, capsys):
    path = written(tmp_path, litters=1000, care={**SMALL, "repeats": 10_000})
    assert main(["lineage", str(path), "--output", str(tmp_path / "out"), "--quiet"]) == 2
    assert "4,000 animals × 1 tests × 10,000 repeats: this needs about" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
