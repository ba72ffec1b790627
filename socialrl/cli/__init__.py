"""The command line: parses, then calls. Heavy libraries are imported inside the verbs, so that help is fast."""

# In the order in which help lists the verbs.
from socialrl.cli import run_verbs, world_verbs, study_verbs, inference_verbs, folder_verbs, file_verbs  # noqa: F401, I001
from socialrl.cli.entry import main

__all__ = ["main"]
