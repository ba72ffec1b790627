"""Pictures of an assay: a frame (`draw`), a few lines of text (`describe`) and a window (`HumanWindow`).

Everything is drawn from a `Snapshot`, a plain record of one moment, so that any world that can fill one in can be seen.
Needs the extra `render`.
"""

from gymnasium.error import DependencyNotInstalled

try:
    import PIL  # noqa: F401
except ImportError as error:
    raise DependencyNotInstalled(
        'a render_mode needs Pillow; install it with: pip install "socialrl-envs[render]"'
    ) from error

from .frame import draw
from .snapshot import AnimalView, Snapshot
from .text import describe
from .window import HumanWindow

__all__ = ["AnimalView", "HumanWindow", "Snapshot", "describe", "draw"]
