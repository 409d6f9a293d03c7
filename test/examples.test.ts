import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readVariables } from '../controller/cli/options/variables-files.ts'
import { load } from '../controller/desired/load.ts'
import { planStack, slotsOf, targetOf } from '../controller/plan/plan.ts'
import type { ObservedHost } from '../schemas/fleet.ts'
import { formatProblem } from '../schemas/problem.ts'
import { ROOT } from './support/imports.ts'
import { treeOf } from './support/source-tree.ts'

const NOW = '2026-01-01T00:00:00.000Z'

const HOST: ObservedHost = {
  info: {
    name: 'alpha',
    labels: {},
    availability: 'active',
    resources: { cpus: 2, memory: 4 * 1024 ** 3 },
    runtime: 'crun',
    version: '0.1.0',
  },
  state: 'ready',
  seen: NOW,
  tasks: [],
  strays: [],
}

describe.each(['examples', 'charts'])('%s', (collection) => {
  const folders = readdirSync(join(ROOT, collection), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const loaded = load(treeOf(join(ROOT, collection)), { directory: '', variables: {} })

  it('is a source of which every folder is a stack', () => {
    expect(loaded.stacks.map(({ name }) => name).sort()).toEqual(folders.sort())
    expect(loaded.problems.map(formatProblem)).toEqual([])
  })

  it.each(folders)('%s has no problem, and is planned on an empty host', (name) => {
    const stack = loaded.stacks.find((candidate) => candidate.name === name)
    expect(stack?.problems.map(formatProblem)).toEqual([])
    const spec = stack?.spec
    if (!spec) throw new Error(`${name} has no spec`)
    const revision = { revision: 'worktree', spec }
    const observed = new Map([[HOST.info.name, HOST]])
    const wanted = spec.services.reduce((sum, service) => sum + service.replicas, 0)
    expect(wanted).toBeGreaterThan(0)
    expect(slotsOf(revision, observed).size).toBe(spec.services.length)
    expect(planStack(targetOf(name, revision), observed, []).changes).toHaveLength(wanted)
  })

  it.each(folders)('%s says what it is for', (name) => {
    expect(existsSync(join(ROOT, collection, name, 'README.md'))).toBe(true)
  })
})

describe('examples/environments', () => {
  const folder = join(ROOT, 'examples', 'environments')

  it('is on production what production.env and the overlay say', async () => {
    const [variables = {}] = await readVariables([join(folder, 'production.env')], ['shop'])
    expect(servicesOf({})).toMatchObject([
      { name: 'stock', replicas: 1 },
      {
        ...{ name: 'web', replicas: 1 },
        container: { environment: { LEVEL: 'staging' }, ports: [{ published: 8085 }] },
      },
    ])
    expect(servicesOf(variables)).toMatchObject([
      { name: 'stock', replicas: 1 },
      { name: 'watcher', replicas: 1 },
      {
        ...{ name: 'web', replicas: 3 },
        container: { environment: { LEVEL: 'production' }, ports: [{ hostIp: '127.0.0.1' }] },
      },
    ])
  })

  function servicesOf(variables: Record<string, string>) {
    return load(treeOf(folder), { directory: '', rootName: 'environments', variables }).stacks[0]?.spec
      ?.services
  }
})
