import { FleetApp } from './fleet.js';

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >;
}

/** Repeating these makes nothing twice, or the key would have to keep a secret. */
const NOT_REPEATED = /\/(login|logout|preview)$|\/hooks\/\{id\}$/;
/** These take no credential of ours. */
const PUBLIC = /\/fleet\/v1\/(login|hooks\/\{id\})$/;

describe('the OpenAPI document', () => {
  let fleet: FleetApp;
  let operations: {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly operation: Operation;
  }[];
  beforeAll(async () => {
    fleet = await FleetApp.start();
    const { paths } = (await fleet.running.inject('/openapi.json')).json<{
      paths: Record<string, Record<string, Operation>>;
    }>();
    operations = Object.entries(paths)
      .filter(([path]) => path.startsWith('/fleet/v1'))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          name: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          operation,
        })),
      );
  });
  afterAll(() => fleet.close());

  const offenders = (isWrong: (each: (typeof operations)[number]) => boolean) =>
    operations.filter(isWrong).map(({ name }) => name);

  it('has every route of the fleet', () => {
    const names = operations.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'GET /fleet/v1/batches',
        'POST /fleet/v1/batches',
        'GET /fleet/v1/batches/{id}',
        'GET /fleet/v1/batches/{id}/waves',
        'GET /fleet/v1/batches/{id}/jobs',
        ...['pause', 'resume', 'abort', 'cancel', 'retry'].map((verb) => `POST /fleet/v1/batches/{id}/${verb}`),
        'POST /fleet/v1/batches/preview',
        'GET /fleet/v1/jobs',
        'GET /fleet/v1/jobs/{id}/logs',
        'GET /fleet/v1/jobs/{id}/timeline',
        'GET /fleet/v1/targets/{kind}',
        'GET /fleet/v1/workers',
        'GET /fleet/v1/audit',
        'GET /fleet/v1/audit/export',
        'GET /fleet/v1/users',
        'GET /fleet/v1/tokens',
        'GET /fleet/v1/events',
      ]),
    );
  });

  it('says of each what it does, what it answers and how it refuses', () => {
    expect(offenders(({ operation }) => !operation.summary)).toEqual([]);
    expect(
      offenders(({ operation: { responses } }) => {
        const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
        return !good.some(
          ([status, { content }]) => status === '204' || Object.values(content ?? {}).some((each) => each.schema),
        );
      }),
    ).toEqual([]);
    expect(
      offenders(({ path, operation: { responses } }) =>
        (PUBLIC.test(path) ? ['400'] : ['401', '403']).some(
          (status) => !responses[status]?.content?.['application/problem+json'],
        ),
      ),
    ).toEqual([]);
  });

  it('has an Idempotency-Key on every POST, and an If-Match on every change', () => {
    const takes = ({ parameters = [] }: Operation, header: string) => parameters.find(({ name }) => name === header);
    expect(
      offenders(
        ({ method, path, operation }) =>
          method === 'POST' && !NOT_REPEATED.test(path) && !takes(operation, 'Idempotency-Key'),
      ),
    ).toEqual([]);
    expect(
      offenders(({ method, path, operation }) => {
        // What never changes has no version to have been seen.
        const isFixed = /\/(tokens\/\{id\}|approvals)$/.test(path);
        return (
          ['PUT', 'PATCH', 'DELETE'].includes(method) && !isFixed && takes(operation, 'If-Match')?.required !== true
        );
      }),
    ).toEqual([]);
  });

  it('describes what is sent', () => {
    const takesNothing = /\/(abort|cancel|logout|redeliver\w*|regenerate|rotate\w*|test|revoke|run)$/;
    expect(
      offenders(
        ({ method, path, operation }) =>
          ['POST', 'PUT', 'PATCH'].includes(method) &&
          !takesNothing.test(path) &&
          !PUBLIC.test(path) &&
          !operation.requestBody,
      ),
    ).toEqual([]);
  });
});
