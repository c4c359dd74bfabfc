// The npm packages `ai` and `@ai-sdk/deepseek` as their users know them, with another transport.
// usage: node ai_sdk.mjs RETORT TEMPLATE
import assert from "node:assert/strict";
import { createDeepSeek } from "@ai-sdk/deepseek";
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { endless, plain, question as prompt, run, tooled } from "./bridge.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const provider = ({ fetch }) => createDeepSeek({ apiKey: "none", baseURL: "http://in.process/v1", fetch });
const thinks = provider(plain)("deepseek-reasoner"), calls = provider(tooled)("deepseek-chat");
const base = { model: thinks, prompt, temperature: 0, maxOutputTokens: 300, maxRetries: 0 };
const told = [];
const add = tool({
  description: "adds two numbers",
  inputSchema: z.object({ a: z.int().min(0).max(99), b: z.int().min(0).max(99) }),
  execute: async ({ a, b }) => {
    told.push(a + b);
    return a + b;
  },
});

await run({
  async "completes, and tells the thought"() {
    const r = await generateText(base);
    assert.match(r.text, /42/);
    assert.equal(r.finishReason, "stop");
    assert.ok(r.reasoningText.length > 0);
    assert.ok(r.usage.outputTokens > 0 && r.usage.inputTokens > 0);
    assert.ok(r.usage.outputTokenDetails.reasoningTokens > 0);
  },
  async "streams what it completes"() {
    const whole = await generateText(base);
    const stream = streamText(base);
    let text = "", thought = "";
    for await (const part of stream.fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") text += part.text;
      if (part.type === "reasoning-delta") thought += part.text;
    }
    assert.equal(text, whole.text);
    assert.equal(thought, whole.reasoningText);
    assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
  },
  async "thinking is turned off, and effort set"() {
    const off = await generateText({ ...base, providerOptions: { deepseek: { thinking: { type: "disabled" } } } });
    assert.equal(off.reasoningText, undefined);
    const low = await generateText({ ...base, providerOptions: { deepseek: { reasoningEffort: "low" } } });
    assert.ok(low.reasoningText.length > 0);
  },
  async "a text that stops an answer leaves the thought alone"() {
    const whole = await generateText(base);
    const cut = await generateText({ ...base, stopSequences: ["42"] });
    assert.equal(cut.reasoningText, whole.reasoningText);
    assert.equal(cut.text, whole.text.slice(0, whole.text.indexOf("42")));
  },
  async "calls a tool, runs it, and goes on"() {
    const n = told.length;
    const r = await generateText({
      ...base, model: calls, tools: { add }, stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? { type: "tool", toolName: "add" } : "none" }),
    });
    assert.equal(r.steps.length, 2);
    assert.equal(r.steps[0].finishReason, "tool-calls");
    assert.equal(told.length, n + 1);
    assert.equal(r.steps[0].toolResults[0].output, told.at(-1));
  },
  async "streams calls"() {
    const stream = streamText({ ...base, model: calls, tools: { add }, toolChoice: "required" });
    const kinds = new Set();
    let written = "", call;
    for await (const part of stream.fullStream) {
      if (part.type === "error") throw part.error;
      kinds.add(part.type);
      if (part.type === "tool-input-delta") written += part.delta;
      if (part.type === "tool-call") call = part;
    }
    assert.ok(kinds.has("tool-input-start") && kinds.has("tool-result"), [...kinds].join());
    assert.deepEqual(Object.keys(call.input), ["a", "b"]);
    assert.ok(written.startsWith("{"));
  },
  async "structured output: an object, which is all this client asks the service for"() {
    const r = await generateText({
      ...base, model: provider(plain)("deepseek-chat"),
      output: Output.object({ schema: z.object({ sum: z.unknown().optional() }) }),
    });
    assert.equal(typeof r.output, "object");
  },
  async "is aborted"() {
    const n = endless.cancelled.length;
    const stop = new AbortController();
    const stream = streamText({ ...base, model: provider(endless)("deepseek-reasoner"), maxOutputTokens: 900, abortSignal: stop.signal, onError() {} });
    let seen = 0;
    for await (const part of stream.fullStream) if (part.type === "reasoning-delta" && ++seen === 3) stop.abort();
    assert.ok(seen < 10);
    assert.equal(endless.cancelled.length, n + 1);
    const whole = new AbortController();
    plain.next().then(() => whole.abort());
    await assert.rejects(generateText({ ...base, abortSignal: whole.signal }), { name: "AbortError" });
  },
  async "errors are the client's"() {
    const e = await generateText({ ...base, prompt: "1 + ".repeat(3000) }).then(() => null, (e) => e);
    assert.ok(APICallError.isInstance(e), String(e));
    assert.equal(e.statusCode, 400);
    assert.match(e.message, /maximum context length/);
  },
});
