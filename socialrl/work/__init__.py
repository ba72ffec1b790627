"""Work that is done piece by piece, on this machine or on many: tasks as plain data, and what carries them out."""
