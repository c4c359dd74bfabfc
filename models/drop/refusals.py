"""Questions outside what the drop does: it says why, and refuses."""
import re

import arabic.narrator
import arabic.nouns
import arabic.refusals
import english.narrator
import english.nouns
import english.refusals
from grammar import choose, slip, tidy

WORDS = {"en": english.refusals, "ar": arabic.refusals}
SHARES = dict(fractions=4, percent=3, shapes=4, ratios=2, averages=2, algebra=3, unknown=6, general=6)
NAMED_FRACTIONS = {"en": ["half", "a third", "a quarter", "two thirds", "three quarters", "a fifth", "two fifths", "an eighth", "one tenth", "three fifths",
                          "one half", "one third", "three eighths", "five sixths"],
                   "ar": ["نصف", "ثلث", "ربع", "خمس", "ثلثي", "ثلاثة أرباع", "خمسي", "سدس", "ثمن", "عشر", "ثلاثة أعشار", "أربعة أخماس", "خمسة أسداس"]}


def _fraction(rng, lang):
    if rng.random() < 0.5:
        return rng.choice(NAMED_FRACTIONS[lang])
    below = rng.choice([2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
    return f"{rng.randint(1, below - 1) if below > 2 else 1}/{below}"


def make(rng, lang, held):
    """(question, lines of the thought, whether a number is missing, clauses)"""
    reason = rng.choices(list(SHARES), SHARES.values())[0]
    line = rng.choice(WORDS[lang].OUTSIDE[reason])
    clause = rng.choice(line.split(" | "))
    names, held_names = (english.nouns.NAMES, english.nouns.HELD_NAMES) if lang == "en" else (arabic.nouns.NAMES, arabic.nouns.HELD_NAMES)
    names = held_names if held else names
    first, second = rng.sample(names["she"] + names["he"], 2)
    gender = "she" if first in names["she"] else "he"

    def number():
        return str(rng.choice([rng.randint(2, 20), rng.randint(10, 99), rng.randint(2, 12) * 5, rng.randint(100, 900)]))
    if lang == "en":
        thing, other = rng.sample(english.narrator.COMMON, 2)
        box = rng.choice(english.narrator.CONTAINERS)
        things = dict(o=thing[1], p=other[1], s=thing[0], s2=other[0], box=box[0], boxes=box[1], folk=rng.choice(english.nouns.FOLK),
                      he=gender, his="her" if gender == "she" else "his", do="do", blorp=english.narrator.invented(rng) + "s", blorp2=english.narrator.invented(rng) + "s")
    else:
        thing, other = rng.sample(arabic.narrator.COMMON, 2)
        box = rng.choice(arabic.narrator.CONTAINERS)
        things = dict(o=thing.definite, p=other.definite, box=box.one, boxes=box.many)

    def slot(found):
        name = found[1]
        if name in "nm":
            return number()
        if name in "kj":
            return str(rng.randint(2, 9))
        if name == "y":
            return str(rng.randint(1900, 2030))
        if name == "f":
            return _fraction(rng, lang)
        if name == "t":
            return rng.choice(WORDS[lang].TOPICS)
        if name == "c":
            return rng.choice(WORDS[lang].CITIES)
        return {"N": first, "M": second, **things}[name]

    text = tidy(re.sub(r"\{(\w+)\}", slot, choose(clause, rng)))
    asks = re.match(r".*(What|Which|How|Who|Why|When|Where|Is|Can|Could|Do|Will|Does)\b|.*(ما|كم|من|هل|أين|متى|كيف|لماذا|بكم|أي)", text.split(". ")[-1][:28])
    if asks and text.endswith("."):
        text = text[:-1] + ("?" if lang == "en" else "؟")
    if not held and rng.random() < 0.2:
        text = slip(text, rng, lang)
    return text, [WORDS[lang].REASONS[reason]], reason == "unknown", [clause]
