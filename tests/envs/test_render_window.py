"""The window that shows frames to a person, and what is said without pygame."""

from __future__ import annotations

import sys

import gymnasium
import numpy as np
import pytest
from test_render import three

from socialrl_envs.render import HumanWindow, draw

# --- the window ------------------------------------------------------------------------------------------------------


def test_without_pygame_the_window_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygame", None)
    window = HumanWindow()
    with pytest.raises(gymnasium.error.DependencyNotInstalled, match=r'pip install "socialrl-envs\[human\]"'):
        window.show(draw(three(), (160, 90)))
    assert not window.is_open


def test_the_window_shows_the_frame_follows_its_size_and_closes(monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    window = HumanWindow("a test", fps=None)
    assert not window.is_open
    for size in ((160, 90), (320, 180)):
        frame = draw(three(), size)
        assert window.show(frame)
        shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
        np.testing.assert_array_equal(shown, frame)
    window.close()
    window.close()
    assert not window.is_open
    assert not pygame.display.get_init()
    assert window.show(frame)  # closed by the program, so it may open again
    window.close()


def test_a_window_that_the_person_closed_stays_closed(monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    window, frame = HumanWindow(fps=1000.0), draw(three(), (160, 90))
    assert window.show(frame)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert not window.show(frame)
    assert not window.is_open
    assert not window.show(frame)
    assert not pygame.display.get_init()


@pytest.mark.parametrize("fps", [0, -1.0])
def test_a_window_refuses_an_impossible_rate(fps):
    with pytest.raises(ValueError, match=f"fps must be above 0, or None for no limit; got {fps}"):
        HumanWindow(fps=fps)
