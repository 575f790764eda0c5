import { refTo } from '../design-refs.js';
import { error, type Rule } from './rule.js';

const LONGEST_NAME = 255;
const LABEL = /^[A-Za-z0-9-]{1,63}$/;

export const hostnames: Rule = {
  code: 'DD3003',
  title: 'Hostname Validity',
  check: ({ nodes }) =>
    nodes.flatMap(({ name, domain }) => {
      const documents = [refTo('BaremetalNode', name)];
      const full = `${name}.${domain}`;
      const better = 'RFC 1035 requires full DNS names to be < 256 characters.';
      const length =
        full.length > LONGEST_NAME
          ? [error(`FQDN ${full} is invalid, greater than 255 characters.`, documents, better)]
          : [];
      const labels = full.split('.', LONGEST_NAME).filter((label) => !LABEL.test(label));
      return [
        ...length,
        ...labels
          .slice(0, 3)
          .map((label) =>
            error(
              `FQDN ${full} is invalid - label '${label}' is invalid.`,
              documents,
              'RFC 1035 requires each label in a DNS name to be <= 63 characters and contain only A-Z, a-z, 0-9, and hyphens.',
            ),
          ),
      ];
    }),
};

export const hugepages: Rule = {
  code: 'DD1008',
  title: 'Hugepages',
  check: ({ nodes }) =>
    nodes.flatMap(({ name, platform }) => {
      const given = new Set(platform.kernelParams.map(([key]) => key));
      if (given.has('hugepages') === given.has('hugepagesz')) return [];
      const better = 'hugepages and hugepagesz must be specified together';
      return error('Invalid hugepages kernel configuration', [refTo('BaremetalNode', name)], better);
    }),
};
