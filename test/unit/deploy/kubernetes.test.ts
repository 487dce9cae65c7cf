/** deploy/kubernetes/ against Kubernetes's own schemas, deploy/kong.conf, kong.yml and the plugin. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { FIELDS } from '../../../plugins/kinesis-ingest/config/schema';
import { type KongYml, pluginOf } from '../../../testkit/kongYml';
import { readKongConf } from '../../../tools/preflight/readKongConf';

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  plugin?: string;
  instance_name?: string;
  config?: Record<string, unknown>;
}

interface Policy {
  spec: {
    podSelector: { matchLabels: Record<string, string> };
    ingress: { from?: unknown[]; ports: { port: number }[] }[];
  };
}

interface Container {
  ports?: { containerPort: number }[];
  name: string;
  image: string;
  restartPolicy?: string;
  env?: unknown[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: { runAsUser: number };
}

interface Values {
  image: { repository: string; tag: string };
  env: Record<string, string>;
  deployment: {
    initContainers: Container[];
    userDefinedVolumes: { name: string }[];
    userDefinedVolumeMounts: { name: string; mountPath: string }[];
  };
  podAnnotations: Record<string, string>;
  topologySpreadConstraints: unknown[];
  lifecycle: unknown;
  resources: unknown;
  terminationGracePeriodSeconds: number;
}

const values = parse(readFileSync('deploy/kubernetes/values.yaml', 'utf8')) as Values;
const manifests = parseAllDocuments(readFileSync('deploy/kubernetes/door.yaml', 'utf8')).map(
  (document) => document.toJS() as Manifest,
);
const kongYml = parse(readFileSync('kong.yml', 'utf8')) as KongYml;
const conf = readKongConf(readFileSync('deploy/kong.conf', 'utf8'));
const manifest = (kind: string) => manifests.find((each) => each.kind === kind)!;
const plugins = manifests.filter(({ kind }) => kind === 'KongPlugin');

describe('door.yaml', () => {
  test('service and ingress are valid by Kubernetes’s schemas', async () => {
    const { Service } = await import('kubernetes-models/v1/Service');
    const { Ingress } = await import('kubernetes-models/networking.k8s.io/v1/Ingress');
    new Service(manifest('Service') as never).validate();
    new Ingress(manifest('Ingress') as never).validate();
  });

  test('the network policy is valid, and lets nobody but Prometheus’s namespace reach the metrics', async () => {
    const { NetworkPolicy } = await import('kubernetes-models/networking.k8s.io/v1/NetworkPolicy');
    const policy = manifest('NetworkPolicy') as unknown as Policy;
    new NetworkPolicy(policy as never).validate();
    const reached = (isOpen: boolean) =>
      policy.spec.ingress
        .filter(({ from }) => (from === undefined) === isOpen)
        .flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(reached(true)).not.toContain(9464);
    expect(reached(true)).not.toContain(8100);
    expect(reached(false)).toEqual([8100, 9464]);
    const pluginServer = values.deployment.initContainers.find(({ name }) => name === 'plugin-server')!;
    expect(pluginServer.ports).toMatchObject([{ containerPort: 9464 }]);
    // The pods of the release that values.yaml installs.
    expect(policy.spec.podSelector.matchLabels).toEqual({ 'app.kubernetes.io/instance': 'door' });
  });

  test('the ingress uses each plugin that is there, and no other', () => {
    const used = manifest('Ingress').metadata.annotations!['konghq.com/plugins']!.split(',');
    expect(plugins.map(({ metadata }) => metadata.name).sort()).toEqual(used.sort());
  });

  test.each(plugins.map((each) => [each.metadata.name, each] as const))(
    '%s is as in kong.yml',
    (name, { plugin, instance_name, config }) => {
      const there = pluginOf(kongYml, plugin!);
      expect(instance_name).toBe(name);
      expect(there.instance_name).toBe(name);
      if (plugin !== 'kinesis-ingest') expect(config).toEqual(there.config);
    },
  );

  test('kinesis-ingest is configured with fields that it has', () => {
    const { config } = plugins.find(({ plugin }) => plugin === 'kinesis-ingest')!;
    expect(Object.keys(config!).filter((name) => !(name in FIELDS))).toEqual([]);
    expect(config).toMatchObject({ region: expect.any(String), stream: 'clickstream' });
  });
});

describe('values.yaml', () => {
  const [front, pluginServer] = values.deployment.initContainers;

  test('makes a pod that is valid by Kubernetes’s schema', async () => {
    const { Deployment } = await import('kubernetes-models/apps/v1/Deployment');
    const proxy = {
      name: 'proxy',
      image: `${values.image.repository}:${values.image.tag}`,
      lifecycle: values.lifecycle,
      resources: values.resources,
      volumeMounts: values.deployment.userDefinedVolumeMounts,
    };
    const pod = {
      metadata: { labels: { app: 'door' }, annotations: values.podAnnotations },
      spec: {
        initContainers: values.deployment.initContainers,
        containers: [proxy],
        volumes: values.deployment.userDefinedVolumes,
        topologySpreadConstraints: values.topologySpreadConstraints,
        terminationGracePeriodSeconds: values.terminationGracePeriodSeconds,
      },
    };
    new Deployment({
      metadata: { name: 'door' },
      spec: { selector: { matchLabels: { app: 'door' } }, template: pod },
    } as never).validate();
  });

  test('has deploy/kong.conf’s settings, but for what differs in a pod', () => {
    const differs = [
      'proxy_access_log',
      'nginx_worker_processes',
      'trusted_ips',
      'real_ip_header',
      'real_ip_recursive',
    ];
    const elsewhere = [
      'declarative_config',
      'admin_access_log',
      'db_update_frequency',
      'worker_state_update_frequency',
    ];
    const expected = Object.entries(conf).filter(
      ([name]) => !differs.includes(name) && !elsewhere.includes(name) && !name.endsWith('_listen'),
    );
    const actual = Object.entries(values.env).filter(([name]) => !differs.includes(name));
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
  });

  test('the plugin server starts before Kong and shares its socket’s volume and user with it', () => {
    expect(pluginServer).toMatchObject({ restartPolicy: 'Always', securityContext: { runAsUser: 1000 } });
    const mount = { name: 'plugin-server', mountPath: '/run/kinesis-ingest' };
    expect(pluginServer!.volumeMounts).toEqual([mount]);
    expect(values.deployment.userDefinedVolumeMounts).toContainEqual({ ...mount, readOnly: false });
    expect(values.env.pluginserver_kinesis_socket).toMatch(new RegExp(`^${mount.mountPath}/`));
  });

  test('Kong has the front of the plugin server’s image, and can only read it', () => {
    expect(front).toMatchObject({ image: pluginServer!.image, volumeMounts: [{ name: 'front' }] });
    const [, folder] = /^(.*)\/\?\.lua;;$/.exec(values.env.lua_package_path!)!;
    const mount = { name: 'front', mountPath: folder, readOnly: true };
    expect(values.deployment.userDefinedVolumeMounts).toContainEqual(mount);
  });

  test('the role is kept from every container but the plugin server', () => {
    const skipped = values.podAnnotations['eks.amazonaws.com/skip-containers']!.split(',');
    expect(skipped).toEqual(['front', 'clear-stale-pid', 'proxy', 'ingress-controller']);
    expect(skipped).not.toContain(pluginServer!.name);
  });
});
