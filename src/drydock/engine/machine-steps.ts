import { ActionError } from '../../common/errors.js';
import type { BootHost } from '../../drivers/boot-host/boot-host.js';
import type {
  BootHostDriver,
  HostAct,
  HostAspect,
  HostLook,
  HostOrder,
} from '../../drivers/boot-host/boot-host-driver.js';
import type { CheckOutcome, StepOutcome } from '../../orchestration/step-handler.js';
import type { WorkContext, WorkHandler } from './task-work.js';

export const NO_DRIVER = 'No NodeDriver enabled.';

interface DrivenMachine {
  readonly host: BootHost;
  readonly driver: BootHostDriver;
}

function machineOf({ subject: { machine } }: WorkContext): DrivenMachine {
  if (!machine) throw new ActionError('The design has no such node', { code: 'no_node', retryable: false });
  const { host, driver } = machine;
  if (!driver) throw new ActionError(NO_DRIVER, { code: 'no_driver', retryable: false });
  return { host, driver };
}

const identify: WorkHandler = {
  async run(context) {
    const { host, driver } = machineOf(context);
    const facts = await driver.identify(host, context.signal);
    await context.subject.records.identified(facts);
    return { outcome: 'success', message: `Node ${host.hostname} identified by ${driver.name}` };
  },
};

const setBootDevice: WorkHandler = {
  async run(context) {
    const { host, driver } = machineOf(context);
    await driver.setBootDevice(host, 'pxe', context.signal);
    return { outcome: 'success', message: `Node ${host.hostname} boots from the network next` };
  },
};

const powerCycle: WorkHandler = {
  async run(context) {
    const { host, driver } = machineOf(context);
    await driver.setPower(host, 'cycle', context.signal);
    return { outcome: 'success', message: `Node ${host.hostname} power cycled` };
  },
};

const configure: WorkHandler = {
  async run(context) {
    const { host, driver } = machineOf(context);
    const message = await driver.configure(host, context.step.config['aspect'] as HostAspect, context.signal);
    return { outcome: 'success', message };
  },
};

const openBootContext: WorkHandler = {
  async run({ subject }) {
    await subject.records.openBootContext();
    return { outcome: 'success' };
  },
};

const revokeBootContext: WorkHandler = {
  async run({ subject }) {
    await subject.records.revokeBootContext();
    return { outcome: 'success' };
  },
};

/**
 * Whoever prepares a whole site to add a node to it must not stop those that run: as in the original
 * (drivers/node/maasdriver/actions/node.py, ConfigureHardware) it is a success, and nothing is done. One that is to be
 * prepared anew is destroyed first.
 */
async function alreadyInUse({ subject }: WorkContext): Promise<StepOutcome | null> {
  if (!(await subject.records.isInUse())) return null;
  const name = subject.machine?.host.hostname ?? '';
  return {
    outcome: 'success',
    message: `Node ${name} is deployed. Skipping; destroy it first if it is to be prepared anew`,
  };
}

function unlessInUse(handler: WorkHandler): WorkHandler {
  return { ...handler, run: async (context) => (await alreadyInUse(context)) ?? handler.run(context) };
}

/** Commissioning, deploying and releasing: begun once, and asked about until it has come to its end. */
const act: WorkHandler = {
  async run(context): Promise<StepOutcome> {
    const { host, driver } = machineOf(context);
    const order = orderOf(context);
    const skipped = order.act === 'commission' ? await alreadyInUse(context) : null;
    if (skipped) return skipped;
    await driver.prepare(host, order, context.signal);
    await context.beforeIrreversible();
    await driver.begin(host, order, context.signal);
    return { outcome: 'again', afterMs: driver.pollMs, waitingFor: `the node's ${order.act}` };
  },

  async check(context): Promise<CheckOutcome> {
    const { host, driver } = machineOf(context);
    const look = await driver.look(host, orderOf(context), context.signal);
    await context.subject.records.seen(look.statusName, look.power);
    context.progress(look.fraction);
    return outcomeOf(look, driver.pollMs);
  },
};

/** The part's own id: another attempt is another part, and a resumed one is the same. */
function orderOf({ subject, step }: WorkContext): HostOrder {
  return { id: subject.task.id, act: step.config['act'] as HostAct };
}

function outcomeOf({ state, message }: HostLook, pollMs: number): CheckOutcome {
  switch (state) {
    case 'untouched':
      return { outcome: 'not_done', message };
    case 'in_progress':
      return { outcome: 'again', afterMs: pollMs, waitingFor: message };
    case 'failed':
      return { outcome: 'failed', message };
    case 'done':
      return { outcome: 'success', message };
  }
}

export const MACHINE_STEPS: Readonly<Record<string, WorkHandler>> = {
  identify,
  boot_device: unlessInUse(setBootDevice),
  power_cycle: unlessInUse(powerCycle),
  configure,
  boot_context: openBootContext,
  revoke: revokeBootContext,
  act,
};
