import { describe, expect, it } from 'vitest'
import { createDispatch } from '../../../controller/dispatch.ts'
import { type Deps, turn } from '../../../controller/loop.ts'
import type { Order } from '../../../controller/queue/queue.ts'
import type { Candidate } from '../../../controller/rollout/accept.ts'
import { actionKey } from '../../../schemas/action.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aService, aStack, aStatus, sha } from '../../support/builders.ts'

/** A controller's world in memory, whose process can be made to die at a step and be started again. */
function world(observed: Observed = aFleet(aHost('a'))) {
  const disk = new Map<string, StackRecord>()
  const sent: Order[] = []
  /** How much had been sent when what waits was taken back. */
  const withdrawn: number[] = []
  const state = {
    observed,
    candidate: undefined as Candidate | undefined,
    now: new Date('2026-01-01T00:00:00Z'),
    dieAt: '',
  }
  const die = (step: string) => {
    if (state.dieAt === step) throw new Error(`died at ${step}`)
  }
  const start = (): Deps => ({
    candidate: () => state.candidate,
    fleet: { observed: () => state.observed },
    records: {
      get: (stack) => structuredClone(disk.get(stack)),
      put: async (record) => {
        die('before put')
        disk.set(record.name, structuredClone(record))
        die('after put')
      },
      remove: async (stack) => void disk.delete(stack),
    },
    dispatch: createDispatch(
      {
        add: async (orders) => {
          die('before add')
          sent.push(...orders)
          die('after add')
        },
        withdraw: async () => {
          die('before withdraw')
          withdrawn.push(sent.length)
        },
      },
      { deliver: async () => {} },
    ),
    around: { refusalOf: () => undefined, wantedOf: () => undefined },
    now: () => state.now,
  })
  return { state, disk, sent, withdrawn, start }
}

const web = aStack('web', [aService('app', { replicas: 2 })])
const candidate: Candidate = { source: 'test', revision: sha(1), spec: web }
const keys = (orders: Order[]) => [...new Set(orders.map((order) => actionKey(order.action)))].sort()

function carriedOut(orders: Order[], status: Partial<TaskStatus> = {}): Observed {
  return aFleet(
    aHost(
      'a',
      orders.flatMap(({ action }) => (action.type === 'run' ? [aStatus(action.task, status)] : [])),
    ),
  )
}

describe('turn', () => {
  it('knows nothing of a stack that no source has told of: it does nothing', async () => {
    const { start, sent } = world()
    expect(await turn(start(), 'web')).toBeNull()
    expect(sent).toEqual([])
  })

  it('writes what is attempted before anything is sent', async () => {
    const { state, start, disk, sent } = world()
    Object.assign(state, { candidate, dieAt: 'before add' })
    await expect(turn(start(), 'web')).rejects.toThrow('died at before add')
    expect(disk.get('web')).toMatchObject({ accepted: { revision: sha(1) }, healthy: null })
    expect(disk.get('web')?.inventory).toHaveLength(2)
    expect(sent).toEqual([])
  })

  it.each(['before put', 'after put', 'before add', 'after add'])(
    'finishes the work after a crash %s, and does nothing twice',
    async (step) => {
      const { state, start, sent } = world()
      Object.assign(state, { candidate, dieAt: step })
      await expect(turn(start(), 'web')).rejects.toThrow(step)
      state.dieAt = ''
      await turn(start(), 'web')
      expect(keys(sent)).toHaveLength(2)
      state.observed = carriedOut(sent.slice(-2))
      const before = sent.length
      await turn(start(), 'web')
      expect(sent).toHaveLength(before)
    },
  )

  it('sends nothing on 1,000 turns of a converged fleet (law 2)', async () => {
    const { state, start, sent, disk } = world()
    state.candidate = candidate
    const deps = start()
    await turn(deps, 'web')
    state.observed = carriedOut(sent)
    for (let i = 0; i < 1000; i++) {
      state.now = new Date(state.now.getTime() + 10_000)
      await turn(deps, 'web')
    }
    expect(sent).toHaveLength(2)
    expect(disk.get('web')?.outcome).toBe('converged')
  })

  it('sends again what is still wanted when its job may have been lost', async () => {
    const { state, start, sent } = world()
    state.candidate = candidate
    const deps = start()
    const next = await turn(deps, 'web')
    await turn(deps, 'web')
    expect(sent).toHaveLength(2)
    state.now = next ?? state.now
    await turn(deps, 'web')
    expect(sent).toHaveLength(4)
    expect(keys(sent)).toHaveLength(2)
  })

  it('takes back what waits of a superseded revision, also after a failure, then sends what is wanted now', async () => {
    const { state, start, sent, withdrawn } = world()
    const v = (app: string) =>
      aStack('web', [aService('app', { container: { environment: { V: app } } }), aService('db')])
    state.candidate = { ...candidate, spec: v('1') }
    const deps = start()
    await turn(deps, 'web')
    await turn(deps, 'web')
    expect(withdrawn).toEqual([])
    Object.assign(state, { candidate: { ...candidate, revision: sha(2), spec: v('2') } })
    state.dieAt = 'before withdraw'
    await expect(turn(deps, 'web')).rejects.toThrow('died at before withdraw')
    state.dieAt = ''
    await turn(deps, 'web')
    await turn(deps, 'web')
    expect(withdrawn).toEqual([2])
    expect(sent.slice(2).map(({ action }) => 'task' in action && action.task.service)).toEqual(['app', 'db'])
  })

  it('forgets a stack only when nothing of it is left', async () => {
    const { state, start, sent, disk } = world()
    state.candidate = candidate
    await turn(start(), 'web')
    state.observed = carriedOut(sent)
    await turn(start(), 'web')
    state.candidate = { ...candidate, spec: 'removed' }
    await turn(start(), 'web')
    expect(keys(sent.slice(2))).toEqual(
      sent
        .slice(0, 2)
        .map(({ action }) => action.type === 'run' && `remove-${action.task.id}`)
        .sort(),
    )
    expect(disk.has('web')).toBe(true)
    state.observed = aFleet(aHost('a'))
    await turn(start(), 'web')
    expect(disk.has('web')).toBe(false)
  })
})

describe('drift', () => {
  const facts = {
    running: true,
    argv: ['app'],
    image: 'i',
    memory: 1024,
    cpus: null,
    pids: null,
    mounts: [],
    addresses: [],
    ports: [],
  }

  async function drifted(drift: 'heal' | 'report', unhealed: string[] = []) {
    const { state, start, sent, disk } = world()
    state.candidate = { ...candidate, spec: aStack('web', web.services, { drift }) }
    await turn(start(), 'web')
    state.observed = carriedOut(sent, { wanted: facts, found: facts })
    await turn(start(), 'web')
    state.now = new Date(state.now.getTime() + 10_000)
    await turn(start(), 'web')
    expect(disk.get('web')?.outcome).toBe('converged')
    state.observed = carriedOut(sent.slice(0, 1), {
      ...{ wanted: facts, found: { ...facts, memory: null, image: 'j' } },
      unhealed,
    })
    state.candidate = { ...candidate, revision: sha(2), spec: aStack('web', [aService('app')], { drift }) }
    return {
      repaired: async () => {
        await turn(start(), 'web')
        return sent.slice(2).map(({ action }) => action)
      },
      disk,
      state,
      start,
    }
  }

  it('is put right by default, naming the field', async () => {
    const { repaired, state, start } = await drifted('heal')
    await repaired()
    state.now = new Date(state.now.getTime() + 10_000)
    await turn(start(), 'web')
    const actions = await repaired()
    expect(actions).toContainEqual(expect.objectContaining({ type: 'repair', fields: ['image', 'memory'] }))
  })

  it('is put right but for what a new start has not helped', async () => {
    const { repaired, state, start } = await drifted('heal', ['image'])
    await repaired()
    state.now = new Date(state.now.getTime() + 10_000)
    await turn(start(), 'web')
    const actions = await repaired()
    expect(actions).toContainEqual(expect.objectContaining({ type: 'repair', fields: ['memory'] }))
  })

  it('is only told of where the stack says so, with since when', async () => {
    const { repaired, disk } = await drifted('report')
    expect((await repaired()).filter((action) => action.type === 'repair')).toEqual([])
    expect(Object.keys(disk.get('web')?.since ?? {})).toContainEqual(
      expect.stringMatching(/^drift\/web-app-1-.*\/memory$/),
    )
  })
})
