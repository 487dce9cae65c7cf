/** Which route a request takes, and which path its upstream sees; the paths were compared with Kong 3.9.3. */

import { describe, expect, test } from 'vitest';
import { createRouter } from '../../../sandbox/http/router';
import { normalizePath, upstreamPath } from '../../../sandbox/http/uri';
import { routeEntity } from '../../support/sandbox/requestContext';

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
  ])('%s as %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });
});

describe('an upstream is asked', () => {
  test.each([
    // service path, request path, matched prefix, strip_path
    ['/base', '/a/x', '/a', true, '/base/x'],
    ['/base', '/a', '/a', true, '/base'],
    ['/base', '/a/', '/a', true, '/base/'],
    ['/base', '/abc', '/a', true, '/base/bc'],
    ['/base', '/a../x', '/a', true, '/base/x'],
    ['/base', '/ns/x/', '/ns', false, '/base/ns/x/'],
    ['/', '/root/', '/root/', true, '/'],
    ['/', '/root/x', '/root/', true, '/x'],
    ['/base/', '/a', '/a', true, '/base'],
    ['/base/', '/a/x', '/a', true, '/base/x'],
  ])('%s + %s (matched %s, strip %s) for %s', (service, path, prefix, strip, expected) => {
    expect(upstreamPath(service, path, prefix, strip)).toBe(expected);
  });
});

describe('a route', () => {
  const router = createRouter([
    routeEntity({ name: 'short', paths: ['/e'] }),
    routeEntity({ name: 'long', paths: ['/events'] }),
    routeEntity({ name: 'regex', paths: ['~/re/\\d+'] }),
    routeEntity({ name: 'post', paths: ['/e'], methods: ['POST'] }),
    routeEntity({ name: 'host', paths: ['/events'], hosts: ['*.w.test', 'h.test:81'] }),
    routeEntity({ name: 'unserved', paths: ['/events/unserved'], served: false }),
  ]);
  const nameOf = (method: string, host: string, path: string, port = 80) =>
    router.match(method, host, port, path)?.route.name;

  test.each([
    ['a longer prefix before a shorter one', 'GET', 'x', '/events/1', 'long'],
    ['more kinds of rules before a longer prefix', 'POST', 'x', '/events', 'post'],
    ['a wildcard host', 'GET', 'a.w.test', '/events', 'host'],
    ['a regex from the path’s beginning', 'GET', 'x', '/re/12/x', 'regex'],
    ['no regex in the middle', 'GET', 'x', '/x/re/12', undefined],
    ['no other case', 'GET', 'x', '/E', undefined],
    ['no route that is not served', 'GET', 'x', '/events/unserved', 'long'],
  ])('is taken for %s', (_why, method, host, path, expected) => {
    expect(nameOf(method, host, path)).toBe(expected);
  });

  test('with a port in its host is for that port', () => {
    expect(nameOf('GET', 'h.test', '/events', 81)).toBe('host');
    expect(nameOf('GET', 'h.test', '/events', 80)).toBe('long');
  });
});
