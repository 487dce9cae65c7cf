/** The project's docker-compose.yml with its variables' defaults put in. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface ComposeService {
  image?: string;
  pull_policy?: string;
  extends?: { file: string; service: string };
  build?: { dockerfile: string; target?: string };
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  networks?: string[] | Record<string, { ipv4_address?: string; aliases?: string[] }>;
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: unknown; disable?: boolean };
  profiles?: string[];
  restart?: string;
  logging?: { options: Record<string, string> };
  cap_drop?: string[];
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { ipam?: { config: { subnet: string }[] } }>;
  volumes: Record<string, unknown>;
}

/** `${NAME:-default}` and `${NAME-default}`. */
const VARIABLE = /\$\{([A-Z0-9_]+):?-([^}]*)\}/g;

/** @param kinesis what stands in for Kinesis: a service of deploy/kinesis.yml */
export function readComposeFile(kinesis = 'localstack'): ComposeFile {
  const text = composeText().replaceAll(VARIABLE, (_, name: string, value: string) =>
    name === 'KINESIS' ? kinesis : value,
  );
  const compose = parse(text, { merge: true }) as ComposeFile;
  for (const [name, { extends: base, ...service }] of Object.entries(compose.services))
    if (base !== undefined) compose.services[name] = { ...extended(base), ...service };
  return compose;
}

/** As Compose does it, but for lists, which nothing here extends. */
function extended({ file, service }: { file: string; service: string }): ComposeService {
  // Its paths begin in its own folder.
  const text = readFileSync(file, 'utf8')
    .replaceAll(VARIABLE, '$2')
    .replaceAll('./', `./${path.dirname(file)}/`);
  const found = (parse(text) as ComposeFile).services[service];
  if (found === undefined) throw new Error(`${file} has no service ${service}`);
  return found;
}

/** Names and defaults of the variables that it takes from its environment. */
export function composeVariables(): Record<string, string> {
  const text = composeText() + readFileSync('deploy/kinesis.yml', 'utf8');
  return Object.fromEntries([...text.matchAll(VARIABLE)].map(([, name, value]) => [name!, value!]));
}

function composeText(): string {
  return readFileSync('docker-compose.yml', 'utf8');
}
