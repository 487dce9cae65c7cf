/** Fixes how ajv looks up names. */

import type Ajv2020 from 'ajv/dist/2020';
import { _, type KeywordCxt, Name } from 'ajv/dist/2020';
import unevaluatedProperties from 'ajv/dist/vocabularies/unevaluated/unevaluatedProperties';

/**
 * With `anyOf` and the like, ajv notes known names in an ordinary object. That object has a `constructor` and a `toString`
 * from the beginning, so an event with such a name would pass `unevaluatedProperties: false`. Here ajv looks into a copy
 * without these.
 */
export function knowOwnNamesOnly(ajv: Ajv2020): void {
  const { code, ...definition } = unevaluatedProperties;
  ajv.removeKeyword('unevaluatedProperties');
  ajv.addKeyword({
    ...definition,
    code(context: KeywordCxt) {
      const { gen, it } = context;
      const { props } = it;
      if (props instanceof Name)
        it.props = gen.const('own', _`${props} === true || Object.assign(Object.create(null), ${props})`);
      code(context as Parameters<typeof code>[0]);
    },
  } as Parameters<typeof ajv.addKeyword>[0]);
}
