import { secondsOf, table } from './upgrade-rows.js';
import type { SwitchEnd } from './verdict.js';

/** What the demo says; pure. */

export const HELP = `Starts Slipway with a fleet of emulated IOS-XE switches and upgrades them over real SSH,
through the public API: three one by one, on schedule, and five at once.

  npm run demo [-- options]

  --once   ends when the upgrades have ended: 0 when all went well, 1 otherwise
  --help   this text

It uses the same settings as the server (.env.example): the embedded database in SLIPWAY_DATA_DIR unless DATABASE_URL
is set, and PORT, or a free one where PORT is unset and 8080 is taken. Without --once it goes on serving until Ctrl-C.
`;

export const TITLE = 'Slipway demo: upgrade a fleet of switches, one by one on schedule and all at once';

export function introduction(facts: { url: string; count: number; from: string; to: string; image: string }): string {
  return [
    `${facts.count} emulated Catalyst switches run IOS-XE ${facts.from} and are reached by real SSH on 127.0.0.1.`,
    `Slipway, at ${facts.url}, is to bring them to ${facts.to}: check, copy ${facts.image},`,
    'install, survive the reload, verify. All it is told it is told through its public API.',
  ].join('\n');
}

export function announceBatches(sequential: readonly string[], parallel: readonly string[], inSeconds: number): string {
  return [
    `- ${sequential.join(', ')}: one at a time, to start in ${inSeconds} s`,
    `- ${parallel.join(', ')}: all at once, now`,
  ].join('\n');
}

export function summary(ends: readonly SwitchEnd[], from: string): string {
  const heading = ['switch', 'how', 'result', 'was', 'is now', 'reloads', 'took'];
  const rows = ends.map(({ row: { batch, job }, version, reloads }) => {
    const seconds = secondsOf(job);
    const took = seconds === null ? '' : `${seconds.toFixed(1)} s`;
    const how = batch === 'sequential' ? 'one by one' : 'at once';
    return [job.device_hostname, how, job.status, from, version ?? '?', String(reloads), took];
  });
  return table([heading, ...rows]);
}

export function verdictText(problems: readonly string[]): string {
  if (problems.length === 0) return 'All upgrades ended as they should.';
  return ['Not everything ended as it should:', ...problems.map((problem) => `  - ${problem}`)].join('\n');
}

export interface WhereToLook {
  readonly url: string;
  readonly username: string;
  readonly token: string;
  readonly batchId: string;
  readonly hostname: string;
  readonly keepsServing: boolean;
}

export function whereToLook({ url, username, token, batchId, hostname, keepsServing }: WhereToLook): string {
  const facts = [
    ['address', url],
    ['user', username],
    ['token', token],
    ['API documentation', `${url}/docs`],
  ];
  if (!keepsServing) return table(facts);
  return [
    table(facts),
    '',
    'To go on with, for instance:',
    `  curl -H "Authorization: Token ${token}" "${url}/api/upgrade/status/?batch_id=${batchId}"`,
    `  curl -H "Authorization: Token ${token}" -H "Content-Type: application/json" \\`,
    `    -d '{"devices": ["${hostname}"], "dry_run": true}' ${url}/api/upgrade/trigger/`,
    '',
    'Serving until Ctrl-C.',
  ].join('\n');
}
