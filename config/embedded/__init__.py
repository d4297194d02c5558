"""PostgreSQL and Valkey run from wheels, with their data under `var/`. Started by commands, never by settings."""
