// What stands between a client and `retort api --envelopes`: a fetch() that writes requests to a child process and makes
// responses of the lines that come back. Nothing goes over a network. An aborted request is cancelled in the child.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

const [program, template] = process.argv.slice(2);

/** `options`: of `retort api`. `more`: fields that every request gets. */
export function bridge(options = [], more = {}) {
  const child = spawn(program, ["api", "--envelopes", "--context", "1024", ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const open = new Map(); // by id: who takes the lines of a request
  const cancelled = [];
  let last = 0, sent = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line);
    open.get(answer.id)?.(answer);
  });
  child.on("exit", () => open.forEach((take) => take({ status: 502, body: { error: { message: "retort api has ended" } } })));
  const put = (line) => child.stdin.write(JSON.stringify(line) + "\n");

  const fetch = (url, init) =>
    new Promise(async (resolve, reject) => {
      const request = new Request(url, init);
      const path = new URL(request.url).pathname, id = ++last;
      const is_typed = /\/(responses|messages)$/.test(path);
      const body = request.method === "GET" ? undefined : { ...JSON.parse(await request.text()), ...more };
      let stream; // of the response, once it has begun
      const cancel = () => {
        if (!open.delete(id)) return;
        put({ cancel: id });
        cancelled.push(id);
      };
      const signal = init?.signal ?? request.signal;
      const abort = () => {
        cancel();
        const why = signal.reason ?? new DOMException("aborted", "AbortError");
        if (stream) stream.error(why);
        reject(why);
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const end = () => {
        open.delete(id);
        signal?.removeEventListener("abort", abort);
      };
      const send = (text) => stream.enqueue(new TextEncoder().encode(text));
      open.set(id, (answer) => {
        if ("body" in answer) {
          end();
          const headers = { "content-type": "application/json" };
          return resolve(new Response(JSON.stringify(answer.body), { status: answer.status, headers }));
        }
        if (!stream) {
          const events = new ReadableStream({ start: (of) => (stream = of), cancel });
          resolve(new Response(events, { status: 200, headers: { "content-type": "text/event-stream" } }));
        }
        if ("chunk" in answer) return send((is_typed ? `event: ${answer.chunk.type}\n` : "") + `data: ${JSON.stringify(answer.chunk)}\n\n`);
        end();
        if (!is_typed) send("data: [DONE]\n\n");
        stream.close();
      });
      put({ id, path, body });
      sent.forEach((tell) => tell());
      sent = [];
    });
  /** When the next request has been sent. */
  const next = () => new Promise((resolve) => sent.push(resolve));
  return { fetch, cancelled, next, end: () => child.stdin.end() };
}

const ending = JSON.stringify({ text: "<｜end▁of▁sentence｜>" }) + "\n";
const end = JSON.parse(spawnSync(program, ["tokenize", "--no-bos"], { input: ending }).stdout).ids[0];
/** A model that thinks and answers; the same with a template that knows tools; one that never ends by itself. */
export const plain = bridge(), tooled = bridge(["--template", template]), endless = bridge([], { logit_bias: { [end]: -100 } });
export const question = "What is 12 + 30?";

/** Runs functions by their names, and ends the process with 1 where one fails. */
export async function run(tests) {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok      ${name}`);
    } catch (e) {
      process.exitCode = 1;
      console.log(`FAILED  ${name}\n${e.stack ?? e}`);
    }
  }
  for (const b of [plain, tooled, endless]) b.end();
}
