/** A gateway for the integration suite: one interface, whichever program stands behind it. */

export interface GatewayOptions {
  /** What vault references in `kong.yml` resolve from, for example KINESIS_ENDPOINT. */
  env?: Record<string, string>;
  /** Environment of the plugin server beside PATH: AWS credentials. */
  pluginServerEnv?: Record<string, string>;
  /** More arguments for the plugin server. */
  pluginServerArgs?: string[];
  /** Networks whose X-Forwarded-For counts. Default: none. */
  trustedIps?: string[];
  /** Bodies above it are spilled to a file. Default: as in deploy/kong.conf. */
  bodyBufferBytes?: number;
  /** Changes the project's `kong.yml` before it is used. */
  config?: (kongYml: KongYml) => void;
  /** Settings of kong.conf that are to differ. Kong only. */
  conf?: Record<string, string>;
  /** One more node on the database of the gateway that was started before it. Kong with Postgres only. */
  joins?: boolean;
}

export interface GatewayUnderTest {
  driver: 'sandbox' | 'kong' | 'kong-postgres' | 'docker';
  proxyUrl: string;
  adminUrl: string;
  pluginServer: PluginServerUnderTest;
  /** Kong's own commands: `quit` lets running requests end, `stop` doesn't. */
  control(command: 'reload' | 'quit' | 'stop'): Promise<void>;
  stop(): Promise<void>;
}

/** A plugin server that is started again when it dies. */
export interface PluginServerUnderTest {
  /** Of the process that runs now. */
  readonly pid: number;
  /** All that it has logged, over restarts. */
  readonly output: string;
  kill(signal: NodeJS.Signals): void;
}

export interface KongPlugin {
  name: string;
  instance_name?: string;
  config: Record<string, unknown>;
}

export interface KongRoute {
  name: string;
  paths?: string[];
  methods?: string[];
  strip_path?: boolean;
  plugins?: KongPlugin[];
}

export interface KongYml {
  services: { name: string; url: string; routes: KongRoute[]; plugins?: KongPlugin[] }[];
  consumers?: { username: string; keyauth_credentials?: { key: string }[] }[];
  plugins?: KongPlugin[];
}

/** The entry of a plugin, wherever in `kong.yml` it stands. */
export function pluginOf(kongYml: KongYml, name: string): KongPlugin {
  const all = [
    ...(kongYml.plugins ?? []),
    ...kongYml.services.flatMap((s) => [...(s.plugins ?? []), ...s.routes.flatMap((r) => r.plugins ?? [])]),
  ];
  const found = all.find((plugin) => plugin.name === name);
  if (found === undefined) throw new Error(`kong.yml has no plugin ${name}`);
  return found;
}

/** Lifts the rate limit where it is not what a test is about. */
export function liftRateLimit(kongYml: KongYml): void {
  Object.assign(pluginOf(kongYml, 'rate-limiting').config, { second: null, hour: 1_000_000 });
}

export const TEST_CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

export const TEST_CREDENTIALS_ENV = {
  AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
};
