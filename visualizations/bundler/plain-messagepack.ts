/** The codec of the transport gets along with the plain part of MessagePack, a tenth of `msgpackr`. */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from './assets.ts';

const path = join(root, 'visualizations/playground/engine/plain-messagepack.ts');

export const plainMessagePack: Plugin = {
  name: 'plain-messagepack',
  setup: ({ onResolve }) => onResolve({ filter: /^msgpackr$/ }, () => ({ path })),
};
