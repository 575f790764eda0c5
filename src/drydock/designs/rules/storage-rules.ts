import type { DesignNode } from '../design.js';
import { refTo } from '../design-refs.js';
import { error, type Finding, type Rule } from './rule.js';

const GIGABYTE = 1e9;
const UNITS: Readonly<Record<string, number>> = { m: 1e6, g: GIGABYTE, t: 1e12 };

export const bootStorage: Rule = {
  code: 'DD1001',
  title: 'Rational Boot Storage',
  check: ({ nodes }) => nodes.flatMap(checkNode),
};

function checkNode({ name, disks }: DesignNode): Finding[] {
  const documents = [refTo('BaremetalNode', name)];
  const partitions = disks.flatMap((disk) => disk.partitions);
  const check = (partition: string, title: string, least: number): Finding[] =>
    partitions
      .filter((candidate) => candidate.name === partition)
      .flatMap(({ size }) => {
        const bytes = bytesOf(size ?? '');
        if (bytes === null) {
          const text = `${title} volume has an invalid size format on BaremetalNode ${name}.`;
          return error(text, documents, `Use a valid ${partition} volume storage specification.`);
        }
        if (bytes >= least * GIGABYTE) return [];
        const text = `${title} volume must be > ${least}GB on BaremetalNode ${name}`;
        return error(text, documents, `Configure a larger ${partition} volume`);
      });
  if (!partitions.some((partition) => partition.name === 'root')) {
    const text = `Root volume has to be set and must be > 20GB on BaremetalNode ${name}`;
    return [error(text, documents, 'All nodes require a defined root volume at least 20GB in size.')];
  }
  return [...check('root', 'Root', 20), ...check('boot', 'Boot', 1)];
}

/** `20g`, `20GB`; decimal, as upstream has it. */
function bytesOf(size: string): number | null {
  const [, number, unit = ''] = /^(\d{1,15})([mgt])b?$/i.exec(size) ?? [];
  return number === undefined ? null : Number(number) * (UNITS[unit.toLowerCase()] ?? 0);
}
