import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostedPlugins } from '../../../sandbox/hostedPlugins';

const COMPILED = ['kinesis-ingest', 'kinesis-reply', 'other'];

const names = (kongYml: string) => hostedPlugins(kongYml, COMPILED).map((folder) => path.basename(folder));

describe('the plugins to host for a kong.yml', () => {
  test.each([
    ['a route’s', 'services: [{routes: [{plugins: [{name: cors}, {name: kinesis-reply}]}]}]'],
    ['a service’s', 'services: [{plugins: [{name: kinesis-reply}]}]'],
    ['one for everything', 'plugins: [{name: kinesis-reply}, {name: kinesis-ingest}]'],
  ])('are those that it names, as %s', (_, kongYml) => {
    expect(names(kongYml)).toEqual(['kinesis-ingest', 'kinesis-reply']);
  });

  test.each([
    ['nothing', ''],
    ['only plugins of Kong’s own', 'plugins: [{name: cors}]'],
    ['a service by a plugin’s name', 'services: [{name: other}]'],
    ['a plugin that there is not', 'plugins: [{name: ../../etc}, null, {}]'],
  ])('are kinesis-ingest alone where it names %s', (_, kongYml) => {
    expect(names(kongYml)).toEqual(['kinesis-ingest']);
  });
});
