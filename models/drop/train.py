"""The training loop, for the teacher, the student from the teacher and the student alone.

    python3 train.py teacher OUT.pt --tokenizer T.json --steps 3000
    python3 train.py student OUT.pt --tokenizer T.json --steps 2500
    python3 train.py student OUT.pt --tokenizer T.json --steps 2500 --teacher TEACHER.pt --texts TEXTS.jsonl
    python3 train.py student OUT.pt --tokenizer T.json --steps 9000 --start SHIPPED.pt --down 3000

Only the thought and the answer are learned; the question is given. A checkpoint is written every `--save` steps
and a run that finds one goes on from there. It holds the weights and their running average.
"""
import argparse
import json
import multiprocessing
import os
import random
import time
from pathlib import Path

# Read when torch is loaded: room for the prepared products of every shape that comes up, 1.6 times as fast on one core.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")

import torch
import torch.nn.functional as F

import generator
import model as drop
from tokenizer import Tokenizer

TOKENS_PER_STEP = 4096
WIDTHS = 8                  # samples are padded to a multiple of this
KL_SHARE = 0.5              # of the distilled student's loss
TEACHER_TEXT_SHARE = 0.3    # of its samples
SECOND_TURNS = 0.1          # of the questions come after others
OPENINGS = 0.75             # of the stories end at their last relation: columns are soon known, and cost half of the tokens
AVERAGE_EVERY, AVERAGE_SHARE = 10, 0.05     # the running average of the weights: the last 200 steps, more or less


class Muon:
    """Momentum whose matrices are made orthogonal before the step (Jordan and others, 2024), for the inner matrices.
    Stacks of experts are treated as the many matrices they are."""

    def __init__(self, params, rate=0.02, momentum=0.95):
        self.params, self.rate, self.momentum = list(params), rate, momentum
        self.buffers = [torch.zeros_like(p) for p in self.params]

    @staticmethod
    def orthogonal(g):
        g = g.to(drop.fast_type())
        tall = g.shape[-2] > g.shape[-1]
        x = g.transpose(-2, -1) if tall else g
        x = x / (x.float().flatten(-2).norm(dim=-1)[..., None, None] + 1e-7).to(x.dtype)
        for _ in range(5):
            a = x @ x.transpose(-2, -1)
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
        return (x.transpose(-2, -1) if tall else x).float()

    @torch.no_grad()
    def step(self, factor):
        for p, buffer in zip(self.params, self.buffers):
            buffer.mul_(self.momentum).add_(p.grad)
            update = self.orthogonal(p.grad + self.momentum * buffer)
            scale = max(1.0, p.shape[-2] / p.shape[-1]) ** 0.5
            p.mul_(1 - 0.02 * self.rate * factor).add_(update, alpha=-self.rate * factor * scale)


def is_inner_matrix(name):
    return name.startswith("blocks.") and "norm" not in name and "router" not in name


def rounded(width):
    """Few different shapes: matrix libraries prepare each one anew."""
    return -(-width // WIDTHS) * WIDTHS


class Samples:
    """Endless (tokens, length of the prompt), in chunks of like length so that little is padded."""

    def __init__(self, tokenizer, seed, texts=None):
        self.tokenizer, self.rng = tokenizer, random.Random(seed)
        self.problems = generator.stream(seed)
        self.texts = texts
        self.pairs = []

    def sample(self):
        if self.texts and self.rng.random() < TEACHER_TEXT_SHARE:
            row = self.rng.choice(self.texts)
            prompt, reply = self.tokenizer.prompt(row["prompt"]), self.tokenizer.encode(row["reply"]) + [self.tokenizer.eos]
        else:
            problem = next(self.problems)
            before = []
            while self.rng.random() < SECOND_TURNS:
                earlier = next(self.problems)
                before.append((earlier.question, earlier.answer))
            prompt = self.tokenizer.prompt(problem.question, before[:2])
            if problem.skill in ("word1", "word2") and self.rng.random() < OPENINGS:
                reply = self.tokenizer.encode(problem.opening())
            else:
                reply = self.tokenizer.reply(problem)
        return prompt + reply, len(prompt)

    def step(self):
        """Two chunks, one of short samples and one of long ones, TOKENS_PER_STEP in all."""
        if not self.pairs:
            rows, total = [], 0
            while total < 8 * TOKENS_PER_STEP:
                rows.append(self.sample())
                total += len(rows[-1][0])
            rows.sort(key=lambda row: len(row[0]))
            chunks = []
            while rows:
                # as many as fit at the width of the longest of them
                count = 1
                while count < len(rows) and (count + 1) * rounded(len(rows[count][0])) <= TOKENS_PER_STEP // 2:
                    count += 1
                chunks.append(rows[:count])
                rows = rows[count:]
            half = len(chunks) // 2
            short, long = chunks[:half], chunks[half:2 * half]
            self.rng.shuffle(short)
            self.rng.shuffle(long)
            self.pairs = list(zip(short, long))
        return self.pairs.pop()

    def tensors(self, chunk, device):
        """tokens (B, T) and the mask (B, T-1) of the positions whose next token is learned"""
        width = rounded(max(len(row) for row, _ in chunk))
        height = max(len(chunk), TOKENS_PER_STEP // 2 // width)
        tokens = torch.full((height, width + 1), self.tokenizer.pad)
        learned = torch.zeros(height, width, dtype=torch.bool)
        for i, (row, start) in enumerate(chunk):
            tokens[i, :len(row)] = torch.tensor(row)
            learned[i, start - 1:len(row) - 1] = True
        return tokens.to(device), learned.to(device)


def picked(learned):
    """The learned positions, filled up to a multiple of 64 by some of weight 0."""
    rows = learned.flatten().nonzero()[:, 0]
    spare = -len(rows) % 64
    weight = torch.ones(len(rows) + spare, device=rows.device)
    weight[len(rows):] = 0
    return torch.cat([rows, rows[:1].expand(spare)]), weight


def batches(tokenizer, seed, texts, device):
    """One step's chunks after the other: (tokens, learned, None)"""
    samples = Samples(tokenizer, seed, texts)
    while True:
        yield [(*samples.tensors(chunk, device), None) for chunk in samples.step()]


@torch.no_grad()
def taught(queue, teacher, *arguments):
    """The same with the teacher's logits in place of None; runs in a process of its own, a few steps ahead."""
    torch.set_num_threads(1)
    for chunks in batches(*arguments):
        queue.put([(tokens.numpy(), learned.numpy(), teacher.logits(teacher(tokens[:, :-1])[learned]).half().numpy())
                   for tokens, learned, _ in chunks])


def taught_batches(teacher, tokenizer, seed, texts, device):
    if device != "cpu":
        for chunks in batches(tokenizer, seed, texts, device):
            with torch.no_grad():
                yield [(tokens, learned, teacher.logits(teacher(tokens[:, :-1])[learned])) for tokens, learned, _ in chunks]
    queue = multiprocessing.Queue(maxsize=4)
    process = multiprocessing.Process(target=taught, args=(queue, teacher, tokenizer, seed, texts, device), daemon=True)
    process.start()
    while True:
        yield [tuple(map(torch.from_numpy, chunk)) for chunk in queue.get()]


def load(path, device="cpu", averaged=False):
    state = torch.load(path, map_location=device)
    net = drop.Model(drop.Config(**state["config"])).to(device)
    net.load_state_dict(state["average" if averaged else "model"])
    return net, state


def train(config, out, tokenizer, steps, seed, teacher=None, texts=None, save=100, rate=0.02, adam_rate=2e-3, down=None, start=None):
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = drop.Model(config).to(device)
    inner = [p for name, p in net.named_parameters() if is_inner_matrix(name)]
    outer = [p for name, p in net.named_parameters() if not is_inner_matrix(name)]
    muon = Muon(inner, rate)
    adam = torch.optim.AdamW(outer, lr=adam_rate, betas=(0.9, 0.95), weight_decay=0.01)
    first, spent, seen = 0, 0.0, 0
    if Path(out).exists():
        state = torch.load(out, map_location=device)
        net.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        muon.buffers, first, spent, seen = state["muon"], state["step"], state["seconds"], state["tokens"]
        mean = state["average"]
    else:
        if start:
            net.load_state_dict(torch.load(start, map_location=device)["model"])
        mean = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    down = down or round(0.4 * steps)
    source = (tokenizer, seed * 1_000_003 + first, texts, device)
    steps_of_chunks = taught_batches(teacher, *source) if teacher is not None else batches(*source)
    print("parameters", *net.sizes(), "type", drop.fast_type(), "from step", first, flush=True)
    began, average = time.time(), None
    for step in range(first, steps):
        # warm-up, a plateau, and a straight way down
        factor = min(1.0, (step + 1) / 50, (steps - step) / down)
        chunks = next(steps_of_chunks)
        count = sum(int(learned.sum()) for _, learned, _ in chunks)
        loss_sum = 0.0
        for tokens, learned, goal in chunks:
            rows, weight = picked(learned)
            target = tokens[:, 1:].flatten()[rows]
            logits = net.logits(net(tokens[:, :-1]).flatten(0, 1).index_select(0, rows))
            loss = hard = drop.CrossEntropy.apply(logits, target, weight)
            if goal is not None:
                goal = goal.float().log_softmax(-1)
                soft = F.kl_div(logits[:len(goal)].log_softmax(-1), goal, log_target=True, reduction="sum")
                loss = KL_SHARE * soft + (1 - KL_SHARE) * hard
            (loss / count).backward()
            loss_sum += float(hard)
            seen += tokens.numel()
        torch.nn.utils.clip_grad_norm_(outer, 1.0)
        for group in adam.param_groups:
            group["lr"] = adam_rate * factor
        adam.step()
        muon.step(factor)
        for mixture in net.mixtures():
            mixture.balance(0.004)
        net.zero_grad(set_to_none=True)
        if (step + 1) % AVERAGE_EVERY == 0:
            for name, tensor in net.state_dict().items():
                mean[name].lerp_(tensor, AVERAGE_SHARE)
        now = loss_sum / count
        average = now if average is None else 0.95 * average + 0.05 * now
        if (step + 1) % 25 == 0:
            seconds = spent + time.time() - began
            print(f"step {step + 1} loss {average:.4f} tokens {seen} seconds {seconds:.0f}", flush=True)
        if (step + 1) % save == 0 or step + 1 == steps:
            state = dict(config=vars(config), model=net.state_dict(), average=mean, adam=adam.state_dict(), muon=muon.buffers,
                         step=step + 1, seconds=spent + time.time() - began, tokens=seen)
            torch.save(state, str(out) + ".new")
            os.replace(str(out) + ".new", out)
    return net


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("size", choices=["teacher", "student"])
    parser.add_argument("out")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teacher")
    parser.add_argument("--texts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=2e-3)
    parser.add_argument("--down", type=int, help="steps of the way down to zero (default: 40 %%)")
    parser.add_argument("--start", help="a checkpoint whose weights a new run starts from")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    teacher = load(args.teacher, device)[0] if args.teacher else None
    texts = [json.loads(line) for line in open(args.texts)] if args.texts else None
    config = drop.TEACHER if args.size == "teacher" else drop.STUDENT
    train(config, args.out, Tokenizer(args.tokenizer), args.steps, args.seed, teacher, texts, args.save, args.rate, args.adam_rate, args.down, args.start)


if __name__ == "__main__":
    main()
