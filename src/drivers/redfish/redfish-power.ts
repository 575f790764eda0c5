import type { BootDevice, BootHost, HostFacts, PowerChange, PowerState } from '../boot-host/boot-host.js';
import { HostPower } from '../boot-host/host-power.js';
import { DriverError } from '../device-driver.js';
import { pathOfLink, textAt, textsAt, type JsonObject } from './json-parts.js';
import { isUnderWay, powerPlan, powerStateOf, type PowerStep } from './power-plan.js';
import { RedfishSession, type RedfishTiming } from './redfish-session.js';
import { findSystem, firstMac, systemFacts } from './redfish-system.js';
import { awaitTask } from './redfish-task.js';

const TIMING: RedfishTiming = { requestMs: 15_000, pollMs: 1_000, patienceMs: 180_000 };
const TARGETS: Readonly<Record<BootDevice, string>> = { pxe: 'Pxe', hdd: 'Hdd' };
const MOST_TRIES = 4;

/** Machines whose controller speaks Redfish (DSP0266): their power and what they start from, and what they are. */
export class RedfishPower extends HostPower {
  readonly type = 'redfish';

  constructor(private readonly timing: RedfishTiming = TIMING) {
    super();
  }

  identify(host: BootHost, signal: AbortSignal): Promise<HostFacts> {
    return this.with(host, signal, async (session) => {
      const { body } = await session.get(await findSystem(session));
      const bootMac = host.bootMac ?? (await firstMac(session, body));
      return { ...systemFacts(body), powerAddress: session.controller, bootMac, bootIp: host.bootIp };
    });
  }

  powerState(host: BootHost, signal: AbortSignal): Promise<PowerState> {
    return this.with(host, signal, async (session) => powerStateOf(await stateOf(session, await findSystem(session))));
  }

  setPower(host: BootHost, change: PowerChange, signal: AbortSignal): Promise<void> {
    return this.with(host, signal, async (session) => {
      const path = await findSystem(session);
      const { body } = await session.get(path);
      const plan = powerPlan(change, textAt(body, 'PowerState'), await allowedResets(session, body));
      if (plan === null) throw new DriverError('unsupported', `${session.controller} cannot do "power ${change}"`);
      for (const step of plan) await this.reach(session, path, step);
    });
  }

  setBootDevice(host: BootHost, device: BootDevice, signal: AbortSignal): Promise<void> {
    return this.with(host, signal, async (session) => {
      const path = await findSystem(session);
      for (let tries = 1; ; tries += 1) {
        const { body, etag } = await session.get(path);
        if (isSetTo(body, TARGETS[device])) return;
        assertCanStartFrom(body, TARGETS[device], session.controller);
        if (tries > MOST_TRIES) {
          throw new DriverError('prompt_timeout', `${session.controller} still does not start from ${TARGETS[device]}`);
        }
        if (tries > 1) await session.wait();
        await this.override(session, path, TARGETS[device], ifMatch(etag, tries));
      }
    });
  }

  /** Another one's change in between (412) is no failure: it is read again and tried again. */
  private async override(session: RedfishSession, path: string, target: string, match: Record<string, string>) {
    const json = { Boot: { BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: target } };
    const answer = await session.request({ method: 'PATCH', path, headers: match, json });
    if (answer.status === 412 || answer.status === 428) return;
    if (answer.status >= 300) throw session.refusal(answer, `the boot device ${target}`);
    if (answer.status === 202) await awaitTask(session, answer, `the boot device ${target}`, this.timing.patienceMs);
  }

  /**
   * Until the machine is seen to be so, whatever the controller answers: one that says yes may do nothing, and one whose
   * connection broke may have done it.
   */
  private async reach(session: RedfishSession, path: string, step: PowerStep): Promise<void> {
    const until = Date.now() + this.timing.patienceMs;
    let isSent = false;
    for (let tries = 0; ;) {
      const { body } = await session.get(path);
      const state = textAt(body, 'PowerState');
      if (state === step.until && (isSent || !step.isBlind)) return;
      if (!isSent && !isUnderWay(state, step.until)) {
        tries += 1;
        isSent = await this.reset(session, body, step.reset).catch(async (error: unknown) => {
          // Refused because it is so already, perhaps by our own try before: then all is well.
          if ((await stateOf(session, path)) === step.until && !step.isBlind) return true;
          if (!(error instanceof DriverError) || !error.retryable || tries >= MOST_TRIES) throw error;
          return false;
        });
        if (isSent) continue;
      }
      if (Date.now() > until) {
        const seconds = this.timing.patienceMs / 1000;
        throw new DriverError(
          'prompt_timeout',
          `The machine is ${state ?? 'silent'} and not ${step.until} after ${seconds} s`,
        );
      }
      await session.wait();
    }
  }

  private async reset(session: RedfishSession, system: JsonObject, type: string): Promise<true> {
    const target = textAt(system, 'Actions', '#ComputerSystem.Reset', 'target');
    const path = target === null ? null : pathOfLink(target);
    if (path === null) throw new DriverError('unsupported', `${session.controller} has no reset of its machine`);
    const answer = await session.request({ method: 'POST', path, json: { ResetType: type } });
    if (answer.status >= 300) throw session.refusal(answer, `the reset ${type}`);
    if (answer.status === 202) await awaitTask(session, answer, `the reset ${type}`, this.timing.patienceMs);
    return true;
  }

  private with<T>(host: BootHost, signal: AbortSignal, work: (session: RedfishSession) => Promise<T>): Promise<T> {
    return RedfishSession.use(host, this.timing, signal, work);
  }
}

async function stateOf(session: RedfishSession, path: string): Promise<string | null> {
  return textAt((await session.get(path)).body, 'PowerState');
}

/** Null: the controller does not say. */
async function allowedResets(session: RedfishSession, system: JsonObject): Promise<readonly string[] | null> {
  const action = ['Actions', '#ComputerSystem.Reset'] as const;
  const stated = textsAt(system, ...action, 'ResetType@Redfish.AllowableValues');
  const info = textAt(system, ...action, '@Redfish.ActionInfo');
  const path = info === null ? null : pathOfLink(info);
  if (stated !== null || path === null) return stated;
  const { body } = await session.get(path);
  const parameters = Array.isArray(body['Parameters']) ? (body['Parameters'] as unknown[]) : [];
  return textsAt(
    parameters.find((one) => textAt(one, 'Name') === 'ResetType'),
    'AllowableValues',
  );
}

function isSetTo(system: JsonObject, target: string): boolean {
  const enabled = textAt(system, 'Boot', 'BootSourceOverrideEnabled');
  return enabled !== null && enabled !== 'Disabled' && textAt(system, 'Boot', 'BootSourceOverrideTarget') === target;
}

function assertCanStartFrom(system: JsonObject, target: string, controller: string): void {
  const allowed = textsAt(system, 'Boot', 'BootSourceOverrideTarget@Redfish.AllowableValues');
  if (allowed === null || allowed.includes(target)) return;
  throw new DriverError('unsupported', `${controller} cannot have its machine start from ${target}`);
}

/** Some controllers give a weak tag and take it only as a strong one. */
function ifMatch(etag: string | null, tries: number): Record<string, string> {
  if (etag === null) return {};
  return { 'if-match': tries <= 2 ? etag : etag.replace(/^W\//, '') };
}
