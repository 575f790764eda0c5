import { SecretBox } from '../../config/secret-box.js';
import { REDACTED } from '../../drivers/ssh/redact.js';
import { openVariables, sealVariables } from './sealed-variables.js';

describe('the variables of a workflow', () => {
  const box = new SecretBox('a key for this test');
  const values = { nodesCount: 4, region: 'eu#us', verbose: false, password: 'open sesame' };

  it('are stored as they are, but for the secret ones', () => {
    const sealed = sealVariables(values, ['password'], box);
    expect(sealed).toMatchObject({ nodesCount: { value: 4 }, region: { value: 'eu#us' }, verbose: { value: false } });
    expect(JSON.stringify(sealed)).not.toContain('sesame');
    expect(openVariables(JSON.parse(JSON.stringify(sealed)) as typeof sealed, box)).toEqual({
      values,
      secrets: ['open sesame'],
      masked: { ...values, password: REDACTED },
    });
  });

  it('of nothing are nothing to mask', () => {
    const { secrets } = openVariables(sealVariables({ password: '' }, ['password'], box), box);
    expect(secrets).toEqual([]);
  });
});
