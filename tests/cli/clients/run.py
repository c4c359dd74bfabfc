"""Runs one of the scripts beside it, with the npm packages of package.json, against `retort api`.

usage: run.py RETORT CLIENT FOLDER    exits 77 with a reason where the packages cannot be had
       run.py --install               puts the packages beside the scripts, where runs look first
"""
import fcntl
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TEMPLATE = (
    "{{ bos_token }}{% if tools %}Call with <tool_call>. {{ tools | tojson }}{% endif %}"
    "{% for m in messages %}{{ m.role }}: {{ m.content or '' }}"
    "{% for c in m.tool_calls or [] %}<tool_call>\n{{ c.function | tojson }}\n</tool_call>{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}")


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(77)


def pins():
    with open(os.path.join(HERE, "package.json")) as f:
        return f.read()


def is_installed(folder):
    """Whether the packages were installed there whole, in the versions wanted now."""
    try:
        with open(os.path.join(folder, "node_modules", ".retort")) as f:
            return f.read() == pins()
    except OSError:
        return False


def install(folder):
    """Returns what went wrong, or nothing."""
    npm = shutil.which("npm")
    if not npm:
        return "npm is not installed"
    try:
        done = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error",
                               "--fetch-retries=1", "--fetch-retry-mintimeout=1000"],
                              cwd=folder, capture_output=True, text=True, timeout=400)
    except subprocess.TimeoutExpired:
        return "npm install took more than 400 seconds"
    if done.returncode != 0:
        lines = [line.replace("npm error ", "") for line in done.stderr.strip().splitlines()]
        return "npm install: " + "; ".join(lines[:3] or ["failed"])
    with open(os.path.join(folder, "node_modules", ".retort"), "w") as f:
        f.write(pins())
    return None


def write(path, text):
    """Writes what is not there already: another run may be reading it."""
    try:
        with open(path) as f:
            if f.read() == text:
                return
    except OSError:
        pass
    with open(path, "w") as f:
        f.write(text)


def packages_into(folder):
    for file in glob.glob(os.path.join(HERE, "*.mjs")) + [os.path.join(HERE, "package.json")]:
        with open(file) as f:
            write(os.path.join(folder, os.path.basename(file)), f.read())
    if is_installed(folder):
        return
    modules, beside = os.path.join(folder, "node_modules"), os.path.join(HERE, "node_modules")
    if os.path.islink(modules):
        os.remove(modules)
    if is_installed(HERE):
        shutil.rmtree(modules, ignore_errors=True)
        os.symlink(beside, modules)
        return
    wrong = install(folder)
    if wrong:
        skip(wrong)


def main():
    if sys.argv[1] == "--install":
        wrong = None if is_installed(HERE) else install(HERE)
        if wrong:
            print(wrong, file=sys.stderr)
        sys.exit(1 if wrong else 0)
    retort, client, folder = os.path.abspath(sys.argv[1]), sys.argv[2], os.path.abspath(sys.argv[3])
    node = shutil.which("node")
    if not node:
        skip("node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0] or 0) < 20:
        skip("the packages need node 20, this is " + version)
    if subprocess.run([retort, "inspect"], capture_output=True).returncode != 0:
        skip("no model is built into " + retort)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w") as lock:  # tests may run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages_into(folder)
        template = os.path.join(folder, "template.jinja")
        write(template, TEMPLATE)
    sys.stdout.flush()
    sys.exit(subprocess.run([node, client + ".mjs", retort, template], cwd=folder, timeout=600).returncode)


if __name__ == "__main__":
    main()
