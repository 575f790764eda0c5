import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

/** What versions there are of Drydock's API; anybody may ask. */
@Controller('versions')
@ApiTags('drydock')
export class DrydockVersionsController {
  @Get()
  versions() {
    return { 'v1.0': { path: '/api/v1.0', status: 'stable' } } as const;
  }
}
