import { HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { SecretBox } from '../../../config/secret-box.js';
import { AcceptsMedia } from '../../../http/accepts-media.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { DeviceLoadingService } from '../device-loading.service.js';
import { readCsvUpload } from './csv-upload.js';
import { csvProblem, readDeviceCsv } from './device-csv.js';

export interface ImportView {
  readonly status: string;
  readonly count: number;
  readonly errors: readonly string[];
}

@UpgradeController('dcim/devices')
export class DeviceImportController {
  constructor(
    private readonly loading: DeviceLoadingService,
    private readonly secrets: SecretBox,
  ) {}

  /** Good rows become devices, bad ones are reported; nothing that exists is changed (spec upgrade section 2). */
  @Post('import_csv')
  @HttpCode(200)
  @AcceptsMedia('multipart/form-data', 'text/csv')
  async import(@CurrentPrincipal() principal: Principal, @Req() request: FastifyRequest): Promise<ImportView> {
    const rows = readDeviceCsv(await readCsvUpload(request), this.secrets);
    const good = rows.flatMap((row) => (row.device === null ? [] : [{ row, device: row.device }]));
    const { count, problems } = await this.loading.createGood(
      principal,
      good.map(({ device }) => device),
    );
    const refused = problems.flatMap(({ index, errors }) => {
      const row = good[index]?.row;
      return row === undefined ? [] : [{ row, errors }];
    });
    const bad = rows.filter((row) => row.device === null).map((row) => ({ row, errors: row.errors }));
    const all = [...bad, ...refused].sort((one, other) => one.row.line - other.row.line);
    return { status: 'imported', count, errors: all.map(({ row, errors }) => csvProblem(row, errors)) };
  }
}
