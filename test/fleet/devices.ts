import type { FleetApp } from './fleet.js';

export interface DeviceWish {
  readonly site?: string;
  readonly tags?: readonly string[];
  readonly version?: string;
}

/** Simulated devices that can be upgraded to 2.0; their ids, in order. */
export async function insertDevices(fleet: FleetApp, wishes: readonly DeviceWish[]): Promise<string[]> {
  const [image] = await fleet.sql<{ id: number }>(
    `insert into images (filename, version, platform, status, size_bytes, md5, pull_token)
     values ('new.bin', '2.0', null, 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', 'x') returning id`,
  );
  const [model] = await fleet.sql<{ id: number }>(
    'insert into device_models (name, default_image_id) values ($1, $2) returning id',
    [`model ${image!.id}`, image!.id],
  );
  const [{ names }] = (await fleet.sql<{ names: number }>('select count(*)::integer as names from devices')) as [
    { names: number },
  ];
  const ids: string[] = [];
  for (const [index, { site, tags = [], version = '1.0' }] of wishes.entries()) {
    const [row] = await fleet.sql<{ id: number }>(
      `insert into devices (hostname, ip_address, platform, version, model_id, site_id, tags, simulation)
       values ($1, '127.0.0.1', 'simulated', $2, $3, $4, $5::jsonb, '{"step_ms": 5}') returning id`,
      [
        names === 0 ? `sw${index}` : `sw${names}-${index}`,
        version,
        model!.id,
        site === undefined ? null : await siteId(fleet, site),
        JSON.stringify(tags),
      ],
    );
    ids.push(String(row!.id));
  }
  return ids;
}

async function siteId(fleet: FleetApp, name: string): Promise<number> {
  await fleet.sql('insert into sites (name) select $1 where not exists (select 1 from sites where name = $1)', [name]);
  const [site] = await fleet.sql<{ id: number }>('select id from sites where name = $1', [name]);
  return site!.id;
}
