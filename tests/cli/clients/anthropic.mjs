// The npm package `@anthropic-ai/sdk` as its users know it, with another transport.
// usage: node anthropic.mjs RETORT TEMPLATE
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { endless as endlessly, plain as plainly, question, run, tooled as withTools } from "./bridge.mjs";

const client = ({ fetch }) => new Anthropic({ apiKey: "none", baseURL: "http://in.process/anthropic", fetch, maxRetries: 0 });
const plain = client(plainly), tooled = client(withTools), endless = client(endlessly);
const messages = [{ role: "user", content: question }];
const base = { model: "deepseek-reasoner", max_tokens: 300, messages, temperature: 0 };
const tools = [{
  name: "add", description: "adds two numbers",
  input_schema: { type: "object", properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "integer", minimum: 0, maximum: 99 } }, required: ["a", "b"] },
}];

await run({
  async "completes, and tells the thought"() {
    const m = await plain.messages.create(base);
    assert.deepEqual(m.content.map((b) => b.type), ["thinking", "text"]);
    assert.match(m.content[1].text, /42/);
    assert.equal(m.stop_reason, "end_turn");
    assert.ok(m.usage.output_tokens > 0);
  },
  async "streams what it completes"() {
    const whole = await plain.messages.create(base);
    const stream = plain.messages.stream(base);
    let text = "", thought = "";
    stream.on("text", (delta) => (text += delta)).on("thinking", (delta) => (thought += delta));
    const m = await stream.finalMessage();
    assert.deepEqual(m.content, whole.content);
    assert.equal(text, whole.content[1].text);
    assert.equal(thought, whole.content[0].thinking);
    assert.equal(m.usage.output_tokens, whole.usage.output_tokens);
    const types = [];
    for await (const event of await plain.messages.create({ ...base, stream: true })) types.push(event.type);
    assert.deepEqual([types[0], types.at(-2), types.at(-1)], ["message_start", "message_delta", "message_stop"]);
  },
  async "thinking is turned off, budgeted, and given effort"() {
    const off = await plain.messages.create({ ...base, thinking: { type: "disabled" } });
    assert.deepEqual(off.content.map((b) => b.type), ["text"]);
    const short = await plain.messages.create({ ...base, thinking: { type: "enabled", budget_tokens: 5 } });
    assert.ok(short.content[0].thinking.length < 30);
    const low = await plain.messages.create({ ...base, output_config: { effort: "low" } });
    assert.equal(low.content[0].type, "thinking");
  },
  async "what was said before, and what is to be continued"() {
    const m = await plain.messages.create({
      ...base, system: "Be short.",
      messages: [...messages, { role: "assistant", content: [{ type: "thinking", thinking: "12 + 30 = 42", signature: "x" }, { type: "text", text: "The answer is 42." }] }, { role: "user", content: [{ type: "text", text: "What is 2 + 3?" }] }],
    });
    assert.match(m.content.at(-1).text, /\d/);
    const rest = await plain.messages.create({ ...base, messages: [...messages, { role: "assistant", content: "The answer is" }] });
    assert.equal(rest.content[0].type, "text");
  },
  async "a text that stops an answer is named"() {
    const m = await plain.messages.create({ ...base, stop_sequences: ["42", "never"] });
    assert.deepEqual([m.stop_reason, m.stop_sequence], ["stop_sequence", "42"]);
  },
  async "calls a tool, is told, and answers"() {
    const ask = { ...base, model: "deepseek-chat", tools, tool_choice: { type: "any", disable_parallel_tool_use: true } };
    const first = await tooled.messages.create(ask);
    assert.equal(first.stop_reason, "tool_use");
    const calls = first.content.filter((b) => b.type === "tool_use");
    assert.equal(calls.length, 1);
    const { a, b } = calls[0].input;
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: calls[0].id, content: String(a + b) }] };
    const second = await tooled.messages.create({ ...ask, tool_choice: { type: "auto" }, max_tokens: 20, messages: [...messages, { role: "assistant", content: first.content }, result] });
    assert.ok(second.content.length >= 1);
    const streamed = await tooled.messages.stream(ask).finalMessage();
    assert.deepEqual(Object.keys(streamed.content.at(-1).input), ["a", "b"]);
  },
  async "the client's tool runner calls the function"() {
    const given = [];
    const runner = tooled.beta.messages.toolRunner({
      ...base, model: "deepseek-chat", tool_choice: { type: "tool", name: "add" }, max_iterations: 1,
      tools: [{ type: "custom", ...tools[0], parse: (x) => x, run: ({ a, b }) => (given.push([a, b]), String(a + b)) }],
    });
    for await (const m of runner) assert.equal(m.stop_reason, "tool_use");
    await runner.generateToolResponse();
    assert.equal(given.length, 1);
  },
  async "structured output with zod"() {
    const Sum = z.object({ sum: z.int(), sure: z.boolean() });
    const m = await plain.messages.parse({ ...base, model: "deepseek-chat", output_config: { format: zodOutputFormat(Sum) } });
    assert.deepEqual(Sum.parse(m.parsed_output), m.parsed_output);
  },
  async "is aborted"() {
    const n = endlessly.cancelled.length;
    const stream = endless.messages.stream({ ...base, max_tokens: 900 });
    let seen = 0;
    stream.on("thinking", () => ++seen === 3 && stream.abort());
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    assert.ok(seen < 10);
    assert.equal(endlessly.cancelled.length, n + 1);
  },
  async "errors are thrown as the client's classes"() {
    const thrown = (more) => plain.messages.create({ ...base, ...more }).then(() => assert.fail("no error"), (e) => e);
    const bad = await thrown({ temperature: 3 });
    assert.ok(bad instanceof Anthropic.BadRequestError, String(bad));
    assert.equal(bad.error.error.type, "invalid_request_error");
    assert.ok((await thrown({ messages: [], stream: true })) instanceof Anthropic.BadRequestError);
    assert.ok((await thrown({ messages: [{ role: "user", content: "1 + ".repeat(3000) }] })) instanceof Anthropic.BadRequestError);
  },
});
