"""Texts with choices: "[He|She] has [a lot of|many] {things}" picks one of each, as deep as they are nested.

A choice may be empty: "some [old|] coins". A weight repeats an alternative: write it twice.
"""
import re

CHOICE = re.compile(r"\[([^\[\]]*)\]")


def choose(text, rng):
    """The text with every choice made, innermost first."""
    while "[" in text:
        text = CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)
    return text


def tidy(text):
    """One space between words, none before punctuation, a capital after a full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([.,?!؟،:;])", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIO])", r"\1n ", text)
    return re.sub(r"(^|[.?!؟] )([a-z])", lambda found: found[1] + found[2].upper(), text)


def lines(text):
    """The lines of a block of text, which is how the lists of wordings are written."""
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def slip(text, rng, lang):
    """What hurried people do to a text."""
    kind = rng.choice(["lower", "no mark", "gap", "articles", "dots", "swap", "please", "no stops"])
    if kind == "lower":
        return text.lower()
    if kind == "no mark":
        return text.rstrip("?؟.!")
    if kind == "gap":
        return re.sub(r"([.,?؟])(?= |$)", r" \1", text)
    if kind == "articles" and lang == "en":
        return re.sub(r"\b(a|an|the) (?=[a-z])", lambda found: "" if rng.random() < 0.7 else found[0], text)
    if kind == "dots":
        return text.replace(". ", rng.choice(["... ", ", ", " - ", "! ", "; ", ".  ", ".\n"]))
    if kind == "swap":
        # two letters of one longer word change places
        words = text.split(" ")
        long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
        if long:
            i = rng.choice(long)
            at = rng.randint(1, len(words[i]) - 3)
            words[i] = words[i][:at] + words[i][at + 1] + words[i][at] + words[i][at + 2:]
        return " ".join(words)
    if kind == "no stops" and lang == "en":
        return text.lower().replace(". ", " ").rstrip("?.")
    if lang == "en":
        return rng.choice(["Please help: ", "Question: ", "Hi! ", "Can you tell me this? ", "Solve: ", "Quick one. ", "hey, ", "My homework: ",
                           "Maths: ", "ok so ", "Riddle: "]) + text
    return rng.choice(["سؤال: ", "من فضلك: ", "حل المسألة: ", "مسألة: ", "مرحبا، ", "ساعدني: ", "واجب الحساب: "]) + text


class Teller:
    """What narrators of all languages do: draw a wording, remember it, fill it. A language says which `wordings` it has and how
    often an adjunct is hung on."""

    def fact(self, pool, numbers):
        clause = self.rng.choice(getattr(self.wordings, pool))
        self.clauses.append(clause)
        self.paired = pool in ("TWICE", "MEASURE_SUM", "TWO", "M_TWICE")
        if clause.endswith(".") and self.rng.random() < self.adjunct:
            clause = f"{clause[:-1]} {self.rng.choice(self.wordings.ADJUNCTS)}."
        return tidy(self._fill(clause, numbers))

    def aside(self):
        return tidy(self._fill(self.rng.choice(self.wordings.ASIDE), {}))
