"""The teacher's texts: it answers training questions, and what it gets right is kept.

    python3 distill.py TEACHER.pt TOKENIZER.json TEXTS.jsonl --count 6000

As R1's distillations were made: text is sampled, then filtered by correctness (the answer, and every step of the
thought). The student then learns from these texts and from the teacher's distributions over each next token, on them
and on the generator's own: see `train.py --teacher --texts`.
"""
import argparse
import json

import torch

import arithmetic
import generator
import model as drop
import train
from evaluate import ask_model, final
from tokenizer import END_THINK, Tokenizer


def right(problem, reply):
    thought = reply.split(END_THINK)[0].rstrip("\n")
    return reply.count(END_THINK) == 1 and final(reply) == problem.answer and arithmetic.steps_are_right(thought)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("teacher")
    parser.add_argument("tokenizer")
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--temperature", type=float, default=0.7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    net, tokenizer = train.load(args.teacher)[0], Tokenizer(args.tokenizer)
    stream = generator.stream(args.seed)
    kept = asked = 0
    with open(args.out, "w") as file:
        while asked < args.count:
            problems = [next(stream) for _ in range(1024)]
            rows = [dict(skill=p.skill, prompt=p.question) for p in problems]
            replies = ask_model(net, tokenizer, rows, batch=256, temperature=args.temperature)
            for problem, reply in zip(problems, replies):
                asked += 1
                if right(problem, reply):
                    kept += 1
                    print(json.dumps(dict(prompt=problem.question, reply=reply), ensure_ascii=False), file=file)
            file.flush()
            print(f"asked {asked} kept {kept}", flush=True)


if __name__ == "__main__":
    main()
