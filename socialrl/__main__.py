"""`python -m socialrl` is the command `socialrl`."""

import sys

from socialrl.cli import main

if __name__ == "__main__":
    sys.exit(main())
