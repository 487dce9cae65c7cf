/**
 * The engine for patterns of contracts: RE2's, whose time grows with the text and never faster. So nobody can send a text that
 * keeps a pattern busy, whatever the pattern. It has neither look-around nor back-references; a contract with one is refused.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */

import type { CodeOptions } from 'ajv/dist/core';
import { RE2JS } from 're2js';

const compile = (pattern: string) => {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return { test: (text: string) => compiled.test(text) };
};

/** ajv asks for the code only to write validators into files, which nobody does here. */
export const linearPattern: NonNullable<CodeOptions['regExp']> = Object.assign(compile, {
  code: 'linearPattern',
});
