import type { SchemaObject } from 'ajv';
import { ASSET_TYPES, DATA_SEGMENTS, LOCATION_SEGMENTS } from '../design.js';
import { closed, TEXT, texts } from './shapes.js';

const COMBINATION = { enum: ['intersection', 'union'] };

const ASSET: SchemaObject = {
  ...closed({
    type: { enum: [...ASSET_TYPES] },
    path: { type: 'string', pattern: '^/.+' },
    location: TEXT,
    data: { type: ['string', 'object'], additionalProperties: { type: ['string', 'null'] } },
    location_pipeline: { type: 'array', items: { enum: [...LOCATION_SEGMENTS] } },
    data_pipeline: { type: 'array', items: { enum: [...DATA_SEGMENTS] } },
    permissions: { type: 'string', pattern: '\\d{3}' },
  }),
  required: ['type'],
};

/** Spec drydock section 7.3. */
export const BOOT_ACTION: SchemaObject = closed({
  signaling: { type: ['boolean', 'null'] },
  assets: { type: 'array', items: ASSET },
  node_filter: {
    ...closed({
      filter_set_type: COMBINATION,
      filter_set: {
        type: 'array',
        items: closed({
          filter_type: COMBINATION,
          node_names: texts,
          node_tags: texts,
          node_labels: { type: 'object' },
          rack_names: texts,
          rack_labels: { type: 'object' },
        }),
      },
    }),
    type: ['object', 'null'],
  },
});
