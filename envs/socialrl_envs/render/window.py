"""A window that shows frames. It needs the optional pygame, imported when the first frame is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.error import DependencyNotInstalled


class HumanWindow:
    """Shows frames in a window that opens with the first one.

    `fps` holds the loop back to that many frames a second; None shows frames as fast as they come. Once the person has
    closed the window it stays closed: `show` then returns False and draws nothing, so that a loop can continue or stop.
    Raises gymnasium.error.DependencyNotInstalled at the first frame where pygame is missing.
    """

    def __init__(self, caption: str = "socialrl", fps: float | None = 15.0) -> None:
        if fps is not None and not fps > 0:
            raise ValueError(f"fps must be above 0, or None for no limit; got {fps}")
        self.caption = caption
        self.fps = fps
        self.closed_by_person = False
        self._pygame: Any = None
        self._screen: Any = None
        self._timer: Any = None

    @property
    def is_open(self) -> bool:
        return self._screen is not None

    def show(self, frame: np.ndarray) -> bool:
        """Shows a frame, (height, width, 3) uint8; returns False once the person has closed the window."""
        if self.closed_by_person:
            return False
        height, width = frame.shape[:2]
        if self._screen is None:
            self._open((width, height))
        elif self._screen.get_size() != (width, height):
            self._screen = self._pygame.display.set_mode((width, height))
        # pygame wants (width, height, 3).
        self._screen.blit(self._pygame.surfarray.make_surface(frame.swapaxes(0, 1)), (0, 0))
        self._pygame.display.flip()
        if any(event.type == self._pygame.QUIT for event in self._pygame.event.get()):
            self.close()
            self.closed_by_person = True
            return False
        if self.fps is not None:
            self._timer.tick(self.fps)
        return True

    def close(self) -> None:
        """Closes the window; harmless where none is open."""
        if self._screen is not None:
            self._screen = None
            self._pygame.display.quit()

    def _open(self, size: tuple[int, int]) -> None:
        try:
            import pygame
        except ImportError as error:
            raise DependencyNotInstalled(
                'render_mode="human" needs pygame; install it with: pip install "socialrl-envs[human]"'
            ) from error
        self._pygame = pygame
        pygame.display.init()
        pygame.display.set_caption(self.caption)
        self._screen = pygame.display.set_mode(size)
        self._timer = pygame.time.Clock()
