import { createWorkBudget, type WorkBudget } from '../../pluginserver/workBudget';

/** A budget that no test exhausts. */
export const plentyOfMemory = (): WorkBudget => createWorkBudget(2 ** 40);
