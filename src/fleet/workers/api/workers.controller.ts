import { Get, Param, Query } from '@nestjs/common';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { uuidOf } from '../../api/path-ids.js';
import { noQuery, strictQuery } from '../../api/strict.pipe.js';
import { WorkerReads } from '../worker-reads.service.js';
import { toWorkerView, WorkerPage, WorkerView } from './worker.view.js';

@FleetController('workers')
export class WorkersController {
  constructor(private readonly workers: WorkerReads) {}

  @Get()
  @Answers('The processes that run steps', 200, WorkerPage)
  async list(@Query(strictQuery(PageQuery)) query: PageQuery): Promise<WorkerPage> {
    return toPageView(await this.workers.list(query), toWorkerView);
  }

  @Get(':id')
  @Answers('One worker', 200, WorkerView, { problems: [404] })
  async get(@Param('id', uuidOf('worker')) id: string, @Query(noQuery()) _query: void): Promise<WorkerView> {
    return toWorkerView(await this.workers.get(id));
  }
}
