// Speed of llama.cpp's prebuilt CPU libraries on one file, one line of JSON. Once, in a folder of its own:
//   npm i --omit=optional --ignore-scripts node-llama-cpp @node-llama-cpp/linux-x64
// Then from that folder:  node .../peer_llama.mjs MODEL PROMPT GENERATED THREADS DEPTH
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(process.cwd() + "/");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const [modelPath, prompt, generated, threads, depth] = process.argv.slice(2).map((a, i) => (i ? Number(a) : a));
const llama = await getLlama({ gpu: false, build: "never", progressLogs: false, logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
const contextSize = depth + prompt + generated + 64;
const context = await model.createContext({ contextSize, batchSize: 512, threads: { ideal: threads, min: threads } });
const sequence = context.getSequence();
const tokens = (n, seed) => Array.from({ length: n }, (_, i) => 100 + (((i + seed) * 7919) % 900));
const perSecond = (n, since) => (n * 1000) / (performance.now() - since);
await sequence.evaluateWithoutGeneratingNewTokens(tokens(8, 1));
const out = {};
if (prompt) {
  await sequence.clearHistory();
  if (depth) await sequence.evaluateWithoutGeneratingNewTokens(tokens(depth, 5));
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens(prompt, 7));
  out.prompt = perSecond(prompt, start);
}
if (generated) {
  await sequence.clearHistory();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens(depth + 8, 9));
  let n = 0;
  const start = performance.now();
  for await (const _ of sequence.evaluate([100], { temperature: 0, yieldEogToken: true })) if (++n >= generated) break;
  out.generation = perSecond(n, start);
}
console.log(JSON.stringify(out));
process.exit(0);
