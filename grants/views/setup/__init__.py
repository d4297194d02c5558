"""Setting a call up without code, a module for each step."""
