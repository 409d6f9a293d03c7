import { describe, expect, it } from 'vitest'
import type { Loaded } from '../../../controller/desired/load.ts'
import type { PollHandlers } from '../../../controller/git/poller.ts'
import type { Source } from '../../../controller/git/source.ts'
import type { Pinner } from '../../../controller/registry/pinner.ts'
import type { SourceContents } from '../../../controller/sources/follow-source.ts'
import { followSources, type Sources } from '../../../controller/sources/sources.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import { aService, aStack, sha } from '../../support/builders.ts'

interface Declared {
  name: string
  valid?: boolean
  guessed?: boolean
  /** The digests of what it mounts. */
  contents?: string[]
}

const idle: SourceContents = {
  externals: () => new Map(),
  secrets: () => ({ key: Buffer.alloc(32), externals: new Map() }),
  look: async () => false,
  keep: () => undefined,
}

/** Sources whose polls the test makes: `commit` is a look that found a new revision. */
function follow(
  names: string[],
  records: Pick<StackRecord, 'name' | 'source'>[] = [],
  { allowEmpty = false, pinner = anIdlePinner(), contents = idle } = {},
) {
  const handlers = new Map<string, PollHandlers>()
  const woken: string[][] = []
  const next = new Map<string, Loaded>()
  const sources: Sources = followSources({
    sources: names.map((name) => ({
      source: { name, url: `/srv/${name}`, branch: 'main' } as Source,
      options: { url: `/srv/${name}`, directory: '', interval: 1, retryInterval: 1, allowEmpty },
    })),
    createLoader: () => (tree) => next.get(tree.revision) as Loaded,
    poll: (source, _options, on) => {
      handlers.set(source.name, on)
      return { wake: async () => {}, stop: async () => {} }
    },
    records: { list: () => records.map((record) => ({ accepted: {}, ...record }) as StackRecord) },
    pinner,
    contents,
    onStacks: (stacks) => woken.push(stacks),
    onStatus: () => {},
    log: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} },
    now: () => new Date('2026-01-01T00:00:00Z'),
  })
  const commit = (source: string, revision: string, stacks: Declared[]) => {
    next.set(revision, {
      revision,
      stacks: stacks.map(({ name, valid = true, guessed = false, contents = [] }) => ({
        name,
        file: `${name}/compose.yaml`,
        guessed,
        included: [],
        contents: new Map(contents.map((digest) => [digest, []])),
        secrets: new Map(),
        spec: valid ? aStack(name, [aService('app')]) : null,
        problems: [],
      })),
      problems: [],
    })
    const taken = handlers.get(source)?.onTree({ revision, files: new Map() })
    handlers.get(source)?.onSeen?.(revision)
    return taken
  }
  const fail = (source: string) =>
    handlers.get(source)?.onError(new SetpointError('SOURCE_UNREACHABLE', 'It did not answer.'))
  return { sources, commit, fail, woken }
}

/** Nothing is asked for. */
function anIdlePinner(): Pinner {
  return {
    pin: (declared) => declared,
    refresh: async (_, current) => current,
    dueAt: () => null,
    notices: () => [],
  }
}

const spec = (sources: Sources, stack: string) => {
  const found = sources.candidate(stack)?.spec
  return typeof found === 'object' ? 'valid' : found
}

describe('followSources', () => {
  it('wakes the stacks of a new revision, and those that left it', () => {
    const { sources, commit, woken } = follow(['a'])
    commit('a', sha(1), [{ name: 'web' }, { name: 'db' }])
    commit('a', sha(2), [{ name: 'web' }])
    expect(woken.map((stacks) => [...stacks].sort())).toEqual([
      ['db', 'web'],
      ['db', 'web'],
    ])
    expect([spec(sources, 'web'), spec(sources, 'db')]).toEqual(['valid', 'removed'])
  })

  it('changes nothing when a source does not answer (law 1)', () => {
    const { sources, commit, fail } = follow(['a'])
    commit('a', sha(1), [{ name: 'web' }])
    fail('a')
    expect(spec(sources, 'web')).toBe('valid')
    expect(sources.status()[0]).toMatchObject({ revision: sha(1), error: { code: 'SOURCE_UNREACHABLE' } })
  })

  it('takes a stack for removed that the records know of and the commit does not have', () => {
    const { sources, commit } = follow(['a'], [{ name: 'old', source: 'a' }])
    commit('a', sha(1), [{ name: 'web' }])
    expect(spec(sources, 'old')).toBe('removed')
  })

  it('removes nothing while the name of a stack is only guessed (law 1)', () => {
    const { sources, commit } = follow(['a'], [{ name: 'shop', source: 'a' }])
    commit('a', sha(1), [{ name: 'web', valid: false, guessed: true }])
    expect(spec(sources, 'shop')).toBe('invalid')
  })

  it('refuses a commit without any stack, also when only this life knows that there were some', () => {
    const { sources, commit } = follow(['a'])
    commit('a', sha(1), [{ name: 'web' }])
    expect(() => commit('a', sha(2), [])).toThrow(/has no stack any more; web stays as it is\./)
    expect(spec(sources, 'web')).toBe('valid')
  })

  it('accepts it where that is allowed', () => {
    const { sources, commit } = follow(['a'], [], { allowEmpty: true })
    commit('a', sha(1), [{ name: 'web' }])
    commit('a', sha(2), [])
    expect(spec(sources, 'web')).toBe('removed')
  })

  it('hands a stack over that moves from one source to another', () => {
    const { sources, commit } = follow(['a', 'b'], [{ name: 'web', source: 'a' }])
    commit('a', sha(1), [{ name: 'web' }, { name: 'other' }])
    commit('a', sha(2), [{ name: 'other' }])
    commit('b', sha(3), [{ name: 'web' }])
    expect(sources.candidate('web')).toMatchObject({ source: 'b', revision: sha(3) })
    expect(sources.problems('web')).toEqual([])
  })

  it('lets the one that had it first keep a stack that two declare, and says so', () => {
    const { sources, commit } = follow(['a', 'b'], [{ name: 'web', source: 'b' }])
    commit('a', sha(1), [{ name: 'web' }])
    commit('b', sha(2), [{ name: 'web' }])
    expect(sources.candidate('web')?.source).toBe('b')
    expect(sources.problems('web')).toEqual([
      'Stack web is declared by a and b: the one that had it first keeps it; rename the other.',
    ])
  })

  it('lets no stack wait for the images of another, and goes on as before with the one that waits', async () => {
    const registry = Promise.withResolvers<void>()
    const pinner: Pinner = {
      ...anIdlePinner(),
      pin: (declared, revision) =>
        declared.name === 'slow' && revision === sha(2) ? registry.promise.then(() => declared) : declared,
      notices: ({ name }) => [`notice of ${name}`],
    }
    const { sources, commit, woken } = follow(['a'], [{ name: 'slow', source: 'a' }], { pinner })
    await commit('a', sha(1), [{ name: 'web' }, { name: 'slow' }])
    const taken = commit('a', sha(2), [{ name: 'web' }, { name: 'slow' }])
    const revisions = () => ['web', 'slow'].map((stack) => sources.candidate(stack)?.revision)
    expect(revisions()).toEqual([sha(2), sha(1)])
    registry.resolve()
    await taken
    expect(revisions()).toEqual([sha(2), sha(2)])
    expect(woken.at(-1)).toEqual(['slow'])
    expect(sources.problems('slow')).toEqual(['notice of slow'])
  })

  it('removes no stack of the records whose images are still being looked up (law 1)', async () => {
    const pinner: Pinner = { ...anIdlePinner(), pin: () => new Promise(() => {}) }
    const { sources, commit } = follow(['a'], [{ name: 'slow', source: 'a' }], { pinner })
    void commit('a', sha(1), [{ name: 'slow' }])
    expect(sources.candidate('slow')).toBeUndefined()
  })

  it('takes no stack whose content cannot be kept, and says why', async () => {
    const keep: SourceContents['keep'] = ({ contents }) =>
      contents.size > 0 ? Promise.reject(new Error('no space left on device')) : undefined
    const { sources, commit } = follow(['a'], [], { contents: { ...idle, keep } })
    await commit('a', sha(1), [{ name: 'web', contents: ['c'] }, { name: 'db' }])
    expect([spec(sources, 'web'), spec(sources, 'db')]).toEqual(['invalid', 'valid'])
    expect(sources.problems('web')).toEqual([
      'web/compose.yaml: what it mounts cannot be kept by the controller: no space left on device',
    ])
  })

  it('reads the newest commit once more when an external config has changed', async () => {
    let isNews = false
    const look = async () => isNews
    const { commit, woken } = follow(['a'], [], { contents: { ...idle, look } })
    await commit('a', sha(1), [{ name: 'web' }])
    await new Promise(setImmediate)
    expect(woken).toHaveLength(1)
    isNews = true
    await commit('a', sha(2), [{ name: 'web' }])
    await new Promise(setImmediate)
    expect(woken).toHaveLength(3)
  })
})
