"""Forms of calls, by step of their setting up."""
