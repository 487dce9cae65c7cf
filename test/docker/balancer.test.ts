/** deploy/haproxy/haproxy.cfg in a container, before stand-ins for Kong's nodes, as docker-compose.yml connects them. */

import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BASE_IMAGE, docker, needsEngine, publishedUrl, remove } from '../support/docker';
import { type Answer, postEvent } from '../support/http';
import { until } from '../support/until';

const PREFIX = 'kinesis-ingest-test';
const FRONT = `${PREFIX}-front`;
/** Shared by all, and named so that Docker would give its addresses first. */
const SHARED = `${PREFIX}-a-shared`;
const NODES = ['kong-1', 'kong-2'];
const BALANCER = `${PREFIX}-balancer`;
const BALANCER_ADDRESS = '172.30.85.10';
const SETTLED_MS = 30_000;

interface Seen {
  node: string;
  /** Of the connection. */
  from: string;
  headers: Record<string, string>;
}

const seen = (answer: Answer) => answer.json() as Seen;
const containers = [...NODES.map((name) => `${PREFIX}-${name}`), BALANCER];
/** Whether a node calls itself ready. */
const setReady = (node: string, ready: boolean) =>
  docker('exec', `${PREFIX}-${node}`, ready ? 'rm' : 'touch', ...(ready ? ['-f'] : []), '/tmp/unready');

describe('the balancer on a Docker network', needsEngine, () => {
  let url: string;

  /** @returns whether each node is up, as HAProxy sees it */
  async function areUp(): Promise<boolean[]> {
    const script = 'fetch("http://127.0.0.1:8404/metrics").then(a=>a.text()).then(t=>console.log(t))';
    const text = await docker('exec', BALANCER, 'node', '-e', script);
    return NODES.map((node) =>
      text.includes(`haproxy_server_status{proxy="kong",server="${node}",state="UP"} 1`),
    );
  }
  const untilUp = (...expected: boolean[]) =>
    until(`nodes are up: ${expected}`, async () => String(await areUp()) === String(expected), SETTLED_MS);

  beforeAll(async () => {
    await docker('network', 'create', '--subnet', '172.30.85.0/24', FRONT);
    await docker('network', 'create', SHARED);
    const script = path.resolve('test/support/standInContainer.mjs');
    for (const node of NODES) {
      const name = `${PREFIX}-${node}`;
      await docker(
        ...['create', '--name', name, '--hostname', node, '--network', SHARED, '--network-alias', node],
        ...['--network-alias', node.replace('kong', 'plugin-server'), '-v', `${script}:/node.mjs:ro`],
        ...[BASE_IMAGE, 'node', '/node.mjs'],
      );
      await docker('network', 'connect', '--alias', `front.${node}`, '--alias', node, FRONT, name);
      await docker('start', name);
    }
    await docker(
      ...['create', '--name', BALANCER, '--network', SHARED, '-p', '127.0.0.1::8000'],
      ...[
        '--read-only',
        '--cap-drop',
        'ALL',
        '--security-opt',
        'no-new-privileges:true',
        '--user',
        'haproxy',
      ],
      // Fewer than haproxy.cfg would like.
      ...[
        '--ulimit',
        'nofile=4096:4096',
        '-v',
        `${path.resolve('deploy/haproxy/haproxy.cfg')}:/haproxy.cfg:ro`,
      ],
      ...[BASE_IMAGE, 'haproxy', '-W', '-db', '-f', '/haproxy.cfg'],
    );
    await docker('network', 'connect', '--ip', BALANCER_ADDRESS, FRONT, BALANCER);
    await docker('start', BALANCER);
    url = await publishedUrl(BALANCER, 8000);
    await untilUp(true, true);
  });

  afterAll(() => {
    remove('container', containers);
    remove('network', [FRONT, SHARED]);
  });

  /** @returns the nodes that have answered */
  async function sendTwenty(): Promise<Set<string>> {
    const nodes = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const answer = await postEvent(url, { i });
      expect(answer.status, answer.text).toBe(200);
      nodes.add(seen(answer).node);
    }
    return nodes;
  }

  beforeEach(() => untilUp(true, true));

  test('reaches the nodes from the one address that Kong believes', async () => {
    expect(seen(await postEvent(url, {})).from).toBe(BALANCER_ADDRESS);
  });

  test('passes on no address that the client has made up', async () => {
    const claims = { 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', forwarded: 'for=6.6.6.6' };
    const { headers } = seen(await postEvent(url, {}, claims));
    expect(headers['x-forwarded-for']).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(JSON.stringify(headers)).not.toContain('6.6.6.6');
  });

  test('no event fails while no node is ready, as without Postgres', async () => {
    for (const node of NODES) await setReady(node, false);
    await untilUp(false, false);
    expect(await sendTwenty()).toEqual(new Set(NODES));
    for (const node of NODES) await setReady(node, true);
  });

  test('no event fails when a node is killed, and when it is back it gets some', async () => {
    const killed = docker('kill', `${PREFIX}-kong-2`);
    await sendTwenty();
    await killed;
    expect(await sendTwenty()).toEqual(new Set(['kong-1']));
    await docker('start', `${PREFIX}-kong-2`);
    // Once HAProxy has seen both the node and its plugin server, each by checks of its own.
    await until('both get some', async () => (await sendTwenty()).size === 2, SETTLED_MS);
  });
});
