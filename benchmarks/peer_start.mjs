// Seconds from llama.cpp's model being asked for to the first token after a prompt, one line of JSON; without
// arguments only the library is loaded, which is not in the seconds: getLlama tries it out in a process of its own.
// From the folder of peer_llama.mjs:  node .../peer_start.mjs [MODEL PROMPT THREADS CONTEXT]
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(process.cwd() + "/");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const [modelPath, ...numbers] = process.argv.slice(2);
const [prompt, threads, contextSize] = numbers.map(Number);
const llama = await getLlama({ gpu: false, build: "never", progressLogs: false, logLevel: LlamaLogLevel.error, maxThreads: threads });
const start = performance.now();
if (modelPath) {
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const context = await model.createContext({ contextSize, batchSize: 512, threads: { ideal: threads, min: threads } });
  const tokens = Array.from({ length: prompt }, (_, i) => 100 + ((i * 7919) % 900));
  for await (const _ of context.getSequence().evaluate(tokens, { temperature: 0, yieldEogToken: true })) break;
}
console.log(JSON.stringify({ first: (performance.now() - start) / 1000 }));
process.exit(0);
