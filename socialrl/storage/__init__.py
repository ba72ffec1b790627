"""Run folders: how their files are written, locked, read and described."""
