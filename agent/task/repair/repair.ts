import { isTerminal, type TaskStatus } from '../../../schemas/task.ts'
import type { Networks } from '../../network/networks.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Publisher } from '../publisher.ts'
import { checkKnown } from '../run/effects.ts'
import type { Runner } from '../runner.ts'

const LIMITS = ['memory', 'cpus', 'pids']
/** What can be put back while the process runs; for anything else it is started again. */
const IN_PLACE = [...LIMITS, 'limits', 'addresses', 'ports']

/** True when a field can only be put right by a start of the task, which costs those whom it serves. */
export function needsStart(field: string): boolean {
  return !IN_PLACE.includes(field)
}

/** Puts fields of a running task back to what was set up. */
export type Repair = (runner: Runner, fields: string[]) => Promise<void>

interface RepairDeps {
  runtime: Runtime
  networks: Networks
  publisher: Publisher
}

/** Repairs with the parts given. */
export function createRepair({ runtime, networks, publisher }: RepairDeps): Repair {
  return async (runner, fields) => {
    const { task, facts, notKnown } = runner.entry()
    if (fields.some(needsStart)) {
      checkKnown(task, notKnown)
      return restart(runner)
    }
    if (fields.some((field) => LIMITS.includes(field))) {
      await runtime.setLimits(task.id, task.container.resources)
    }
    // after the memory, which swap may never be below
    if (fields.includes('limits')) await runtime.setSettings(task.id, facts?.limits ?? [])
    if (fields.includes('addresses')) await networks.repair(task.id)
    if (fields.includes('ports')) {
      await networks.forwardings() // what was changed behind our back is noticed by looking
      await publisher.flush()
    }
  }
}

async function restart(runner: Runner): Promise<void> {
  const { run } = runner.entry().status
  runner.send({ type: 'repairWanted' })
  await runner.until(
    ({ status, wanted }) =>
      wanted !== 'run' ||
      isOver(status) ||
      (status.run > run && ['running', 'failed', 'rejected', 'complete'].includes(status.state)),
  )
}

/** It has ended and is not to run again: there is nothing to be repaired. */
function isOver({ state, restartAt }: TaskStatus): boolean {
  return isTerminal(state) && restartAt === undefined
}
