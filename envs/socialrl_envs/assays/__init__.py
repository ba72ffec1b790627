"""The assays, one a file; `socialrl_envs.ASSAYS` is the table of their ids."""
