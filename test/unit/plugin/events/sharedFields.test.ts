import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedText } from '../../../support/plugin/jsonDocuments';
import { refusalOf } from '../../../support/plugin/refusalOf';
import { enrichedAll } from '../../../support/plugin/requests';

const BATCH = { delivery: 'batch' };

/** What the events of an envelope become, as objects. */
function eventsOf(body: string, config: Record<string, unknown> = BATCH) {
  return enrichedAll(body, { config, headers: { 'x-user-id': 'u1' } }).map(
    ({ text }) => JSON.parse(text) as Record<string, unknown>,
  );
}

const SERVERS = ['ip', 'received_at', 'user_id', 'event_id', 'user_agent', 'referer'];

/** The event without what the server sets. */
function clientsPart(event: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !SERVERS.includes(name)));
}

describe('what an envelope says', () => {
  it('goes to the events that lack it, and the event’s own wins', () => {
    const body = '{"sentAt":"now","n":1,"batch":[{"a":1},{"n":2},{"sentAt":null}]}';
    expect(eventsOf(body).map(clientsPart)).toEqual([
      { a: 1, sentAt: 'now', n: 1 },
      { n: 2, sentAt: 'now' },
      { sentAt: null, n: 1 },
    ]);
  });

  it('is completed member by member where both have an object', () => {
    const context = '{"library":"l","page":{"url":"u"},"ip":"6.6.6.6"}';
    const body = `{"batch":[{"context":{"page":{"title":"t"}}},{"context":{}},{"context":5},{}],"context":${context}}`;
    expect(eventsOf(body).map(({ context }) => context)).toEqual([
      { page: { title: 't' }, library: 'l', ip: '6.6.6.6' },
      JSON.parse(context),
      5,
      JSON.parse(context),
    ]);
  });

  it('leaves every byte of an event where it is, and comes after them', () => {
    const event = '{ "n" : 1.10,"context": {"a":[ ]} ,"x":"\\u00e9"}';
    const [found] = enrichedAll(`{"sentAt":1e400,"context":{"b":-0.0},"batch":[${event}]}`, {
      headers: { 'x-user-id': 'u1' },
    });
    expect(found!.text).toBe(
      '{ "n" : 1.10,"context": {"a":[ ],"b":-0.0} ,"x":"\\u00e9","ip":"203.0.113.7",' +
        '"received_at":"2015-08-30T12:36:00.000Z","user_id":"u1","sentAt":1e400}',
    );
  });

  it('never comes before the server’s own', () => {
    const forged = '"ip":"6.6.6.6","received_at":"1999","user_agent":"fake","event_id":"forged"';
    const [event] = eventsOf(`{${forged},"batch":[{"messageId":"m1"}]}`);
    expect(event).toEqual({
      messageId: 'm1',
      ip: '203.0.113.7',
      received_at: '2015-08-30T12:36:00.000Z',
      user_id: 'u1',
      event_id: 'm1',
    });
  });

  it('never comes before the server’s own inside an object either', () => {
    const config = { ip_field: 'context.ip' };
    const body =
      '{"context":{"ip":"6.6.6.6","a":1},"batch":[{"context":{"ip":"7.7.7.7"}},{},{"context":"text"}]}';
    for (const { context } of eventsOf(body, config)) expect(context).toEqual({ ip: '203.0.113.7', a: 1 });
  });

  it('may be the user id of all its events, or the name by which they are routed', () => {
    const events = enrichedAll('{"user_id":"shared","batch":[{},{"user_id":"own"}]}', {
      headers: { 'x-user-id': 'u1' },
    });
    expect(events.map(({ userId }) => userId)).toEqual(['shared', 'own']);
  });

  it('is no id of its events: two of them are never taken for one', () => {
    const events = eventsOf('{"messageId":"of the batch","batch":[{},{"messageId":"m2"}]}');
    expect(events.map(({ event_id }) => event_id)).not.toContain('of the batch');
    expect(events.map(({ messageId }) => messageId)).toEqual([undefined, 'm2']);
    const named = eventsOf('{"messageId":"of the batch","batch":[{},{}]}', {
      ...BATCH,
      event_id_field: 'messageId',
    });
    expect(named.map(({ messageId }) => messageId)).not.toContain('of the batch');
  });

  it('may have 100 names, and no more', () => {
    const envelope = (count: number) =>
      `{"batch":[{}],${Array.from({ length: count }, (_, i) => `"f${i}":${i}`).join(',')}}`;
    expect(Object.keys(clientsPart(eventsOf(envelope(100))[0]!))).toHaveLength(100);
    expect(refusalOf(() => eventsOf(envelope(101)))).toEqual({
      code: 'invalid_envelope',
      reason: 'the envelope has more than 100 fields',
    });
    const inside = `{"batch":[{}],"context":${envelope(101).replace('"batch":[{}],', '')}}`;
    expect(refusalOf(() => eventsOf(inside)).code).toBe('invalid_envelope');
  });

  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);

  /** The rule in words of JSON.parse. */
  function withShared(
    event: Record<string, unknown>,
    envelope: Record<string, unknown>,
    containers: string[],
  ) {
    const entries = new Map(Object.entries(event));
    for (const name of containers) if (!isObject(entries.get(name))) entries.set(name, {});
    for (const [name, value] of Object.entries(envelope)) {
      const own = entries.get(name);
      if (!entries.has(name)) entries.set(name, value);
      else if (isObject(own) && isObject(value)) entries.set(name, { ...value, ...own });
    }
    return Object.fromEntries(entries);
  }

  const names = fc.constantFrom('sentAt', 'context', 'a', '', 'é', 'to"String', 'type', 'batch2');
  const objects = (value: fc.Arbitrary<unknown>) => fc.dictionary(names, value, { maxKeys: 6 });
  const values = fc.oneof(
    fc.constantFrom(1, null, 'x', true),
    objects(fc.jsonValue({ maxDepth: 1 })),
    fc.jsonValue(),
  );

  it.each<[string, Record<string, unknown>, string[]]>([
    ['names at the top', {}, []],
    ['a field of the server inside a shared object', { ip_field: 'context.ip' }, ['context']],
  ])('is what the rule says in random envelopes: %s', (_, config, containers) => {
    fc.assert(
      fc.property(
        objects(values),
        fc.array(objects(values), { minLength: 1, maxLength: 4 }),
        (envelope, events) => {
          const body = JSON.stringify({ ...envelope, batch: events });
          const found = eventsOf(body, config).map((event) => {
            const { ip, ...context } = isObject(event.context) ? event.context : {};
            if (containers.length > 0) expect(ip).toBe('203.0.113.7');
            return clientsPart(containers.length > 0 ? { ...event, context } : event);
          });
          expect(found.map(sortedText)).toEqual(
            events.map((event) => sortedText(withShared(event, envelope, containers))),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
