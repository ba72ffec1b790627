"""Pictures and text: drawn from hand-made snapshots, checked by geometry and by counting pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from socialrl_envs.render import AnimalView, Snapshot, describe, draw
from socialrl_envs.render.bodies import Place
from socialrl_envs.render.canvas import Box, Canvas
from socialrl_envs.render.layout import Scene, arrange
from socialrl_envs.render.lettering import write
from socialrl_envs.render.palette import (
    BLUISH_GREEN,
    ORANGE,
    SKY_BLUE,
    animal_colour,
)
from socialrl_envs.render.voles import body_outline

ROW: dict[str, Any] = {
    "chamber_names": ("left", "centre", "right"),
    "chamber_edges": ((0, 1), (1, 2)),
    "chamber_xy": ((0.15, 0.5), (0.5, 0.5), (0.85, 0.5)),
}
CROSS: dict[str, Any] = {
    "chamber_names": ("arena", "north", "east", "south", "west"),
    "chamber_edges": ((0, 1), (0, 2), (0, 3), (0, 4)),
    "chamber_xy": ((0.5, 0.5), (0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
}


def three(focal: int = 1, side: str = "left", withdrawn: bool = False, **changes: Any) -> Snapshot:
    """A partner-preference test: focal in chamber `focal`, partner tethered on `side`, stranger opposite."""
    partner, stranger = (0, 2) if side == "left" else (2, 0)
    animals = (
        AnimalView("focal", focal, oxtr_gain=0.5),
        AnimalView("partner", partner, tethered=True),
        AnimalView("stranger", stranger, tethered=True, withdrawn=withdrawn),
    )
    return replace(Snapshot(**ROW, animals=animals, time_s=5400.0, duration_s=10800.0, action="rest"), **changes)


def eight(
    chambers: tuple[int, ...], contacts: tuple[tuple[int, int], ...] = (), layout: dict[str, Any] = CROSS
) -> Snapshot:
    names = ("focal", "partner", *(f"vole {k}" for k in range(3, 9)))
    animals = tuple(AnimalView(name, chamber) for name, chamber in zip(names, chambers, strict=True))
    return Snapshot(**layout, animals=animals, contacts=contacts)


def is_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (picture == np.array(colour, dtype=np.uint8)).all(axis=-1)


def in_region(picture: np.ndarray, box: Box) -> np.ndarray:
    return picture[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]


def place_of(scene: Scene, animal: int) -> Place:
    return next(place for place in scene.places if place.animal == animal)


def body_masks(scene: Scene) -> list[np.ndarray]:
    """One mask a body, at three pixels a sheet unit."""
    masks = []
    for place in scene.places:
        image = Image.new("1", (960 * 3, 540 * 3))
        outline = body_outline(place, scene.body_length, scene.body_width)
        ImageDraw.Draw(image).polygon([(3 * x, 3 * y) for x, y in outline], fill=1)
        masks.append(np.asarray(image))
    return masks


def assert_apart_and_inside(snapshot: Snapshot) -> None:
    scene = arrange(snapshot)
    assert [place.animal for place in scene.places] == list(range(len(snapshot.animals)))
    masks = body_masks(scene)
    for a, mask in enumerate(masks):
        ys, xs = np.nonzero(mask)
        box = scene.chambers[snapshot.animals[a].chamber]
        assert xs.min() >= 3 * box.x0
        assert xs.max() <= 3 * box.x1
        assert ys.min() >= 3 * box.y0
        assert ys.max() <= 3 * box.y1
        for b in range(a):
            shared = int((mask & masks[b]).sum())
            same_huddle = scene.places[a].huddle == scene.places[b].huddle >= 0
            # Huddling bodies lean on one another by up to a twelfth; all others keep apart entirely.
            assert shared <= (mask.sum() / 12 if same_huddle else 0), (a, b, shared, mask.sum())


# --- the picture as such ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(960, 540), (480, 270), (640, 480), (160, 90)])
def test_a_frame_has_the_asked_size_and_is_uint8_rgb(size):
    picture = draw(three(), size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize("size", [(159, 90), (960, 20), (0, 0), (5000, 540)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ValueError, match=rf"size must be .* got \({size[0]}, {size[1]}\)"):
        draw(three(), size)


def test_the_same_snapshot_gives_the_same_bytes_whatever_was_drawn_between():
    first = draw(three(0, contacts=((0, 1),)))
    draw(eight((0,) * 8))
    assert draw(three(0, contacts=((0, 1),))).tobytes() == first.tobytes()


def test_a_frame_on_a_kept_layer_has_the_bytes_of_one_drawn_from_scratch():
    def still(canvas: Canvas) -> None:
        canvas.rectangle(Box(20, 20, 900, 500), (240, 230, 208), (90, 80, 70), edge_width=4, radius=12)
        canvas.text((480, 40), "stays", 20, (0, 0, 0), "mm")

    def moving(canvas: Canvas, k: int) -> None:
        rng = np.random.default_rng(k)
        canvas.polygon([tuple(point) for point in rng.uniform(-20, 560, (3, 2))], (66, 60, 56), alpha=150)
        canvas.ellipse(tuple(rng.uniform(0, 960, 2)), 30, 20, (200, 20, 60))
        canvas.line([(x, 300 + 100 * rng.standard_normal()) for x in range(30, 900, 3)], (0, 114, 178), 2.5)
        canvas.glow(Box(600, 200, 800, 400), (240, 96, 150), 0.8, Box(20, 20, 760, 380))
        canvas.text((rng.uniform(0, 900), 41.3), f"moves {k}", 27, (20, 20, 90))

    for size in ((960, 540), (479, 271)):
        base = Canvas(size)
        still(base)
        layer = base.layer()
        for k in range(4):
            frame, scratch = Canvas(size, layer), Canvas(size)
            still(scratch)
            for canvas in (frame, scratch):
                moving(canvas, k)
            np.testing.assert_array_equal(frame.pixels(), scratch.pixels())


def test_words_are_those_that_pillow_writes():
    picture = np.full((60, 200, 3), 230, dtype=np.uint8)
    image = Image.fromarray(picture)
    for at, anchor in (((10.4, 20.7), "lm"), ((100.0, 30.5), "mm"), ((195.2, 50.1), "rm")):
        write(picture, at, "Wg 0.5", 17.0, (20, 90, 160), anchor)
        ImageDraw.Draw(image).text(at, "Wg 0.5", (20, 90, 160), ImageFont.load_default(17.0), anchor)
    np.testing.assert_array_equal(picture, np.asarray(image))


def test_swapping_the_tethered_animals_mirrors_partner_and_stranger():
    for colour in (BLUISH_GREEN, ORANGE):
        left, right = (
            is_colour(in_region(draw(three(side=side)), arrange(three()).regions.arena), colour)
            for side in ("left", "right")
        )
        mirrored = right[:, ::-1]
        assert left.sum() > 800
        assert (left & mirrored).sum() / (left | mirrored).sum() > 0.95
        assert (left & right).sum() == 0


def test_contact_puts_bodies_side_by_side_and_changes_the_picture():
    apart, together = three(0), three(0, contacts=((0, 1),))
    scene = arrange(together)
    focal, partner = place_of(scene, 0), place_of(scene, 1)
    assert focal.x == partner.x
    assert 0.9 * scene.body_width <= abs(focal.y - partner.y) <= scene.body_width
    assert (
        math.hypot(*np.subtract(place_of(arrange(apart), 0)[1:3], place_of(arrange(apart), 1)[1:3])) > scene.body_length
    )
    box = scene.chambers[0].grown(-6)
    assert np.abs(in_region(draw(apart), box).astype(int) - in_region(draw(together), box)).max(axis=-1).mean() > 5

    # The glow reddens the bedding around the two; nothing else in that corner is as red.
    def reddened(picture: np.ndarray) -> int:
        room = in_region(picture, box).astype(int)
        return int((room[..., 0] - room[..., 1] > 40).sum())

    assert reddened(draw(together)) > reddened(draw(apart)) + 1000


def test_the_tethered_stay_put_when_somebody_joins_them():
    assert place_of(arrange(three(0, contacts=((0, 1),))), 1)[1:3] == place_of(arrange(three(1)), 1)[1:3]


def test_a_withdrawn_animal_turns_to_the_wall_and_pales():
    shown, withdrawn = three(), three(withdrawn=True)
    headings = [place_of(arrange(snapshot), 2).heading_deg for snapshot in (shown, withdrawn)]
    assert headings == [180.0, 0.0]  # the stranger is on the right: inward is left
    arena = arrange(shown).regions.arena
    assert is_colour(in_region(draw(shown), arena), ORANGE).sum() > 800
    assert is_colour(in_region(draw(withdrawn), arena), ORANGE).sum() == 0


def test_a_walker_moves_from_door_to_door_in_proportion():
    scenes = []
    for fraction in (0.0, 0.25, 1.0):
        walker = AnimalView("focal", 1, travel_to=2, travel_fraction=fraction)
        scenes.append(arrange(three(animals=(walker, *three().animals[1:]))))
    (x0, y0), (x1, y1) = scenes[0].tubes[1]
    assert place_of(scenes[0], 0)[1:4] == pytest.approx((x0, y0, 0.0))
    assert place_of(scenes[1], 0).x == pytest.approx(x0 + 0.25 * (x1 - x0))
    assert place_of(scenes[2], 0)[1:3] == pytest.approx((x1, y1))
    assert x0 == pytest.approx(scenes[0].chambers[1].x1)
    assert x1 == pytest.approx(scenes[0].chambers[2].x0)


def test_two_walkers_pass_each_other_in_a_tube():
    there = AnimalView("focal", 0, travel_to=1, travel_fraction=0.5)
    back = AnimalView("other", 1, travel_to=0, travel_fraction=0.5)
    masks = body_masks(arrange(Snapshot(**ROW, animals=(there, back))))
    assert not (masks[0] & masks[1]).any()


def test_an_explorer_moves_with_time_and_a_resting_animal_does_not():
    def focal_at(action: str, time_s: float) -> Place:
        return place_of(arrange(three(action=action, time_s=time_s)), 0)

    assert focal_at("rest", 30.0) == focal_at("rest", 60.0)
    assert focal_at("explore", 30.0) != focal_at("explore", 60.0)


# --- room for many ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [ROW, CROSS], ids=["row", "cross"])
@pytest.mark.parametrize(
    "contacts",
    [(), ((0, 1),), ((0, 1), (2, 3), (4, 5), (6, 7)), ((0, 4), (4, 2), (1, 7)), tuple((k, k + 1) for k in range(7))],
    ids=["loose", "pair", "pairs", "chain", "all"],
)
def test_eight_animals_in_one_chamber_do_not_overlap(layout, contacts):
    assert_apart_and_inside(eight((1,) * 8, contacts, layout))


def test_no_overlap_in_any_of_many_random_moments():
    rng = np.random.default_rng(7)
    for _ in range(12):
        chambers = tuple(int(k) for k in rng.integers(0, 3, 8))
        pairs = [(a, b) for a in range(8) for b in range(a) if chambers[a] == chambers[b] and rng.random() < 0.2]
        assert_apart_and_inside(eight(chambers, tuple(pairs)))


@pytest.mark.parametrize("contacts", [(), ((0, 1),), ((0, 1), (1, 2)), ((1, 2),)])
def test_no_overlap_when_all_three_meet_at_a_tether(contacts):
    animals = (AnimalView("focal", 0), AnimalView("partner", 0, tethered=True), AnimalView("stranger", 0))
    assert_apart_and_inside(Snapshot(**ROW, animals=animals, contacts=contacts))


@pytest.mark.parametrize("n_chambers", [1, 2, 4, 6])
def test_chambers_of_a_row_are_equal_and_apart(n_chambers):
    snapshot = Snapshot(
        chamber_names=tuple("abcdef"[:n_chambers]),
        chamber_edges=tuple((k, k + 1) for k in range(n_chambers - 1)),
        chamber_xy=tuple((float(k), 0.0) for k in range(n_chambers)),
        animals=(AnimalView("focal", 0),),
    )
    scene = arrange(snapshot)
    assert len({(round(box.width, 6), round(box.height, 6)) for box in scene.chambers}) == 1
    for left, right in zip(scene.chambers, scene.chambers[1:], strict=False):
        assert right.x0 - left.x1 >= 40
    assert draw(snapshot).shape == (540, 960, 3)


def test_colours_go_by_the_kind_of_animal():
    assert animal_colour("partner", 5) == BLUISH_GREEN
    assert animal_colour("stranger 3", 5) == animal_colour("stranger-1", 2) == ORANGE
    assert animal_colour("vole 2", 1) == SKY_BLUE
    assert len({animal_colour(f"vole {k}", k) for k in range(1, 7)}) == 6


# --- text ------------------------------------------------------------------------------------------------------------


def test_the_text_says_who_is_where_and_what_happened():
    text = describe(
        three(
            0,
            withdrawn=True,
            contacts=((0, 1),),
            title="Partner preference",
            action="affiliate partner",
            oxytocin=(0.0, 0.5, 1.0),
            receptor_signal=(0.0, 0.25, 0.5),
            familiarity={"partner": 0.834, "stranger": 0.1},
            huddle_s={"partner": 4320.0, "stranger": 30.0},
        )
    )
    assert text.splitlines() == [
        "Partner preference | receptor gain 0.5 | 1:30:00 of 3:00:00",
        "  left:   focal, partner (tethered)",
        "  centre: -",
        "  right:  stranger (tethered, withdrawn)",
        "focal: affiliate partner; in contact with partner",
        "oxytocin 1.00, receptor signal 0.50  ▁▅█",
        "partner: 72.0 min in contact, familiarity 0.83",
        "stranger: 0.5 min in contact, familiarity 0.10",
    ]


def test_the_text_tells_of_walkers_and_of_a_test_that_has_not_begun():
    walker = AnimalView("focal", 1, travel_to=2, travel_fraction=0.4)
    text = describe(three(animals=(walker, *three().animals[1:]), action=""))
    assert "focal walks from centre to right (40%)" in text
    assert "  centre: -" in text
    assert "focal: no action yet; in contact with nobody" in text
    assert "oxytocin -, receptor signal -" in text


# --- what does not fit together --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"animals": ()}, "at least one chamber and one animal"),
        ({"chamber_xy": ((0.0, 0.0),)}, "chamber_xy has 1 positions for 3 chambers"),
        ({"chamber_xy": ((0.0, 0.0), (0.0, 0.0), (1.0, 0.0))}, "two chambers at one position"),
        ({"chamber_edges": ((0, 3),)}, r"chamber_edges has \(0, 3\); it must join two different chambers of 0..2"),
        ({"chamber_edges": ((1, 1),)}, r"chamber_edges has \(1, 1\)"),
        ({"animals": (AnimalView("focal", 7),)}, r"animal 0 \(focal\) is in chamber 7; there are 0..2"),
        ({"animals": (AnimalView("focal", 0, travel_to=0),)}, "walks from chamber 0 to 0"),
        ({"animals": (AnimalView("focal", 0, 1, 1.5),)}, "travel_fraction must be in 0..1, got 1.5"),
        ({"contacts": ((0, 1),)}, "focal is in centre and partner in left"),
        ({"contacts": ((0, 5),)}, r"contacts has \(0, 5\); it must pair two different animals of 0..2"),
        ({"duration_s": 0.0}, "duration_s must be finite and above 0, got 0.0"),
    ],
)
def test_a_snapshot_that_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        three(1, **changes)


def test_a_walker_cannot_be_in_contact():
    walker = AnimalView("focal", 0, travel_to=1, travel_fraction=0.1)
    with pytest.raises(ValueError, match="one of focal and partner is walking"):
        three(animals=(walker, *three().animals[1:]), contacts=((0, 1),))
