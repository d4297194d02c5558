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


# Abstracts have many gaps to fill, so that hardly two of them are alike: what is flagged as nearly the same should be.
WHO = ("farmers", "nurses", "ship owners", "town halls", "teachers", "foresters", "court clerks", "bus drivers", "fishers", "archivists", "midwives", "grid operators")  # fmt: skip
WHERE = ("two valleys of the Andes", "the Mekong delta", "Lapland", "the suburbs of Lagos", "a coast that sinks", "Silesia", "eleven islands", "the Sahel", "a port that never sleeps", "the Carpathians", "Kerala", "the high plains")  # fmt: skip
WITH = ("graph networks", "a small transformer", "kernel methods", "state-space models", "physics written as code", "contrastive pairs", "a mixture of experts", "plain regression", "diffusion", "retrieval over archives", "causal graphs", "ensembles")  # fmt: skip
WHAT = ("logbooks", "radar", "old photographs", "telephone calls", "pollen counts", "invoices", "tide gauges", "school essays", "thermal images", "weather diaries", "sensor drift", "spoken reports")  # fmt: skip
ASKED = (
    "Nobody can yet say how {about} differs between {where} and the places where models were made.",
    "{who} in {where} lose hours each week to {about}.",
    "For ten years {about} was guessed from {what}; the guesses stopped working when {who} changed their habits.",
    "Behind {about} stand at least {n} causes, and {what} show only two of them.",
    "Our pilot with {who} of {where} ended in a surprise: {about} can be read from {what}.",
    "It is easy to build a demonstration of {about}, and hard to keep it right once {who} rely on it.",
)
DONE = (
    "We gather {what} from {n} archives and train {with_} on what survives cleaning.",
    "With {who} we label {what}, release month by month, and compare {with_} to a rule that fits on a card.",
    "A theory of errors comes first; then {with_} must earn its place on {what} that were set aside.",
    "Students in {where} annotate {n} thousand {what}; where they disagree, {with_} learns to say so.",
    "Simulation gives us the first million cases, {n} weeks in {where} the ones that matter, and {with_} joins the two.",
    "Instead of one large run we make {n} small ones with {with_}, and predict before we pay.",
)
LEFT = (
    "What remains is a package of {n} functions that {who} can use without us.",
    "Every failure goes into a catalogue, kept by {who} in {where}.",
    "A course of {n} lessons teaches others to repeat it with their own {what}.",
    "The {what} stay with those who gave them; weights, statistics and the means to check both are published.",
)  # fmt: skip


def abstract(about: str, dice: random.Random) -> str:
    def say(part: tuple[str, ...]) -> str:
        gaps = {"who": WHO, "where": WHERE, "what": WHAT, "with_": WITH}
        filled = {name: dice.choice(words) for name, words in gaps.items()}
        return _upper(dice.choice(part).format(about=about, n=dice.randint(5, 40), **filled))

    return " ".join(map(say, (ASKED, DONE, DONE, LEFT)))


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
