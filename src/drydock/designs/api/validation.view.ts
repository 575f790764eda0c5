import { drydockTime } from '../../wire/drydock-time.js';
import type { DesignMessage } from '../design-message.js';
import type { LoadedDesign } from '../read-design.js';

export interface ValidationMessageView {
  readonly kind: 'ValidationMessage';
  readonly name: string;
  readonly message: string;
  readonly error: boolean;
  readonly level: string;
  readonly diagnostic: string;
  readonly ts: string;
  readonly documents: readonly { readonly schema: string; readonly name: string }[];
}

export interface ValidationView {
  readonly kind: 'Status';
  readonly apiVersion: 'v1.0';
  readonly metadata: Record<string, never>;
  readonly message: string;
  readonly reason: string | null;
  readonly status: string;
  readonly details: { readonly errorCount: number; readonly messageList: readonly ValidationMessageView[] };
  readonly code: number;
}

/** The Status of `POST /validatedesign` (spec drydock section 5). */
export function validationView({ status, stage, messages }: LoadedDesign, at: Date): ValidationView {
  const isGood = status === 'success';
  // Upstream has two words for it: one where rules are broken, one where the documents could not be read.
  const failure = stage === 'rules' ? 'Failure' : 'failure';
  return {
    kind: 'Status',
    apiVersion: 'v1.0',
    metadata: {},
    message: isGood ? 'Site design passed validation' : 'Site design failed validation.',
    reason: isGood ? null : 'See detail messages.',
    status: isGood ? 'Success' : failure,
    details: {
      errorCount: messages.filter(({ level }) => level === 'Error').length,
      messageList: messages.map((message) => messageView(message, at)),
    },
    code: isGood ? 200 : 400,
  };
}

export function messageView(message: DesignMessage, at: Date): ValidationMessageView {
  return {
    kind: 'ValidationMessage',
    name: message.code,
    message: message.message,
    error: message.level === 'Error',
    level: message.level,
    diagnostic: message.diagnostic,
    ts: drydockTime(at),
    documents: message.documents.map(({ schema, name }) => ({ schema, name })),
  };
}
