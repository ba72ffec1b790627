"""What editors and authors of files need: the kinds of files, their JSON Schema, a check, and examples to copy."""
