import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SecretBox } from '../../config/secret-box.js';
import { PreparedSql } from '../../database/prepared-sql.js';
import { DriverError, type Device as DriverDevice } from '../../drivers/device-driver.js';
import { notFound } from '../drf/refusals.js';
import { loginOf, type LoginSource } from './device-login.js';
import { placeReferences, readReferences, type DeviceReference } from './device-references.js';

/** What planning an upgrade needs to know of a device; no secret. */
export interface ResolvedDevice {
  readonly id: number;
  readonly hostname: string;
  readonly platform: string;
  readonly modelId: number | null;
  readonly modelName: string | null;
  readonly siteId: number | null;
  readonly siteName: string | null;
  readonly regionId: number | null;
  readonly version: string | null;
  readonly goldenImageOverrideId: number | null;
  readonly preferredFileServerId: number | null;
}

export interface Resolution {
  /** In the order asked for, each device once. */
  readonly devices: ResolvedDevice[];
  /** Every reference that names no device, as it was given. */
  readonly unknown: DeviceReference[];
}

const RESOLVED = `
  select d.id, d.hostname, d.platform, d.model_id as "modelId", m.name as "modelName", d.site_id as "siteId",
    s.name as "siteName", s.region_id as "regionId", d.version,
    d.golden_image_override_id as "goldenImageOverrideId", d.preferred_file_server_id as "preferredFileServerId"
  from devices d
  left join device_models m on m.id = d.model_id
  left join sites s on s.id = d.site_id`;

type Login = Pick<DriverDevice, 'username' | 'password' | 'secret' | 'privateKey' | 'passphrase'>;
type ConnectionRow = Omit<DriverDevice, keyof Login> & {
  readonly own: LoginSource;
  readonly credential: LoginSource | null;
  readonly global: LoginSource | null;
};

const loginJson = (alias: string): string =>
  `json_build_object('username', ${alias}.username, 'password', ${alias}.password, 'secret', ${alias}.secret,
     'privateKey', ${alias}.private_key, 'passphrase', ${alias}.passphrase)`;

const CONNECTION = `
  select d.id, d.hostname, d.ip_address as address, d.port, d.platform, m.name as model, d.serial, d.version,
    d.host_key_policy as "hostKeyPolicy", d.host_key as "hostKey", d.legacy_algorithms as "legacyAlgorithms",
    d.remote_dir as "remoteDir", coalesce(m.commands, '{}') as commands, d.simulation, ${loginJson('d')} as own,
    case when c.id is not null then ${loginJson('c')} end as credential,
    case when g.id is not null then ${loginJson('g')} end as global
  from devices d
  left join device_models m on m.id = d.model_id
  left join credentials c on c.id = d.credential_id
  left join credentials g on g.is_global
  where d.id = $1`;

/** Finds devices for the rest of the domain: many at once, or one with everything needed to log in. */
@Injectable()
export class DeviceLookupService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly prepared: PreparedSql,
    private readonly secrets: SecretBox,
  ) {}

  /** Ids and hostnames as spec upgrade section 1.3 reads them; two statements however many there are. */
  async resolve(references: readonly DeviceReference[]): Promise<Resolution> {
    const wanted = readReferences(references);
    const rows = await this.dataSource.query<ResolvedDevice[]>(
      `with wanted as (
         select id from devices where id = any($1::integer[])
         union select id from devices where hostname = any($2::text[])
       ) ${RESOLVED} join wanted on wanted.id = d.id`,
      [wanted.ids, wanted.hostnames],
    );
    return placeReferences(references, rows);
  }

  /** The devices that still exist, by id. */
  async findMany(ids: readonly number[]): Promise<Map<number, ResolvedDevice>> {
    const rows = await this.dataSource.query<ResolvedDevice[]>(`${RESOLVED} where d.id = any($1::integer[])`, [ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * A device as drivers know it, secrets in clear: its own login, else its credential's, else the global one's. One
   * statement, since every claim of every job asks for it.
   */
  async connection(id: number): Promise<DriverDevice> {
    const [row] = await this.prepared.query<ConnectionRow[]>(CONNECTION, [id]);
    if (row === undefined) throw notFound(`Device ${id} does not exist`);
    const { own, credential, global, ...device } = row;
    const login = loginOf([own, credential, global]);
    const open = (text: string | null): string | null => (text === null ? null : this.secrets.decrypt(text));
    return {
      ...device,
      username: login.username,
      password: open(login.password),
      secret: open(login.secret),
      privateKey: open(login.privateKey),
      passphrase: open(login.passphrase),
    };
  }

  /** `tofu`: keeps the key of a first contact. One that is known already is never replaced here. */
  async learnHostKey(id: number, fingerprint: string): Promise<void> {
    const rows = await this.dataSource.query<{ hostKey: string }[]>(
      `with learned as (
         update devices set host_key = coalesce(host_key, $2) where id = $1 returning host_key)
       select host_key as "hostKey" from learned`,
      [id, fingerprint],
    );
    const known = rows[0]?.hostKey;
    // Two first contacts at once that saw different keys: one of them did not talk to the device.
    if (known !== undefined && known !== fingerprint) {
      throw new DriverError('host_key_mismatch', `The host key is ${fingerprint}, but ${known} was just learned`);
    }
  }
}
