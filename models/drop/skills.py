"""Sums, products, orders, units and days: the skills that are no stories. Each maker gives (question, lines of the thought,
result), or None where the numbers it drew do not fit."""
import re

import arithmetic
from arabic import words as arabic
from english import words as english
from held import held_key, number

WORDS = {"en": english, "ar": arabic}
STEP = {"add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "div": arithmetic.divide}


class Draft:
    """Collects what a question is made of, so that the sides can be told apart."""

    def __init__(self, rng, lang, held):
        self.rng, self.lang, self.held, self.words = rng, lang, held, WORDS[lang]
        self.clauses, self.numbers = [], []

    def pick(self, clauses):
        self.clauses.append(self.rng.choice(clauses))
        return self.clauses[-1]

    def number(self, low, high):
        return number(self.rng, low, high, self.held)

    def fill(self, text, **numbers):
        if self.lang == "ar":
            text = re.sub(r"\{(\w):day\}", lambda found: _days_counted(numbers[found[1]]), text)
        return text.format(**numbers)


def _days_counted(n):
    last = n % 100
    return f"{n} {'أيام' if 3 <= last <= 10 else 'يوما' if last > 10 else 'يوم'}"


def bare(draft, skill):
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
    draft.numbers += a, b
    question = draft.fill(draft.pick(draft.words.BARE[skill]), a=a, b=b)
    lines, result = STEP[skill](a, b)
    return question, [draft.words.PLAN[skill].format(x=a, y=b)] + lines, result


def _like(rng, n):
    """A number of n's length that shares some of its leading digits."""
    digits = str(n)
    keep = rng.randint(0, len(digits) - 1)
    return int(digits[:keep] + "".join(rng.choice("0123456789") for _ in digits[keep:]))


def _choose(draft, numbers, side):
    lines, best = arithmetic.choose(numbers, side)
    return [draft.words.PICK[side].format(l=" ".join(numbers))] + lines, best


def compare(draft, skill):
    rng, w = draft.rng, draft.words
    a = draft.number(10, 9999)
    b = draft.number(10, 9999)
    if rng.random() < 0.6:
        b = _like(rng, a)
    if a == b or b < 10:
        return None
    draft.numbers += a, b
    side = rng.choice(["large", "small"])
    lines, best = _choose(draft, arithmetic.same_width([a, b]), side)
    result = int(best)
    return draft.fill(draft.pick(w.COMPARE[side]), a=a, b=b), lines + [f"={result}"], result


def order(draft, skill):
    rng, w = draft.rng, draft.words
    numbers = [draft.number(2, 999) for _ in range(rng.choice([3, 3, 4]))]
    if not draft.held and rng.random() < 0.4:               # alike: numbers that share their first digits
        numbers = [_like(rng, numbers[0]) if rng.random() < 0.6 else n for n in numbers]
    if len(set(numbers)) < len(numbers):
        return None
    draft.numbers += numbers
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


def units(draft, skill):
    rng, w = draft.rng, draft.words
    one, unit, to, k = rng.choice(w.UNITS)
    back = k != 24 and k != 12 and rng.random() < 0.4
    n = draft.number(2, 99)
    if back and k in (60, 7) and n > 60:
        n = rng.randint(2, 60)
    a, unit, target = (n * k, to, unit) if back else (n, unit, to)
    draft.numbers += a, n
    question = draft.fill(draft.pick(w.CONVERT), a=a, unit=unit, to=target)
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


def days(draft, skill):
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


MAKERS = dict(add=bare, sub=bare, mul=bare, div=bare, compare=compare, order=order, units=units, days=days)
