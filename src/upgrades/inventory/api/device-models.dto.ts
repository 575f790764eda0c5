import type { DeviceCommands } from '../../../drivers/device-driver.js';
import type { Wish } from '../../audited-rows.js';
import { jsonObject, listOf, reference, text } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import type { DeviceModel } from '../device-model.entity.js';

const clearable = { optional: true, nullable: true };
const COMMANDS = ['activate', 'verify', 'rollback'] as const;
const commandText = text({ max: 4000 });

/** Shell commands of a Linux host ; a misspelt name would silently do nothing. */
const commands: FieldRule<DeviceCommands> = (value) => {
  const object = jsonObject(value);
  if ('error' in object) return object;
  const given: Partial<Record<(typeof COMMANDS)[number], string>> = {};
  for (const [name, command] of Object.entries(object.value)) {
    const known = COMMANDS.find((one) => one === name);
    if (known === undefined) return { error: `"${name.slice(0, 50)}" is not one of ${COMMANDS.join(', ')}.` };
    if (command === null || command === '') continue;
    const result = typeof command === 'string' ? commandText(command) : { error: 'Not a valid string.' };
    if ('error' in result) return { error: `${known}: ${result.error}` };
    given[known] = result.value;
  }
  return { value: given };
};

export class DeviceModelBody {
  @Field(text()) name?: string;
  @Field(text(), { optional: true }) vendor?: string;
  @Field(reference, clearable) default_image?: number | null;
  @Field(listOf(reference), { optional: true }) supported_images?: number[];
  @Field(reference, clearable) default_file_server?: number | null;
  @Field(commands, { optional: true }) commands?: DeviceCommands;
}

export function toDeviceModelWish(body: DeviceModelBody): Wish<DeviceModel> {
  return {
    name: body.name,
    vendor: body.vendor,
    defaultImageId: body.default_image,
    defaultFileServerId: body.default_file_server,
    commands: body.commands,
  };
}
