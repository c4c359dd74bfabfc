"""Questions with worked thoughts, in English and Arabic, seeded, each one checked.

    python3 generator.py --count 2000 --seed 7 > questions.jsonl      held questions
    python3 generator.py --train --thoughts --count 20                a look at the training side

`stories.py` makes word problems, `refusals.py` what is to be refused, `skills.py` all else. A problem belongs to the training
side or to the held side, never to both:

  numbers    a held question has a number of the ranges in `held.py`; training questions have none
             (results and steps may fall in them). Holds for all skills but days and refusals;
  wordings   of word problems, unit conversions and refusals the company of wordings that a question is made of is held
             once in six (by hash): it never occurs in training, though each of its wordings does. The other skills have too
             few for that and hold numbers alone;
  names      the HELD_NAMES of each language occur in held problems only;
  days       their numbers are small, so a quarter of the triples (day, number, direction) is held instead.

Digits are 0 to 9 in both languages; Arabic-Indic digits (٠ to ٩) are not taught.
"""
import argparse
import json
import random
from dataclasses import dataclass

import arithmetic
import refusals
import skills
import stories
from held import held_key, held_number, number
from skills import WORDS

SHARES = dict(add=1, sub=2, mul=2, div=2, word1=44, word2=32, compare=1, order=3, units=2, days=1, missing=8, refuse=4)
TEST_SHARES = dict(add=15, sub=15, mul=9, div=5, word1=16, word2=16, compare=5, order=5, units=5, days=5, missing=4, refuse=4)


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

    def opening(self):
        """The thought up to its last relation: what is hard about a story. Columns and an answer would follow."""
        lines = self.thought.split("\n")
        last = max(i for i, line in enumerate(lines) if line.endswith(("?", "؟")))
        return "\n".join(lines[:last + 1]) + "\n"


def _answer(words, result, missing):
    if result is not None:
        return words.ANSWER.format(x=result)
    return words.NOT_TOLD_ANSWER if missing else words.REFUSE_ANSWER


def _story(rng, skill, lang, held):
    words = WORDS[lang]
    steps = skill if skill != "missing" else rng.choice(["word1", "word1", "word2"])
    made = stories.make(rng, lang, steps, lambda low, high: number(rng, low, high, held), held, words, skill == "missing")
    if made is None:
        return None
    question, thought, result, clauses, numbers = made
    if any(map(held_number, numbers)) != held or held_key(lang, *clauses) != held:
        return None
    return Problem(skill, lang, question, "\n".join(thought), _answer(words, result, True))


def _refusal(rng, skill, lang, held):
    question, thought, missing, clauses = refusals.make(rng, lang, held)
    if held_key(lang, *clauses, one_in=8) != held:
        return None
    return Problem(skill, lang, question, "\n".join(thought), _answer(WORDS[lang], None, missing))


def _other(rng, skill, lang, held):
    draft = skills.Draft(rng, lang, held)
    made = skills.MAKERS[skill](draft, skill)
    if made is None:
        return None
    if skill != "days" and any(map(held_number, draft.numbers)) != held:
        return None
    if skill == "units" and held_key(lang, *draft.clauses) != held:
        return None
    question, thought, result = made
    return Problem(skill, lang, question, "\n".join(thought), _answer(WORDS[lang], result, False))


MAKERS = dict(dict.fromkeys(skills.MAKERS, _other), word1=_story, word2=_story, missing=_story, refuse=_refusal)


def make(rng, skill, lang, held=False):
    """One problem of a skill, of the training side or the held side."""
    while True:
        problem = MAKERS[skill](rng, skill, lang, held)
        if problem is not None:
            assert arithmetic.steps_are_right(problem.thought), problem.thought
            return problem


def stream(seed, shares=SHARES, held=False):
    """Endless problems."""
    rng = random.Random(seed)
    names, weights = zip(*shares.items())
    while True:
        yield make(rng, rng.choices(names, weights)[0], rng.choice(["en", "en", "en", "ar", "ar"]), held)


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
