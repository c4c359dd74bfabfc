"""Asks questions, greedily, and counts right answers by skill and language.

    python3 evaluate.py --retort PATH [--model drop.gguf] [--count 2000] [--floor 0.95]        held questions of the generator
    python3 evaluate.py --retort PATH [--model drop.gguf] --strangers                          strangers.jsonl, written by hand
    python3 evaluate.py --retort PATH [--model drop.gguf] --questions FILE.jsonl               any other file
    python3 evaluate.py --checkpoint student.pt --tokenizer T.json ...                         a checkpoint instead

A file's lines have "prompt" (or "question"), "answer" and, if there are kinds, "skill" and "lang". An answer is the text to
be matched, or a number, or null where the question is to be refused; with numbers the share that was answered is told too.
"""
import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

STRANGERS = Path(__file__).parent / "strangers.jsonl"


def final(text):
    """What stands after the thought."""
    return text.split("</think>")[-1].replace("<｜end▁of▁sentence｜>", "").strip()


def interval(right, count):
    """Wilson's 95 % interval."""
    if not count:
        return 0.0, 1.0
    z, p = 1.96, right / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (p * (1 - p) / count + z * z / (4 * count * count)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def number(reply):
    """The last number of an answer; None is a refusal."""
    found = re.findall(r"-?\d+", final(reply))
    return int(found[-1]) if found else None


def is_right(row, reply):
    return final(reply) == row["answer"] if isinstance(row["answer"], str) else number(reply) == row["answer"]


def share(right, count):
    low, high = interval(right, count)
    return f"{100 * right / count:.1f} % ({right}/{count}; {100 * low:.1f} .. {100 * high:.1f})" if count else "-"


def report_answered(rows, replies, out=sys.stdout):
    """Of the questions with a number for an answer: how many were answered, and how many of these are right."""
    for lang in [*sorted({row["lang"] for row in rows}), None]:
        asked = [(row, number(reply)) for row, reply in zip(rows, replies)
                 if lang in (row["lang"], None) and isinstance(row["answer"], int)]
        answered = [(row, given) for row, given in asked if given is not None]
        if asked:
            right = sum(row["answer"] == given for row, given in answered)
            print(f"{lang or 'all'}: answered {share(len(answered), len(asked))}, right among the answered {share(right, len(answered))}", file=out)


def report(rows, replies, out=sys.stdout):
    cells = defaultdict(lambda: [0, 0])
    for row, reply in zip(rows, replies):
        right = is_right(row, reply)
        for key in ((row["skill"], row["lang"]), (row["skill"], "both"), ("all", row["lang"]), ("all", "both")):
            cells[key][0] += right
            cells[key][1] += 1
    print("| skill | English | Arabic | both | 95 % interval |\n|---|---|---|---|---|", file=out)
    for skill in sorted({skill for skill, _ in cells}, key=lambda s: (s == "all", s)):
        def show(lang):
            right, count = cells.get((skill, lang), (0, 0))
            return f"{100 * right / count:.1f} % ({right}/{count})" if count else "-"
        low, high = interval(*cells[skill, "both"])
        print(f"| {skill} | {show('en')} | {show('ar')} | {show('both')} | {100 * low:.1f} .. {100 * high:.1f} |", file=out)
    return cells


def ask_retort(command, model, rows, limit):
    """`retort run --jsonl`: a line {"prompt"} in, a line {"text"} out."""
    line = [command, "run", "--jsonl", "-n", str(limit), "--temp", "0"] + (["-m", model] if model else [])
    asked = "".join(json.dumps({"prompt": row["prompt"]}, ensure_ascii=False) + "\n" for row in rows)
    done = subprocess.run(line, input=asked.encode(), stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{' '.join(line)}: exit status {done.returncode}")
    replies = [json.loads(text)["text"] for text in done.stdout.decode().splitlines() if text.strip()]
    if len(replies) != len(rows):
        sys.exit(f"{len(rows)} questions, {len(replies)} answers")
    return replies


def ask_model(net, tokenizer, rows, batch=128, limit=250, temperature=0.0):
    import model as drop
    prompts = [tokenizer.prompt(row["prompt"]) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: (row_size(rows[i]), len(prompts[i])))
    replies = [""] * len(rows)
    for start in range(0, len(order), batch):
        part = order[start:start + batch]
        ids = drop.generate(net, [prompts[i] for i in part], tokenizer.eos, tokenizer.pad, limit, temperature)
        for i, reply in zip(part, ids):
            replies[i] = tokenizer.decode(reply)
    return replies


def row_size(row):
    """Rows of one skill stop at about the same time, which keeps a batch full."""
    return row.get("skill", "")


def expert_shares(net, tokenizer, problems):
    """Per mixture layer, the share of the routed (token, choice) pairs that goes to each expert."""
    import torch
    for mixture in net.mixtures():
        mixture.load.zero_()
    with torch.no_grad():
        for problem in problems:
            net(torch.tensor([tokenizer.prompt(problem.question) + tokenizer.reply(problem)]))
    return [(mixture.load / mixture.load.sum()).tolist() for mixture in net.mixtures()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--retort", help="path of the retort program")
    parser.add_argument("--model", help="GGUF file (default: the one linked into the program)")
    parser.add_argument("--questions", help="JSON lines with prompt, answer, skill, lang (default: generated)")
    parser.add_argument("--strangers", action="store_true", help="the problems written by hand")
    parser.add_argument("--count", type=int, help="of the generated questions, or of the file's first ones")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--limit", type=int, default=250, help="new tokens per question")
    parser.add_argument("--floor", type=float, help="exit status 1 if word1, word2, add or sub is below this share")
    parser.add_argument("--checkpoint")
    parser.add_argument("--tokenizer")
    parser.add_argument("--fast", action="store_true", help="the machine's fast type instead of float32 (checkpoints)")
    parser.add_argument("--average", action="store_true", help="the running average of the weights (checkpoints)")
    parser.add_argument("--shares", action="store_true", help="the experts' shares on 300 held problems (checkpoints)")
    parser.add_argument("--wrong", help="write wrong answers to this file")
    args = parser.parse_args()

    if args.questions or args.strangers:
        with open(args.questions or STRANGERS, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file][:args.count]
        rows = [dict(row, prompt=row.get("prompt") or row["question"], skill=row.get("skill", "asked"), lang=row.get("lang", "en")) for row in rows]
    else:
        import generator
        rows = [dict(skill=p.skill, lang=p.lang, prompt=p.question, answer=p.answer)
                for p in generator.test_set(args.count or 2000, args.seed)]
    if args.retort:
        replies = ask_retort(args.retort, args.model, rows, args.limit)
    else:
        import torch
        import model as drop
        import train
        from tokenizer import Tokenizer
        torch.set_num_threads(1)
        drop.exact(not args.fast)
        net, tokenizer = train.load(args.checkpoint, averaged=args.average)[0], Tokenizer(args.tokenizer)
        if args.shares:
            import generator
            for i, shares in enumerate(expert_shares(net, tokenizer, generator.test_set(300, args.seed))):
                print(f"mixture {i}: smallest {min(shares):.4f} largest {max(shares):.4f} of {len(shares)} experts")
        replies = ask_model(net, tokenizer, rows, limit=args.limit)
    cells = report(rows, replies)
    report_answered(rows, replies)
    if args.wrong:
        with open(args.wrong, "w") as file:
            for row, reply in zip(rows, replies):
                if not is_right(row, reply):
                    print(json.dumps(dict(row, reply=reply), ensure_ascii=False), file=file)
    if args.floor is not None:
        low = {skill: cells[skill, "both"] for skill in ("word1", "word2", "add", "sub") if (skill, "both") in cells}
        bad = {skill: cell for skill, cell in low.items() if cell[0] < args.floor * cell[1]}
        if bad:
            sys.exit(f"below the floor of {args.floor}: {', '.join(bad)}")


if __name__ == "__main__":
    main()
