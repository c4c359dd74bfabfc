#!/usr/bin/env python3
"""Compares what the command line tool computes with the numbers recorded in logits.json.

usage: check.py RETORT TINY_MODELS [OPTIONS FOR RETORT]
The models are written anew (tiny_models.cpp), so the repository carries their numbers alone. They were recorded by the
double-precision reference of tests/reference, which shares nothing with the kernels. Status 77: the processor lacks the
target that was asked for."""
import array
import json
import os
import subprocess
import sys
import tempfile

# Largest difference of a logit, relative to the root mean square of the row. f32: rounding of a few thousand additions.
# Others round their inputs to eight bits (bf16: to bf16 where the processor's dots do), as the reference of such files
# does for int8; what remains is that a value near the middle between two steps may fall to either side, and a router's
# near-tie then to another expert: of several rows the middle one counts.
LIMITS = {"f32": 5e-5, "bf16": 0.05, "q8_0": 0.03, "q4_0": 0.03, "iq4_nl": 0.03}
# Latent attention rounds queries and weighted latents where the reference rounds latents (tests/model/decoder_test.cpp).
LATENT_LIMIT = 0.3


def distance(got, want):
    size = (sum(x * x for x in want) / len(want)) ** 0.5
    return max(abs(a - b) if a == a else float("inf") for a, b in zip(got, want)) / size


def main():
    retort, tiny_models, options = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
    recorded = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "logits.json")))
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([tiny_models, "write", work], check=True)
        tokens, out = os.path.join(work, "tokens.json"), os.path.join(work, "out.f32")
        with open(tokens, "w") as f:
            json.dump(recorded["tokens"], f)
        for name, want in recorded["last_logits"].items():
            done = subprocess.run([retort, "logits", "--tokens", tokens, "--out", out, "-m", os.path.join(work, name + ".gguf"), *options],
                                  capture_output=True, text=True)
            if "no kernels for target" in done.stderr:
                print("skipped: " + done.stderr.strip())
                return 77
            if done.returncode:
                print("FAIL %s: %s" % (name, done.stderr.strip()))
                failed += 1
                continue
            got = array.array("f")
            with open(out, "rb") as f:
                got.frombytes(f.read())
            rows = sorted(distance(got[len(got) - (len(want) - i) * len(row):], row) for i, row in enumerate(want))
            worst = rows[len(rows) // 2]
            kind, dtype = name.rsplit("-", 1)
            limit = LATENT_LIMIT if kind == "deepseek2_v3" and dtype not in ("f32", "bf16") else LIMITS[dtype]
            failed += worst > limit
            print("%-4s %-28s %.1e of %.0e" % ("FAIL" if worst > limit else "ok", name, worst, limit))
    print("%d models, %d failed" % (len(recorded["last_logits"]), failed))
    return 1 if failed else 0


sys.exit(main())
