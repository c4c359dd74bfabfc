"""What happens in a word problem, in no language: the facts that are told, the questions that fit, and the relations
that answer them.

A line is  share | facts | questions | relations | letters that stay small; after a colon, letters told to no use.  Facts and questions are names of lists of wordings;
their slots x, y, z are the numbers a, b, c unless a fact says otherwise ("LOSE x=b"). A relation is a name of
`relations.py` and two numbers; r is the result of the one before.
"""
from dataclasses import dataclass


@dataclass
class Scene:
    share: float
    facts: list         # (list of wordings, {slot: letter})
    asks: list
    steps: list         # (relation, letter, letter)
    small: str          # letters of small numbers: groups, factors, divisors
    idle: str           # letters of numbers that are told and not needed
    world: str          # what it is about: thing, kinds, money, measure

    def letters(self):
        return sorted({letter for _, *pair in self.steps for letter in pair} - {"r"})


ONE_STEP = {
    "thing": """
        5 | HAVE; GAIN x=b | ASK_NOW | end after gain a b |
        6 | HAVE; LOSE x=b | ASK_LEFT | end after loss a b |
        2 | SOME; LOSE x=a; LEFT x=b | ASK_START | start before loss a b |
        2 | SOME; GAIN x=a; NOW x=b | ASK_START | start before gain a b |
        1 | LOSE x=a; LEFT x=b | ASK_START | start before loss a b |
        1 | GAIN x=a; NOW x=b | ASK_START | start before gain a b |
        2.5 | HAVE; LOSE_SOME; LEFT x=b | ASK_LOST | loss a b |
        2.5 | HAVE; GAIN_SOME; NOW x=b | ASK_GAINED | gain a b |
        2 | TWICE | ASK_TWICE | end after gain a b |
        1 | TWICE | ASK_TWICE_MORE | difference a b |
        4 | PAIR | ASK_TOGETHER | whole a b |
        4 | PAIR | ASK_AHEAD | difference a b |
        2.5 | BASE; OTHER_MORE | ASK_OTHER | larger a b |
        2.5 | BASE; OTHER_LESS | ASK_OTHER | smaller a b |
        2 | BASE; OTHER_TIMES | ASK_OTHER | multiple a b | b
        1.2 | BASE; OTHER_ONCE | ASK_OTHER | once a b | b
        5 | GROUPS | ASK_TOTAL | total a b | ab
        1 | BOXES_HAVE; EACH_HOLDS | ASK_TOTAL | total a b | ab
        5 | SHARE | ASK_EACH | each a b | b
        5 | PACK | ASK_GROUPS | groups a b | b
        1 | SERVE | ASK_SERVED | groups a b | b
        0.8 | PER_DAY | ASK_DAYS | groups a b | b
        1 | PACK | ASK_REST | rest a b | b
        0.5 | SHARE | ASK_REST | rest a b | b
        0.5 | PACK | ASK_FULL | full groups a b | b
        0.7 | PACK | ASK_FOR_ALL | groups for all a b | b
        2 | GOAL_THINGS; SAVED_THINGS | ASK_MISSING_THINGS | missing a b |
        2 | CREW; CREW_OFF | ASK_CREW | end after loss a b |
        1.5 | CREW; CREW_ON | ASK_CREW | end after gain a b |
        1 | ROOM; ROOM_TAKEN | ASK_FREE | part a b |
        2 | TOGETHER; TOGETHER_PART | ASK_OTHER | part a b |
        1.5 | TASK; TASK_DONE | ASK_TODO | end after loss a b |
        2.5 | PARTS | ASK_PARTS | total a b | ab
        1 | PAIR; GIVES | ASK_FIRST | end after loss a c | :b
        1 | PAIR; GIVES | ASK_SECOND | end after gain b c | :a
        1 | PAIR; THIRD_HAS | ASK_AHEAD | difference a b | :c
        0.7 | PACKS_COST | ASK_TOTAL | total a b | ab:c
        0.7 | PACKS_COST | ASK_PACKS | total a c | ac:b
    """,
    "kinds": """
        3 | TWO | ASK_KINDS | whole a b |
        2.5 | TWO | ASK_KINDS_MORE | difference a b |
        3 | WHOLE; PART | ASK_PART | part a b |
        2.5 | WHOLE_KINDS; PART_KINDS | ASK_KIND | part a b |
        1 | TWO; LOSE_FIRST | ASK_FIRST_LEFT | end after loss a c | :b
        1 | TWO; GAIN_FIRST | ASK_FIRST_KIND | end after gain a c | :b
        1 | BASE_TWO; KIND_MORE | ASK_KIND | larger a b |
        1 | BASE_TWO; KIND_LESS | ASK_KIND | smaller a b |
        1 | BASE_TWO; KIND_TIMES | ASK_KIND | multiple a b | b
    """,
    "money": """
        2 | MHAVE; MGAIN x=b | ASK_MNOW | end after gain a b |
        4 | MHAVE; MLOSE x=b | ASK_MLEFT | end after loss a b |
        0.7 | MSOME; MLOSE x=a; MLEFT x=b | ASK_MSTART | start before loss a b |
        1 | MHAVE; MLOSE_SOME; MLEFT x=b | ASK_MLOST | loss a b |
        0.7 | MHAVE; MGAIN_SOME; MNOW x=b | ASK_MGAINED | gain a b |
        2 | GOAL; SAVED | ASK_MISSING | missing a b |
        3 | PRICE | ASK_COST | total a b | a
        1.2 | WAGE | ASK_EARNED | total a b | a
        2 | UNIT | ASK_UNIT | each b a | a
        1.5 | BUDGET | ASK_BUY | groups a b | b
        2 | COST_TWO | ASK_COST_TWO | whole a b |
        1.2 | M_TWICE | ASK_M_TWICE | end after gain a b |
        0.7 | M_TWICE | ASK_M_MORE | difference a b |
        1 | M_PAIR | ASK_M_TOGETHER | whole a b |
        1.2 | M_PAIR | ASK_M_AHEAD | difference a b |
        0.7 | COSTS; OTHER_DEARER | ASK_OTHER_COST_ONE | larger a b |
        0.7 | COSTS; OTHER_CHEAPER | ASK_OTHER_COST_ONE | smaller a b |
        0.8 | COSTS; PRICE_FALLS | ASK_PRICE_NOW | end after loss a b |
        0.5 | COSTS; PRICE_RISES | ASK_PRICE_NOW | end after gain a b |
        1 | PAID z=a; MLOSE x=b | ASK_CHANGE | end after loss a b |
    """,
    "measure": """
        2 | MEASURE_CUT | ASK_CUT | end after loss a b |
        1.5 | MEASURE_SUM | ASK_SUM | whole a b |
        1.5 | MEASURE_TWO | ASK_TWO_DIFF | difference a b |
        0.5 | AGE; AGE_MORE | ASK_AGE | larger a b |
        0.5 | AGE; AGE_LESS | ASK_AGE | smaller a b |
        0.5 | AGE; AGE_TIMES | ASK_AGE | multiple a b | b
        0.4 | AGE; AGE_ONCE | ASK_AGE | once a b | b
        0.3 | AGE | ASK_AGE_LATER | end after gain a b |
        0.3 | AGE | ASK_AGE_BEFORE | end after loss a b |
        0.5 | TALL; OTHER_BIGGER | ASK_TALL | larger a b |
        0.5 | TALL; OTHER_SHORTER | ASK_TALL | smaller a b |
        0.4 | WEIGHS; OTHER_HEAVIER | ASK_HEAVY | larger a b |
        0.4 | WEIGHS; OTHER_LIGHTER | ASK_HEAVY | smaller a b |
        2 | RATE | ASK_RATE | total a b | ab
        1 | CUT_EQUAL | ASK_PIECE | each a b | b
        0.8 | CUT_PIECES | ASK_PIECES | groups a b | b
    """,
}

TWO_STEPS = {
    "thing": """
        3 | HAVE; LOSE x=b; LOSE x=c | ASK_LEFT | end after loss a b; end after loss r c |
        3 | HAVE; LOSE x=b; GAIN x=c | ASK_NOW | end after loss a b; end after gain r c |
        3 | HAVE; GAIN x=b; LOSE x=c | ASK_NOW ASK_LEFT | end after gain a b; end after loss r c |
        2 | HAVE; GAIN x=b; GAIN x=c | ASK_NOW | end after gain a b; end after gain r c |
        1 | SOME; LOSE x=a; LOSE x=b; LEFT x=c | ASK_START | start before loss a c; start before loss b r |
        2 | PAIR; THIRD_HAS | ASK_ALL | whole a b; whole r c |
        2 | PAIR; LOSE x=c | ASK_TOGETHER | whole a b; end after loss r c |
        2.5 | BASE; OTHER_MORE | ASK_TOGETHER | larger a b; whole a r |
        2.5 | BASE; OTHER_LESS | ASK_TOGETHER | smaller a b; whole a r |
        2 | BASE; OTHER_TIMES | ASK_TOGETHER | multiple a b; whole a r | b
        1 | BASE; OTHER_TIMES | ASK_OTHER_AHEAD | multiple a b; difference r a | b
        3 | GROUPS; EXTRA_MORE | ASK_TOTAL | total a b; whole r c | ab
        3 | GROUPS; LOSE x=c | ASK_LEFT | total a b; end after loss r c | ab
        3 | HAVE; LOSE x=b; THEN_SHARE | ASK_EACH | end after loss a b; each r c | c
        2 | HAVE; GAIN x=b; THEN_SHARE | ASK_EACH | end after gain a b; each r c | c
        2.5 | HAVE; LOSE x=b; THEN_PACK | ASK_GROUPS | end after loss a b; groups r c | c
        1.5 | HAVE; GAIN x=b; THEN_PACK | ASK_GROUPS | end after gain a b; groups r c | c
        1.5 | TWICE; THEN_SHARE | ASK_EACH | end after gain a b; each r c | c
        2 | PAIR; THEN_PACK | ASK_GROUPS | whole a b; groups r c | c
        1.5 | PAIR; THEN_SHARE | ASK_EACH | whole a b; each r c | c
        2 | NESTED | ASK_TOTAL | total a b; total r c | abc
        1 | GROUPS; THEN_SHARE | ASK_EACH | total a b; each r c | abc
        1.5 | BOXES_HAVE; LOSE_BOXES; EACH_HOLDS | ASK_TOTAL | end after loss a c; total r b | abc
        1.5 | BOXES_HAVE; GAIN_BOXES; EACH_HOLDS | ASK_TOTAL | end after gain a c; total r b | abc
        1.5 | TWO_RATES; DAYS_GO | ASK_TOTAL | whole a b; total c r | abc
        2 | CREW; CREW_OFF y=b; CREW_ON y=c | ASK_CREW | end after loss a b; end after gain r c |
        1 | CREW; CREW_ON y=b; CREW_OFF y=c | ASK_CREW | end after gain a b; end after loss r c |
        1 | GOAL_THINGS; SAVED_THINGS; GAIN x=c | ASK_MISSING_THINGS | missing a b; missing r c |
        1.5 | SHARE; LOSE_ONE x=c | ASK_ONE_LEFT | each a b; end after loss r c | b
        1.5 | TWICE; GAIN x=c | ASK_NOW | end after gain a b; end after gain r c |
        1.5 | TWICE; LOSE x=c | ASK_LEFT | end after gain a b; end after loss r c |
        1 | BASE; OTHER_MORE; LOSE_OTHER x=c | ASK_OTHER | larger a b; end after loss r c |
        1 | BASE; OTHER_LESS; LOSE_OTHER x=c | ASK_OTHER | smaller a b; end after loss r c |
    """,
    "kinds": """
        2 | TWO; LOSE x=c | ASK_KINDS | whole a b; end after loss r c |
        2 | TWO; THREE | ASK_KINDS | whole a b; whole r c |
        1.5 | BASE_TWO; KIND_MORE | ASK_KINDS | larger a b; whole a r |
        1.5 | BASE_TWO; KIND_LESS | ASK_KINDS | smaller a b; whole a r |
        1 | BASE_TWO; KIND_TIMES | ASK_KINDS | multiple a b; whole a r | b
        1.5 | WHOLE; PART_TWO | ASK_THIRD | part a b; part r c |
        1.5 | WHOLE; PART; THEN_SHARE_PART | ASK_EACH | part a b; each r c | c
        1.5 | TWO; THEN_SHARE | ASK_EACH_KINDS | whole a b; each r c | c
        1.5 | TWO; THEN_PACK | ASK_GROUPS | whole a b; groups r c | c
        2 | BOXES_TWO; EACH_HOLDS_Z | ASK_KINDS | whole a b; total r c | abc
        1 | TWO_RATES_KINDS; DAYS_GO | ASK_KINDS | whole a b; total c r | abc
    """,
    "money": """
        2 | MHAVE; MLOSE x=b; MLOSE x=c | ASK_MLEFT | end after loss a b; end after loss r c |
        2 | MHAVE; MGAIN x=b; MLOSE x=c | ASK_MLEFT | end after gain a b; end after loss r c |
        1.5 | MHAVE; MLOSE x=b; MGAIN x=c | ASK_MNOW | end after loss a b; end after gain r c |
        1 | MHAVE; MGAIN x=b; MGAIN x=c | ASK_MNOW | end after gain a b; end after gain r c |
        2 | GOAL; SAVED; SAVED_MORE | ASK_MISSING | missing a b; missing r c |
        3 | PRICE; PAID | ASK_CHANGE | total a b; end after loss c r | a
        3 | PRICE; BILL | ASK_COST | total a b; whole r c | a
        1.5 | COST_TWO; BILL | ASK_COST_TWO | whole a b; whole r c |
        1.5 | COST_TWO; PAID | ASK_CHANGE | whole a b; end after loss c r |
        1.5 | WAGE; TIP | ASK_EARNED | total a b; whole r c | a
        1.5 | WAGE; MLOSE x=c | ASK_MLEFT | total a b; end after loss r c | a
        1.5 | MHAVE; MLOSE x=b; EACH_COSTS | ASK_BUY | end after loss a b; groups r c | c
        1 | MHAVE; MGAIN x=b; EACH_COSTS | ASK_BUY | end after gain a b; groups r c | c
        1.5 | UNIT | ASK_OTHER_COST | each b a; total r c | ac
        1 | M_EARNED; MLOSE x=c | ASK_MLEFT | end after gain a b; end after loss r c |
        1.5 | UNIT_BILL | ASK_UNIT | part b c; each r a | a
    """,
    "measure": """
        1.5 | MEASURE_CUT; CUT_MORE | ASK_CUT | end after loss a b; end after loss r c |
        1 | MEASURE_CUT; REST_EQUAL | ASK_PIECE | end after loss a b; each r c | c
        1.5 | RATE; ALSO_GOES | ASK_RATE | total a b; whole r c | ab
        1 | AGE; AGE_TIMES; AGE_THIRD | ASK_AGE_THIRD | multiple a b; larger r c | b
        1 | AGE; AGE_MORE; AGE_THIRD | ASK_AGE_THIRD | larger a b; larger r c |
        1 | AGE; AGE_LESS; AGE_THIRD_TIMES | ASK_AGE_THIRD | smaller a b; multiple r c | c
    """,
}


def _parse(text, world):
    for line in text.strip().splitlines():
        share, facts, asks, steps, small = [part.strip() for part in line.split("|")]
        told = []
        for fact in facts.split(";"):
            name, *slots = fact.split()
            told.append((name, dict(dict(x="a", y="b", z="c"), **dict(slot.split("=") for slot in slots))))
        relations = []
        for step in steps.split(";"):
            *words, left, right = step.split()
            relations.append((" ".join(words), left, right))
        small, _, idle = small.partition(":")
        yield Scene(float(share), told, asks.split(), relations, small, idle, world)


SCENES = {skill: [scene for world, text in table.items() for scene in _parse(text, world)]
          for skill, table in (("word1", ONE_STEP), ("word2", TWO_STEPS))}
SHARES = {skill: [scene.share for scene in scenes] for skill, scenes in SCENES.items()}
