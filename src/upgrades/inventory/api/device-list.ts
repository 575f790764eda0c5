import { setImmediate } from 'node:timers/promises';
import type { SecretBox } from '../../../config/secret-box.js';
import { parseRow } from '../../drf/body.pipe.js';
import { invalidFields } from '../../drf/refusals.js';
import { refusedRows, type NewDevice, type RowProblem } from '../device-loading.service.js';
import { DeviceBody, toDeviceWish } from './devices.dto.js';

const MOST_DEVICES = 200_000;
/** Rows read at one go; between two of them other requests have their turn. */
const SLICE = 1000;

/** Reads a list of devices to create. Throws one `Invalid` that names the bad ones by their place. */
export async function readDeviceList(body: readonly unknown[], secrets: SecretBox): Promise<NewDevice[]> {
  if (body.length === 0) throw invalidFields({ non_field_errors: ['This list may not be empty.'] });
  if (body.length > MOST_DEVICES) {
    throw invalidFields({ non_field_errors: [`Ensure this field has no more than ${MOST_DEVICES} elements.`] });
  }
  const devices: NewDevice[] = [];
  const problems: RowProblem[] = [];
  for (let start = 0; start < body.length; start += SLICE) {
    body.slice(start, start + SLICE).forEach((item, place) => {
      const result = parseRow(DeviceBody, item);
      if ('errors' in result) problems.push({ index: start + place, errors: result.errors });
      else devices.push({ ...toDeviceWish(result.row, secrets), hostname: result.row.hostname ?? '' });
    });
    await setImmediate();
  }
  if (problems.length > 0) throw refusedRows(problems, body.length);
  return devices;
}
