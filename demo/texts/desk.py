"""What is asked, answered and noted in the demo world."""

# (call, what somebody asked, the answer or nothing yet, whether all read it)
QUESTIONS: tuple[tuple[str, str, str, bool], ...] = (
    ("SEED", "May two people lead the proposal together?", "One person leads and answers for it. Name the other as co-investigator: both are judged.", True),
    ("SEED", "Is a month of a doctoral student's salary paid for?", "Yes, under personnel, for the time that the student works on this idea.", True),
    ("SEED", "Our ethics board meets after the deadline. Is that a problem?", "No. Say so under “Care”: work with people begins once it has agreed, and so do payments for it.", True),
    ("VOICES", "We would record in two countries. Do both partners need an office here?", "Only the university that hands in. Partners are named in the team and in the budget as subawards.", True),
    ("VOICES", "Can we see how the ideas were judged that were invited before ours?", "We don't show other people's proposals. The criteria are on the call's page.", False),
    ("COMPUTE", "Which accelerators count for the hours?", "", False),
    ("SEED", "Would a workstation be paid for out of other direct costs?", "", False),
)  # fmt: skip

GUIDANCE = """{call}: guidance for applicants

1. Write for readers who know the field, but not your corner of it.
2. Say what will be open, where, and under which licence.
3. Have your research office look at the budget a week before the deadline. It signs; you can't.
4. What you hand in can be taken back and changed until the deadline. The last one counts.
5. Ask early. Answers that concern everybody stand on the call's page.
"""

NOTES = (
    "Abstract names a company as partner, the team doesn't. Asked the applicants.",
    "Very close to what was funded two years ago. Worth a look at the differences.",
    "Budget looks high for compute; within the rules.",
)
ASKED = (
    "Your abstract names a partner in industry that is not in the team. Who is it, and what does it bring?",
    "The budget has equipment in the last year only. Is that what you mean?",
)
ANSWERED = (
    "It is the board maker that fabricates our test chips. It is paid as a supplier and has no say in what we publish."
)
