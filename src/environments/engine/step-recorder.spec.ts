import type { DataSource } from 'typeorm';
import { StepRecords } from './step-recorder.js';

describe('what a step tells of itself', () => {
  it('is stored without the secrets of its workflow, whatever the step had masked', async () => {
    const stored: unknown[] = [];
    const query = (_sql: string, values: unknown[]) => Promise.resolve(stored.push(...values));
    const record = new StepRecords({ query } as unknown as DataSource, 7, ['open sesame']);
    await record.startAction({ uuid: 'u', name: 'says open sesame', description: 'open sesame!' });
    await record.log('u', [{ text: '$ echo open sesame', position: 0 }]);
    await record.endAction('u', 'Failed', 'FAILURE: open sesame');
    expect(JSON.stringify(stored)).not.toContain('sesame');
    expect(stored).toEqual(expect.arrayContaining(['says ********', '********!', 'FAILURE: ********']));
    expect(stored).toContainEqual(expect.stringContaining('$ echo ********'));
  });
});
