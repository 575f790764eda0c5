import type { NodepoolConfig } from '../config/nodepool-config.js';

const SECRET_NAME = /pass|secret|token|key|cred|auth/i;
/** Anything shorter would blank half of a log. */
const SHORTEST = 4;

/** Those of a build's `env-vars` that must not be read anywhere: a builder run with `-x` prints what it sets. */
export function secretsOf(envVars: Readonly<Record<string, string>>): string[] {
  return Object.entries(envVars).flatMap(([name, value]) =>
    SECRET_NAME.test(name) && value.length >= SHORTEST ? [value] : [],
  );
}

/** All the config holds now, for logs of builds that noted none. */
export function secretsOfConfig(config: NodepoolConfig | null): string[] {
  const passwords = (config?.providers ?? []).map(({ password }) => password ?? '');
  const variables = (config?.diskimages ?? []).flatMap(({ envVars }) => secretsOf(envVars));
  return [...passwords.filter((password) => password.length >= SHORTEST), ...variables];
}

/** The longest first, because one may hold another; also as a shell writes those with a quote in them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const written = secrets.flatMap((secret) => [secret, secret.replaceAll("'", `'\\''`)]);
  const inTurn = [...written].sort((a, b) => b.length - a.length);
  return inTurn.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
