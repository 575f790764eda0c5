import { IdempotencyKey } from '../http/idempotency/idempotency-key.entity.js';
import { AuditEvent } from '../auth/audit/audit-event.entity.js';
import { AuditSeal } from '../auth/audit/audit-seal.entity.js';
import { KeyCheck } from '../auth/key-check.entity.js';
import { Token } from '../auth/token.entity.js';
import { User } from '../auth/user.entity.js';
import { Batch } from '../orchestration/batch.entity.js';
import { GateCheck } from '../orchestration/gate-check.entity.js';
import { JobArtifact } from '../orchestration/job-artifact.entity.js';
import { JobLog } from '../orchestration/job-log.entity.js';
import { Job } from '../orchestration/job.entity.js';
import { LimitSlot } from '../orchestration/limit-slot.entity.js';
import { Wave } from '../orchestration/wave.entity.js';
import { Worker } from '../orchestration/worker.entity.js';
import { Cluster } from '../clusters/cluster.entity.js';
import { Task } from '../clusters/task.entity.js';
import { Notification } from '../fuel/notifications/notification.entity.js';
import { Node } from '../nodes/node.entity.js';
import { Release } from '../releases/release.entity.js';
import { Check } from '../upgrades/workflows/check.entity.js';
import { Credential } from '../upgrades/inventory/credential.entity.js';
import { Device } from '../upgrades/inventory/device.entity.js';
import { DeviceModel } from '../upgrades/inventory/device-model.entity.js';
import { DeviceModelImage } from '../upgrades/inventory/device-model-image.entity.js';
import { FileServer } from '../upgrades/images/file-server.entity.js';
import { GoldenImage } from '../upgrades/images/golden-image.entity.js';
import { Image } from '../upgrades/images/image.entity.js';
import { Region } from '../upgrades/inventory/region.entity.js';
import { Site } from '../upgrades/inventory/site.entity.js';
import { Workflow } from '../upgrades/workflows/workflow.entity.js';
import { WorkflowStep } from '../upgrades/workflows/workflow-step.entity.js';
import { DibBuild } from '../nodepool/dib-build.entity.js';
import { DibImage } from '../nodepool/dib-image.entity.js';
import { FakeCall } from '../nodepool/fake-call.entity.js';
import { FakeFailure } from '../nodepool/fake-failure.entity.js';
import { FakeImage } from '../nodepool/fake-image.entity.js';
import { FakeServer } from '../nodepool/fake-server.entity.js';
import { PoolLease } from '../nodepool/leases/pool-lease.entity.js';
import { PoolBackoff } from '../nodepool/providers/pool-backoff.entity.js';
import { PoolPass } from '../nodepool/loops/pool-pass.entity.js';
import { PoolNode } from '../nodepool/pool-node.entity.js';
import { ProviderImage } from '../nodepool/provider-image.entity.js';
import { ProviderTurn } from '../nodepool/provider-turn.entity.js';
import { Configuration } from '../environments/records/configuration.entity.js';
import { EnvironmentAction } from '../environments/records/environment-action.entity.js';
import { EnvironmentLog } from '../environments/records/environment-log.entity.js';
import { EnvironmentSchedule } from '../environments/records/environment-schedule.entity.js';
import { EnvironmentStep } from '../environments/records/environment-step.entity.js';
import { EnvironmentWorkflow } from '../environments/records/environment-workflow.entity.js';
import { Environment } from '../environments/records/environment.entity.js';
import { GenesisGroupMember } from '../environments/records/genesis-group-member.entity.js';
import { GenesisGroup } from '../environments/records/genesis-group.entity.js';
import { GenesisProfile } from '../environments/records/genesis-profile.entity.js';
import { GenesisSetting } from '../environments/records/genesis-setting.entity.js';
import { Grant } from '../environments/records/grant.entity.js';
import { LeasedServer } from '../environments/records/leased-server.entity.js';
import { ProjectMember } from '../environments/records/project-member.entity.js';
import { Project } from '../environments/records/project.entity.js';
import { UsedTemplate } from '../environments/records/used-template.entity.js';
import { BootActionRecord } from '../drydock/records/boot-action-record.entity.js';
import { BootContext } from '../drydock/records/boot-context.entity.js';
import { BootHostRecord } from '../drydock/records/boot-host.entity.js';
import { BuildData } from '../drydock/records/build-data.entity.js';
import { PinnedDesign } from '../drydock/records/pinned-design.entity.js';
import { SimulatedHostRecord } from '../drydock/records/simulated-host.entity.js';
import { SiteTask } from '../drydock/records/site-task.entity.js';
import { TaskMessage } from '../drydock/records/task-message.entity.js';
import { Approval } from '../fleet/approvals/approval.entity.js';
import { FleetEvent } from '../fleet/events/fleet-event.entity.js';
import { OutboxEvent } from '../fleet/events/outbox-event.entity.js';
import { HookCall } from '../fleet/hooks/hook-call.entity.js';
import { Hook } from '../fleet/hooks/hook.entity.js';
import { WebhookDelivery } from '../fleet/webhooks/webhook-delivery.entity.js';
import { WebhookLane } from '../fleet/webhooks/webhook-lane.entity.js';
import { Webhook } from '../fleet/webhooks/webhook.entity.js';
import { MaintenanceWindow } from '../fleet/calendar/maintenance-window.entity.js';
import { PlanRun } from '../fleet/plans/plan-run.entity.js';
import { Plan } from '../fleet/plans/plan.entity.js';
import { ScheduleRun } from '../fleet/schedules/schedule-run.entity.js';
import { Schedule } from '../fleet/schedules/schedule.entity.js';

/** Every entity there is: the one list the data source, the drift check and the tests share. */
export const ENTITIES: (new () => object)[] = [
  AuditEvent,
  AuditSeal,
  KeyCheck,
  Token,
  User,
  IdempotencyKey,
  Batch,
  Wave,
  GateCheck,
  Job,
  JobLog,
  JobArtifact,
  Worker,
  LimitSlot,
  Release,
  Cluster,
  Node,
  Task,
  Notification,
  Check,
  Credential,
  Device,
  DeviceModel,
  DeviceModelImage,
  FileServer,
  GoldenImage,
  Image,
  Region,
  Site,
  Workflow,
  WorkflowStep,
  DibBuild,
  DibImage,
  FakeCall,
  FakeFailure,
  FakeImage,
  FakeServer,
  PoolBackoff,
  PoolLease,
  PoolNode,
  PoolPass,
  ProviderImage,
  ProviderTurn,
  Configuration,
  EnvironmentAction,
  EnvironmentLog,
  EnvironmentSchedule,
  EnvironmentStep,
  EnvironmentWorkflow,
  Environment,
  GenesisGroupMember,
  GenesisGroup,
  GenesisProfile,
  GenesisSetting,
  Grant,
  LeasedServer,
  ProjectMember,
  Project,
  UsedTemplate,
  BootActionRecord,
  BootContext,
  BootHostRecord,
  BuildData,
  PinnedDesign,
  SimulatedHostRecord,
  SiteTask,
  TaskMessage,
  MaintenanceWindow,
  Plan,
  PlanRun,
  Schedule,
  ScheduleRun,
  Approval,
  OutboxEvent,
  FleetEvent,
  Webhook,
  WebhookLane,
  WebhookDelivery,
  Hook,
  HookCall,
];
