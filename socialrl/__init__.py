"""socialrl: reinforcement learning of social reward. Importing this loads no torch; see `socialrl --help`."""

__version__ = "0.1.0"
