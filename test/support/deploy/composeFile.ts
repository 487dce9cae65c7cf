/** The project's docker-compose.yml with its variables' defaults put in. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  image?: string;
  pull_policy?: string;
  build?: { dockerfile: string };
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

export function readComposeFile(): ComposeFile {
  return parse(composeText().replaceAll(VARIABLE, '$2'), { merge: true });
}

/** Names and defaults of the variables that it takes from its environment. */
export function composeVariables(): Record<string, string> {
  return Object.fromEntries([...composeText().matchAll(VARIABLE)].map(([, name, value]) => [name!, value!]));
}

function composeText(): string {
  return readFileSync('docker-compose.yml', 'utf8');
}
