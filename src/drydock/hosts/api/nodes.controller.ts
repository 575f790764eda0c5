import { Get, Param, Query as QueryParameters } from '@nestjs/common';
import { NotFound } from '../../../common/errors.js';
import { type Query, toFlag } from '../../tasks/api/task-query.js';
import { toBuildDataView, type Wire } from '../../tasks/api/task.view.js';
import { DrydockController } from '../../wire/drydock-controller.decorator.js';
import { TakesRule } from '../../wire/drydock-rules.js';
import { BootHosts } from '../boot-hosts.service.js';
import { toNodeView } from './node.view.js';

/** Nodes as they were last seen (spec drydock section 5). */
@DrydockController('nodes')
export class NodesController {
  constructor(private readonly hosts: BootHosts) {}

  @Get()
  @TakesRule('read_data')
  async list(): Promise<Wire[]> {
    return (await this.hosts.list()).map(toNodeView);
  }

  @Get(':hostname/builddata')
  @TakesRule('read_build_data')
  async buildData(@Param('hostname') hostname: string, @QueryParameters() query: Query): Promise<Wire[]> {
    const found = await this.hosts.buildData(hostname, toFlag(query, 'latest'));
    if (found.length === 0) throw new NotFound('No build data found');
    return found.map(toBuildDataView);
  }
}
