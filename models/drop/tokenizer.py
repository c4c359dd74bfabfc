"""The drop's own byte-level BPE: trained on generated text, split as `tokenizer.ggml.pre = qwen2` splits.

    python3 tokenizer.py OUT.json                 trains and writes {"tokens", "types", "merges"}
    python3 tokenizer.py OUT.json --grow OLD.json  keeps the tokens of an older one and adds merges up to VOCABULARY
"""
import functools
import json
import re
import sys
from collections import Counter

import generator

# qwen2's rule. Python's `re` has no \p{L}: [^\W\d_] differs from it only in letter-like numbers (½, Ⅷ), which
# the drop's text never has. Digits come one by one.
SPLIT = re.compile(r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

BOS, EOS, USER, ASSISTANT, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜▁pad▁｜>"
THINK, END_THINK = "<think>", "</think>"
CONTROL, USER_DEFINED, NORMAL = 3, 4, 1
SPECIALS = [(BOS, CONTROL), (EOS, CONTROL), (PAD, CONTROL), (USER, CONTROL), (ASSISTANT, CONTROL),
            (THINK, USER_DEFINED), (END_THINK, USER_DEFINED)]
VOCABULARY = 1792


def byte_alphabet():
    """byte -> printable character, as every byte-level BPE writes its tokens"""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(0x100 + i) for i, b in enumerate(rest)}}


ALPHABET = byte_alphabet()


def _merge(symbols, pair):
    i = 0
    while i < len(symbols) - 1:
        if (symbols[i], symbols[i + 1]) == pair:
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        i += 1


def train(texts, vocabulary=VOCABULARY, merges=()):
    """Merges the most frequent pair again and again, after the given ones; ties go to the pair that sorts first."""
    pieces = Counter(piece for text in texts for piece in SPLIT.findall(text))
    # Rare pieces are invented names and slips: they decide nothing and cost most of the time.
    words = [([ALPHABET[b] for b in piece.encode()], count) for piece, count in sorted(pieces.items()) if count > 2]
    merges = [tuple(merge.split(" ")) for merge in merges]
    for merge in merges:
        for symbols, _ in words:
            _merge(symbols, merge)
    tokens = [ALPHABET[b] for b in range(256)] + ["".join(merge) for merge in merges]
    while len(tokens) + len(SPECIALS) < vocabulary:
        pairs = Counter()
        for symbols, count in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        tokens.append("".join(best))
        for symbols, _ in words:
            _merge(symbols, best)
    tokens += [text for text, _ in SPECIALS]
    types = [NORMAL] * (vocabulary - len(SPECIALS)) + [kind for _, kind in SPECIALS]
    return dict(tokens=tokens, types=types, merges=[" ".join(pair) for pair in merges])


class Tokenizer:
    def __init__(self, path):
        with open(path) as file:
            data = json.load(file)
        self.tokens, self.types, self.merges = data["tokens"], data["types"], data["merges"]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.ranks = {tuple(merge.split(" ")): i for i, merge in enumerate(self.merges)}
        self.bos, self.eos, self.pad = (self.ids[t] for t in (BOS, EOS, PAD))
        back = {c: b for b, c in ALPHABET.items()}
        special = {text for text, _ in SPECIALS}
        self.bytes = [t.encode() if t in special else bytes(back[c] for c in t) for t in self.tokens]
        self.special = re.compile("(" + "|".join(re.escape(text) for text, _ in SPECIALS) + ")")
        self.piece = functools.lru_cache(maxsize=100_000)(self._piece)

    def _piece(self, piece):
        symbols = [ALPHABET[b] for b in piece.encode()]
        while len(symbols) > 1:
            rank, i = min((self.ranks.get(pair, len(self.ranks)), i) for i, pair in enumerate(zip(symbols, symbols[1:])))
            if rank == len(self.ranks):
                break
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        return [self.ids[s] for s in symbols]

    def encode(self, text):
        """Special tokens in the text become their ids."""
        ids = []
        for part in self.special.split(text):
            if part in self.ids and self.special.fullmatch(part):
                ids.append(self.ids[part])
            else:
                for piece in SPLIT.findall(part):
                    ids += self.piece(piece)
        return ids

    def decode(self, ids):
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", "replace")

    def prompt(self, question, before=()):
        """What the chat template renders for a user message, after earlier (question, answer) pairs."""
        turns = "".join(f"{USER}{asked}{ASSISTANT}{answer}{EOS}" for asked, answer in before)
        return self.encode(f"{BOS}{turns}{USER}{question}{ASSISTANT}{THINK}\n")

    def reply(self, problem):
        return self.encode(problem.reply()) + [self.eos]


def training_text(count=40_000, seed=11):
    problems = generator.stream(seed)
    for _ in range(count):
        problem = next(problems)
        yield problem.question
        yield problem.reply().replace(END_THINK, "\n")


if __name__ == "__main__":
    old = json.load(open(sys.argv[3]))["merges"] if sys.argv[2:3] == ["--grow"] else ()
    with open(sys.argv[1], "w") as file:
        json.dump(train(training_text(), merges=old), file, ensure_ascii=False)
