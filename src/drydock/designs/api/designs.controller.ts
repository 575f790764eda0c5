import { HttpCode, Post } from '@nestjs/common';
import { Invalid } from '../../../common/errors.js';
import { refProblem } from '../../locations/location.js';
import { DrydockBody, type JsonObject } from '../../wire/drydock-body.js';
import { DrydockController } from '../../wire/drydock-controller.decorator.js';
import { TakesRule } from '../../wire/drydock-rules.js';
import { DesignsService } from '../designs.service.js';
import { readNodeFilter, selectNodes } from '../node-filter.js';
import { type ValidationView, validationView } from './validation.view.js';

/** What can be asked of a design without a task (spec drydock section 5). */
@DrydockController('')
export class DesignsController {
  constructor(private readonly designs: DesignsService) {}

  @Post('validatedesign')
  @TakesRule('validate_site_design')
  @HttpCode(200)
  async validate(
    @DrydockBody({ empty: 'Request body must not be empty for validation.' }) { href }: JsonObject,
  ): Promise<ValidationView> {
    if (typeof href !== 'string' || href === '') {
      throw new Invalid('The "href" key must be provided in the request body.');
    }
    const design = await this.designs.load(href, { signal: unending() });
    const view = validationView(design, new Date());
    if (view.code !== 200) throw new Invalid(view.message, { body: view });
    return view;
  }

  @Post('nodefilter')
  @TakesRule('read_data')
  @HttpCode(200)
  async select(@DrydockBody() body: JsonObject): Promise<string[]> {
    const ref = body['design_ref'];
    if (ref === undefined || ref === null || ref === '') {
      throw new Invalid('Missing input required value: design_ref');
    }
    const filter = readNodeFilter(body['node_filter']);
    const problem = refProblem(ref);
    if (typeof ref !== 'string' || problem !== null) throw new Invalid(`design_ref: ${problem}`);
    const { design, messages } = await this.designs.load(ref, { signal: unending() });
    // Upstream answers with no nodes, which a client takes for "nothing to do".
    if (design === null) throw new Invalid(messages.find(({ level }) => level === 'Error')?.message ?? 'No design');
    return selectNodes(design, filter);
  }
}

/** Fetching and reading have limits of their own. */
function unending(): AbortSignal {
  return new AbortController().signal;
}
