"""The engine of asking: what kinds of questions there are, when one is asked, and how a form becomes its next version."""
