/** deploy/aws/: what the door is allowed, and a template whose parts fit together. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CollectionTag, parse, type ScalarTag, type YAMLSeq } from 'yaml';
import { RECORD_SCHEMA } from '../../support/recordSchema';

interface Template {
  Parameters: Record<string, { Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, { Type: string; Condition?: string; Properties: Record<string, unknown> }>;
  Outputs: Record<string, { Value: unknown }>;
}

interface GlueTable {
  Parameters: Record<string, unknown>;
  StorageDescriptor: { Columns: { Name: string }[] };
}

interface FirehoseDestination {
  Prefix: string;
  DataFormatConversionConfiguration: {
    InputFormatConfiguration: {
      Deserializer: {
        OpenXJsonSerDe: { CaseInsensitive: boolean; ColumnToJsonKeyMappings?: Record<string, string> };
      };
    };
  };
}

/** CloudFormation's short forms become its long ones, such as `{ Ref: … }`. */
const longName = (name: string) => (name === 'Ref' ? 'Ref' : `Fn::${name}`);
const scalars = ['Ref', 'GetAtt', 'Sub'].map(
  (name): ScalarTag => ({ tag: `!${name}`, resolve: (value) => ({ [longName(name)]: value }) }),
);
const lists = ['If', 'Equals', 'Not'].map(
  (name): CollectionTag => ({
    tag: `!${name}`,
    collection: 'seq',
    resolve: (value) => ({ [longName(name)]: (value as YAMLSeq).toJSON() }),
  }),
);

const read = (file: string) =>
  parse(readFileSync(file, 'utf8'), { customTags: [...scalars, ...lists] }) as Template;
const template = read('deploy/aws/clickstream.yaml');
const lake = read('deploy/aws/lake.yaml');
const policy = JSON.parse(readFileSync('deploy/aws/put-records-policy.json', 'utf8'));

/** Names that a value refers to, by the intrinsic function that does so. */
function references(value: unknown, found: { names: string[]; conditions: string[] }): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'Ref') found.names.push(String(inner));
    else if (key === 'Fn::GetAtt') found.names.push(String(inner).split('.')[0]!);
    else if (key === 'Fn::Sub')
      found.names.push(...[...String(inner).matchAll(/\$\{([\w:]+)\}/g)].map(([, name]) => name!));
    else if (key === 'Fn::If') found.conditions.push(String((inner as unknown[])[0]));
    else if (key === 'Condition' && typeof inner === 'string') found.conditions.push(inner);
    references(inner, found);
  }
}

test.each([
  ['clickstream.yaml', template],
  ['lake.yaml', lake],
  ['examples/consumers/lambda/template.yaml', read('examples/consumers/lambda/template.yaml')],
])('%s refers only to what it has', (_, { Parameters, Conditions = {}, ...rest }) => {
  const found = { names: [] as string[], conditions: [] as string[] };
  references({ Conditions, ...rest }, found);
  const known = [...Object.keys(Parameters), ...Object.keys(rest.Resources)];
  expect(found.names.length).toBeGreaterThan(10);
  expect(found.names.filter((name) => !known.includes(name) && !name.startsWith('AWS::'))).toEqual([]);
  expect(found.conditions.filter((name) => !(name in Conditions))).toEqual([]);
});

describe('lake.yaml', () => {
  const table = (name: string) => lake.Resources[name]!.Properties.TableInput as GlueTable;
  const columnsOf = (name: string) => table(name).StorageDescriptor.Columns.map(({ Name }) => Name);
  const deserializer = (name: string) =>
    (lake.Resources[name]!.Properties.ExtendedS3DestinationConfiguration as FirehoseDestination)
      .DataFormatConversionConfiguration.InputFormatConfiguration.Deserializer.OpenXJsonSerDe;

  test('has a column for each field of a record', () => {
    const { event, trackerEvent, badEvent } = RECORD_SCHEMA.$defs;
    const members = deserializer('Events').ColumnToJsonKeyMappings!;
    const fields = columnsOf('EventsTable').map((column) => members[column] ?? column);
    // messageId is event_id.
    const { messageId: _, ...tracked } = trackerEvent.properties!;
    expect(fields.sort()).toEqual([...Object.keys(event.properties!), ...Object.keys(tracked)].sort());
    expect(columnsOf('BadEventsTable').sort()).toEqual(Object.keys(badEvent.properties!).sort());
  });

  test.each(['Events', 'BadEvents'])(
    'takes no member of a client’s for a field of the server’s: %s',
    (name) => {
      expect(deserializer(name).CaseInsensitive).toBe(false);
    },
  );

  test.each(['Events', 'BadEvents'])('writes %s where its table looks for it', (name) => {
    const { Prefix } = lake.Resources[name]!.Properties
      .ExtendedS3DestinationConfiguration as FirehoseDestination;
    const { Parameters } = table(`${name}Table`);
    const template = Parameters['storage.location.template'] as { 'Fn::Sub': string };
    expect(template['Fn::Sub'].replace(/\$\{!day\}/, '!{timestamp:yyyy-MM-dd}')).toBe(
      `s3://\${Bucket}/${Prefix}`,
    );
    expect(Parameters['projection.day.format']).toBe('yyyy-MM-dd');
  });
});

describe('clickstream.yaml', () => {
  test('keeps the stream when the stack goes, and its records for 24 hours', () => {
    expect(template.Resources.Stream).toMatchObject({
      Type: 'AWS::Kinesis::Stream',
      DeletionPolicy: 'Retain',
      Properties: { RetentionPeriodHours: 24 },
    });
  });

  test('lets the role send to this stream, and do nothing else without a key', () => {
    const { PolicyDocument } = template.Resources.SendEvents!.Properties as {
      PolicyDocument: { Statement: Record<string, unknown>[] };
    };
    const [send, encrypt, ...others] = PolicyDocument.Statement;
    expect(send).toMatchObject({
      Effect: 'Allow',
      Action: ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:DescribeStreamSummary'],
      Resource: { 'Fn::GetAtt': 'Stream.Arn' },
    });
    expect(encrypt).toMatchObject({
      'Fn::If': ['HasKey', { Action: 'kms:GenerateDataKey' }, { Ref: 'AWS::NoValue' }],
    });
    expect(others).toEqual([]);
  });

  test.each(Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm'))(
    '%s says why it rings, and rings where it is told to',
    (_, { Properties }) => {
      expect(Properties.AlarmDescription).toMatch(/\.$/);
      expect(Properties.AlarmActions).toEqual({
        'Fn::If': ['HasTopic', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
      });
      expect(Properties.TreatMissingData).toMatch(/^(not)?[bB]reaching$/);
    },
  );
});

test('put-records-policy.json allows to send and to describe, on named streams only', () => {
  expect(policy.Statement).toHaveLength(1);
  expect(policy.Statement[0]).toMatchObject({
    Effect: 'Allow',
    Action: ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:DescribeStreamSummary'],
  });
  for (const arn of policy.Statement[0].Resource)
    expect(arn).toMatch(/^arn:aws:kinesis:[a-z0-9-]+:\d{12}:stream\/[^*]+$/);
});
