const { gmatch } = string;

/** A function of Kong's Plugin Development Kit by its full name, such as `kong.service.set_target`. */
export function pdk(name: string): Pdk {
  let found: unknown = { kong };
  for (const [part] of gmatch(name, '[^.]+')) found = (found as Record<string, unknown>)[part];
  return found as Pdk;
}
