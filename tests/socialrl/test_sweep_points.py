"""What a sweep varies: lists, steps, intervals, draws, lists of points, names of folders; one line for a mistake."""

from __future__ import annotations

import math

import pytest
import tiny_sweep as tiny

from socialrl.errors import UserError
from socialrl.sweep.outcome import How
from socialrl.sweep.points import name_of, read_rows
from socialrl.sweep.space import Axis, Interval, read_space, split


def names(made) -> list[str]:
    return [one.name for one in made.points]


def test_lists_are_split_outside_of_brackets_braces_and_quotes():
    assert split("[64,64],[128,128]") == ["[64,64]", "[128,128]"]
    assert split("{oxtr_gain: 0.1, sex: male},{oxtr_gain: 0.2}") == ["{oxtr_gain: 0.1, sex: male}", "{oxtr_gain: 0.2}"]
    assert split("'a,b',c") == ["'a,b'", "c"]


def test_a_grid_has_every_combination_and_fixed_values_for_all(tmp_path):
    made = tiny.ready(tmp_path, "seed=1,2", "steps=256", "ppo.ent_coef=1e-2,0.05")
    assert names(made) == [
        "seed-1_ppo.ent_coef-0.01",
        "seed-1_ppo.ent_coef-0.05",
        "seed-2_ppo.ent_coef-0.01",
        "seed-2_ppo.ent_coef-0.05",
    ]
    last = made.points[-1].config
    assert (last.seed, last.ppo.ent_coef, last.steps) == (2, 0.05, 256)
    assert last.run_path == tmp_path / "sweep" / "seed-2_ppo.ent_coef-0.05"


def test_a_step_makes_a_list_with_both_ends(tmp_path):
    assert read_space(["seed=1..4:1"]).axes == (Axis("seed", ("1", "2", "3", "4")),)
    assert read_space(["ppo.gamma=0.1..0.5:0.2"]).axes[0].values == ("0.1", "0.3", "0.5")
    made = tiny.ready(tmp_path, "genotypes.ko.oxtr_gain=0..0.5:0.25")
    assert [one.config.genotypes["ko"].oxtr_gain for one in made.points] == [0.0, 0.25, 0.5]


def test_values_that_are_lists_have_folders_of_their_own(tmp_path):
    made = tiny.ready(tmp_path, "ppo.net_arch=[8],[8,8]")
    assert [one.config.ppo.net_arch for one in made.points] == [(8,), (8, 8)]
    assert len(set(names(made))) == 2
    assert all(name.startswith("ppo.net_arch-8") for name in names(made))


def test_a_name_follows_from_the_values_alone():
    assert name_of({"seed": "1"}) == "seed-1"
    assert name_of({"ppo.gamma": "9e-1"}) == name_of({"ppo.gamma": "0.9"}) == "ppo.gamma-0.9"
    assert name_of({"a": "x/y"}) != name_of({"a": "x-y"})
    assert name_of({"ppo.gamma": "0.91234", "seed": "2"}, "draw-0003") == "draw-0003_seed-2"
    assert len(name_of({f"env.parameters.some_long_name_{k}": "1" for k in range(9)})) <= 100


def test_draws_depend_on_their_number_alone_and_lie_in_the_interval(tmp_path):
    words = ["ppo.gamma=0.9..0.99", "ppo.ent_coef=1e-4..1e-1:log", "ppo.n_epochs=1..3:whole", "animals=2,4"]
    few, many = (tiny.ready(tmp_path, *words, how=How(random=n)) for n in (3, 40))
    assert [one.own for one in few.points] == [one.own for one in many.points[:3]]
    found = [one.config for one in many.points]
    assert all(0.9 <= one.ppo.gamma <= 0.99 and 1e-4 <= one.ppo.ent_coef <= 1e-1 for one in found)
    assert {one.ppo.n_epochs for one in found} == {1, 2, 3}
    assert {one.animals for one in found} == {2, 4}
    below = sum(one.ppo.ent_coef < 10**-2.5 for one in found) / len(found)
    assert 0.25 < below < 0.75, "half of the draws lie below the middle of the logarithm"
    assert len({one.ppo.gamma for one in found}) == 40


def test_each_draw_is_repeated_with_every_seed(tmp_path):
    made = tiny.ready(tmp_path, "ppo.gamma=0.9..0.99", "seed=1,2", how=How(random=2))
    assert names(made) == ["draw-0001_seed-1", "draw-0001_seed-2", "draw-0002_seed-1", "draw-0002_seed-2"]
    first, again, *_ = made.points
    assert first.config.ppo == again.config.ppo


def test_whole_numbers_of_an_interval_have_equal_shares():
    one = Interval(1, 3, whole=True)
    assert [one.at(u) for u in (0.0, 0.3, 0.34, 0.6, 0.67, 0.99)] == [1, 1, 2, 2, 3, 3]
    log = Interval(1e-4, 1e-2, log=True)
    assert math.isclose(log.at(0.5), 1e-3, rel_tol=1e-6)


def test_a_list_of_points_is_crossed_with_the_command_line(tmp_path):
    rows = tmp_path / "points.csv"
    rows.write_text('steps,ppo.net_arch\n256,"[8, 8]"\n512,\n')
    made = tiny.ready(tmp_path, "seed=1,2", rows=read_rows(rows))
    assert [(one.config.steps, one.config.ppo.net_arch, one.config.seed) for one in made.points] == [
        (256, (8, 8), 1),
        (256, (8, 8), 2),
        (512, (8,), 1),
        (512, (8,), 2),
    ]


def test_draws_that_do_not_fit_are_points_that_failed(tmp_path):
    made = tiny.ready(tmp_path, "ppo.batch_size=32..512:whole", how=How(random=12))
    refused = [one for one in made.points if one.config is None]
    assert 0 < len(refused) < 12
    assert "must be at most the size of a rollout" in refused[0].mistake


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["seed=1,2", "ppo.gama=0.9,0.99"], r"unknown key ppo.gama.*did you mean.*gamma"),
        (["seed=1,,2"], "seed has a list with an empty value: '1,,2'"),
        (["seed="], "'seed=' has no value"),
        (["seed=1,2,1"], "seed has the value 1 twice"),
        (["seed=1,2", "seed=3,4"], "seed is given twice"),
        (["seed=1,2", "seed=3"], "seed is given twice"),
        (["steps=512", "seed=1,2", "steps=640"], "steps is given twice"),
        (["seed=1,2,1.0"], "seed-1 and seed-1.0 have the same configuration"),
        (["ppo.gamma=0.9..0.99"], "ppo.gamma is an interval, from which points have to be drawn: add --random N"),
        (["ppo.gamma=0.99..0.9"], "an interval needs a lower and a higher number"),
        (["ppo.gamma=0..1:log"], "an interval in the logarithm needs numbers above 0"),
        (["ppo.gamma=0..1:lg"], "after an interval comes :log .* got :lg"),
        (["seed=1..1000000:1"], "a list of 1,000,000 values; at most 10,000"),
        (["seed=1..200:1", "steps=256..1000:1"], "this sweep has 149,000 points; at most 10,000"),
        (["steps=512"], "a sweep needs something that varies, such as seed=1,2,3"),
        (["seed=1,two"], "seed must be a whole number of at least 0, got the text 'two'"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(tmp_path, words, told):
    with pytest.raises(UserError, match=told) as error:
        tiny.ready(tmp_path, *words)
    assert len(str(error.value).splitlines()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["tiny.yaml"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed\n", "has a line of keys and a line for every point"),
        ("seed,steps\n1\n", "line 2: 1 cells, and 2 keys in line 1"),
        ("seed,seed\n1,2\n", "line 1: every column needs a key of its own"),
        ("seed;steps\n1;2\n", "columns are separated by commas in a list of points, got semicolons"),
        ("seed,name\n1,a\n", "name cannot vary; run folders are called after their values"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_line(tmp_path, text, told):
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        read_rows(path)


def test_one_key_in_the_list_and_on_the_command_line_is_refused(tmp_path):
    with pytest.raises(UserError, match="seed is in the list of points and on the command line"):
        tiny.ready(tmp_path, "seed=1,2", rows=[{"seed": "3"}])
    with pytest.raises(UserError, match="seed is in the list of points and on the command line"):
        tiny.ready(tmp_path, "seed=1", rows=[{"seed": "3"}])
    with pytest.raises(UserError, match="list of points, row 2 below the keys: steps must be"):
        tiny.ready(tmp_path, rows=[{"steps": "512"}, {"steps": "many"}])
    with pytest.raises(UserError, match="two points have the same values"):
        tiny.ready(tmp_path, rows=[{"seed": "3"}, {"seed": "3"}])
