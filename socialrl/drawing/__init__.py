"""What all pages and figures share: colours, panels, words, templates."""
