"""Laboratory formats in and out: score sheets, tracks, archives."""
