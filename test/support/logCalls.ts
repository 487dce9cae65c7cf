/** Finds what the sources log: every call of a logger, with its level, fields and message. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface LogCall {
  /** File and line. */
  place: string;
  level: string;
  message: string;
  /** Names of the fields; undefined where the source doesn't write them out. */
  fields: string[] | undefined;
}

const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
const LOGGER = /(?:^|\.)(?:log|logger|failures?)$/;
/** They log what others hand them. */
const RELAYS = new Set(['failureLog.ts', 'repeatedLines.ts']);

/** @throws Error for a call whose message can't be read from the source */
export function logCalls(...folders: string[]): LogCall[] {
  return folders.flatMap(sourcesOf).flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const calls: LogCall[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const { name, expression } = node.expression;
        if (LEVELS.has(name.text) && LOGGER.test(expression.getText()))
          calls.push(...callsOf(node, name.text, source));
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return calls;
  });
}

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.ts') && !RELAYS.has(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function callsOf(call: ts.CallExpression, level: string, source: ts.SourceFile): LogCall[] {
  const { line } = source.getLineAndCharacterOfPosition(call.getStart());
  const place = `${source.fileName}:${line + 1}`;
  const message = call.arguments.at(-1);
  const object = call.arguments.find(ts.isObjectLiteralExpression);
  const fields = object?.properties.map((property) => property.name?.getText() ?? '…');
  return messagesOf(message, source).map((text) => {
    if (text === undefined) throw new Error(`${place}: the message of a log line must be written out`);
    return { place, level, message: text, fields };
  });
}

/** A message that a function of the file is handed is looked up where that function is called. */
function messagesOf(message: ts.Node | undefined, source: ts.SourceFile): (string | undefined)[] {
  if (message !== undefined && ts.isStringLiteralLike(message)) return [message.text];
  if (message === undefined || !ts.isIdentifier(message)) return [undefined];
  let owner: ts.Node = message;
  while (owner.parent !== undefined && !ts.isFunctionDeclaration(owner)) owner = owner.parent;
  if (!ts.isFunctionDeclaration(owner)) return [undefined];
  const index = owner.parameters.findIndex((parameter) => parameter.name.getText() === message.text);
  const found: (string | undefined)[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      node.expression.getText() === (owner as ts.FunctionDeclaration).name?.text
    ) {
      const argument = node.arguments[index];
      found.push(argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.length === 0 || index < 0 ? [undefined] : found;
}
