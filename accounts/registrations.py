"""What this app tells lower ones. Imported once at start."""

from accounts.saving import kept
from core.lists import keep_by

keep_by(kept)
