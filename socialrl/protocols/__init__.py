"""Life histories as data: cohousing, separation, drugs and tests, from a protocol file."""
