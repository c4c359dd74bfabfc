"""Tells a scene in Arabic.

Slots: {N} the first person (left out once known: the verb tells it), {N!} always the name, {M} {T} others, {WITH} "with her";
{suf} {suf2} {suf3} -him after a verb, his, after him; {x.} a number with its counted thing, {x:box} {x:folk} {x:o1} ... with
another noun, {x$} money, {y*} times; {O} {OP} {acc} a thing, the things, "how many things"; {acc:box} and so on.
{GAIN} and other capitals a verb of that list; ~verb agrees with {N}, ^verb with {M}; <he/she/I> picks by {N}.
"""
import re

from arabic import clauses
from arabic import nouns
import numerals
from arabic import verbs
from grammar import Teller, choose, tidy


class Noun:
    def __init__(self, one, many, accusative=None, feminine=None):
        self.one, self.many = one.replace("_", " "), many.replace("_", " ")
        head, *rest = self.one.split(" ")
        self.feminine = head.endswith("ة") if feminine is None else feminine
        tail = "" if rest or head.endswith(("ة", "اء", "ا", "ى")) else "ا"
        self.accusative = accusative or " ".join([head + tail, *rest])
        self.definite = "ال" + self.many
        if rest:                                            # "bottles of juice": the article is with the last word
            self.definite = self.many.replace(" ", " ال") if not rest[-1].endswith("ية") else f"ال{self.many.replace(' ', ' ال')}"

    def adjective(self, word):
        noun = Noun(self.one + " " + word, self.many + " " + word, self.accusative + " " + word, self.feminine)
        noun.definite = f"{self.definite} ال{word}"
        return noun


def _nouns(text):
    for word in text.split():
        one, _, many = word.partition("/")
        feminine = True if one.endswith("+f") else None
        yield Noun(one.removesuffix("+f"), many, feminine=feminine)


THINGS = {kind: list(_nouns(text)) for kind, text in nouns.KINDS.items()}
CONTAINERS, FOLK, PARTS = list(_nouns(nouns.CONTAINERS)), list(_nouns(nouns.FOLK)), list(_nouns(nouns.PARTS))
COMMON = [noun for kind in THINGS.values() for noun in kind]
FIXED = dict(day=Noun("يوم", "أيام"), week=Noun("أسبوع", "أسابيع"), hour=Noun("ساعة", "ساعات"), year=Noun("سنة", "سنوات"), row=Noun("صف", "صفوف"),
             seat=Noun("مقعد", "مقاعد"))
LETTERS = "ابتجحخدرزسشصطعفقكلمنهوي"


def invented(rng):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(3, 5)))


class Narrator(Teller):
    lang, wordings, adjunct = "ar", clauses, 0.06

    def __init__(self, rng, held, world):
        self.rng, self.world = rng, world
        self.people, seen = {}, set()
        for key in "NMT":
            while True:
                person = self._person(held)
                if person[0] not in seen and (key == "N" or person[1] != "I"):
                    break
            seen.add(person[0])
            self.people[key] = person
        self.known, self.last = set(), {}
        self.kind = kind = rng.choices(list(THINGS), [4, 7, 1, 2, 1, 1])[0]
        thing, second, third = (self._thing(kind) for _ in range(3))
        adjectives = rng.sample(nouns.ADJECTIVES, 3)
        if rng.random() < 0.4:
            kinds = [thing.adjective(adjective) for adjective in adjectives]
            everything = thing
        else:
            kinds, everything = [thing, second, third], rng.choice([thing, Noun("قطعة", "قطع"), Noun("شيء", "أشياء")])
            if kind == "animal":
                everything = Noun("حيوان", "حيوانات")
            elif kind == "person":
                everything = Noun("شخص", "أشخاص")
        if rng.random() < 0.12:
            thing = thing.adjective(adjectives[0])
        strip = rng.choice(nouns.STRIPS)
        money = rng.choice(nouns.MONEY)
        self.nouns = dict(FIXED, thing=thing, o1=kinds[0], o2=kinds[1], o3=kinds[2], all=everything, box=rng.choice(CONTAINERS), folk=rng.choice(FOLK),
                          folk2=rng.choice(THINGS["person"]), other=rng.choice(COMMON), O2=self._thing("thing"), cur=Noun(*money), parts=rng.choice(PARTS))
        for name, table in (("len", nouns.LENGTHS), ("way", nouns.WAYS), ("weight", nouns.WEIGHTS), ("vol", nouns.VOLUMES), ("time", nouns.TIMES)):
            self.nouns[name] = Noun(*rng.choice(table))
        self.nouns["u"] = self.nouns["len"]
        self.words_share = 0.9 if rng.random() < 0.08 else 0.4 if rng.random() < 0.25 else 0.0
        self.adjectives = adjectives
        self.texts = dict(scene=rng.choice(nouns.SCENERY), grain=rng.choice(nouns.GRAINS), grain2=rng.choice(nouns.GRAINS), fluid=rng.choice(nouns.FLUIDS),
                          fluid2=rng.choice(nouns.FLUIDS), strip=strip, adj1=adjectives[0], adj2=adjectives[1], adj3=adjectives[2])
        self.pair = rng.choice(clauses.WHENS)
        gain, lose = verbs.BY_KIND[kind]
        pools = dict(GAIN=verbs.GAIN + gain * 3, LOSE=verbs.LOSE + lose * 3, COME=verbs.COME + verbs.COME_BY_KIND[kind] * 2, GO=verbs.GO + verbs.GO_BY_KIND[kind] * 2,
                     MGAIN=verbs.MONEY_GAIN, MLOSE=verbs.MONEY_LOSE, DONE=verbs.MAKE + verbs.GAIN + gain * 3, MDO=verbs.MONEY_DO)
        self.pools = {name: rng.sample(pool, 2) if name not in ("DONE", "MDO") else [rng.choice(pool)] for name, pool in pools.items()}
        self.clauses, self.told = [], set()

    def _thing(self, kind):
        if self.rng.random() < 0.03:
            word = invented(self.rng)
            return Noun(word, word + "ات") if self.rng.random() < 0.5 else Noun(word + "ة", word + "ات")
        return self.rng.choice(THINGS[kind])

    def _person(self, held):
        rng, draw = self.rng, self.rng.random()
        gender = rng.choice(["she", "he"])
        if held:
            return rng.choice(nouns.HELD_NAMES[gender]), gender
        if draw < 0.12:
            return "أنا", "I"
        if draw < 0.3:
            return rng.choice(nouns.ROLES[gender]), gender
        if draw < 0.4:
            name = invented(rng) + rng.choice(["", "", "ة", "ى", "اء"] if gender == "she" else [""])
            if name not in sum(nouns.HELD_NAMES.values(), []):
                return name, gender
        return rng.choice(nouns.NAMES[gender]), gender

    # Numbers

    def number(self, n, feminine=False):
        if n is None:
            return self.rng.choice(["بعض", "عدد من", "عدة"])
        if self.words_share and n < 1000 and self.rng.random() < self.words_share and (n <= 20 or self.rng.random() < 0.5):
            return numerals.arabic(n, feminine)
        return str(n)

    def counted(self, n, noun):
        """Plural from 3 to 10, singular accusative from 11 to 99, singular for hundreds; two has a form of its own."""
        if n is None:
            return self.rng.choice([f"بعض ال{noun.many}", f"عدة {noun.many}", f"عدد من ال{noun.many}", f"كثير من ال{noun.many}"])
        if n == 2 and " " not in noun.one and self.rng.random() < 0.8:
            return noun.one[:-1] + "تين" if noun.one.endswith("ة") else noun.one + "ين"
        last = n % 100
        form = noun.many if 3 <= last <= 10 else noun.accusative if last > 10 else noun.one
        return f"{self.number(n, noun.feminine)} {form}"

    def times(self, n):
        if n is None:
            return "أضعاف"
        options = clauses.TIMES.get(n, [text.format(n=n, w=numerals.arabic(n, False) if n < 1000 else n) for text in clauses.TIMES_MANY])
        return self.rng.choice(options)

    # Persons

    def gender(self, key):
        return self.people[key][1]

    def with_(self, key, always=False, word=None):
        word = word or self.rng.choice(["مع", "عند", "لدى"])
        name, gender = self.people[key]
        stem = "لدي" if word == "لدى" else word
        if gender == "I":
            return "لدي" if word == "لدى" else word + "ي"
        clear = all(self.gender(other) != gender for other in self.known if other != key)
        if key in self.known and clear and not always and self.rng.random() < 0.7:
            return stem + dict(he="ه", she="ها")[gender]
        self.known.add(key)
        return f"{word} {name}"

    def _by_gender(self, forms, key="N"):
        he, she, first_person = forms
        return dict(he=he, she=she, I=first_person)[self.gender(key)]

    def _verb(self, pool):
        options = self.pools[pool]
        verb = self.last.get(pool) if self.last.get(pool) in options and self.rng.random() < 0.8 else self.rng.choice(options)
        self.last[pool] = verb
        return verb

    # Text

    def _slot(self, slot, numbers):
        rng = self.rng
        if slot[0] in "xyz" and slot not in self.texts:
            letter, rest = slot[0], slot[1:]
            self.told.add(letter)
            n = numbers[letter]
            if rest == "*":
                return self.times(n)
            if rest == "":
                return self.number(n)
            noun = {".": "thing", "$": "cur"}.get(rest, rest[1:])
            if noun in ("len", "way", "weight", "vol", "time"):
                self.nouns["u"] = self.nouns[noun]
            return self.counted(n, self.nouns[noun])
        if slot == "N":
            name, gender = self.people["N"]
            if gender == "I" or "N" in self.known and self.known <= {"N"} and rng.random() < 0.7:
                return ""
            self.known.add("N")
            return name
        if slot in ("M", "T", "N!", "M!", "T!"):
            key = slot[0]
            self.known.add(key)
            return "" if self.gender(key) == "I" else self.people[key][0]
        if slot == "WITH":
            return self.with_("N")
        if slot in ("suf", "suf2", "suf3"):
            return self._by_gender(("ه", "ها", "ي" if slot == "suf2" else "ني"))
        if slot in ("when", "when1", "When"):
            return self.pair[0] if self.paired else rng.choice(clauses.WHEN)
        if slot in ("when2", "When2"):
            return self.pair[1]
        if slot == "i":
            return str(rng.choice([rng.randint(3, 12), rng.randint(3, 99), rng.randint(10, 400)]))
        if slot == "iother":
            return self.counted(rng.choice([rng.randint(3, 12), rng.randint(3, 99)]), self.nouns["other"])
        if slot == "small":
            return str(rng.randint(1, 12))
        thing = self.nouns["thing"]
        if slot == "left":
            return rng.choice(["بقيت", "تبقت"] if thing.feminine else ["بقي", "تبقى"])
        if slot in self.texts:
            return self.texts[slot]
        if slot in self.pools:
            return self._verb(slot)
        if slot in ("O", "OP", "acc"):
            return dict(O=thing.one, OP=thing.definite, acc=thing.accusative)[slot]
        if slot in ("box", "boxes", "BOXES"):
            box = self.nouns["box"]
            return dict(box=box.one, boxes=box.many, BOXES=box.definite)[slot]
        if slot == "all":
            return self.nouns["all"].definite
        if slot == "O2":
            return self.nouns["O2"].one
        form, _, noun = slot.partition(":")
        if noun:                                            # {acc:box}, {one:folk}, {op:folk2}
            noun = self.nouns[noun]
            return dict(acc=noun.accusative, one=noun.one, op=noun.definite)[form]
        for form in ("acc", "op", "one"):                   # {acc1}, {opother}
            if slot.startswith(form):
                noun = self.nouns[{"1": "o1", "2": "o2"}.get(slot[len(form):], slot[len(form):])]
                return dict(acc=noun.accusative, op=noun.definite, one=noun.one)[form]
        raise KeyError(slot)

    def _fill(self, text, numbers):
        text = choose(text, self.rng)
        text = re.sub(r"(?<!ج)(لدى|مع|عند) \{([NM])(!?)\}", lambda found: self.with_(found[2], bool(found[3]), found[1]), text)
        if self.gender("N") == "I":                         # my height, my age
            text = re.sub(r"\b(طول|عمر|وزن|سرعة|جيب|حصالة|محفظة|من) \{N!\}", r"\1ي", text)
        # Things that come and go do so in the past and agree with the noun.
        thing = self.nouns["thing"]
        text = re.sub(r"\{(GO|COME)\}", lambda found: verbs.written(self._verb(found[1]), "she" if thing.feminine else "he"), text)
        text = re.sub(r"([~^])\{(\w+)\}", lambda found: found[1] + self._verb(found[2]), text)
        text = re.sub(r"\{([^{}]+)\}", lambda found: self._slot(found[1], numbers), text)
        text = re.sub(r"\^DONE", "^" + self.pools["DONE"][0], text)
        text = re.sub(r"~([\w/]+)", lambda found: verbs.written(found[1], self.gender("N")), text)
        text = re.sub(r"\^([\w/]+)", lambda found: verbs.written(found[1], self.gender("M")), text)
        return re.sub(r"<([^<>/]+)/([^<>/]+)/([^<>/]+)>", lambda found: self._by_gender(found.groups()), text)

    def ask(self, pool, numbers):
        clause = self.rng.choice(getattr(clauses, pool))
        self.clauses.append(clause)
        self.paired = True
        text = tidy(self._fill(clause.rstrip(".!"), numbers))
        if not text.startswith(("احسب", "أوجد")) and self.rng.random() < 0.05:
            text = f"{tidy(self._fill(self.rng.choice(clauses.LEADS), numbers))} {text}"
        return text + ("." if text.startswith(("احسب", "أوجد")) else "؟")

    # How sentences come together

    def join(self, facts):
        first, second, *rest = facts
        link = self.rng.choice(["، ", " و", "، ثم ", " ثم ", "، و", "، ولكن "])
        second = re.sub(r"^(ثم|بعد ذلك) ", "", second)
        if second.startswith("و"):
            link = "، "
        return [first.rstrip(".،") + link + second, *rest]

    def conditional(self, facts, ask):
        if len(facts) == 2 and self.rng.random() < 0.5:
            facts = self.join(facts)
        *before, last = facts
        if ask.startswith(("احسب", "أوجد")):
            return " ".join([*facts, ask])
        return " ".join([*before, f"{self.rng.choice(['إذا ', 'لو ', ''])}{last.rstrip('.،')}{self.rng.choice(['، ف', '، ', ' ف'])}{ask}"])

    def question_first(self, facts, ask):
        if self.rng.random() < 0.5:
            return " ".join([ask, *facts])
        body = " و".join(re.sub(r"^(إذا كان|لو كان|ثم|و) ?", "", fact).rstrip(".،") for fact in facts)
        return f"{ask.rstrip('؟.')} إذا {self.rng.choice(['', 'كان '])}{body}؟"
