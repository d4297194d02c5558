"""Abstracts, answers and reviews, composed from sentences of our own by a seeded choice."""

import random

OPENINGS = (
    "Everybody who works on {about} knows the gap: what is measured is not what is needed.",
    "Today {about} is handled by rules of thumb that were made for other places and other times.",
    "Two years of pilot work have shown us that {about} can be learned, and where the learning stops.",
    "There is no open model for {about}; the closed ones can't be examined where they fail.",
    "{About} decides more than it is given credit for, and is studied less than it should be.",
)
METHODS = (
    "We will pretrain on openly licensed data of {n} sources, adapt with a few hundred labelled cases, and measure under shift from the first month on.",
    "Our method joins a compact transformer with what the field already knows as equations, so that it stays within what is possible.",
    "We build a small model first, publish it in month six, and let its users decide what the large one must do better.",
    "We compare four architectures at equal cost, publish all four, and carry on with the one that fails most honestly.",
    "A held-out region, season and sensor are set aside before anything is trained, and are opened once.",
)
USES = (
    "Three partner organisations will run the result in their daily work and report what it changed.",
    "The result runs on a single card that a department can afford, and without a connection.",
    "A public service with twelve stations has agreed to test it beside what it uses now.",
    "Teachers and practitioners take part from the first design meeting, and are paid for it.",
)
OUTPUTS = (
    "Weights, training code, data and a report on every failure found are published under open licences.",
    "We will publish the data set with its consent forms, the model with its weights, and the evaluation as a package that anybody can run.",
    "All software is released under Apache-2.0 as it is written, not at the end.",
)
RISKS = (
    "The largest risk is data that does not come in time; we have agreements for two thirds of it and a smaller design for the rest.",
    "If the method does not beat the simple baseline by the end of the first year, we stop it, publish why, and spend the rest on the data set.",
    "The partner may change its systems. We keep the interface small and test it each week.",
)
EVALUATIONS = (
    "We use the alliance's common framework, version 2, with its measures of accuracy, calibration and energy, and add two of our own that our users chose.",
    "Results are reported with intervals over seeds and regions, beside a baseline that a student can build in a day.",
)
TEAMS = (
    "The principal investigator has led two open projects that others still use; the co-investigator knows the field work; the engineer has kept a package with many users alive for six years.",
    "We are a method group and a domain group that have published together before, with a research engineer who stays for the whole time.",
)
ETHICS = (
    "People appear in the data only where they agreed, and can leave. A board of users meets twice a year and can stop a release.",
    "A wrong warning costs trust and money. We publish the rate of false alarms first, and never show a figure without its range.",
)
PRAISE = (
    "The question is important and the proposal knows its literature.",
    "What convinced me most is the plan to stop early if the baseline is not beaten.",
    "The openness plan is exemplary: licences, places and dates are named.",
    "The team has done this before, and says honestly where it has not.",
    "The evaluation is thought through, held-out regions included.",
)
DOUBTS = (
    "I am less sure about the amount of labelled data; it seems small for the claim.",
    "The budget for compute could be argued better.",
    "Milestones in the second year are vague.",
    "The comparison with existing systems is missing, and would be easy to add.",
    "The risk of a partner leaving is named but not answered.",
)
ADVICE = (
    "I would ask for a clearer plan of maintenance after the end.",
    "Please say which measure decides, before anything is trained.",
    "A smaller first release would help the users more than a large late one.",
    "Consider a second site to test whether the result carries over.",
)


def _upper(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


# Abstracts are put together of halves, so that hardly two of them are alike: what is flagged as nearly the same should be.
ASKED = (
    ("Nobody can yet say", "how {about} changes from one place to the next"),
    ("For ten years the field has guessed", "what would happen if {about} were measured every day"),
    ("Practitioners tell us, again and again,", "that {about} costs them more hours than anything else"),
    ("A single number hides it:", "behind {about} stand at least {n} causes that act together"),
    ("Where others collect more,", "we ask which tenth of what is known about {about} was ever needed"),
    ("Last winter a failure in the north showed", "that {about} is not understood by those who sell it"),
    ("Text books treat it in a footnote;", "yet {about} decides whether the rest can be used"),
    ("Our pilot with {n} sites ended in a surprise:", "{about} follows a rule that fits on a card"),
    ("It is easy to build a demonstration,", "and hard to keep {about} right through a second year"),
    ("Three communities asked for the same thing", "without knowing of each other: a way to handle {about}"),
)
DONE = (
    (
        "First we gather records that lie in {n} archives,",
        "then a model half the usual size is trained on what survives cleaning",
    ),
    ("Together with engineers of two utilities", "we instrument, label, and release month by month"),
    ("A theory of errors comes before the network:", "every layer has to earn its place against a linear rule"),
    (
        "Students of four countries annotate {n} thousand examples,",
        "disagreements are kept, and become part of the target",
    ),
    ("We start from weights that are open already,", "prune them, and retrain only what the task moves"),
    ("Simulation gives us the first million cases,", "a field season of {n} weeks the ones that matter"),
    ("Two teams work apart on the same question", "and meet every quarter to find out why they differ"),
    ("Instead of one large run we make {n} small ones,", "fit a curve through them, and predict before we pay"),
    ("A public challenge in the second spring", "opens the task to whoever has a laptop and an idea"),
    ("The hardest part, missing values,", "is modelled, not filled in, from the first experiment"),
)
LEFT = (
    ("When the money ends,", "a foundation with a budget of its own keeps the service alive"),
    ("What remains is a package of {n} functions", "that a new student understands in an afternoon"),
    ("Every failure goes into a catalogue", "that reviewers of later work can cite"),
    ("Clinics, schools and town halls", "receive it on a stick, with a manual in their language"),
    ("A course of {n} lessons", "teaches others to repeat the whole, mistakes included"),
    ("We leave behind a benchmark", "whose answers are locked up and renewed each year"),
    ("Licences are settled before the first line is written,", "so that companies and pupils may use it alike"),
    ("The data stay with those who gave them;", "what is shared are weights, statistics and the means to check both"),
)


def abstract(about: str, dice: random.Random) -> str:
    sentences = [
        " ".join((dice.choice(part)[0], dice.choice(part)[1])).format(about=about, n=dice.randint(5, 40)) + "."
        for part in (ASKED, DONE, DONE, LEFT)
    ]
    return " ".join(map(_upper, sentences))


def answers(about: str, dice: random.Random) -> dict[str, str]:
    """By the key of the question."""

    def say(*parts: tuple[str, ...]) -> str:
        return " ".join(
            dice.choice(part).format(about=about, About=_upper(about), n=dice.randint(5, 40)) for part in parts
        )

    return {
        "problem": say(OPENINGS, USES),
        "approach": say(METHODS) + "\n\n" + say(METHODS, EVALUATIONS),
        "risks": say(RISKS),
        "outputs": say(OUTPUTS),
        "evaluation": say(EVALUATIONS),
        "team": say(TEAMS),
        "ethics": say(ETHICS),
    }


def review_texts(mean: float, dice: random.Random) -> tuple[str, str]:
    """(for the applicant, for the panel): more praise the higher the mean score on a scale to 5."""
    praise, doubts = (2, 1) if mean >= 3.5 else (1, 2)
    words = [*dice.sample(PRAISE, praise), *dice.sample(DOUBTS, doubts), dice.choice(ADVICE)]
    verdict = (
        "I would fund this." if mean >= 4 else "I would fund this if there is money." if mean >= 3.2 else "Not yet."
    )
    return " ".join(words), verdict
