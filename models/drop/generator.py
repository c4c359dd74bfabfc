"""Questions with worked thoughts, in English and Arabic, seeded, each one checked.

    python3 generator.py --count 2000 --seed 7 > questions.jsonl      held questions
    python3 generator.py --train --thoughts --count 20                a look at the training side

A problem belongs to the training side or to the held side, never to both:

  numbers    a held question has a number of the ranges in `held_number`; training questions have none
             (results and steps may fall in them). Holds for all skills but days and refusals;
  templates  a template is the tuple of clauses that a question is made of. Of word problems, unit conversions and
             refusals one tuple in six (by hash) is held: it never occurs in training, though each of its clauses does,
             in other company. The other skills have too few phrasings for that and hold numbers alone;
  names      the six HELD_NAMES of each language occur in held problems only;
  days       their numbers are small, so a quarter of the triples (day, number, direction) is held instead.

Training has more wordings (WIDER) and longer numbers than the held side; the held questions are made without them.

Digits are 0 to 9 in both languages; Arabic-Indic digits (٠ to ٩) are not taught.
"""
import argparse
import json
import random
import re
import zlib
from dataclasses import dataclass

import arithmetic
import words_ar
import words_en

SKILLS = ["add", "sub", "mul", "div", "word1", "word2", "compare", "order", "units", "days", "refuse"]
TRAINING_SHARES = dict(add=12, sub=12, mul=9, div=6, word1=22, word2=20, compare=5, order=5, units=7, days=5, refuse=4)
LATER_SHARES = dict(add=4, sub=11, mul=6, div=5, word1=30, word2=25, compare=6, order=15, units=5, days=3, refuse=3)
TEST_SHARES = dict(add=15, sub=15, mul=9, div=5, word1=16, word2=16, compare=5, order=5, units=5, days=5, refuse=4)
WORDS = {"en": words_en, "ar": words_ar}


@dataclass
class Problem:
    skill: str
    lang: str
    question: str
    thought: str
    answer: str

    def reply(self):
        """What the model writes after the prompt, which ends in `<think>` and a new line."""
        return f"{self.thought}\n</think>\n\n{self.answer}"


def held_number(n):
    return n in (37, 38, 64, 65, 82, 83) or 430 <= n <= 459 or 760 <= n <= 789 or 3600 <= n <= 3999 or 8200 <= n <= 8499


def held_key(*parts, one_in=6):
    return zlib.crc32(repr(parts).encode()) % one_in == 0


class _Draft:
    """Collects what a question is made of, and decides whether it fits the side it is written for."""

    def __init__(self, rng, lang, held):
        self.rng, self.lang, self.held, self.words = rng, lang, held, WORDS[lang]
        self.clauses, self.numbers = [], []
        w = self.words
        if held:
            (self.name, self.gender), (self.other, _) = rng.sample(w.HELD_NAMES, 2)
        else:
            (self.name, self.gender), (self.other, _) = rng.sample(w.NAMES, 2)
            if rng.random() < 0.35:
                self.name = _invented_name(rng, lang)
            if rng.random() < 0.35:
                self.other = _invented_name(rng, lang)
        self.thing, self.box = rng.choice(w.THINGS), rng.choice(w.BOXES)

    def pick(self, *pools):
        """One clause out of several pools of the words module, which are named or given."""
        clauses = []
        for pool in pools:
            clauses += getattr(self.words, pool) if isinstance(pool, str) else pool
            if isinstance(pool, str) and not self.held:
                clauses += self.words.WIDER.get(pool, [])
        clause = self.rng.choice(clauses)
        self.clauses.append(clause)
        return clause

    def number(self, low, high):
        """Small numbers as often as large ones; a held range as often as not where the problem is a held one."""
        rng = self.rng
        if self.held and rng.random() < 0.6:
            ranges = [r for r in ((37, 38), (64, 65), (82, 83), (430, 459), (760, 789), (3600, 3999), (8200, 8499))
                      if low <= r[0] and r[1] <= high]
            if ranges:
                return rng.randint(*rng.choice(ranges))
        if not self.held and 499 <= high <= 999 and rng.random() < 0.25:
            high = high * 10 + 9
        digits = rng.randint(len(str(low)), len(str(high)))
        return rng.randint(max(low, 10 ** (digits - 1)), min(high, 10 ** digits - 1))

    def note(self, *numbers):
        self.numbers += numbers

    def fits(self, hold_numbers=True, one_in=6):
        if not self.held and any(map(held_number, self.numbers)):
            return False
        if self.held and hold_numbers and not any(map(held_number, self.numbers)):
            return False
        return held_key(self.lang, *self.clauses, one_in=one_in) == self.held

    def fill(self, text, **numbers):
        text = text.replace("{x", "{" + numbers.pop("x", "x"))
        fields = dict(n=self.name, m=self.other, **numbers)
        if self.lang == "en":
            box, boxes = self.box
            thing = self.thing[:-2] if self.thing.endswith("xes") else self.thing[:-1]
            fields.update(p="she" if self.gender == "she" else "he", o=self.thing, thing=thing, box=box, boxes=boxes)
            text = text.format(**fields)
            return re.sub(r"(^|[.?!] )([a-z])", lambda found: found[1] + found[2].upper(), text)
        singular, plural, definite = self.thing
        fields.update(O=singular, OP=definite, box=self.box[0], BOXES=self.box[2])
        text = re.sub(r"\[(.*?)/(.*?)\]", r"\1" if self.gender == "he" else r"\2", text)
        text = re.sub(r"\{(\w)\.\}", lambda found: counted(numbers[found[1]], singular, plural), text)
        text = re.sub(r"\{(\w):box\}", lambda found: counted(numbers[found[1]], *self.box[:2]), text)
        text = re.sub(r"\{(\w):day\}", lambda found: counted(numbers[found[1]], "يوما", "أيام", "يوم"), text)
        text = re.sub(r"\{(\w):coin\}", lambda found: counted(numbers[found[1]], "درهما", "دراهم", "درهم"), text)
        return text.format(**fields)


def counted(n, many, few, hundreds=None):
    """An Arabic number with its noun: plural from 3 to 10, singular accusative from 11 to 99, singular for hundreds."""
    last = n % 100
    return f"{n} {few if 3 <= last <= 10 else many if last > 10 else hundreds or many}"


def _invented_name(rng, lang):
    """Letters that could be a name; none of the held ones."""
    while True:
        if lang == "en":
            kinds = rng.choice(["cvcv", "cvcvc", "vcvc", "cvccv", "cvccvc", "ccvcv"])
            name = "".join(rng.choice("bcdfghjklmnprstvwz" if kind == "c" else "aeiou") for kind in kinds).capitalize()
        else:
            name = "".join(rng.choice("ابتجحخدرزسشصطعفقكلمنهوي") for _ in range(rng.randint(3, 5))) + rng.choice(["", "", "ة", "ى", "اء"])
        if all(name != held for held, _ in WORDS[lang].HELD_NAMES):
            return name


def _joined(text, lang):
    """Two sentences as one: "Sara has 12 apples and buys 9 more." """
    if lang == "ar":
        return text.replace(". ثم ", " و", 1)
    return re.sub(r"^((?!There|\d)[^.]*)\. (?:Then (?:he|she)|He|She) ", r"\1 and ", text)


STEP = {"add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "div": arithmetic.divide}


def _bare(draft, skill):
    rng = draft.rng
    if skill in ("add", "sub"):
        a, b = draft.number(2, 9999), draft.number(2, 9999)
        if not draft.held and rng.random() < 0.2:
            b = max(2, a - rng.randint(0, 99))              # close to each other: zeros in front of the difference
        if skill == "sub" and a < b:
            a, b = b, a
    elif skill == "mul":
        a, b = (draft.number(2, 999), rng.randint(2, 9)) if rng.random() < 0.5 else (draft.number(11, 99), draft.number(11, 99))
        if not draft.held and b < 10 and rng.random() < 0.5:
            a = rng.randint(100, 9999)                      # longer than asked for: every column, with every carry
        if b < 10 and rng.random() < 0.2:
            b *= 10
    else:
        b = rng.randint(2, 9)
        a = draft.number(10, 999)
        if not draft.held and rng.random() < 0.4:
            a = rng.randint(100, 9999)
        a = a // b * b
        if not a:
            return None
    draft.note(a, b)
    question = draft.fill(draft.pick(draft.words.BARE[skill]), a=a, b=b)
    lines, result = STEP[skill](a, b)
    return question, [draft.words.PLAN[skill].format(x=a, y=b)] + lines, result


def _word1(draft, skill):
    rng, w = draft.rng, draft.words
    small = 3 if draft.lang == "ar" else 2
    kind = rng.choice(["gain", "lose", "both", "more", "groups", "price", "share", "pack"])
    if not draft.held and rng.random() < 0.1:
        kind = "pack"                                       # has few templates and looks like "groups"
    if kind in ("gain", "lose", "both", "more"):
        a, b = draft.number(3, 999), draft.number(3, 999)
        if kind in ("lose", "more"):
            if not draft.held and rng.random() < 0.1:
                b = _like(rng, a)
            if a == b or b < 3:
                return None
            a, b = max(a, b), min(a, b)
        op = "add" if kind in ("gain", "both") else "sub"
        draft.note(a, b)
        texts = {"gain": lambda: [draft.pick("HAVE"), draft.pick("GAIN"), draft.pick("ASK_NOW")],
                 "lose": lambda: [draft.pick("HAVE"), draft.pick("LOSE"), draft.pick("ASK_NOW", "ASK_LEFT")],
                 "both": lambda: [draft.pick("PAIR"), draft.pick("ASK_BOTH")],
                 "more": lambda: [draft.pick("PAIR"), draft.pick("ASK_MORE")]}[kind]()
    elif kind in ("groups", "price"):
        a, b = draft.number(3, 99 if draft.held else 999), rng.randint(small, 9)
        if rng.random() < 0.5:
            a, b = b, a
        draft.note(a, b)
        op = "mul"
        texts = [draft.pick("GROUPS"), draft.pick("ASK_TOTAL")] if kind == "groups" else [draft.pick("PRICE"), draft.pick("ASK_PRICE")]
    else:
        b = rng.randint(small, 9)
        a = draft.number(12, 499) // b * b
        if a < 3:
            return None
        draft.note(a, b)
        op = "div"
        texts = [draft.pick("SHARE"), draft.pick("ASK_EACH")] if kind == "share" else [draft.pick("PACK"), draft.pick("ASK_BOXES")]
    question = draft.fill(" ".join(texts), x="b", a=a, b=b)
    x, y = (a, b) if op != "mul" or a >= b else (b, a)  # the longer factor is walked, the digit stays
    lines, result = STEP[op](x, y)
    return question, [w.PLAN[op].format(x=x, y=y)] + lines, result


def _word2(draft, skill):
    rng, w = draft.rng, draft.words
    small = 3 if draft.lang == "ar" else 2
    kind = rng.choice(["moves", "moves", "moves", "groups", "change", "share"])
    if kind in ("moves", "share"):
        first, second = rng.choice(["add", "sub"]), rng.choice(["add", "sub"])
        a, b = draft.number(3, 499), draft.number(3, 499)
        if first == "sub" and a <= b:
            a, b = b, a
        middle = a + b if first == "add" else a - b
        opening = draft.pick("HAVE")
        moved = draft.pick("GAIN" if first == "add" else "LOSE")
        if kind == "moves":
            c = draft.number(3, 499)
            if second == "sub" and c >= middle:
                return None
            then = draft.fill(draft.pick("GAIN" if second == "add" else "LOSE"), x="c", a=a, b=b, c=c)
            ask = draft.pick("ASK_NOW", "ASK_LEFT") if second == "sub" else draft.pick("ASK_NOW")
        else:
            second, c = "div", rng.randint(small, 9)
            a += -middle % c  # so that the sharing has no remainder
            middle = a + b if first == "add" else a - b
            if middle < c:
                return None
            then, ask = draft.fill(draft.pick("THEN_SHARE"), a=a, b=b, c=c), draft.pick("ASK_EACH")
        question = " ".join([draft.fill(f"{opening} {moved}", x="b", a=a, b=b), then, draft.fill(ask)])
        x, y = a, b
    else:
        a, b = draft.number(3, 99), rng.randint(small, 9)
        x, y = a, b
        if rng.random() < 0.5:
            a, b = b, a
        first, middle = "mul", a * b
        if kind == "groups":
            second = rng.choice(["add", "sub"])
            c = draft.number(3, 499)
            if second == "sub" and c >= middle:
                return None
            texts = [draft.pick("GROUPS"), draft.pick("GAIN" if second == "add" else "LOSE"),
                     draft.pick("ASK_NOW", "ASK_LEFT") if second == "sub" else draft.pick("ASK_NOW")]
            question = draft.fill(texts[0], a=a, b=b) + " " + draft.fill(" ".join(texts[1:]), x="c", a=a, b=b, c=c)
        else:
            second, c = "from", draft.number(max(middle + 1, 10), 999)
            if c <= middle:
                return None
            texts = [draft.pick("PRICE"), draft.pick("PAYS"), draft.pick("ASK_CHANGE")]
            question = draft.fill(" ".join(texts), a=a, b=b, c=c)
    draft.note(a, b, c)
    if first == "mul" and x < y:
        x, y = y, x
    lines, middle = STEP[first](x, y)
    plan = w.PLAN[first].format(x=x, y=y) + " " + w.THEN[second].format(y=c)
    more, result = STEP["sub"](c, middle) if second == "from" else STEP[second](middle, c)
    return question, [plan] + lines + more, result


def _like(rng, n):
    """A number of n's length that shares some of its leading digits."""
    digits = str(n)
    keep = rng.randint(0, len(digits) - 1)
    return int(digits[:keep] + "".join(rng.choice("0123456789") for _ in digits[keep:]))


def _choose(draft, numbers, side):
    lines, best = arithmetic.choose(numbers, side)
    return [draft.words.PICK[side].format(l=" ".join(numbers))] + lines, best


def _compare(draft, skill):
    rng, w = draft.rng, draft.words
    a = draft.number(10, 9999)
    b = draft.number(10, 9999)
    if rng.random() < 0.6:
        b = _like(rng, a)
    if a == b or b < 10:
        return None
    draft.note(a, b)
    side = rng.choice(["large", "small"])
    lines, best = _choose(draft, arithmetic.same_width([a, b]), side)
    result = int(best)
    return draft.fill(draft.pick(w.COMPARE[side]), a=a, b=b), lines + [f"={result}"], result


def _order(draft, skill):
    rng, w = draft.rng, draft.words
    numbers = [draft.number(2, 999) for _ in range(rng.choice([3, 3, 4]))]
    if not draft.held and rng.random() < 0.4:               # alike: numbers that share their first digits
        numbers = [_like(rng, numbers[0]) if rng.random() < 0.6 else n for n in numbers]
    if len(set(numbers)) < len(numbers):
        return None
    draft.note(*numbers)
    side = rng.choice(["up", "down"])
    question = draft.fill(draft.pick(w.ORDER[side]), l=w.COMMA.join(map(str, numbers)))
    lines, rest, done = [], arithmetic.same_width(numbers), []
    while len(rest) > 1:
        more, best = _choose(draft, rest, "small" if side == "up" else "large")
        rest.remove(best)
        done.append(str(int(best)))
        lines += more + ["=" + w.COMMA.join(done)]
    result = w.COMMA.join(done + [str(int(rest[0]))])
    return question, lines + [f"={result}"], result


def _units(draft, skill):
    rng, w = draft.rng, draft.words
    one, unit, to, k = rng.choice(w.UNITS)
    back = k != 24 and k != 12 and rng.random() < 0.4
    n = draft.number(2, 99)
    if back and k in (60, 7) and n > 60:
        n = rng.randint(2, 60)
    a, unit, target = (n * k, to, unit) if back else (n, unit, to)
    draft.note(a, n)
    question = draft.fill(draft.pick("CONVERT"), a=a, unit=unit, to=target)
    draft.clauses.append(to)
    lines = [w.UNIT_FACT.format(one=one, many=to, k=k)]
    if k in (10, 100, 1000):
        return question, lines + ([f"{a}÷{k}={n}"] if back else [f"{a}×{k}={a * k}"]), n if back else a * k
    if back:
        by, zeros = (6, 1) if k == 60 else (7, 0)
        if zeros:
            lines.append(f"{a}÷{k}")
        more, result = arithmetic.divide(a // 10 ** zeros, by)
    else:
        more, result = arithmetic.multiply(a, k)
    return question, lines + more, result


def _days(draft, skill):
    rng, w = draft.rng, draft.words
    start, n, side = rng.randrange(7), rng.randint(2 if draft.lang == "en" else 3, 40), rng.choice(["after", "before"])
    if not draft.held and rng.random() < 0.3:
        n = rng.choice([7 * rng.randint(1, 8), rng.randint(40, 60)])
    if held_key("day", start, n, side, one_in=4) != draft.held:
        return None
    question = draft.fill(draft.pick(w.DAY_ASK[side]), a=n, d=w.DAYS[start])
    weeks, rest = divmod(n, 7)
    step = 1 if side == "after" else -1
    lines = [f"{n}=7×{weeks}+{rest}"] + [f"{i}: {w.DAYS[(start + step * i) % 7]}" for i in range(rest + 1)]
    return question, lines, w.DAYS[(start + step * rest) % 7]


def _refuse(draft, skill):
    rng, w = draft.rng, draft.words
    if rng.random() < 0.3:
        question = draft.pick("REFUSE_PLAIN")
    else:
        topic = rng.choice(w.TOPICS)
        question = draft.pick("REFUSE_FRAMES").format(t=topic)
        draft.clauses.append(topic)
    return question, [w.REFUSE_THOUGHT], None


MAKERS = dict(add=_bare, sub=_bare, mul=_bare, div=_bare, word1=_word1, word2=_word2, compare=_compare, order=_order,
              units=_units, days=_days, refuse=_refuse)


def make(rng, skill, lang, held=False):
    """One problem of a skill, of the training side or the held side."""
    while True:
        draft = _Draft(rng, lang, held)
        made = MAKERS[skill](draft, skill)
        hold_numbers = skill not in ("days", "refuse")
        # Bare sums, orders and days have few templates, and hold numbers or triples instead of them.
        hold_template = skill in ("word1", "word2", "units", "refuse")
        if made is None:
            continue
        if hold_template and not draft.fits(hold_numbers):
            continue
        if not hold_template:
            draft.clauses = []
            found = any(map(held_number, draft.numbers))
            if hold_numbers and found != held:
                continue
        question, lines, result = made
        thought = "\n".join(lines)
        assert arithmetic.steps_are_right(thought), thought
        words = WORDS[lang]
        if not held and skill in ("word1", "word2") and rng.random() < 0.3:
            question = _joined(question, lang)
        answer = words.REFUSE_ANSWER if result is None else words.ANSWER.format(x=result)
        return Problem(skill, lang, question, thought, answer)


def stream(seed, shares=TRAINING_SHARES, held=False):
    """Endless problems."""
    rng = random.Random(seed)
    skills, weights = zip(*shares.items())
    while True:
        yield make(rng, rng.choices(skills, weights)[0], rng.choices(["en", "ar"], [2, 3])[0], held)   # Arabic is the harder one


def test_set(count, seed):
    """Held problems, no question twice, the skills in fixed shares and the languages in turn."""
    rng = random.Random(seed)
    seen, problems = set(), []
    total = sum(TEST_SHARES.values())
    for skill, share in TEST_SHARES.items():
        for i in range(max(2, round(count * share / total))):
            for _ in range(1000):
                problem = make(rng, skill, ("en", "ar")[i % 2], held=True)
                if problem.question not in seen:
                    break
            seen.add(problem.question)
            problems.append(problem)
    rng.shuffle(problems)
    return problems


def main():
    parser = argparse.ArgumentParser(description="Writes questions as JSON lines.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--train", action="store_true", help="the training side instead of the held side")
    parser.add_argument("--thoughts", action="store_true", help="write the thoughts too")
    args = parser.parse_args()
    problems = [next(s) for s in [stream(args.seed)] for _ in range(args.count)] if args.train else test_set(args.count, args.seed)
    for i, problem in enumerate(problems):
        row = dict(id=i, skill=problem.skill, lang=problem.lang, prompt=problem.question, answer=problem.answer)
        if args.thoughts:
            row["thought"] = problem.thought
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
