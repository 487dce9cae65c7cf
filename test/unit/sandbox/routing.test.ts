/** Which route a request takes, and which path its upstream sees; the paths were compared with Kong 3.9.3. */

import { describe, expect, test } from 'vitest';
import { normalizePath, upstreamPath } from '../../../sandbox/http/paths';
import { createRouter } from '../../../sandbox/http/router';
import { routeEntity, serviceEntity } from '../../support/sandbox/requestContext';

describe('a path is compared', () => {
  test.each([
    ['/a', '/a'],
    ['//a//x/./y/../z', '/a/x/z'],
    ['/a/%7Ex/%2e%2e/%41%2f', '/a/A%2F'],
    ['/a/..', '/'],
    ['/a/b/.', '/a/b/'],
    ['/a/...', '/a/...'],
    ['/a/', '/a/'],
    ['/../a', undefined],
    ['/%2e%2e/a', undefined],
    ['/a/%zz', undefined],
    ['/a%00', undefined],
  ])('%s as %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });
});

describe('an upstream is asked', () => {
  test.each([
    // service path, request path, the prefix that goes
    ['/base', '/a/x', '/a', '/base/x'],
    ['/base', '/a', '/a', '/base'],
    ['/base', '/a/', '/a', '/base/'],
    ['/base', '/abc', '/a', '/base/bc'],
    ['/base', '/a../x', '/a', '/base/x'],
    ['/base', '/ns/x/', '', '/base/ns/x/'],
    ['/', '/root/', '/root/', '/'],
    ['/', '/root/x', '/root/', '/x'],
    ['/base/', '/a', '/a', '/base'],
    ['/base/', '/a/x', '/a', '/base/x'],
  ])('%s + %s (without %s) for %s', (service, path, prefix, expected) => {
    expect(upstreamPath(service, path, prefix)).toBe(expected);
  });
});

describe('a route', () => {
  const router = createRouter([
    routeEntity({ name: 'short', paths: ['/e'] }),
    routeEntity({ name: 'long', paths: ['/events'] }),
    routeEntity({ name: 'post', paths: ['/e'], methods: ['POST'] }),
    routeEntity({ name: 'host', paths: ['/events'], hosts: ['h.test'] }),
    routeEntity({ name: 'header', paths: ['/h'], uncheckedRules: ['headers'], kindsOfRules: 2 }),
    routeEntity({ name: 'laxer', paths: ['/h/longer'] }),
    routeEntity({ name: 'put', paths: ['/events'], methods: ['PUT'] }),
    routeEntity({ name: 'wildcard', methods: ['PUT'], uncheckedRules: ['hosts'] }),
    routeEntity({ name: 'disabled', paths: ['/events/x'] }, serviceEntity({ enabled: false })),
  ]);

  test.each([
    ['a longer prefix before a shorter one', 'GET', 'x', '/events/1', 'long'],
    ['more kinds of rules before a longer prefix', 'POST', 'x', '/events', 'post'],
    ['its host', 'GET', 'h.test', '/events', 'host'],
    ['no other case', 'GET', 'x', '/E', undefined],
    ['what a header may decide, before a route that is not about headers', 'GET', 'x', '/h/longer', 'header'],
    ['what an unchecked rule may decide, before one with as many rules', 'PUT', 'x', '/events', 'wildcard'],
    ['nothing where its service is not enabled', 'GET', 'x', '/events/x', 'long'],
  ])('is taken for %s', (_why, method, host, path, expected) => {
    expect(router.match(method, host, path)?.route.name).toBe(expected);
  });
});
