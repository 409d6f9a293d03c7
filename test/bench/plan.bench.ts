import { planStack, targetOf } from '../../controller/plan/plan.ts'
import type { Observed } from '../../schemas/fleet.ts'
import type { InventoryItem } from '../../schemas/record.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import { aHost, aRevision, aService, aStack, aStatus } from '../support/builders.ts'
import { type Measured, median } from './measure.ts'

const HOSTS = 500
const STACKS = 200
const REPLICAS = 50

/** Planning a converged fleet of 10,000 tasks on 500 hosts, all stacks of it, from a fresh observation each time. */
export async function benchPlan(): Promise<Measured[]> {
  const { stacks, inventories, observe } = convergedFleet()
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const observed = observe()
    const begun = performance.now()
    const changes = stacks.reduce(
      (sum, stack, n) =>
        sum + planStack(targetOf(stack.spec.name, stack), observed, inventories[n] ?? []).changes.length,
      0,
    )
    times.push(performance.now() - begun)
    if (changes !== 0) throw new Error('the fleet of the benchmark is not converged')
  }
  return [
    {
      name: 'plan a converged fleet of 10,000 tasks on 500 hosts',
      value: median(times.slice(5)),
      unit: 'ms',
      limit: 50,
    },
  ]
}

function convergedFleet() {
  const stacks = Array.from({ length: STACKS }, (_, n) =>
    aRevision(1, aStack(`stack${n}`, [aService('app', { replicas: REPLICAS })])),
  )
  const empty: Observed = new Map(hostNames().map((name) => [name, aHost(name)]))
  const tasks = stacks.map((stack) =>
    planStack(targetOf(stack.spec.name, stack), empty, []).changes.flatMap(({ action }) =>
      action.type === 'run' ? [aStatus(action.task)] : [],
    ),
  )
  const byHost = Map.groupBy(tasks.flat(), (task) => task.host)
  return {
    stacks,
    inventories: tasks.map((list) => list.map(inventoryItem)),
    observe: (): Observed => new Map(hostNames().map((name) => [name, aHost(name, byHost.get(name) ?? [])])),
  }
}

function hostNames(): string[] {
  return Array.from({ length: HOSTS }, (_, n) => `host-${n}`)
}

function inventoryItem({ id, service, slot, host }: TaskStatus): InventoryItem {
  return { taskId: id, service, slot, host, at: '2026-01-01T00:00:00Z', seen: true }
}
