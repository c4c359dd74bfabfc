"""Tells a scene in English.

Slots: {N} {M} the first and second person (a pronoun once they are known), {N!} always the name, {N's} whose, {T} a third one,
{h} {h2} his or her, {him}; {o} things, {s} one of them, {o1} {o2} {o3} two or three kinds, {all} all kinds; {x} {y} {z} numbers, {$x}
money, {y*} times; {box} {boxes} {folk} {scene}; {GAIN} and other capitals a verb of that list for {N}, {M:DONE} for {M}, {GAIN:base}
{GAIN:past} its other forms. ~verb agrees with {N}, ^verb with {M}, &verb with a plural. In questions N, M, T stand bare.
"""
import re

from english import clauses
from english import nouns
import numerals
from english import verbs
from grammar import Teller, choose, tidy

SUBJECTS = {"she": ("she", "her", "her"), "he": ("he", "his", "him"), "it": ("it", "its", "it"), "I": ("I", "my", "me"),
            "we": ("we", "our", "us"), "they": ("they", "their", "them")}
FIRST_PERSON = {"is": "am", "has": "have", "does": "do", "goes": "go", "was": "was"}
PLURAL = {"is": "are", "has": "have", "does": "do", "goes": "go", "was": "were"}
LITERAL = """is has does goes gives gave gets saves wants hands pays earns comes needs lives likes loves works plays looks climbs slides was ends wears
    adds starts finds weighs lost used sold""".split()


def _nouns(text):
    for word in text.split():
        one, _, many = word.replace("_", " ").partition("/")
        yield one, many or one + ("es" if one.endswith(("s", "x", "ch", "sh")) else "s")


THINGS = {kind: list(_nouns(text)) for kind, text in nouns.KINDS.items()}
CONTAINERS = list(_nouns(" ".join(nouns.CONTAINERS)))
COMMON = [noun for kind in THINGS.values() for noun in kind]


def invented(rng, pattern=("cvcv", "cvcvc", "vcvc", "cvccv", "cvccvc", "ccvcv", "cvvc", "cvc")):
    """Letters that could be a word."""
    return "".join(rng.choice("bcdfghjklmnprstvwz" if kind == "c" else "aeiou") for kind in rng.choice(pattern))


class Narrator(Teller):
    lang, wordings, adjunct = "en", clauses, 0.08

    def __init__(self, rng, held, world):
        self.rng, self.world = rng, world
        self.tense = rng.choice(["past", "past", "present"])
        self.people, seen = {}, set()
        for key in "NMT":
            while True:
                person = self._person(held)
                if person[0] not in seen and (key == "N" or person[1] not in ("I", "we")):
                    break
            seen.add(person[0])
            self.people[key] = person
        self.known, self.last = set(), {}
        kind = rng.choices(list(THINGS), [4, 7, 1, 2, 1, 1])[0]
        self.kind = kind
        pick = lambda: self._thing(kind)
        thing, second, third = pick(), pick(), pick()
        container, folk = rng.choice(CONTAINERS), rng.choice(nouns.FOLK)
        adjectives = rng.sample(nouns.ADJECTIVES, 3)
        if rng.random() < 0.5:
            o1, o2, o3 = (f"{adjective} {thing[1]}" for adjective in adjectives)
            everything = thing[1]
        else:
            if rng.random() < 0.15:
                people_kinds = rng.choice([("boys", "girls", "children"), ("men", "women", "people"), ("adults", "children", "people"), ("girls", "boys", "students")])
                o1, o2, everything, o3 = *people_kinds, "babies"
            else:
                o1, o2, o3 = thing[1], second[1], third[1]
                everything = rng.choice([*nouns.UMBRELLA[kind], f"{o1} and {o2}"])
        if rng.random() < 0.2:
            thing = tuple(f"{adjectives[0]} {form}" for form in thing)
        stuff, amounts = rng.choice([("weight", nouns.WEIGHTS), ("volume", nouns.VOLUMES)])
        other = rng.choice(COMMON)
        when, when2 = rng.choice(clauses.WHENS)
        self.money = rng.choice(nouns.MONEY)
        self.style = rng.random()
        self.words = 0.9 if rng.random() < 0.08 else 0.4 if rng.random() < 0.25 else 0.0
        self.sources = dict(
            o=thing[1], s=thing[0], o1=o1, o2=o2, o3=o3, all=everything, s2=self._thing("thing")[0], box=container[0], boxes=container[1], folk=folk,
            folk2=rng.choice(THINGS["person"])[1], adj1=adjectives[0], adj2=adjectives[1], adj3=adjectives[2], scene=rng.choice(nouns.SCENERY),
            scene2=rng.choice(nouns.SCENERY), other=other[1], other1=other[0], cur=self.money[1], parts=rng.choice(nouns.PARTS), when1=when, pair=(when, when2),
            len=rng.choice(nouns.LENGTHS), way=rng.choice(nouns.WAYS), weight=rng.choice(nouns.WEIGHTS), vol=rng.choice(nouns.VOLUMES),
            time=rng.choice(nouns.TIMES), grain=rng.choice(nouns.STUFF["weight"]), grain2=rng.choice(nouns.STUFF["weight"]),
            fluid=rng.choice(nouns.STUFF["volume"]), fluid2=rng.choice(nouns.STUFF["volume"]), strip=rng.choice(nouns.STRIPS), u=None, stuff=None)
        self.pools = self._verbs(kind)
        self.clauses, self.told = [], set()

    def _thing(self, kind):
        if self.rng.random() < 0.03:
            word = invented(self.rng)
            return word, word + "s"
        return self.rng.choice(THINGS[kind])

    def _person(self, held):
        rng = self.rng
        draw = rng.random()
        if held:
            gender = rng.choice(["she", "he"])
            return rng.choice(nouns.HELD_NAMES[gender]), gender
        if draw < 0.1:
            return "I", "I"
        if draw < 0.13:
            return "we", "we"
        gender = rng.choice(["she", "he"])
        if draw < 0.35:
            gender = rng.choice([gender, gender, "it"])
            return rng.choice(nouns.ROLES[gender]), gender
        if draw < 0.38:
            return " and ".join(rng.sample(nouns.NAMES["she"] + nouns.NAMES["he"], 2)), "they"
        if draw < 0.48:
            name = invented(rng).capitalize()
            if name not in sum(nouns.HELD_NAMES.values(), []):
                return name, gender
        return rng.choice(nouns.NAMES[gender]), gender

    def _verbs(self, kind):
        gain, lose = verbs.BY_KIND[kind]
        pools = dict(GAIN=verbs.GAIN + gain * 3, LOSE=verbs.LOSE + lose * 3, COME=verbs.COME + verbs.COME_BY_KIND[kind] * 2,
                     GO=verbs.GO + verbs.GO_BY_KIND[kind] * 2, MGAIN=verbs.MONEY_GAIN, MLOSE=verbs.MONEY_LOSE,
                     DONE=verbs.MAKE + verbs.GAIN + gain * 3 + ["have"] * 6, ADDS=["add", "bring", "give", "buy"], MDO=verbs.MONEY_DO)
        # A story keeps to two verbs of each kind, so that its question can name the one that was used.
        return {name: self.rng.sample(pool, 2) if name not in ("DONE", "MDO") else [self.rng.choice(pool)] for name, pool in pools.items()}

    # Numbers

    def number(self, n):
        rng = self.rng
        if n is None:
            return rng.choice(["some", "some", "several", "a few", "many", "a number of", "a lot of"])
        if self.words and n < 1000 and rng.random() < self.words and (n <= 20 or rng.random() < 0.5):
            return numerals.english(n)
        if n >= 1000 and self.style < 0.4:
            return f"{n:,}"
        return str(n)

    def cash(self, n):
        if n is None:
            return self.rng.choice(["some money", "some of the money", f"some {self.money[1]}", "a certain sum"])
        one, many, short = self.money
        if self.style < 0.5 or self.words:
            return f"{self.number(n)} {one if n == 1 else many}"
        return short.format(x=n)

    def times(self, n):
        if n is None:
            return self.rng.choice(["many times", "several times", "some times"])
        return self.rng.choice(clauses.TIMES.get(n, [f"{n} times", f"{numerals.english(n)} times"]))

    # Persons

    def name(self, key):
        return self.people[key][0]

    def subject(self, key):
        """The name at first, then as often a pronoun, where it can mean this one only."""
        name, gender = self.people[key]
        clear = gender not in [self.people[other][1] for other in self.known if other != key]
        if key in self.known and clear and self.rng.random() < 0.65:
            return SUBJECTS[gender][0]
        self.known.add(key)
        return name

    def plural(self, key):
        return self.people[key][1] in ("we", "they")

    def object(self, key):
        name, gender = self.people[key]
        clear = gender not in [self.people[other][1] for other in self.known if other != key]
        if key in self.known and clear or gender in ("I", "we"):
            return SUBJECTS[gender][2]
        self.known.add(key)
        return name

    def whose(self, key):
        name, gender = self.people[key]
        if gender in ("I", "we"):
            return SUBJECTS[gender][1]
        self.known.add(key)
        return name + "'s"

    def _verb(self, pool, key, form=None):
        options = self.pools[pool]
        if form == "base":
            options = [verb for verb in options if not verb.startswith("be_")] or ["get" if pool == "GAIN" else "lose"]
        verb = self.last.get(pool) if self.last.get(pool) in options and self.rng.random() < 0.8 else self.rng.choice(options)
        self.last[pool] = verb
        if form == "base":
            return verb.replace("_", " ")
        if form == "past" and pool in ("GO", "COME"):
            # "How many left?" would ask for the others
            verb = "go_away" if verb.startswith("leave") else verb
            return verbs.written(verb, "past", True)
        if form == "past":
            return verbs.written(verb, "past", False)
        if pool in ("GO", "COME") or key == "both":
            return verbs.written(verb, self.tense, True)
        return verbs.written(verb, self.tense, self.plural(key), self.people[key][1] == "I")

    # Text

    def _slot(self, slot, numbers):
        rng = self.rng
        if slot in ("x", "y", "z"):
            self.told.add(slot)
            return self.number(numbers[slot])
        if slot[0] == "$":
            self.told.add(slot[1])
            return self.cash(numbers[slot[1]])
        if slot[-1] == "*":
            self.told.add(slot[0])
            return self.times(numbers[slot[0]])
        if slot in ("N", "M", "T"):
            return self.subject(slot)
        if slot in ("N!", "M!", "T!"):
            self.known.add(slot[0])
            return self.name(slot[0])
        if slot in ("N's", "M's", "N's!"):
            return self.whose(slot[0])
        if slot in ("h", "h1", "h2"):
            return SUBJECTS[self.people["M" if slot == "h2" else "N"][1]][1]
        if slot in ("him", "him!"):
            return self.object("N")
        if slot in ("when", "When", "when2", "When2"):
            first, second = self.sources["pair"]
            text = second if slot[-1] == "2" else first if self.paired else rng.choice(clauses.WHEN)
            return text if slot[0] == "w" else text.capitalize() + rng.choice(["", ","])
        if slot == "i":
            return self.number(rng.choice([rng.randint(2, 12), rng.randint(2, 99), rng.randint(10, 500)]))
        if slot == "small":
            return str(rng.randint(1, 12))
        if slot in self.sources:
            if slot in ("len", "way", "weight", "vol", "time"):
                self.sources["u"] = self.sources[slot]
            if slot in ("grain", "fluid", "strip"):
                self.sources["stuff"] = self.sources[slot]
            return self.sources[slot] or rng.choice(["meters", "km", "units"])
        who, _, rest = slot.rpartition(":") if ":" in slot else ("N", "", slot)
        if who in self.pools:                               # {GAIN:base}
            return self._verb(who, "N", rest)
        return self._verb(rest, who)

    def _fill(self, text, numbers):
        text = choose(text, self.rng)
        text = re.sub(r"\{([^{}]+)\}", lambda found: self._slot(found[1], numbers), text)
        def agreed(found):
            mark, verb = found.groups()
            key = {"~": "N", "^": "M", "&": None}[mark]
            if key is None:
                return verbs.written(verb, self.tense, True)
            return verbs.written(verb, self.tense, self.plural(key), self.people[key][1] == "I")
        text = re.sub(r"([~^&])(\w+)", agreed, text)
        return self._agree(text)

    def _agree(self, text):
        """Verbs written for one person, after I, we and they."""
        for key in self.people:
            name, gender = self.people[key]
            if gender not in ("I", "we", "they"):
                continue
            table = FIRST_PERSON if gender == "I" else PLURAL
            names = {name, SUBJECTS[gender][0]}
            for subject in names:
                text = re.sub(rf"\b({re.escape(subject)}) ({'|'.join(LITERAL)})\b",
                              lambda found: f"{found[1]} {table.get(found[2], found[2][:-1] if found[2].endswith('s') else found[2])}", text, flags=re.I)
                text = re.sub(rf"\b(does|has|is) ({re.escape(subject)})\b", lambda found: f"{table[found[1]]} {found[2]}", text, flags=re.I)
        return text

    def ask(self, pool, numbers):
        clause = self.rng.choice(getattr(clauses, pool))
        self.clauses.append(clause)
        self.paired = True
        end = "." if "!" in clause[-1] else "?"
        text = re.sub(r"(?<![{\w])([NMT]!?)(?![\w}!:])", lambda found: "{%s}" % found[1], clause[:-1].replace("'s {", "'s {"))
        text = re.sub(r"\{([NMT])\}'s", r"{\1's}", text) if "{T}'s" not in text else text.replace("{T}'s", "{T}'s")
        text = tidy(self._fill(text, numbers))
        if re.match(r"(Find|Tell me|Give|Work out|Calculate|Add up|Count)", text):
            end = "."
        text = re.sub(r"\bdo (?=\w+ have\b)", "does ", text) if self.people["N"][1] not in ("I", "we", "they") else text
        if end == "?" and self.rng.random() < 0.05:
            self.paired = False
            text = f"{tidy(self._fill(self.rng.choice(clauses.LEADS), numbers))} {self._lower(text)}"
        return text + end

    # How sentences come together

    def join(self, facts):
        """Two sentences as one."""
        first, second, *rest = facts
        link = self.rng.choice([" and ", " and then ", ", then ", ", and ", ", but ", "; ", ", ", " but then "])
        second = self._lower(re.sub(r"^(Then|Later|After that|But),? ", "", second))
        if "and" in link or "then" in link:
            subject = SUBJECTS[self.people["N"][1]][0]
            if first.startswith(self.people["N"][0]) or first.lower().startswith(subject + " "):
                second = re.sub(rf"^({re.escape(subject)}|{re.escape(self.people['N'][0])}) (?!is\b|was\b)", "", second, flags=re.I)
        return [first.rstrip(".,") + link + second, *rest]

    def _lower(self, text):
        """Without the capital of a sentence, names aside."""
        first = text.split(" ")[0].rstrip(",.'s")
        if text.startswith(("I ", "Mr", "Mrs", "Ms")) or any(first == name.split(" ")[0].rstrip(",.'s") for name, _ in self.people.values()
                                                              if name[0].isupper()):
            return text
        return text[:1].lower() + text[1:]

    def conditional(self, facts, ask):
        """"If she eats 5, how many are left?" """
        if len(facts) == 2 and self.rng.random() < 0.5:
            facts = self.join([re.sub(r"^(If|Suppose|Say|Imagine),? ", "", facts[0]), facts[1]])
        *before, last = facts
        last = re.sub(r"^(If|Suppose|Say|Imagine|Then|Later|After that|But),? ", "", last)
        if re.match(r"(Find|Tell|Give|Work|Calc)", ask):
            return " ".join(before + [last, ask])
        return " ".join(before + [f"If {self._lower(last).rstrip('.,')}, {self._lower(ask)}"])

    def question_first(self, facts, ask):
        if self.rng.random() < 0.5:
            return " ".join([ask, *facts])
        facts = [re.sub(r"^(If|Suppose|Say|Imagine),? ", "", fact) for fact in facts]
        body = " and ".join(self._lower(fact).rstrip(".,") for fact in facts)
        return f"{ask.rstrip('?.')} if {body}?"

