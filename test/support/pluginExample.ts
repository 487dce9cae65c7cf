/** An example of docs/plugin.md, as decK has it, in the dialects of all others. */

import { stringify } from 'yaml';

export interface PluginExample {
  plugins: [{ name: string; instance_name: string; route: string; config: Record<string, unknown> }];
}

export function dialectsOf({ plugins: [{ name, instance_name, route, config }] }: PluginExample): string {
  return `<details><summary>Admin API</summary>

\`\`\`sh
curl --fail -X POST http://127.0.0.1:8001/routes/${route}/plugins -H 'Content-Type: application/json' -d '
${JSON.stringify({ name, instance_name, config }, null, 2)}'
\`\`\`

</details>
<details><summary>Kubernetes: then annotate the Ingress with <code>konghq.com/plugins: ${instance_name}</code></summary>

\`\`\`yaml
${stringify({
  apiVersion: 'configuration.konghq.com/v1',
  kind: 'KongPlugin',
  metadata: { name: instance_name },
  plugin: name,
  instance_name,
  config,
}).trimEnd()}
\`\`\`

</details>
<details><summary>Terraform</summary>

\`\`\`hcl
resource "kong-gateway_custom_plugin" "${instance_name.replaceAll('-', '_')}" {
  name          = "${name}"
  instance_name = "${instance_name}"
  route         = { id = kong-gateway_route.${route}.id }
  config        = ${hcl(config, '  ')}
}
\`\`\`

</details>
`;
}

/** HashiCorp's language: JSON with `=` between name and value. */
function hcl(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((item) => `${inner}${hcl(item, inner)},\n`).join('')}${indent}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, member]) => `${inner}${name} = ${hcl(member, inner)}\n`);
  return `{\n${entries.join('')}${indent}}`;
}
