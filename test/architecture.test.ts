import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Import, importsOf, ROOT, sourceFiles } from './support/imports.ts'

interface Rule {
  /** Files or folders that may be imported. What stands in the same folder always may. */
  from: string[]
  /** The same, but only `import type`. */
  typesFrom?: string[]
  packages?: string[]
  /** True: no `node:` module but the ones that only compute. */
  pure?: true
}

/** What every folder of the agent may use: it knows of none of them. */
const AGENT_SHARED = [
  'agent/paths.ts',
  'agent/clock.ts',
  'agent/coalesce.ts',
  'agent/disk.ts',
  'agent/kernel-file.ts',
  'agent/mountinfo.ts',
  'agent/path-walk.ts',
  'agent/processes.ts',
  'agent/signals.ts',
]

/** The import table. The most specific entry counts. */
const RULES: Record<string, Rule> = {
  schemas: { from: [], packages: ['ajv', 'typebox'], pure: true },
  'schemas/common': { from: [], pure: true },
  'schemas/sealing': { from: [], packages: ['age-encryption'], pure: true },

  'controller/git': {
    from: ['schemas', 'controller/options.ts'],
    packages: ['simple-git', 'chokidar'],
  },
  'controller/desired': { from: ['schemas'], packages: ['yaml'], pure: true },
  'controller/observed': { from: ['schemas', 'controller/redis.ts'] },
  'controller/session': {
    from: ['schemas', 'controller/redis.ts'],
    typesFrom: ['controller/observed', 'controller/queue', 'controller/state'],
  },
  'controller/plan': { from: ['schemas'], pure: true },
  'controller/rollout': {
    from: ['schemas'],
    typesFrom: ['controller/plan', 'controller/queue/refusals.ts'],
    pure: true,
  },
  'controller/queue': { from: ['schemas', 'controller/redis.ts'], packages: ['bullmq'] },
  'controller/registry': { from: ['schemas'] },
  'controller/state': { from: ['schemas', 'controller/redis.ts'] },
  'controller/delivery': { from: ['schemas', 'controller/redis.ts', 'controller/state/files.ts'] },
  'controller/secret': {
    from: ['schemas', 'controller/state/files.ts', 'controller/desired/spec/fingerprint.ts'],
    typesFrom: ['controller/delivery', 'controller/state'],
  },
  'controller/redis.ts': { from: ['schemas'], packages: ['ioredis'] },
  'controller/status': { from: ['schemas', 'controller/plan', 'controller/rollout'], pure: true },
  'controller/sources': {
    from: ['schemas', 'controller/git/names.ts', 'controller/desired/problems.ts'],
    typesFrom: [
      'controller/desired',
      'controller/git',
      'controller/options.ts',
      'controller/registry',
      'controller/rollout',
      'controller/state',
    ],
  },
  'controller/service': {
    from: [
      'schemas',
      'controller/plan',
      'controller/registry/pins.ts',
      'controller/rollout',
      'controller/secret/known.ts',
      'controller/session',
      'controller/status',
    ],
    typesFrom: [
      'controller/api',
      'controller/delivery',
      'controller/observed',
      'controller/queue',
      'controller/secret',
      'controller/sources',
      'controller/state',
      'controller/turns.ts',
    ],
  },
  'controller/api': { from: ['schemas'], packages: ['fastify', 'typebox', 'ws'] },
  'controller/cli': {
    from: [
      'schemas',
      'controller/options.ts',
      'controller/api',
      'controller/desired',
      'controller/git',
      'controller/main.ts',
    ],
    packages: ['commander', 'ws'],
  },
  'controller/options.ts': { from: ['schemas'], pure: true },
  'controller/loop.ts': {
    from: ['schemas', 'controller/plan', 'controller/rollout', 'controller/status'],
    typesFrom: ['controller/dispatch.ts', 'controller/observed', 'controller/state'],
  },
  'controller/dispatch.ts': {
    from: ['schemas', 'controller/delivery', 'controller/plan', 'controller/rollout'],
    typesFrom: ['controller/queue'],
  },
  'controller/contents.ts': {
    from: ['schemas', 'controller/delivery', 'controller/secret'],
    typesFrom: ['controller/sources', 'controller/state'],
  },
  'controller/main.ts': { from: ['schemas', 'controller'], packages: ['pino'] },
  controller: { from: [], pure: true },

  'agent/task': {
    from: ['schemas', ...AGENT_SHARED, 'agent/runtime/look.ts', 'agent/runtime/mount-places.ts'],
    typesFrom: ['agent'],
  },
  'agent/runtime': { from: ['schemas', ...AGENT_SHARED], typesFrom: ['agent/image'] },
  'agent/runtime/devices/cdi-files.ts': { from: ['schemas', ...AGENT_SHARED], packages: ['yaml'] },
  'agent/image': {
    from: ['schemas', ...AGENT_SHARED, 'agent/runtime/exec.ts', 'agent/runtime/in-root.ts'],
  },
  'agent/network': {
    from: ['schemas', ...AGENT_SHARED, 'agent/runtime/exec.ts', 'agent/runtime/hold.ts'],
  },
  'agent/volume': {
    from: [
      'schemas',
      ...AGENT_SHARED,
      'agent/runtime/argv.ts',
      'agent/runtime/exec.ts',
      'agent/runtime/in-root.ts',
      'agent/runtime/look.ts',
    ],
    typesFrom: ['agent/runtime'],
  },
  'agent/content': {
    from: ['schemas', ...AGENT_SHARED],
    typesFrom: ['agent/runtime'],
    packages: ['ioredis'],
  },
  'agent/secret': {
    from: ['schemas', ...AGENT_SHARED, 'agent/runtime/exec.ts', 'agent/content/fetch.ts'],
    typesFrom: ['agent'],
    packages: ['yaml'],
  },
  'agent/session': {
    from: ['schemas', ...AGENT_SHARED, 'agent/runtime', 'agent/volume/catalogue.ts'],
    typesFrom: ['agent'],
  },
  'agent/health': { from: ['schemas', ...AGENT_SHARED], typesFrom: ['agent/runtime'] },
  'agent/observe': { from: ['schemas', ...AGENT_SHARED], typesFrom: ['agent'], packages: ['ioredis'] },
  ...Object.fromEntries(AGENT_SHARED.map((file) => [file, { from: ['agent/kernel-file.ts'] }])),
  agent: { from: ['schemas', 'agent'], packages: ['bullmq', 'ioredis', 'pino', 'commander'] },
}

/** Builtins that only compute: no file, no process, no clock. */
const COMPUTING = new Set([
  'node:path',
  'node:path/posix',
  'node:crypto',
  'node:util',
  'node:buffer',
  'node:net',
])

/** The only files that may start a process. */
const MAY_SPAWN = [
  'agent/runtime/exec.ts',
  'controller/cli/terminal/stty.ts',
  'controller/cli/up/spawn.ts',
  'controller/git/',
  'controller/registry/skopeo.ts',
]

/** An option that asks for a shell, or the two functions of node:child_process that always use one. */
const SHELL = /shell: (?!false)|import \{[^}]*\bexec(Sync)?\b[^}]*\} from 'node:child_process'/

const FILES = sourceFiles('schemas', 'controller', 'agent')

describe('import table', () => {
  it.each(FILES)('%s imports only what its folder may', (file) => {
    const rule = ruleOf(file)
    expect(
      importsOf(file)
        .filter((found) => !isAllowed(file, found, rule))
        .map(describeImport),
    ).toEqual([])
  })

  it('keeps controller and agent apart', () => {
    expect(crossings('controller', 'agent')).toEqual([])
    expect(crossings('agent', 'controller')).toEqual([])
  })

  it('has no circle of files', () => {
    expect(circles(FILES)).toEqual([])
  })
})

describe('processes', () => {
  const spawning = FILES.filter((file) =>
    importsOf(file).some(({ target, typeOnly }) => target === 'node:child_process' && !typeOnly),
  )

  it('are started only by the files named for it (law 10)', () => {
    expect(spawning.filter((file) => !MAY_SPAWN.some((allowed) => file.startsWith(allowed)))).toEqual([])
    expect(spawning).toContain('agent/runtime/exec.ts')
  })

  it('are started by one file of controller/git at most', () => {
    expect(spawning.filter((file) => file.startsWith('controller/git/')).length).toBeLessThanOrEqual(1)
  })

  it('never go through a shell', () => {
    const shells = FILES.filter((file) => SHELL.test(text(file)))
    expect(shells).toEqual([])
  })
})

describe('shape', () => {
  it('keeps the turn readable: controller/loop.ts has at most 60 lines', () => {
    expect(lines('controller/loop.ts')).toBeLessThanOrEqual(60)
  })

  it('keeps files small: half of them under 100 lines', () => {
    const sizes = FILES.map(lines).sort((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(100)
  })
})

function ruleOf(file: string): Rule {
  const key = Object.keys(RULES)
    .filter((candidate) => isUnder(file, candidate))
    .sort((a, b) => b.length - a.length)[0]
  return RULES[key ?? ''] ?? { from: [] }
}

function isAllowed(file: string, found: Import, rule: Rule): boolean {
  if (found.kind === 'builtin') return !rule.pure || COMPUTING.has(found.target)
  if (found.kind === 'package') return rule.packages?.includes(found.target) ?? false
  const allowed = [...rule.from, ...(found.typeOnly ? (rule.typesFrom ?? []) : []), ownFolder(file)]
  return allowed.some((place) => isUnder(found.target, place))
}

function isUnder(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`)
}

/** `controller/git/remote.ts` → `controller/git`; a file right under an actor has none but itself. */
function ownFolder(file: string): string {
  const parts = file.split('/')
  if (parts[0] === 'schemas') return 'schemas'
  return parts.length > 2 ? parts.slice(0, 2).join('/') : file
}

function describeImport({ target, typeOnly }: Import): string {
  return typeOnly ? `${target} (type)` : target
}

function crossings(from: string, to: string): string[] {
  return FILES.filter(
    (file) => isUnder(file, from) && importsOf(file).some(({ target }) => isUnder(target, to)),
  )
}

function circles(files: string[]): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, trail: string[]): void => {
    if (trail.includes(file)) {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
      return
    }
    if (done.has(file)) return
    for (const { target, kind, typeOnly } of importsOf(file)) {
      if (kind === 'file' && !typeOnly) visit(target, [...trail, file])
    }
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return found
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function lines(file: string): number {
  return text(file).trimEnd().split('\n').length
}
