import type { DataSource } from 'typeorm';
import { ActionError } from '../../common/errors.js';
import type { HostFacts, PowerState } from '../../drivers/boot-host/boot-host.js';
import type { HostStatusName } from '../../drivers/boot-host/boot-host-driver.js';
import type { BootContexts, Deployment } from '../contexts/boot-contexts.service.js';
import type { Design } from '../designs/design.js';
import type { DesignMessage } from '../designs/design-message.js';
import type { DesignsService } from '../designs/designs.service.js';
import type { LoadedDesign } from '../designs/read-design.js';
import type { BootHosts, PlacedNode } from '../hosts/boot-hosts.service.js';
import { SiteTask } from '../records/site-task.entity.js';
import type { NewTaskMessage, TaskMessages } from '../tasks/task-messages.service.js';
import { holdRoot, isEnded, laterDestruction } from './task-rows.js';
import type { WorkRecords } from './task-work.js';

export interface RecordServices {
  readonly dataSource: DataSource;
  readonly designs: DesignsService;
  readonly hosts: BootHosts;
  readonly contexts: BootContexts;
  readonly messages: TaskMessages;
}

export interface NodeDeployment extends Omit<Deployment, 'nodeName' | 'taskId'> {
  /** What cloud-init is to install; null: nothing. */
  readonly userData: string | null;
}

export interface DrivenNode extends PlacedNode {
  readonly driver: string;
}

/** What the steps of one job write while they are at work. */
export class TaskWorkRecords implements WorkRecords {
  constructor(
    private readonly services: RecordServices,
    private readonly task: { readonly id: string; readonly rootId: string },
    private readonly machine: DrivenNode | null,
    private readonly deployment: NodeDeployment | null,
  ) {}

  /** What an opening that was cut short had written is written anew. */
  async opened(loaded: LoadedDesign, design: Design | null, nodeNames: readonly string[]): Promise<void> {
    const { dataSource, designs, messages } = this.services;
    await dataSource.transaction(async (tx) => {
      const root = await holdRoot(tx, this.task.rootId);
      if (!root || isEnded(root)) return;
      await tx.query('delete from drydock_messages where task_id = $1', [root.id]);
      await messages.append(tx, root.id, told(root.action, loaded).map(messageOf));
      const designDigest = design === null ? null : await designs.pin(tx, design);
      await tx.update(SiteTask, { id: root.id }, { designDigest, nodeNames: [...nodeNames] });
    });
  }

  async identified(facts: HostFacts): Promise<void> {
    const node = this.required();
    await this.services.hosts.identified(node, this.task.id, node.driver, facts);
  }

  isInUse(): Promise<boolean> {
    return this.services.hosts.isInUse(this.required().hostname);
  }

  async seen(statusName: HostStatusName, power: PowerState): Promise<void> {
    await this.services.hosts.seen(this.required(), statusName, power);
  }

  async openBootContext(): Promise<void> {
    if (this.deployment === null) throw new Error('There is no design to deploy from');
    const nodeName = this.required().hostname;
    const later = await laterDestruction(this.services.dataSource, this.task.id, nodeName);
    if (later !== null) {
      const message = `Node ${nodeName} was destroyed by task ${later}, which was asked for after this deployment`;
      throw new ActionError(message, { code: 'destroyed', retryable: false });
    }
    const { userData, designDigest, actions } = this.deployment;
    if (userData !== null) await this.services.hosts.keepUserData(nodeName, this.task.id, userData);
    await this.services.contexts.open({ designDigest, actions, nodeName, taskId: this.task.id });
  }

  async revokeBootContext(): Promise<void> {
    await this.services.contexts.revoke(this.required().hostname);
  }

  private required(): DrivenNode {
    if (this.machine === null) throw new Error('This is done on a node, and there is none');
    return this.machine;
  }
}

/** Who asks for a validation gets all of it; any other task says why it could not be done. */
function told(action: string, { status, messages }: LoadedDesign): readonly DesignMessage[] {
  if (action === 'validate_design') return messages;
  return status === 'success' ? [] : messages.filter(({ level }) => level !== 'Info');
}

/** A finding about a design, as a line of its task. */
function messageOf({ code, message, level, diagnostic, documents }: DesignMessage): NewTaskMessage {
  const extra = { name: code, level, diagnostic, documents };
  return { message, error: level === 'Error', contextType: 'site', context: code, extra };
}
