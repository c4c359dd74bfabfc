"""The command line tool's manners: exit codes, one-sentence errors, files that are not what they say.

usage: cli_test.py RETORT [--golden]     --golden: what needs golden data alone, status 77 where there is none"""
import fcntl
import glob
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

RETORT = os.path.abspath(sys.argv.pop(1))
WITH_GOLDEN = "--golden" in sys.argv
if WITH_GOLDEN:
    sys.argv.remove("--golden")
GOLDEN = os.environ.get("RETORT_GOLDEN", "../shared/golden")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DROP = os.path.join(ROOT, "models", "drop.gguf")


def retort(*arguments, stdin=""):
    return subprocess.run([RETORT, *arguments], input=stdin, capture_output=True, text=True, timeout=120)


def golden(path):
    return os.path.join(GOLDEN, path)


class Usage(unittest.TestCase):
    def test_wrong_usage_exits_2(self):
        for arguments in ([], ["nothing"], ["run"], ["logits"], ["run", "-p", "x", "--cache", "q3"], ["bench", "-r", "0"]):
            self.assertEqual(retort(*arguments).returncode, 2, arguments)

    def test_help_and_version_exit_0(self):
        self.assertEqual(retort("--help").returncode, 0)
        self.assertRegex(retort("--version").stdout, r"^\d+\.\d+\.\d+")

    def refused(self, *arguments, stdin="", says=""):
        done = retort(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("retort: "), done.stderr)
        self.assertIn(says, done.stderr)

    def test_errors_are_one_sentence_and_exit_1(self):
        with tempfile.TemporaryDirectory() as work:
            empty, tokens = os.path.join(work, "empty"), os.path.join(work, "tokens.json")
            open(empty, "w").close()
            with open(tokens, "w") as f:
                f.write("[1, -5]")
            self.refused("inspect", "-m", "no/such/file.gguf", says="no/such/file.gguf")
            self.refused("inspect", "-m", empty, says="empty")
            self.refused("inspect", "-m", work)
            self.refused("greedy", "-m", empty, "--tokens", tokens, says="entry 1")
            self.refused("dequant", "--type", "q9", "--in", empty, "--out", empty, says="q9")
            self.refused("dequant", "--type", "q4_0", "--in", tokens, "--out", empty, says="18")
            self.refused("render", "--template", "no/such/template")


@unittest.skipUnless(WITH_GOLDEN, "a test of its own")
class GoldenMalformed(unittest.TestCase):
    def test_every_malformed_file_is_an_error(self):
        folder = golden("text/containers/gguf-bad")
        for path in sorted(glob.glob(os.path.join(folder, "*.gguf"))):
            done = retort("inspect", "-m", path)
            self.assertEqual(done.returncode, 1, path)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


@unittest.skipUnless(WITH_GOLDEN, "a test of its own")
class GoldenDequantization(unittest.TestCase):
    def compare(self, name, blocks, floats):
        with tempfile.TemporaryDirectory() as work:
            out = os.path.join(work, "out.f32")
            done = retort("dequant", "--type", name, "--in", blocks, "--out", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(out, "rb") as a, open(floats, "rb") as b:
                got, wanted = a.read(), b.read()
            self.assertEqual(len(got), len(wanted), name)
            if got == wanted:
                return
            got, wanted = (struct.unpack("<%df" % (len(x) // 4), x) for x in (got, wanted))
            for i, (x, y) in enumerate(zip(got, wanted)):  # NaN payloads may differ
                self.assertTrue(x == y or (x != x and y != y), "%s element %d: %r, not %r" % (name, i, x, y))

    def test_all_types_bit_equal(self):
        for folder in ("models/dequant", "text/quants"):
            for blocks in sorted(glob.glob(os.path.join(golden(folder), "*.blocks"))):
                name = os.path.basename(blocks)[:-len(".blocks")].lower()
                self.compare(name.split(".")[0], blocks, blocks[:-len(".blocks")] + ".f32")


class Text(unittest.TestCase):
    def test_tokens_there_and_back(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")
        lines = ["What is 12 + 30?", "كم يساوي ٤٥", "  two  spaces\n", "🙂"]
        stdin = "".join(json.dumps({"text": t}) + "\n" for t in lines)
        ids = retort("tokenize", "--no-bos", stdin=stdin)
        self.assertEqual(ids.returncode, 0, ids.stderr)
        back = retort("tokenize", "--ids", stdin=ids.stdout)
        self.assertEqual([json.loads(x)["text"] for x in back.stdout.splitlines()], lines)

    def test_render_gives_text_or_error_per_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jinja") as f:
            f.write("{% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}")
            f.flush()
            done = retort("render", "--template", f.name,
                          stdin='{"messages": [{"role": "user", "content": "hi"}]}\n{"messages": 7}\n')
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual(first, {"text": "user: hi;"})
        self.assertIn("error", second)


class BuiltIn(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")

    def test_run_answers_from_any_folder(self):
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run([RETORT, "run", "--temp", "0", "-n", "200", "-p", "What is 12 + 30?"], cwd=work,
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("42", done.stdout)
        self.assertIn("tokens/s", done.stderr)

    def test_same_seed_same_text(self):
        runs = [retort("run", "-n", "40", "--temp", "1", "--seed", "7", "-t", t, "-p", "Tell me").stdout for t in "12"]
        self.assertEqual(runs[0], runs[1])

    def test_samplers_have_their_options(self):
        ask = ["run", "-n", "30", "--temp", "3", "--top-p", "1", "-p", "Tell me"]
        greedy = retort("run", "-n", "30", "--temp", "0", "-p", "Tell me").stdout
        drawn = retort(*ask).stdout
        for more in (["--top-k", "1"], ["--top-nsigma", "0.0001"], ["--mirostat-ent", "0.0001"],
                     ["--samplers", "top_k;temperature", "--top-k", "1"]):
            self.assertEqual(retort(*ask, *more).stdout, greedy, more)
        for more in (["--typical", "0.3"], ["--xtc-probability", "1", "--xtc-threshold", "0.01"], ["--dynatemp-range", "0.9"],
                     ["--dry-multiplier", "50", "--dry-allowed-length", "0"], ["--samplers", "xtc"],
                     ["--repeat-penalty", "3"], ["--mirostat-ent", "1", "--mirostat-lr", "0.5"]):
            done = retort(*ask, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(done.stdout, drawn, more)
        self.assertEqual(retort(*ask, "--samplers", "top_q").returncode, 2)
        self.assertEqual(retort(*ask, "--samplers", "top_k;top_k").returncode, 1)

    def test_chat_answers_every_line_and_ends(self):
        done = retort("chat", "--temp", "0", "-n", "120", stdin="What is 2 + 3?\nWhat is 4 + 4?\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("5", done.stdout)
        self.assertRegex(done.stdout, r"5\.\s+\S")  # a second reply; what it says is free: the drop was taught single questions

    def test_inspect_json(self):
        info = json.loads(retort("inspect", "--json").stdout)
        self.assertEqual(info["architecture"], "deepseek2")
        self.assertGreater(info["session"]["bytes_cache"], 0)

    def test_bench_json(self):
        b = json.loads(retort("bench", "-p", "16", "-n", "8", "-r", "1", "--json").stdout)
        self.assertGreater(b["generation"]["tokens_per_s"], 0)


class Api(unittest.TestCase):
    """Requests that can be cancelled; they would take many times longer than the tests wait."""
    LONG = {"messages": [{"role": "user", "content": "hi"}], "thinking": {"type": "disabled"}, "max_tokens": 100000,
            "response_format": {"type": "json_schema", "json_schema": {"schema": {
                "type": "array", "items": {"type": "string", "minLength": 500}, "minItems": 60}}}}

    def setUp(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")
        self.api = None

    def tearDown(self):
        if self.api:
            self.api.kill()
            self.api.wait()
            for pipe in (self.api.stdin, self.api.stdout, self.api.stderr):
                pipe.close()

    def start(self, *arguments):
        self.api = subprocess.Popen([RETORT, "api", "--context", "100000", *arguments], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def put(self, **line):
        self.api.stdin.write(json.dumps(line) + "\n")
        self.api.stdin.flush()

    def get(self):
        return json.loads(self.api.stdout.readline())

    def test_a_stream_is_cancelled_and_so_is_one_that_waits(self):
        self.start("--envelopes")
        path = "/v1/chat/completions"
        self.put(id="one", path=path, body=self.LONG | {"stream": True})
        self.put(id=2, path=path, body=self.LONG)
        for _ in range(5):
            self.assertEqual(self.get()["id"], "one")
        self.put(cancel="nobody")
        self.put(cancel=2)
        self.put(cancel="one")
        lines = []
        while not lines or not lines[-1].get("done"):
            lines.append(self.get())
        waited = [x for x in lines if x["id"] == 2]
        self.assertEqual([(x["status"], x["body"]["error"]["code"]) for x in waited], [(503, "aborted")])
        last = [x for x in lines if "chunk" in x][-1]
        self.assertEqual(last["chunk"]["choices"][0]["finish_reason"], "aborted")
        self.put(id=3, path=path, body=self.LONG | {"max_tokens": 2, "response_format": None})
        self.assertEqual((answer := self.get())["id"], 3, answer)
        self.assertEqual(answer["body"]["choices"][0]["finish_reason"], "length")
        self.put(path="/v1/models/some")
        self.assertEqual(self.get(), {"status": 200, "body": {"id": "some", "object": "model", "owned_by": "local"}})

    def test_whole_answers_are_cancelled_in_every_form(self):
        self.start("--envelopes")
        schema = self.LONG["response_format"]["json_schema"]["schema"]
        for n, (path, body, status) in enumerate([
                ("/chat/completions", self.LONG, ("choices", 0, "finish_reason", "aborted")),
                ("/v1/responses", {"input": "hi", "reasoning": {"effort": "none"},
                                   "text": {"format": {"type": "json_schema", "schema": schema}}}, ("status", "cancelled")),
                ("/anthropic/v1/messages", {"messages": self.LONG["messages"], "thinking": {"type": "disabled"},
                                            "output_format": {"type": "json_schema", "schema": schema}},
                 ("stop_reason", "aborted"))]):
            self.put(id=n, path=path, body=body)
            self.put(cancel=n)
            answer = self.get()
            self.assertEqual(answer["id"], n)
            at = answer["body"]
            if answer["status"] == 200:  # else it had not begun
                for key in status[:-1]:
                    at = at[key]
                self.assertEqual(at, status[-1])

    def test_without_envelopes_the_chunks_tell_the_id(self):
        self.start()
        self.put(**self.LONG, stream=True)
        self.put(cancel=self.get()["id"])
        last = None
        while (line := self.api.stdout.readline()) != "[DONE]\n":
            last = json.loads(line)
        self.assertEqual(last["choices"][0]["finish_reason"], "aborted")

    def test_ends_when_its_reader_has_gone(self):
        for stream in (True, False):
            self.start()
            self.put(**self.LONG, stream=stream)
            if stream:
                self.get()
            self.api.stdout.close()
            self.assertEqual(self.api.wait(timeout=60), 1)
            self.assertEqual(self.api.stderr.read(), "")
            self.tearDown()

    def test_answers_what_came_before_the_end_of_input(self):
        short = json.dumps(self.LONG | {"max_tokens": 1})
        done = retort("api", stdin=short + "\n\n" + short)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 2)


@unittest.skipUnless(os.path.exists(DROP), "no built-in model")
class Files(unittest.TestCase):
    """What is no file, where one is wanted: a sentence, status 1, and soon."""
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        self.fifo, self.huge = self.path("fifo"), self.path("huge.json")
        os.mkfifo(self.fifo)
        with open(self.huge, "wb") as f:
            f.truncate(65 << 20)

    def path(self, name, text=None):
        path = os.path.join(self.work.name, name)
        if text is not None:
            with open(path, "w") as f:
                f.write(text)
        return path

    def refused(self, *arguments, **more):
        done = retort(*arguments, **more)
        self.assertEqual(done.returncode, 1, (arguments, done))
        self.assertRegex(done.stderr, r"^retort: [^\n]+\n$", arguments)
        return done.stderr

    def test_what_is_no_file(self):
        commands = [["run", "-p", "x", "--template"], ["chat", "--template"], ["api", "--template"], ["render", "--template"],
                    ["chat", "--schema"], ["chat", "--tool"], ["greedy", "--tokens"], ["logits", "--out", self.path("o"), "--tokens"],
                    ["perplexity", "--tokens"], ["tokenize", "--tokenizer"], ["inspect", "-m"], ["inspect", "--no-map", "-m"],
                    ["tokenize", "-m"], ["dequant", "--type", "q4_0", "--out", self.path("o"), "--in"]]
        for command in commands:
            for place in (self.work.name, "/dev/zero", "/dev/full", "/dev/null", self.path("missing"), self.path("x" * 5000),
                          self.path("empty", "") + "/below"):
                self.refused(*command, place)
        for command in commands[1::3]:  # each waits a second for a writer
            self.refused(*command, self.fifo)
        for command in commands[:10]:
            self.assertIn("64 MB", self.refused(*command, self.huge))

    def test_a_folder_in_place_of_a_tokenizer(self):
        os.mkdir(self.path("tokenizer.json"))
        self.assertIn("folder", self.refused("tokenize", "--tokenizer", self.work.name))

    def test_a_pipe_that_is_written_to_is_a_file(self):
        for text, code in (("[1, 2]", 0), ("", 1), (" " * (65 << 20), 1)):
            writer = subprocess.Popen(["sh", "-c", "cat >'%s'" % self.fifo], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            reader = subprocess.Popen([RETORT, "greedy", "-n", "1", "--tokens", self.fifo], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL)
            try:
                writer.communicate(text.encode())
            except BrokenPipeError:
                pass
            reader.communicate(timeout=60)
            self.assertEqual(reader.returncode, code)

    def test_places_that_cannot_be_written(self):
        tokens = self.path("t.json", "[1, 2, 3]")
        for place in (self.work.name, "/dev/full", self.fifo, self.path("no/folder")):
            self.refused("logits", "--tokens", tokens, "--out", place)
            self.refused("perplexity", "--tokens", tokens, "--out", place)

    def test_standard_input_that_cannot_be_read(self):
        for command in (["api"], ["tokenize"], ["render"], ["chat"], ["run", "--jsonl"], ["greedy", "--tokens", "-"]):
            folder = os.open(self.work.name, os.O_RDONLY)
            for how in ({"stdin": folder}, {"preexec_fn": lambda: os.close(0)}):
                done = subprocess.run([RETORT, *command], capture_output=True, text=True, timeout=60, **how)
                self.assertEqual(done.returncode, 1, (command, done))
                self.assertRegex(done.stderr, r"^retort: standard input[^\n]+\n$", command)
            os.close(folder)

    def test_a_line_without_an_end_is_not_read_for_ever(self):
        for command in (["api"], ["tokenize"], ["run", "--jsonl"]):
            with open("/dev/zero", "rb") as zero:
                done = subprocess.run([RETORT, *command], stdin=zero, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, (command, done))
            self.assertIn("64 MB", done.stderr)

    def test_json_is_read_within_a_depth(self):
        deep = self.path("deep.json", '{"name": "t", "command": "c", "parameters": ' + "[" * 1000000 + "]" * 1000000 + "}")
        self.refused("chat", "--tool", deep)
        self.refused("greedy", "--tokens", deep)
        self.refused("chat", "--schema", deep)
        with open(deep) as f:
            line = f.read() + "\n"
        self.refused("tokenize", stdin=line)
        self.assertEqual(retort("api", "--envelopes", stdin=line).returncode, 0)


@unittest.skipUnless(os.path.exists(DROP), "no built-in model")
class Output(unittest.TestCase):
    COMMANDS = [["run", "-n", "5", "-p", "x"], ["inspect"], ["inspect", "--json"], ["--help"], ["--version"], ["run", "--help"],
                ["greedy", "-n", "2", "--tokens", "-"], ["perplexity", "--tokens", "-"], ["bench", "-p", "1", "-n", "1", "-r", "1"]]
    BY_LINES = [(["tokenize"], {"text": "hi"}), (["render"], {"messages": [{"role": "user", "content": "hi"}]}),
                (["run", "--jsonl", "-n", "5"], {"prompt": "hi"}), (["api"], {"messages": [{"role": "user", "content": "hi"}]})]

    def each(self):
        for command in self.COMMANDS:
            yield command, "[1, 2, 3]"
        for command, line in self.BY_LINES:
            yield command, json.dumps(line) + "\n"
        yield ["chat", "-n", "5"], "hi\n"

    def test_what_is_lost_is_told(self):
        with open("/dev/full", "w") as full:
            for command, stdin in self.each():
                for how in ({"stdout": full}, {"preexec_fn": lambda: os.close(1)}):
                    done = subprocess.run([RETORT, *command], input=stdin, stderr=subprocess.PIPE, text=True, timeout=60, **how)
                    self.assertEqual(done.returncode, 1, (command, done))
                    self.assertRegex(done.stderr, r"retort: the output cannot be written: [^\n]+\n$", command)

    def test_a_reader_that_has_gone_ends_it_quietly(self):
        for command, stdin in self.each():
            for ignored in (False, True):
                reading, writing = os.pipe()
                os.close(reading)
                done = subprocess.run([RETORT, *command], input=stdin, stdout=writing, stderr=subprocess.PIPE, text=True,
                                      timeout=60, restore_signals=not ignored)
                os.close(writing)
                self.assertNotEqual(done.returncode, 0, command)
                self.assertNotIn("retort:", done.stderr, command)

    def test_it_stops_where_nobody_reads(self):
        with open("/dev/full", "w") as full:
            begin = time.monotonic()
            done = subprocess.run([RETORT, "run", "--temp", "5", "--top-p", "1", "--context", "200000", "-p", "x"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertLess(time.monotonic() - begin, 20)


@unittest.skipUnless(os.path.exists(DROP), "no built-in model")
class Numbers(unittest.TestCase):
    def test_each_is_checked_as_it_was_written(self):
        whole = ["-n", "--threads", "--context", "--chunk", "--seed", "--top-k", "--repeat-last-n", "--dry-allowed-length",
                 "--dry-penalty-last-n"]
        real = ["--temp", "--top-p", "--min-p", "--repeat-penalty", "--presence-penalty", "--frequency-penalty", "--typical",
                "--top-nsigma", "--xtc-probability", "--xtc-threshold", "--dynatemp-range", "--dynatemp-exp", "--dry-multiplier",
                "--dry-base", "--mirostat-ent", "--mirostat-lr"]
        for option in whole + real:
            for value in ["nan", "inf", "-1e9", "1e999", "x", "", " ", "3x"] + ["-1", "1.5", "18446744073709551616", "0x10", "+1"] * (option in whole):
                done = retort("run", "-p", "x", option, value)
                self.assertEqual(done.returncode, 2, (option, value, done))
                self.assertRegex(done.stderr, r"^retort: %s: [^\n]*\d to \d[^\n]*\n$" % option, (option, value))
        for arguments in (["chat", "--max-thought", "-1"], ["chat", "--guesses", "65536"], ["bench", "-p", "-1"], ["bench", "-d", "nan"],
                          ["bench", "-r", "0"], ["run", "-p", "x", "-n", "0"], ["run", "-p", "x", "-t", "0"],
                          ["run", "-p", "x", "--context", "0"], ["run", "-p", "x", "--context", "16777217"],
                          ["greedy", "--tokens", "-", "-n", "0"], ["inspect", "--context", "-5"]):
            done = retort(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done))
            self.assertRegex(done.stderr, r"^retort: --?[a-z-]+: takes [^\n]* to \d[^\n]*\n$", arguments)

    def test_extremes_within_their_range_end(self):
        for arguments in (["--context", "16777216", "-n", "1"], ["--seed", str(2**64 - 1), "-n", "1"], ["--top-k", str(2**31), "-n", "1"],
                          ["--chunk", "65536", "-n", "1"], ["-n", "16777216", "--context", "40"]):
            self.assertIn(retort("run", "-p", "x", *arguments).returncode, (0, 1), arguments)

    def test_help_of_every_command(self):
        commands = re.findall(r"^  ([a-z]+)  ", retort("--help").stdout.split("Subcommands:")[1], re.M)
        self.assertGreater(len(commands), 10)
        for command in commands:
            done = retort(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertIn("Options:", done.stdout, command)


@unittest.skipUnless(os.path.exists(DROP), "no built-in model")
class Terminal(unittest.TestCase):
    """retort chat at a terminal: what Ctrl-C and Ctrl-D do."""
    def setUp(self):
        self.here, there = pty.openpty()
        self.chat = subprocess.Popen([RETORT, "chat", "--temp", "0", "--context", "20000", *self.options()], stdin=there, stdout=there,
                                     stderr=there, start_new_session=True,
                                     preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(there)
        self.seen = ""

    def options(self):
        """An answer that does not end by itself where the test is about stopping it."""
        if "in_an_answer" not in self.id():
            return []
        schema = tempfile.NamedTemporaryFile("w", suffix=".json")
        self.addCleanup(schema.close)
        json.dump({"type": "array", "items": {"type": "string", "minLength": 500}, "minItems": 60}, schema)
        schema.flush()
        return ["--schema", schema.name]

    def tearDown(self):
        self.chat.kill()
        self.chat.wait()
        os.close(self.here)

    def until(self, what):
        """Reads on, behind what it returned before, until `what` has come."""
        deadline = time.monotonic() + 60
        while not (found := re.search(what, self.seen)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.here], [], [], left)[0]:
                self.fail("%r has not come, but %r" % (what, self.seen[-300:]))
            try:
                self.seen += os.read(self.here, 65536).decode(errors="replace")
            except OSError:
                self.fail("it ended after %r" % self.seen[-300:])
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def type(self, text):
        os.write(self.here, text.encode())

    def test_interrupted_at_the_prompt_the_next_question_is_answered(self):
        self.until("> ")
        self.type("half a quest\x03")
        self.until("again")
        self.until("> ")
        self.type("What is 1 + 2?\n")
        self.assertIn("3", self.until("answer \\d+ tokens"))
        self.until("> ")
        self.type("\x03")
        self.until("again")
        self.until("> ")
        self.type("\x03")
        self.assertEqual(self.chat.wait(timeout=30), 0)

    def test_the_end_of_input_ends_it(self):
        self.until("> ")
        self.type("\x04")
        self.assertEqual(self.chat.wait(timeout=30), 0)

    def test_interrupted_in_an_answer_it_says_so_and_goes_on(self):
        for _ in range(2):
            self.until("> ")
            self.type("Tell me a long story\n")
            self.until("\\[\"?")
            time.sleep(0.3)
            self.type("\x03")
            self.until("stopped; prompt")
        self.until("> ")
        self.type("\x04")
        self.assertEqual(self.chat.wait(timeout=30), 0)


@unittest.skipUnless(os.path.exists(DROP), "no built-in model")
class TooLong(unittest.TestCase):
    def test_a_question_too_long_for_the_context_does_not_end_the_chat(self):
        done = retort("chat", "--temp", "0", "--context", "600", "-n", "100", stdin="word " * 3000 + "\nWhat is 2 + 3?\n")
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, r"^retort: [^\n]+\n")
        self.assertIn("5", done.stdout)


if __name__ == "__main__":
    if WITH_GOLDEN:
        if not os.path.isdir(GOLDEN):
            print("skipped: no golden data at %s (set RETORT_GOLDEN)" % GOLDEN)
            sys.exit(77)
        unittest.main(defaultTest=["GoldenMalformed", "GoldenDequantization"])
    unittest.main()
