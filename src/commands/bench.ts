/** `npm run bench`: what the design asks for in numbers, as ratios against baselines in the same run. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchJson, benchTable } from '../bench/bench-report.js';
import { MEASURES, runBench } from '../bench/run-bench.js';

const HELP = `Measures Slipway against baselines in the same run, on a database of its own that is deleted afterwards.

  npm run bench [-- options]

  --quick       smaller sizes: under two minutes instead of under ten
  --only a,b    only these measures: ${Object.keys(MEASURES).join(', ')}
  --json        the result as JSON instead of the table
  --out FILE    also writes the JSON into FILE
  --help        this text

Ratios are what counts: absolute figures say more about the machine. Ends with 1 when a measure could not be taken;
an aim that was not met is shown and does not change the exit code.
`;

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const QUICK_LIMIT_MS = 5 * 60_000;
const FULL_LIMIT_MS = 20 * 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return void process.stdout.write(HELP);
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.filter((name) => !(name in MEASURES));
  if (unknown.length > 0) throw new Error(`there is no measure "${unknown.join('", "')}"\n\n${HELP}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  const limitMs = values.quick ? QUICK_LIMIT_MS : FULL_LIMIT_MS;
  setTimeout(() => stop.abort(new Error(`not done after ${limitMs / 60_000} minutes`)), limitMs).unref();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const result = await runBench({ quick: values.quick, only, signal: stop.signal, say });
  const json = benchJson(result);
  if (values.out !== undefined) writeFileSync(values.out, json);
  process.stdout.write(values.json ? json : `\n${benchTable(result.rows)}\n\n${JSON.stringify(result)}\n`);
  if (result.rows.some(({ measured }) => measured.startsWith('failed'))) process.exitCode = 1;
}

await main().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
