"""The tool where memory is out: an answer or one sentence, never a signal.

usage: memory_test.py RETORT [--step MB] [--from MB] [--to MB]     run, api and chat under a limit of so much address space"""
import argparse
import json
import os
import resource
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("retort")
parser.add_argument("--step", type=float, default=0.2)
parser.add_argument("--from", type=float, default=14, dest="least")
parser.add_argument("--to", type=float, default=60)
a = parser.parse_args()

HELLO = {"messages": [{"role": "user", "content": "What is 1 + 2?"}], "max_tokens": 8}
COMMANDS = {"run": (["run", "-n", "8", "-p", "What is 1 + 2?"], ""),
            "api": (["api"], json.dumps(HELLO) + "\n"),
            "chat": (["chat", "-n", "8"], "What is 1 + 2?\n")}
ENOUGH = 1000  # MB
NOT_LOADED = 127  # what the loader of programs says where they do not fit


def within(megabytes, arguments, stdin=""):
    limit = int(megabytes * 1024 * 1024)
    return subprocess.run([os.path.abspath(a.retort), *arguments], input=stdin, capture_output=True, text=True, timeout=120,
                          errors="replace", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


def fault_of(done):
    if done.returncode == NOT_LOADED:
        return None
    if done.returncode not in (0, 1):
        return "ended with status %d" % done.returncode
    if done.returncode == 1 and not done.stderr.startswith("retort: "):
        return "no sentence"
    if done.returncode == 0 and not done.stdout.strip():
        return "no answer"
    return None


if within(ENOUGH, ["--version"]).returncode:
    print("skipped: the tool takes more than %d MB to start; was it built with sanitizers?" % ENOUGH)
    sys.exit(77)
faults = runs = answers = 0
for name, (arguments, stdin) in COMMANDS.items():
    at = a.least
    while at <= a.to:
        done = within(at, arguments, stdin)
        runs += 1
        answers += done.returncode == 0
        if what := fault_of(done):
            faults += 1
            print("retort %s within %.1f MB: %s: %s" % (name, at, what, done.stderr.strip()[:200]))
        at += a.step
print("%d runs, %d answers, %d faults" % (runs, answers, faults))
sys.exit(1 if faults or runs == 0 else 0)
