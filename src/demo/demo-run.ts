import type { EmulatedSwitch } from '../drivers/emulator/emulated-switch.js';
import { startServer, type RunningServer } from '../server.js';
import { ApiClient } from './api-client.js';
import type { DemoConfig } from './demo-config.js';
import { NEW_VERSION, OLD_VERSION, startFleet, stopFleet } from './demo-fleet.js';
import { IMAGE, prepareInventory } from './demo-inventory.js';
import { announceBatches, introduction, summary, TITLE, verdictText, whereToLook } from './demo-text.js';
import { progressView } from './progress-view.js';
import type { UpgradeRow } from './upgrade-rows.js';
import { trigger, triggerBody, watch, type Triggered } from './upgrade-run.js';
import { findProblems, type SwitchEnd } from './verdict.js';

const SWITCHES = 8;
const SEQUENTIAL = 3;
/** Until the scheduled batch is due. */
const AHEAD_S = 5;

type Output = NodeJS.WriteStream;

/** One run of the demo: starts everything, upgrades, tells. `stop` may come at any time. */
export class DemoRun {
  private readonly aborted = new AbortController();
  private fleet: readonly EmulatedSwitch[] = [];
  private server: RunningServer | undefined;
  private starting: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: DemoConfig,
    private readonly out: Output,
    private readonly keepsServing: boolean,
  ) {}

  /** What did not go as it should; empty when all is well. */
  async run(): Promise<string[]> {
    this.say(`${TITLE}\n`);
    this.starting = this.start();
    await this.starting;
    const { server, fleet } = this;
    if (!server) throw new Error('the demo was stopped');
    const names = fleet.map((one) => one.options.hostname);
    this.say(introduction({ url: server.url, count: fleet.length, from: OLD_VERSION, to: NEW_VERSION, image: IMAGE }));
    const api = new ApiClient(server.url, this.settings.token, this.aborted.signal);
    const workflow = await prepareInventory(api, fleet);
    const scheduledFor = new Date(Date.now() + AHEAD_S * 1000);
    const [sequential, parallel] = [names.slice(0, SEQUENTIAL), names.slice(SEQUENTIAL)];
    this.say(`${announceBatches(sequential, parallel, AHEAD_S)}\n`);
    const batches = [
      await trigger(api, 'sequential', triggerBody('sequential', sequential, workflow, scheduledFor)),
      await trigger(api, 'parallel', triggerBody('parallel', parallel, workflow, scheduledFor)),
    ];
    const rows = await watch(api, batches, progressView(this.out), this.aborted.signal);
    const ends = await this.endsOf(api, rows);
    const problems = findProblems(ends, NEW_VERSION, scheduledFor);
    this.say(`\n${summary(ends, OLD_VERSION)}\n\n${verdictText(problems)}\n`);
    this.say(`${this.whereToLook(server, batches, names)}\n`);
    return problems;
  }

  /** Steps under way come to a safe point first, and for that their switches must still be there. */
  async stop(): Promise<void> {
    this.aborted.abort(new Error('the demo was stopped'));
    await this.starting.catch(() => undefined);
    await this.server?.stop();
    await stopFleet(this.fleet);
  }

  private async start(): Promise<void> {
    this.fleet = await startFleet(SWITCHES);
    this.server = await startServer(this.settings.config);
  }

  private async endsOf(api: ApiClient, rows: readonly UpgradeRow[]): Promise<SwitchEnd[]> {
    const ends = rows.map(async (row): Promise<SwitchEnd> => {
      const { version } = await api.get<{ version: string | null }>(`/api/dcim/devices/${row.job.device}/`);
      const one = this.fleet.find(({ options }) => options.hostname === row.job.device_hostname);
      return { row, version, reloads: one?.counters.reloads ?? 0 };
    });
    return Promise.all(ends);
  }

  private whereToLook(server: RunningServer, batches: readonly Triggered[], names: readonly string[]): string {
    return whereToLook({
      url: server.url,
      username: this.settings.config.values.adminUsername,
      token: this.settings.token,
      batchId: batches[0]?.batchId ?? '',
      hostname: names[0] ?? '',
      keepsServing: this.keepsServing,
    });
  }

  private say(text: string): void {
    this.out.write(`${text}\n`);
  }
}
