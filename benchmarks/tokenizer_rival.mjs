// Hugging Face's tokenizers (Rust, through the npm package @anush008/tokenizers) on the strings of tokenizer_bench.
//   npm install @anush008/tokenizers      in a folder outside the repository, then from that folder:
//   node .../tokenizer_rival.mjs DIR NAME=tokenizer.json ... > FILE
// One line each: name, text, MB/s, tokens. Processor time of the whole process, median of repetitions.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { Tokenizer } = createRequire(join(process.cwd(), 'x.js'))('@anush008/tokenizers');

/** Parts of at least 8 KB that end at a line end, as tokenizer_bench cuts them. */
function partsOf(bytes) {
  const out = [];
  for (let at = 0; at < bytes.length;) {
    let end = at + 8192 < bytes.length ? bytes.indexOf(10, at + 8192) : -1;
    end = end < 0 ? bytes.length : end + 1;
    out.push(bytes.subarray(at, end).toString('utf8'));
    at = end;
  }
  return out;
}

const [folder, ...tokenizers] = process.argv.slice(2);
for (const argument of tokenizers) {
  const equals = argument.indexOf('=');
  const name = argument.slice(0, equals);
  const tokenizer = Tokenizer.fromFile(argument.slice(equals + 1));
  for (const language of ['english', 'arabic', 'chinese', 'code']) {
    const bytes = readFileSync(join(folder, language + '.txt'));
    const parts = partsOf(bytes);
    let tokens = 0;
    const times = [];
    for (let i = 0; i < 8; ++i) {
      const encoded = [];
      const begin = process.cpuUsage();
      for (const part of parts) encoded.push(await tokenizer.encode(part, null, { addSpecialTokens: false }));
      const { user, system } = process.cpuUsage(begin);
      if (i > 0) times.push((user + system) / 1e6);
      tokens = encoded.reduce((n, e) => n + e.getLength(), 0);
    }
    times.sort((a, b) => a - b);
    console.log(name, language, (bytes.length / 1e6 / times[times.length >> 1]).toFixed(2), tokens);
  }
}
