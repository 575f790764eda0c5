import { designMessage } from '../design-message.js';
import { failed, type LoadedDesign, unreadable } from '../read-design.js';
import { validationView } from './validation.view.js';

const AT = new Date('2026-11-21T06:10:39.043Z');

describe('the status of a validation', () => {
  const design = { nodes: [], bootActions: [], networks: [], links: [], racks: [] };

  it('of a good design', () => {
    const messages = [designMessage('Info', 'DD3003', 'Hostname Validity: Validation successful.')];
    const loaded: LoadedDesign = { status: 'success', stage: 'rules', design, messages };
    expect(validationView(loaded, AT)).toEqual({
      kind: 'Status',
      apiVersion: 'v1.0',
      metadata: {},
      message: 'Site design passed validation',
      reason: null,
      status: 'Success',
      details: {
        errorCount: 0,
        messageList: [
          {
            kind: 'ValidationMessage',
            name: 'DD3003',
            message: 'Hostname Validity: Validation successful.',
            error: false,
            level: 'Info',
            diagnostic: '',
            ts: '2026-11-21 06:10:39.043000+00:00',
            documents: [],
          },
        ],
      },
      code: 200,
    });
  });

  it('of one that breaks a rule, and of one that cannot be read', () => {
    const document = { schema: 'drydock/Network/v1', name: 'mgmt' };
    const messages = [
      designMessage('Error', 'DD2006', 'bad', [document], 'do better'),
      designMessage('Info', 'DD1001', 'ok'),
    ];
    const broken: LoadedDesign = { status: 'failure', stage: 'rules', design, messages };
    expect(validationView(broken, AT)).toMatchObject({
      message: 'Site design failed validation.',
      reason: 'See detail messages.',
      status: 'Failure',
      details: {
        errorCount: 1,
        messageList: [
          { name: 'DD2006', error: true, level: 'Error', diagnostic: 'do better', documents: [document] },
          {},
        ],
      },
      code: 400,
    });
    expect(validationView(failed('fetch', [unreadable('nothing')]), AT)).toMatchObject({
      status: 'failure',
      code: 400,
    });
    expect(validationView(failed('ingest', []), AT)).toMatchObject({ status: 'failure', code: 400 });
  });
});
