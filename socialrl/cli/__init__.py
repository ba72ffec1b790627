"""The command line: parses, then calls. Heavy libraries are imported inside the verbs, so that help is fast."""

# In the order in which help lists the verbs.
from socialrl.cli import (  # noqa: I001
    run_verbs,  # noqa: F401
    sweep_verbs,  # noqa: F401
    world_verbs,  # noqa: F401
    study_verbs,  # noqa: F401
    plan_verbs,  # noqa: F401
    inference_verbs,  # noqa: F401
    format_verbs,  # noqa: F401
    folder_verbs,  # noqa: F401
    file_verbs,  # noqa: F401
)
from socialrl.cli.entry import main

__all__ = ["main"]
