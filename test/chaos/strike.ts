import { setTimeout as sleep } from 'node:timers/promises'
import type { TestHost } from '../support/host.ts'
import { tasksOf } from '../support/stacks.ts'
import { containerOf, hostsFileOf, processesOn } from './processes.ts'
import type { Strike } from './round.ts'
import type { View } from './view.ts'

/** Waits for the moment and kills; gives what it hit, in a few words. What is not there at that moment is missed. */
export async function strike(host: TestHost, view: View, { target, which, at }: Strike): Promise<string> {
  await sleep(at) // the moment itself is what is tried
  if (target === 'agent' || target === 'controller' || target === 'redis') {
    const pid = (await host.pids())[target]
    return kill(pid, target)
  }
  const found = await victims(host, view, target)
  if (found.length === 0) return `${target}: there was none`
  const [pid, name] = found[which % found.length] ?? []
  return kill(pid, `${target} ${name}`)
}

type Victim = [pid: number, name: string]

async function victims(host: TestHost, view: View, target: Strike['target']): Promise<Victim[]> {
  if (target === 'container') {
    const status = await host.status().catch(() => undefined) // the controller is away
    const tasks = status?.stacks.flatMap(({ name }) => tasksOf(status, name)) ?? []
    return tasks.flatMap(({ id, pid, state }) => (pid && state === 'running' ? [[pid, id] as Victim] : []))
  }
  const nameOf = target === 'conmon' ? containerOf : hostsFileOf
  const processes = await processesOn(view.marks)
  return processes.flatMap((one) => {
    const name = nameOf(one)
    return name === undefined ? [] : [[one.pid, name] as Victim]
  })
}

function kill(pid: number | undefined, name: string): string {
  if (pid === undefined) return `${name}: there was none`
  try {
    process.kill(pid, 'SIGKILL')
    return `${name} (process ${pid})`
  } catch {
    return `${name}: it had just ended`
  }
}
