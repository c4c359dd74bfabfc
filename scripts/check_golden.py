#!/usr/bin/env python3
"""Runs the command line tool over every golden model and judges what it computes.

usage: check_golden.py RETORT [GOLDEN_FOLDER] [--core] [--few] [--only TEXT] [--set NAME] [--arch A,B,...]
                       [-- OPTIONS FOR RETORT]

For each model of GOLDEN/models (--set: another folder there; --arch: of these architectures): logits of three prompts, the loss of 1023
tokens and a greedy continuation, against the recorded values and within the
tolerance recorded for the model's kind of arithmetic. For each trained story
model: the recorded text, token for token. --core takes the 20 models that cover every
architecture; --few leaves out perplexity and the longer prompts.
Ends with one line "N passed, M failed"; status 77: there was nothing to compare with."""
import array
import json
import math
import os
import subprocess
import sys
import tempfile

FLOATS = ("F32", "F16", "BF16")


def floats(path):
    values = array.array("f")
    with open(path, "rb") as f:
        values.frombytes(f.read())
    return values


def log_softmax(row):
    best = max(row)
    total = math.log(sum(math.exp(x - best) for x in row)) + best
    return [x - total for x in row]


class Model:
    def __init__(self, retort, folder, options, work):
        self.retort, self.folder, self.options, self.work = retort, folder, options, work
        self.golden = json.load(open(os.path.join(folder, "golden.json")))
        self.file = os.path.join(folder, "model.gguf")
        self.vocab = self.golden["vocab"]
        everything = floats(os.path.join(folder, "golden.f32"))
        self.arrays = {a["name"]: everything[a["offset"]:a["offset"] + a["rows"] * a["cols"]]
                       for a in self.golden["arrays"]}
        float_file = all(t in FLOATS for t in self.golden["tensor_types"])
        self.tier = "float_activations" if float_file else "int8_activations"
        # AVX-512 has dots of bf16, which round inputs; the other kernels do not, and are held to more when they are named
        if float_file and "BF16" in self.golden["tensor_types"] and options[-2:] in ([], ["--target", "avx512"]):
            self.tier = "bf16_activations"
        self.tolerance = self.golden["tolerance"][self.tier]
        self.bad = []

    def run(self, *arguments):
        done = subprocess.run([self.retort, *arguments, "-m", self.file, *self.options], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or "exit %d" % done.returncode)
        return done.stdout

    def tokens(self, ids):
        path = os.path.join(self.work, "tokens.json")
        with open(path, "w") as f:
            json.dump(ids, f)
        return path

    def logits(self, ids):
        out = os.path.join(self.work, "out.f32")
        self.run("logits", "--tokens", self.tokens(ids), "--out", out)
        values = floats(out)
        assert len(values) == len(ids) * self.vocab, "wrong number of logits"
        return [values[i * self.vocab:(i + 1) * self.vocab] for i in range(len(ids))]

    def demand(self, what, value, key, at_least=False):
        limit = self.tolerance.get(key)
        if limit is None:
            return
        ok = value >= limit if at_least else value <= limit
        if not ok:
            self.bad.append("%s %.3g (limit %.3g)" % (what, value, limit))

    def check_logits(self, few):
        prompts, top = self.golden["prompts"], self.golden["ref_argmax"]
        rows = self.logits(prompts["short"])
        ref = self.arrays["ref.short"]
        ref = [ref[i * self.vocab:(i + 1) * self.vocab] for i in range(len(rows))]
        worst = max(abs(a - b) for x, y in zip(rows, ref) for a, b in zip(x, y))
        kl = 0.0
        for x, y in zip(rows, ref):
            p, q = log_softmax(y), log_softmax(x)
            kl += sum(math.exp(a) * (a - b) for a, b in zip(p, q)) / len(rows)
        self.demand("short max abs", worst, "short_max_abs")
        self.demand("short KL", kl, "short_kl_mean")
        same = [r.index(max(r)) == t for r, t in zip(rows, top["short"])]
        last = 0.0
        for name in () if few else ("p64", "p200"):
            rows = self.logits(prompts[name])
            last = max(last, max(abs(a - b) for a, b in zip(rows[-1], self.arrays["ref." + name])))
            same += [r.index(max(r)) == t for r, t in zip(rows, top[name])]
        if few:
            return worst, kl
        self.demand("last max abs", last, "last_max_abs")
        self.demand("top-1 agreement", sum(same) / len(same), "top1_same_min", at_least=True)
        return worst, kl

    def check_perplexity(self):
        out = os.path.join(self.work, "nll.f32")
        self.run("perplexity", "--tokens", self.tokens(self.golden["ppl_tokens"]), "--out", out)
        differences = [a - b for a, b in zip(floats(out), self.arrays["ref.ppl_nll"])]
        n = len(differences)
        self.demand("mean loss", abs(sum(differences) / n), "ppl_nll_abs")
        self.demand("median |loss|", sorted(map(abs, differences))[n // 2], "ppl_abs_dnll_median")
        self.demand("mean |loss|", sum(map(abs, differences)) / n, "ppl_abs_dnll_mean")

    def check_greedy(self):
        for name, g in self.golden["greedy"].items():
            if not isinstance(g, dict) or "ref_top" not in g:
                continue
            prompt = self.golden["prompts"].get(name)
            if prompt is None:
                continue
            n = g.get("must_match_float" if self.tier == "float_activations" else "must_match_int8", 0)
            if n:
                ids = json.loads(self.run("greedy", "--tokens", self.tokens(prompt), "-n", str(n)))
                wanted = g["ids"][:n]
                if ids != wanted:
                    at = next(i for i in range(n) if ids[i] != wanted[i])
                    self.bad.append("greedy %s differs at step %d of %d" % (name, at, n))


def check_story(retort, folder, name, options, work):
    """Trained models: F32 token for token; others as far as the recorded lead is clear, and by KL divergence."""
    golden = json.load(open(os.path.join(folder, name + ".golden.json")))
    file = os.path.join(folder, name + ".gguf")
    reference = floats(os.path.join(folder, golden["ref_logits"]["file"]))
    vocab = golden["ref_logits"]["cols"]
    lead, largest_kl = (0.0, 1e-7) if "f32" in name else (0.02, 1e-5) if "f16" in name else (0.6, 2e-3)
    bad, kl, rows = [], 0.0, 0
    tokens, out = os.path.join(work, "story.json"), os.path.join(work, "story.f32")

    def run(*arguments):
        done = subprocess.run([retort, *arguments, "-m", file, "--tokens", tokens, *options], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    for i, prompt in enumerate(golden["prompts"]):
        with open(tokens, "w") as f:
            json.dump(prompt["tokens"], f)
        wanted = prompt["greedy_ids"]
        clear = next((n for n, m in enumerate(prompt["ref_margin"]) if m < lead), len(wanted))
        if clear and json.loads(run("greedy", "-n", str(clear))) != wanted[:clear]:
            bad.append("prompt %d: text differs" % i)
        run("logits", "--out", out)
        got = floats(out)
        for r in range(len(prompt["tokens"])):
            p = log_softmax(reference[(rows + r) * vocab:(rows + r + 1) * vocab])
            q = log_softmax(got[r * vocab:(r + 1) * vocab])
            kl += sum(math.exp(a) * (a - b) for a, b in zip(p, q))
        rows += len(prompt["tokens"])
    if not kl / rows <= largest_kl:
        bad.append("mean KL %.2e" % (kl / rows))
    return bad, "mean KL %.2e" % (kl / rows)


def main():
    arguments, options = sys.argv[1:], []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, options = arguments[:at], arguments[at + 1:]
    core, few = "--core" in arguments, "--few" in arguments
    arguments = [a for a in arguments if a not in ("--core", "--few")]
    given = {"--only": "", "--set": "models", "--arch": ""}
    for option in given:
        if option in arguments:
            at = arguments.index(option)
            given[option] = arguments[at + 1]
            del arguments[at:at + 2]
    only, architectures = given["--only"], given["--arch"].split(",") if given["--arch"] else []
    retort = os.path.abspath(arguments[0])
    golden = arguments[1] if len(arguments) > 1 else os.environ.get("RETORT_GOLDEN", "../shared/golden")
    models = os.path.join(golden, given["--set"])
    if not os.path.isdir(models):
        print("skipped: no golden data at %s (set RETORT_GOLDEN)" % golden)
        return 77
    chosen = set(os.listdir(models))
    if core:
        index = json.load(open(os.path.join(models, "index.json")))
        chosen = {m["name"] for m in index if m.get("core")}
    if options[:1] == ["--target"]:
        probe = subprocess.run([retort, "bench", "-p", "1", "-n", "0", "-r", "1", "-m",
                                os.path.join(golden, "models", "qwen2-f32", "model.gguf"), *options],
                               capture_output=True, text=True)
        if "no kernels for target" in probe.stderr:
            print("skipped: " + probe.stderr.strip())
            return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        for name in sorted(os.listdir(models)):
            folder = os.path.join(models, name)
            if name not in chosen or only not in name or not os.path.exists(os.path.join(folder, "golden.json")):
                continue
            if architectures and json.load(open(os.path.join(folder, "golden.json")))["arch"] not in architectures:
                continue
            try:
                model = Model(retort, folder, options, work)
                worst, kl = model.check_logits(few)
                if not few:
                    model.check_perplexity()
                    model.check_greedy()
                bad = model.bad
                note = "%s: max abs %.2e, KL %.2e" % (model.tier, worst, kl)
            except (RuntimeError, AssertionError) as e:
                bad, note = [str(e)], ""
            failed += bool(bad)
            passed += not bad
            print("%-4s %-26s %s %s" % ("FAIL" if bad else "ok", name, note, "; ".join(bad)), flush=True)
        stories = os.path.join(golden, "stories")
        for file in sorted(os.listdir(stories)) if os.path.isdir(stories) and not few and not architectures else []:
            if file.endswith(".golden.json") and only in file:
                name = file[:-len(".golden.json")]
                bad, note = check_story(retort, stories, name, options, work)
                failed += bool(bad)
                passed += not bad
                print("%-4s %-26s %s %s" % ("FAIL" if bad else "ok", name, note, "; ".join(bad)), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
