/** A worker process: serves the socket alongside others, and shares instances with them through the primary. */

import { createInstanceRegistry } from '../instances';
import { answerReport, type ReportRequest } from '../observe/reports';
import { finish, type ServerSetup, serve, workBudgetOf } from '../serve';
import { BIND_PATH_VARIABLE, type ListenRequest } from './primary';
import { type PrimaryMessage, shareInstances, type WorkerChannel } from './sharedInstances';

/** @param onStop is passed a function that stops the worker. @returns when it listens */
export async function runWorker(
  setup: ServerSetup,
  onStop: (stop: () => Promise<void>) => void,
): Promise<void> {
  const { options, plugins, log } = setup;
  const budget = workBudgetOf(options);
  let toInstances: (message: PrimaryMessage) => void = () => undefined;
  const channel: WorkerChannel = {
    send: (message) => process.send?.(message),
    onMessage(listener) {
      toInstances = listener;
    },
  };
  const instances = shareInstances(createInstanceRegistry(plugins, log, budget), channel, log);
  const started = serve(process.env[BIND_PATH_VARIABLE]!, instances, budget, setup);
  onStop(async () => finish(await started, instances));

  const listenAnew = async ({ bindPath }: ListenRequest) => (await started).listen(bindPath);
  process.on('message', (message: PrimaryMessage | ReportRequest | ListenRequest) => {
    if (message.type === 'report')
      void answerReport(message, instances, log).then((answer) => process.send?.(answer));
    else if (message.type === 'listen')
      listenAnew(message).catch((error) => log.error({ err: error }, 'the socket cannot be made anew'));
    else toInstances(message);
  });
  await started;
}
