/** The JSON Schema of a configuration file, made from the table of options, for editors and for whoever writes such files (CG3). */

import type { OptionSpec } from './option-spec.ts';
import { OPTIONS, type OptionName } from './option-table.ts';

export function configurationSchema(fields: readonly OptionName[]): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'raftchart serve',
    description: 'A configuration file of one node: each field is an option of raftchart serve.',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(fields.map((name) => [name, fieldSchema(OPTIONS[name])])),
    },
  };
}

function fieldSchema({ default: preset, help, kind }: OptionSpec<unknown>): object {
  const description = preset === null ? help : `${help} Default: ${preset}.`;
  return { description, ...kind.form.schema };
}
