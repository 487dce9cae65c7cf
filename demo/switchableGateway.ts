/** A gateway that the demo can take down and bring back, at the same address. */

import { type Gateway, type GatewayOptions, startGateway } from '../sandbox/gateway';

export interface SwitchableGateway {
  readonly isUp: boolean;
  /** One change after the other. */
  set(up: boolean): Promise<void>;
}

export async function createSwitchableGateway(options: GatewayOptions): Promise<SwitchableGateway> {
  let running: Gateway | undefined = await startGateway(options);
  let changes: Promise<void> = Promise.resolve();

  async function change(up: boolean): Promise<void> {
    if (up) running ??= await startGateway(options);
    else {
      await running?.close();
      running = undefined;
    }
  }
  return {
    get isUp() {
      return running !== undefined;
    },
    set(up) {
      changes = changes.then(() => change(up));
      return changes;
    },
  };
}
