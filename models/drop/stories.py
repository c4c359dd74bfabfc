"""Word problems: a scene, numbers that fit it, a narrator who tells it, and the thought that solves it."""
from arabic import narrator as arabic
from english import narrator as english
import relations
from grammar import slip
from scenes import SCENES, SHARES

# Without such a fact what is left is a shorter story, and can be answered.
MAY_BE_LEFT_OUT = ("end after gain", "end after loss", "missing", "whole")
NARRATORS = {"en": english.Narrator, "ar": arabic.Narrator}


def solve(scene, numbers):
    """[(relation, x, y, lines, result)], or None where the numbers do not fit"""
    known, steps = dict(numbers), []
    for relation, left, right in scene.steps:
        x, y = known[left], known[right]
        if None in (x, y):
            return steps + [(relation, x, y, None, None)]
        solved = relations.solve(relation, x, y)
        if solved is None or solved[1] < 1:
            return None
        steps.append((relation, x, y, *solved))
        known["r"] = solved[1]
    return steps


def draw(scene, number, rng):
    """Numbers for the letters of a scene, mostly small ones."""
    divides = {right for relation, _, right in scene.steps if relation in ("each", "groups", "once", "rest", "full groups", "groups for all")}
    divides |= {"a"} if any(step[0] == "each" and step[2] == "a" for step in scene.steps) else set()
    for _ in range(400):
        numbers = {}
        size = rng.choices([20, 99, 999, 9999], [32, 46, 18, 4])[0]
        for letter in scene.letters():
            if letter in divides:
                numbers[letter] = rng.randint(2, 9) if rng.random() < 0.75 else rng.choice([10, 10, 12, 15, 20, 25, 30, 40, 50, rng.randint(11, 30)])
            elif letter in scene.small:
                numbers[letter] = number(2, rng.choice([9, 9, 12, 30, 99]))
            else:
                numbers[letter] = number(2, size)
        for letter in scene.idle:
            numbers[letter] = number(2, size)
        # A division comes out even in one draw of many: make the first number a multiple instead.
        relation, left, right = scene.steps[0]
        if relation in ("each", "groups", "once") and left != "r":
            numbers[left] -= numbers[left] % numbers[right]
            if size < 100 and rng.random() < 0.6:
                numbers[left] = numbers[right] * rng.randint(2, 12)
        relation, left, right = scene.steps[-1]
        if len(scene.steps) == 2 and relation in ("each", "groups") and left == "r":
            first = solve(scene, dict(numbers, **{right: None}))
            if not first or first[0][4] is None:
                continue
            # change a so that the second step has no remainder
            over = first[0][4] % numbers[right]
            if scene.steps[0][0] not in ("total", "part"):
                numbers["a"] += (numbers[right] - over) % numbers[right]
            elif over:
                continue
        if any(n < 2 for n in numbers.values()):
            continue
        if solve(scene, numbers):
            return numbers
    return None


def _text(narrator, scene, numbers, drop=None, stranger=False):
    """The sentences and the question; `drop` is a letter whose fact is left out."""
    rng = narrator.rng
    facts = []
    for pool, slots in scene.facts:
        before = set(narrator.told)
        narrator.told = set()
        fact = narrator.fact(pool, {slot: numbers.get(letter) for slot, letter in slots.items()})
        letters = {slots[slot] for slot in narrator.told}
        narrator.told = before | letters
        if drop is not None and letters == {drop}:
            continue
        facts.append(fact)
    before, narrator.told = narrator.told, set()
    pool = "ASK_STRANGE" if stranger else rng.choice(scene.asks)
    ask = narrator.ask(pool, dict(x=numbers.get("a"), y=numbers.get("b"), z=numbers.get("c")))
    narrator.told = before | {dict(x="a", y="b", z="c")[slot] for slot in narrator.told}
    return facts, ask


def _arranged(narrator, facts, ask):
    rng = narrator.rng
    if facts and facts[-1].endswith(","):
        facts[-1] = facts[-1][:-1] + "."
    if len(facts) > 1 and rng.random() < 0.25 and not facts[0].endswith(","):
        facts = narrator.join(facts)
    if rng.random() < 0.14:
        places = [i for i in range(len(facts) + 1) if i == 0 or not facts[i - 1].endswith(",")]
        for place in rng.sample(places, min(len(places), rng.choice([1, 1, 1, 2]))):
            facts.insert(place, narrator.aside())
    order = rng.random()
    if facts and order < 0.1:
        return narrator.question_first(facts, ask)
    if facts and order < 0.22:
        return narrator.conditional(facts, ask)
    return " ".join([*facts, ask])


def make(rng, lang, skill, number, held, words, missing=False):
    """(question, lines of the thought, result or None, clauses, numbers), or None. `missing` makes a near miss: the same
    wording, but a number is not told, or the question is about what was not told."""
    scene = rng.choices(SCENES[skill], SHARES[skill])[0]
    numbers = draw(scene, number, rng)
    if numbers is None:
        return None
    narrator = NARRATORS[lang](rng, held, scene.world)
    if not missing:
        facts, ask = _text(narrator, scene, numbers)
        if not set(scene.letters()) <= narrator.told:
            return None
        thought, result = _thought(scene, numbers, lang)
    else:
        kind, hole = rng.random(), rng.choice(scene.letters())
        if kind < 0.45:                                     # "some apples"
            facts, ask = _text(narrator, scene, dict(numbers, **{hole: None}))
            if hole not in narrator.told:
                return None
            thought = _thought(scene, dict(numbers, **{hole: None}), lang)[0] + [words.NOT_TOLD]
        elif kind < 0.75 and not (len(scene.steps) > 1 and scene.steps[-1][2] == hole and scene.steps[-1][0] in MAY_BE_LEFT_OUT
                                  or len(scene.steps) > 1 and scene.steps[0][2] == hole and scene.steps[0][0] in MAY_BE_LEFT_OUT):
            # the sentence is left out
            facts, ask = _text(narrator, scene, numbers, drop=hole)
            if not facts or len(facts) == len(scene.facts):
                return None
            thought = _thought(scene, dict(numbers, **{hole: None}), lang)[0] + [words.NOT_TOLD]
        else:
            facts, ask = _text(narrator, scene, numbers, stranger=True)
            thought = [words.ASKED_NOT_TOLD]
        result = None
    question = _arranged(narrator, facts, ask)
    if not held and rng.random() < 0.1:
        question = slip(question, rng, lang)
    return question, thought, result, narrator.clauses, list(numbers.values())


def _thought(scene, numbers, lang):
    thought, result = [], None
    for relation, x, y, lines, result in solve(scene, numbers):
        thought += [relations.state(relation, lang, x, y), *(lines or [])]
    return thought, result
