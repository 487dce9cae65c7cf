/** A gateway for the integration suite: one interface, whichever program stands behind it. */

import type { KongYml } from '../../testkit/kongYml';

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
